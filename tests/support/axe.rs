//! axe, the checker of accessibility, let loose on the page a browser shows.

use fantoccini::error::CmdError;
use serde_json::{Value, json};

use super::browser::Browser;

pub const AXE: &str = include_str!("../vendor/axe/axe.min.js");

/// Everything the recommendations (WCAG 2.2, A and AA) and good practice ask for.
pub const EVERYTHING: &[&str] = &[];
/// What depends on the theme alone.
pub const COLOURS: &[&str] = &["color-contrast"];
/// What depends on the density alone.
pub const SIZES: &[&str] = &["target-size", "scrollable-region-focusable"];

/// Runs the rules named, or all, and answers with what is serious or critical. What a page may decide by itself counts
/// only as far as axe is sure. Rows without end are checked at their beginning: the rest is the same markup.
const RUN: &str = r"
    const [rules, done] = arguments;
    const many = document.querySelectorAll('tbody > tr:nth-of-type(n + 40)');
    many.forEach((row) => row.remove());
    const options = { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } };
    if (rules.length) options.runOnly = { type: 'rule', values: rules };
    axe.run(document, options).then(({ violations }) => done(violations
        .filter(({ impact }) => ['serious', 'critical'].includes(impact) || rules.length)
        .flatMap(({ id, help, nodes }) => nodes.slice(0, 5).map(({ target, failureSummary }) =>
            `${id}: ${help}\n    ${target.join(' ')}\n    ${failureSummary.replaceAll('\n', '\n    ')}`))),
        (error) => done([`axe could not run: ${error}`]));
";

impl Browser {
    /// What axe has against the page as it stands, a finding each: rule, place, reason.
    pub async fn findings(&self, rules: &[&str]) -> Vec<String> {
        let found = self.run_axe(rules).await.unwrap_or_else(|error| panic!("axe does not run: {error}"));
        let found = found.as_array().cloned().unwrap_or_default();
        found.iter().map(|finding| finding.as_str().unwrap_or_default().to_owned()).collect()
    }

    async fn run_axe(&self, rules: &[&str]) -> Result<Value, CmdError> {
        let known = self.client.execute("return typeof axe === 'object'", Vec::new()).await?;
        if known != json!(true) {
            self.client.execute(AXE, Vec::new()).await?;
        }
        self.client.execute_async(RUN, vec![json!(rules)]).await
    }
}
