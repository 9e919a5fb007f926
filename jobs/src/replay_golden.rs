//! The known BOMs again, under the rules and the catalogue in force: who changed either sees what else changed with it.

use crate::{Context, Done, Failure};
use models::catalogue::{self, Catalogue};
use models::configurations::Family;
use models::golden;
use models::rules::validation::Known;
use models::rules::{self, Rules};
use std::sync::Arc;

/// Differences named in the job's end; all of them stand in its log as far as that goes.
const MOST_NAMED: usize = 3;

pub async fn perform(context: &Context) -> Result<Done, Failure> {
    let catalogue = catalogue::active(context.db()).await?;
    let (mut cases, mut different, mut said) = (0, 0, Vec::new());
    for family in Family::ALL {
        let known = rules::known::all(context.db(), family.word()).await?;
        if known.is_empty() {
            continue;
        }
        let rules = rules::active(context.db(), family.word()).await?;
        let total = known.len();
        for (done, case) in known.into_iter().enumerate() {
            context.progress(done as i32, total as i32, &format!("Replaying {}", case.name)).await;
            let name = case.name.clone();
            let differences = replay(context, case, &rules, &catalogue).await?;
            cases += 1;
            different += usize::from(!differences.is_empty());
            said.extend(differences.into_iter().map(|difference| format!("{name}: {difference}")));
        }
    }
    said.iter().for_each(|line| context.log(line));
    if different > 0 {
        return Err(Failure::last_word("golden_differs", sentence(cases, different, &said)));
    }
    context.log(&format!("{cases} known BOMs replayed, no difference"));
    let tx = context.begin().await?;
    context.commit(tx, &format!("golden:{cases}")).await
}

/// In which ways the BOM of today is not the known one.
async fn replay(
    context: &Context,
    case: Known,
    rules: &Arc<Rules>,
    catalogue: &Arc<Catalogue>,
) -> Result<Vec<golden::Difference>, Failure> {
    let (rules, catalogue) = (rules.clone(), catalogue.clone());
    let work = move || match golden::generate(&case.configuration, &catalogue, &rules) {
        Ok(found) => golden::compare(case.expected, found),
        Err(why) => vec![golden::Difference::NoBom(why)],
    };
    context.compute(work).await
}

fn sentence(cases: usize, different: usize, said: &[String]) -> String {
    let first: Vec<&str> = said.iter().take(MOST_NAMED).map(String::as_str).collect();
    let more = said.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!("; and {more} more in the log") } else { String::new() };
    format!("{different} of {cases} known BOMs differ. {}{more}.", first.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_differences_are_named() {
        let said: Vec<String> = (1..=5).map(|number| format!("case {number}: missing")).collect();
        assert_eq!(
            sentence(9, 2, &said),
            "2 of 9 known BOMs differ. case 1: missing; case 2: missing; case 3: missing; and 2 more in the log."
        );
    }
}
