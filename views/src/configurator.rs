//! Entering an order: five steps around one draft. Each step is a form that saves itself and works without script.

pub mod accessories;
pub mod aside;
pub mod basins;
pub mod build;
pub mod customer;
pub mod documents;
pub mod drafts;
pub mod drawing;
pub mod family;
pub mod fittings;
pub mod review;
pub mod step;
mod way;

pub use step::Step;
pub use way::tally;

use crate::components::{Header, Tone, icon, notice};
use crate::{forms, layout};
use maud::{Markup, html};
use models::configurations::{Problem, Severity};
use models::drafts::review::is_accessory;
use models::drafts::{Draft, Review};
use serde_json::json;

/// What every step knows.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    pub draft: &'a Draft,
    pub review: &'a Review,
    pub step: Step,
    pub csrf: &'a str,
    /// This open page, to tell its saves from another page's.
    pub editor: &'a str,
    /// Somebody asked to go on, so what is missing is shown as such.
    pub asked: bool,
    /// Why the last save was refused; the answers shown are not kept then.
    pub stale: Option<&'a str>,
    /// "11:02", at the site.
    pub saved_at: &'a str,
    pub is_administrator: bool,
    /// The reason somebody gave for too wide basins, and why it was refused.
    pub refused_reason: Option<(&'a str, &'a str)>,
}

/// What is said beside one field.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said<'a> {
    pub error: &'a str,
    pub warning: &'a str,
}

impl<'a> Sheet<'a> {
    /// The sentences beside a field. What is only missing stays unsaid until somebody wants to go on.
    pub fn said(&self, problems: &'a [Problem], field: &str) -> Said<'a> {
        let mut said = Said::default();
        for problem in problems.iter().rev().filter(|problem| problem.field == field) {
            match problem.severity {
                Severity::Missing if !self.asked => {}
                Severity::Missing | Severity::Error => said.error = &problem.message,
                Severity::Warning | Severity::Note => said.warning = &problem.message,
            }
        }
        said
    }

    /// The problems of a step.
    pub fn problems(&self, step: Step) -> Vec<&'a Problem> {
        let of_build = |position: usize, accessory: bool| {
            let build = self.review.build(position);
            let problems = build.map(|build| build.checked.problems.as_slice()).unwrap_or_default();
            problems.iter().filter(move |problem| is_accessory(problem) == accessory).collect()
        };
        match step {
            Step::Customer => self.review.heading.customer.iter().collect(),
            Step::Family => self.review.heading.sinks.iter().collect(),
            Step::Build(position) => of_build(position, false),
            Step::Accessories(position) => of_build(position, true),
            Step::Review => Vec::new(),
        }
    }

    pub fn path(&self, step: Step) -> String {
        step.path(self.draft.id)
    }

    pub fn builds(&self) -> usize {
        self.review.builds.len()
    }

    pub fn build_title(&self, position: usize) -> String {
        self.draft.answers.build_title(position)
    }

    /// What the primary button does, named by its place.
    fn next_label(&self) -> String {
        let next = self.step.next(self.builds());
        match next {
            Step::Family => "Save and choose the sinks".into(),
            Step::Build(position) => format!("Save and configure {}", self.build_title(position)),
            Step::Accessories(position) if self.builds() == 1 || matches!(self.step, Step::Build(_)) => {
                let _ = position;
                "Save and choose accessories".into()
            }
            Step::Accessories(position) => format!("Save and equip {}", self.build_title(position)),
            Step::Review | Step::Customer => "Save and review the order".into(),
        }
    }
}

/// What a step puts into its page.
pub struct Parts<'a> {
    pub title: &'a str,
    pub facts: &'a str,
    /// Beside the title.
    pub actions: Markup,
    pub form: Markup,
    pub beside: Markup,
    /// Forms that buttons inside the answers belong to.
    pub after: Markup,
}

/// A step's page: its head, the way through the steps, the form with what stands beside it, and the bar at the foot.
pub fn page(sheet: &Sheet<'_>, parts: Parts<'_>) -> Markup {
    let Parts { title, facts, actions, form, beside, after } = parts;
    html! {
        div #configurator .configurator {
            (head(sheet, title, facts, actions))
            form #answers method="post" action=(sheet.path(sheet.step)) hx-post=(sheet.path(sheet.step)) hx-trigger="change, submit, input delay:300ms from:#search"
                hx-target="#configurator" hx-swap="outerMorph" hx-sync="this:queue last" autocomplete="off" novalidate {
                (forms::csrf(sheet.csrf))
                (forms::hidden("editor", sheet.editor))
                (forms::hidden("version", &sheet.draft.version.to_string()))
                // Enter in a field presses the first button: it saves and stays.
                button .hidden name="go" value="save" tabindex="-1" { "Update choices" }
                div .columns {
                    div .card { (form) }
                    aside #beside tabindex="0" aria-label="What it looks like and needs" { (beside) }
                }
                (foot(sheet))
            }
            (after)
        }
    }
}

/// The main element around a page of ours, with the style sheet.
pub fn whole(part: &Markup) -> Markup {
    layout::main(html! { (layout::stylesheet("configurator.css")) (part) })
}

/// Everything above the form.
pub fn head(sheet: &Sheet<'_>, title: &str, facts: &str, actions: Markup) -> Markup {
    let menu = html! { (actions) a .btn data-kind="quiet" href={ "/drafts/" (sheet.draft.id) "/discard" } { "Discard draft…" } };
    html! {
        (Header::new(title).facts(facts).actions(menu))
        // A step is left only after the last choice was saved: its request waits for the form's.
        div hx-boost:inherited=[waits(sheet).then_some(layout::BOOST)] hx-sync:inherited=[waits(sheet).then_some(WAIT)] { (way::way(sheet)) }
        @if let Some(sentence) = sheet.stale { (stale(sentence, sheet)) }
        @if sheet.asked { (summary(sheet)) }
        @if let Some((_, refused)) = sheet.refused_reason { (forms::error_summary(&[("reason", refused)])) }
    }
}

const WAIT: &str = "#answers:queue all";

/// What is sent instead of a button's value while somebody types.
pub const TYPING: &str = "typing";

/// Whether the page has answers that may be on their way.
fn waits(sheet: &Sheet<'_>) -> bool {
    sheet.step != Step::Review
}

fn summary(sheet: &Sheet<'_>) -> Markup {
    let problems = sheet.problems(sheet.step);
    let stopping: Vec<(&str, &str)> = problems
        .iter()
        .filter(|problem| problem.stops())
        .map(|problem| (problem.field.as_str(), problem.message.as_str()))
        .collect();
    forms::error_summary(&stopping)
}

/// Two pages open on one draft: what was typed here stays on the screen until somebody decides.
fn stale(sentence: &str, sheet: &Sheet<'_>) -> Markup {
    notice(
        Tone::Held,
        html! {
            p { (sentence) }
            div .cluster {
                button .btn form="answers" name="go" value="keep" { "Keep what is shown here" }
                a .btn data-kind="quiet" href=(sheet.path(sheet.step)) { "Show what was saved" }
            }
        },
    )
}

fn foot(sheet: &Sheet<'_>) -> Markup {
    let back = sheet.step.back(sheet.builds());
    html! {
        div .actions data-foot {
            button .btn data-kind="primary" name="go" value="next" { (sheet.next_label()) }
            @if let Some(back) = back { a .btn href=(sheet.path(back)) hx-boost=(layout::BOOST) hx-sync=(WAIT) { "Back" } }
            button .btn data-kind="quiet" name="go" value="save" { "Save draft" }
            (saved(sheet))
        }
    }
}

/// When the draft was saved. It keeps what is being typed, too: a second after the last letter the form goes along, and
/// this line alone is replaced, so that nobody is told off or interrupted in the middle of a number.
pub fn saved(sheet: &Sheet<'_>) -> Markup {
    html! {
        small #saved data-end role="status" hx-post=(sheet.path(sheet.step)) hx-trigger="beforeinput delay:1s from:#answers" hx-include="#answers"
            hx-vals=(json!({ "go": TYPING })) hx-target="this" hx-swap="outerMorph" hx-sync="#answers:queue last" {
            @if sheet.stale.is_some() { "Not saved" } @else { (icon("tick")) "Draft saved " (sheet.saved_at) }
        }
    }
}

/// The order in a line: its customer and PO number as far as they are known.
pub fn customer_line(sheet: &Sheet<'_>) -> String {
    let answers = &sheet.draft.answers;
    match (answers.customer.trim(), answers.po_number.trim()) {
        ("", "") => "Order without a customer yet".into(),
        ("", po) => order_of(po),
        (customer, "") => format!("Order for {customer}"),
        (customer, po) => format!("Order for {customer}, {}", order_of(po)),
    }
}

/// Many numbers begin with "PO" already.
fn order_of(po: &str) -> String {
    if po.to_uppercase().starts_with("PO") { po.into() } else { format!("PO {po}") }
}
