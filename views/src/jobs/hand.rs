//! The way from an order, a build or a BOM to its jobs, and the retry beside it, for those who have them.

use super::names;
use crate::{components::buttons, forms};
use maud::{Markup, html};
use models::jobs::{Run, State, actions::Action};

/// What this person may do with the jobs on a page that is not about jobs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hand<'a> {
    pub may_see: bool,
    /// The token of forms, for those who steer jobs.
    pub csrf: Option<&'a str>,
    /// The page, to come back to.
    pub address: &'a str,
}

impl Hand<'_> {
    /// "See job", and "Retry job" when it was given up or cancelled.
    pub fn ways(&self, run: &Run) -> Markup {
        html! {
            @if self.may_see {
                div .actions {
                    a href=(names::path(&run.id)) { "See job" }
                    (self.retry(run))
                }
            }
        }
    }

    pub fn retry(&self, run: &Run) -> Markup {
        let can = matches!(run.state, State::Dead | State::Cancelled);
        html! {
            @if let (true, Some(csrf)) = (can, self.csrf) {
                form method="post" action=(super::actions::path(run.id, Action::Retry)) {
                    (forms::csrf(csrf))
                    (forms::hidden("address", self.address))
                    (buttons::button(buttons::Kind::Plain, super::actions::verb(Action::Retry)))
                }
            }
        }
    }

    /// The job's name, a link for those who may see it.
    pub fn name(&self, run: &Run) -> Markup {
        html! { @if self.may_see { (names::link(&run.id, &run.kind)) } @else { (names::title(&run.kind)) } }
    }
}
