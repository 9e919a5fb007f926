//! The whole draft as judged: every step, every build, and whether it can become an order.

use super::{Heading, House, OrderAnswers, header};
use crate::configurations::{Checked, Context, Problem, check};

/// One build of the draft.
#[derive(Debug, Clone)]
pub struct BuildReview {
    /// From 1.
    pub position: usize,
    pub title: String,
    pub checked: Checked,
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
}

/// Judges the draft. `offered` are the numbers of step 4 under the rules in force.
pub fn review(answers: &OrderAnswers, house: &House, offered: Option<&[String]>) -> Review {
    let heading = header::heading(answers, house);
    let context = Context { family: heading.family, language: heading.language, offered, is_document: false };
    let builds = answers.builds().map(|(position, _, build)| BuildReview {
        position,
        title: answers.build_title(position),
        checked: check(build, &context),
    });
    Review { builds: builds.collect(), heading }
}

/// The steps a problem of a build belongs to.
pub fn is_accessory(problem: &Problem) -> bool {
    problem.field.starts_with("accessory-") || problem.field == "accessories"
}
