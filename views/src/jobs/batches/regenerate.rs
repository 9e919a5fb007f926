//! Asking for new BOMs of all open orders: how many, why, and what it will and will not do.

use crate::{
    components::{
        Header,
        buttons::{Kind, busy_button, link_button},
        empty, plate,
    },
    forms::{self, Field},
    jobs::{Section, frame},
    layout,
    table::grouped,
};
use maud::{Markup, Render, html};
use models::boms::outdated::Outdated;
use models::jobs::{actions::TYPED_ABOVE, batches::MOST};

pub(super) const HREF: &str = "/jobs/batches/new";

/// What is typed into the form, and what is wrong with it.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub reason: String,
    pub count: String,
    pub wrong_reason: String,
    pub wrong_count: String,
}

/// Everything the question shows.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub outdated: &'a Outdated,
    /// Version of the rules and number of the catalogue revision in force, where there are any.
    pub in_force: &'a str,
    pub asked: &'a Asked,
    pub csrf: &'a str,
}

impl Question<'_> {
    /// BOMs that one batch makes.
    fn count(&self) -> u64 {
        self.outdated.builds.unsigned_abs().min(MOST as u64)
    }
}

/// The page.
pub fn ask(question: &Question<'_>) -> Markup {
    let head = Header::new("Regenerate BOMs")
        .facts("For open orders whose BOMs were made with other rules or another catalogue.");
    let body = html! {
        @if question.count() == 0 {
            (empty("Every BOM of an open order was made with the rules and the catalogue in force. Nothing is to be done.", html! {
                (link_button(Kind::Plain, "/jobs/batches", "Back to batches"))
            }))
        } @else { div .stack { (form(question)) } }
    };
    layout::main(frame(Some(Section::Batches), head.render(), body))
}

fn form(question: &Question<'_>) -> Markup {
    let Outdated { builds, orders, other_rules, other_catalogue } = question.outdated;
    let number = |count: &i64| html! { (grouped(count.unsigned_abs())) };
    let (count, asked) = (question.count(), question.asked);
    let wrong = [("reason", asked.wrong_reason.as_str()), ("count", asked.wrong_count.as_str())];
    let wrong: Vec<(&str, &str)> = wrong.into_iter().filter(|(_, text)| !text.is_empty()).collect();
    html! {
        (forms::error_summary(&wrong))
        (plate([
            ("BOMs", number(builds)),
            ("Orders", number(orders)),
            ("Made with other rules", number(other_rules)),
            ("Made with another catalogue", number(other_catalogue)),
            ("In force", html! { (question.in_force) }),
        ]))
        div .reading.stack {
            p { "Each of these builds gets a new version of its BOM, one job per build. The versions before stay readable and can be compared." }
            p { "The jobs go behind everything that people wait for. Shipped, delivered and cancelled builds keep their BOMs." }
            @if *builds as u64 > count { p { "These are the " (grouped(count)) " wanted first; ask again for the rest." } }
        }
        form .form method="post" action=(HREF) {
            (forms::csrf(question.csrf))
            (Field::text("reason", "Reason").value(&asked.reason).error(&asked.wrong_reason).maxlength(500).hint("Kept in the audit trail."))
            @if count > TYPED_ABOVE as u64 {
                (Field::number("count", "Number of BOMs").value(&asked.count).error(&asked.wrong_count).hint(&format!("Type {count} to show that you mean all of them.")))
            } @else { (forms::hidden("count", &count.to_string())) }
            div .actions {
                (busy_button(Kind::Primary, &label(count), "Asking for the BOMs…"))
                (link_button(Kind::Plain, "/jobs/batches", "Keep BOMs as they are"))
            }
        }
    }
}

fn label(count: u64) -> String {
    if count == 1 { "Regenerate 1 BOM".into() } else { format!("Regenerate {} BOMs", grouped(count)) }
}
