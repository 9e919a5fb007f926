//! The whole draft as judged: every step, every build, and whether it can become an order.

use super::{Heading, House, OrderAnswers, header};
use crate::configurations::{Answers, Checked, Context, Problem, Severity, check};
use crate::rules::{self, Facts, Rules};

/// One build of the draft.
#[derive(Debug, Clone)]
pub struct BuildReview {
    /// From 1.
    pub position: usize,
    /// "build 20419", or "build 2" while it has no number.
    pub title: String,
    pub checked: Checked,
    pub facts: Facts,
}

#[derive(Debug, Clone)]
pub struct Review {
    pub heading: Heading,
    pub builds: Vec<BuildReview>,
}

impl Review {
    /// How many answers keep the draft from becoming an order.
    pub fn open(&self) -> usize {
        let heading = self.heading.customer.iter().chain(&self.heading.sinks).filter(|problem| problem.stops()).count();
        heading + self.builds.iter().map(|build| build.checked.open()).sum::<usize>()
    }

    pub fn is_ready(&self) -> bool {
        self.open() == 0
            && self.heading.header.is_some()
            && self.heading.numbers.is_some()
            && self.builds.iter().all(|build| build.checked.configuration.is_some())
    }

    /// The build at a position from 1.
    pub fn build(&self, position: usize) -> Option<&BuildReview> {
        self.builds.iter().find(|build| build.position == position)
    }
}

/// Judges the draft under the rules in force. Without rules nobody can say what step 4 offers, so nothing is refused there.
pub fn review(answers: &OrderAnswers, house: &House, rules: Option<&Rules>) -> Review {
    let heading = header::heading(answers, house);
    let offered: Option<Vec<String>> =
        rules.map(|rules| rules.choices().iter().map(|choice| choice.item.clone()).collect());
    let context =
        Context { family: heading.family, language: heading.language, offered: offered.as_deref(), is_document: false };
    let builds = answers.builds().map(|(position, _, build)| {
        let title = answers.build_title(position);
        build_review(position, title, build, &context, rules)
    });
    Review { builds: builds.collect(), heading }
}

fn build_review(
    position: usize,
    title: String,
    answers: &Answers,
    context: &Context<'_>,
    rules: Option<&Rules>,
) -> BuildReview {
    let mut checked = check(answers, context);
    let facts = Facts::answered(&checked.partial, context.family, context.language);
    for finding in rules.map(|rules| rules.findings(&facts)).unwrap_or_default() {
        let severity = match finding.severity {
            rules::Severity::Warning => Severity::Warning,
            rules::Severity::Error => Severity::Error,
        };
        let field = format!("accessory-{}", finding.item);
        checked.problems.push(Problem::new(&field, finding.item, severity, finding.message));
    }
    if checked.open() > 0 {
        checked.configuration = None;
    }
    BuildReview { position, title, checked, facts }
}

/// Whether a problem of a build is answered in step 4.
pub fn is_accessory(problem: &Problem) -> bool {
    problem.field.starts_with("accessory-")
}
