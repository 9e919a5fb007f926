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

use crate::components::{Header, Step as StepLink, StepState, Tab, Tone, icon, notice, steps, tabs};
use crate::{forms, layout};
use maud::{Markup, html};
use models::configurations::{Problem, Severity};
use models::drafts::review::is_accessory;
use models::drafts::{Draft, Review};

/// Where in the draft somebody is. Builds count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Customer,
    Family,
    Build(usize),
    Accessories(usize),
    Review,
}

impl Step {
    /// The address of the step.
    pub fn path(self, draft: i64) -> String {
        match self {
            Step::Customer => format!("/drafts/{draft}/customer"),
            Step::Family => format!("/drafts/{draft}/family"),
            Step::Build(position) => format!("/drafts/{draft}/builds/{position}"),
            Step::Accessories(position) => format!("/drafts/{draft}/builds/{position}/accessories"),
            Step::Review => format!("/drafts/{draft}/review"),
        }
    }

    /// The step after this one, in an order of so many builds.
    pub fn next(self, builds: usize) -> Step {
        match self {
            Step::Customer => Step::Family,
            Step::Family => Step::Build(1),
            Step::Build(position) if position < builds => Step::Build(position + 1),
            Step::Build(_) => Step::Accessories(1),
            Step::Accessories(position) if position < builds => Step::Accessories(position + 1),
            Step::Accessories(_) | Step::Review => Step::Review,
        }
    }

    pub fn back(self, builds: usize) -> Option<Step> {
        match self {
            Step::Customer => None,
            Step::Family => Some(Step::Customer),
            Step::Build(1) => Some(Step::Family),
            Step::Build(position) => Some(Step::Build(position - 1)),
            Step::Accessories(1) => Some(Step::Build(builds)),
            Step::Accessories(position) => Some(Step::Accessories(position - 1)),
            Step::Review => Some(Step::Accessories(builds)),
        }
    }

    pub fn build(self) -> Option<usize> {
        match self {
            Step::Build(position) | Step::Accessories(position) => Some(position),
            _ => None,
        }
    }
}

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
                    aside #beside { (beside) }
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
        (way(sheet))
        @if let Some(sentence) = sheet.stale { (stale(sentence, sheet)) }
        @if sheet.asked { (summary(sheet)) }
    }
}

/// The five steps, and a tab per build where there are several.
fn way(sheet: &Sheet<'_>) -> Markup {
    let kept = sheet.step.build().unwrap_or(1);
    let places = [
        ("Customer and order", Step::Customer),
        ("Family and quantity", Step::Family),
        ("Configure builds", Step::Build(kept)),
        ("Accessories", Step::Accessories(kept)),
        ("Review", Step::Review),
    ];
    let all = |step: Step| -> Vec<&Problem> {
        let builds = 1..=sheet.builds();
        match step {
            Step::Build(_) => builds.flat_map(|position| sheet.problems(Step::Build(position))).collect(),
            Step::Accessories(_) => builds.flat_map(|position| sheet.problems(Step::Accessories(position))).collect(),
            step => sheet.problems(step),
        }
    };
    let paths = places.map(|(_, step)| sheet.path(step));
    let told = places.map(|(_, step)| tally(&all(step)));
    let links: Vec<StepLink<'_>> = places
        .iter()
        .zip(&paths)
        .zip(&told)
        .map(|(((label, step), path), told)| StepLink {
            label,
            href: Some(path),
            state: match (told.as_str(), step) {
                ("", Step::Review) => StepState::ToCome,
                ("", Step::Accessories(_)) if !sheet.draft.answers.builds().all(|(_, _, build)| build.started) => {
                    StepState::ToCome
                }
                ("", _) => StepState::Done,
                (told, _) if told.ends_with("to answer") => StepState::Open(told),
                (told, _) => StepState::Problem(told),
            },
            is_current: std::mem::discriminant(step) == std::mem::discriminant(&sheet.step),
        })
        .collect();
    html! {
        (steps(&links))
        @if sheet.step.build().is_some() && sheet.builds() > 1 { (build_tabs(sheet)) }
    }
}

fn build_tabs(sheet: &Sheet<'_>) -> Markup {
    let of_step = |position| match sheet.step {
        Step::Accessories(_) => Step::Accessories(position),
        _ => Step::Build(position),
    };
    let builds: Vec<_> = sheet
        .draft
        .answers
        .builds()
        .map(|(position, number, build)| {
            let label = if number.trim().is_empty() { format!("Build {position}") } else { number.trim().to_string() };
            let problems = sheet.problems(of_step(position));
            let note = if build.started || matches!(sheet.step, Step::Accessories(_)) {
                tally(&problems)
            } else {
                "not started".into()
            };
            (position, label, sheet.path(of_step(position)), note)
        })
        .collect();
    let links: Vec<Tab<'_>> = builds
        .iter()
        .map(|(position, label, path, note)| Tab {
            label,
            href: path,
            note,
            mark: if note.is_empty() { "tick" } else { "" },
            is_current: sheet.step.build() == Some(*position),
        })
        .collect();
    tabs("Builds", &links)
}

/// "2 problems" when something is wrong, else "2 to answer"; empty when nothing stops the step.
pub fn tally(problems: &[&Problem]) -> String {
    let wrong = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    let missing = problems.iter().filter(|problem| problem.severity == Severity::Missing).count();
    match (wrong, missing) {
        (0, 0) => String::new(),
        (0, missing) => format!("{missing} to answer"),
        (1, _) => "1 problem".into(),
        (wrong, _) => format!("{wrong} problems"),
    }
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
            @if let Some(back) = back { a .btn href=(sheet.path(back)) { "Back" } }
            button .btn data-kind="quiet" name="go" value="save" { "Save draft" }
            (saved(sheet))
        }
    }
}

pub fn saved(sheet: &Sheet<'_>) -> Markup {
    html! {
        small #saved data-end role="status" {
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
