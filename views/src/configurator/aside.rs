//! What stands beside the form: the drawing, what is still open, and the parts so far.

use super::{Sheet, Step, drawing, tally};
use crate::components::{code, icon};
use crate::forms::{self, Field};
use maud::{Markup, html};
use models::configurations::{Checked, Problem, Severity};
use models::drafts::{Change, Preview, PreviewLine};

/// Beside steps 1 and 2: what each step still needs.
pub fn whole_order(sheet: &Sheet<'_>) -> Markup {
    let mut rows =
        vec![("Customer and order".to_string(), Step::Customer), ("Family and quantity".into(), Step::Family)];
    for (position, _, _) in sheet.draft.answers.builds() {
        rows.push((capital(&sheet.build_title(position)), Step::Build(position)));
    }
    html! {
        div .card .progress-card {
            header { h2 { "This order" } }
            ul .checklist {
                @for (label, step) in rows {
                    @let told = tally(&sheet.problems(step));
                    li data-state=(if told.is_empty() { "done" } else { "open" }) {
                        (icon(if told.is_empty() { "good" } else { "waiting" }))
                        a href=(sheet.path(step)) { (label) }
                        small { @if told.is_empty() { "complete" } @else { (told) } }
                    }
                }
            }
        }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Beside step 3.
pub fn build(sheet: &Sheet<'_>, position: usize, checked: &Checked, preview: Result<&Preview, &str>) -> Markup {
    html! {
        div .card .drawing-card { (drawing::top_view(&checked.partial)) }
        (parts(sheet, Step::Build(position), checked, preview))
    }
}

/// "Parts so far", the problems with their places, then the lines.
pub fn parts(sheet: &Sheet<'_>, here: Step, checked: &Checked, preview: Result<&Preview, &str>) -> Markup {
    html! {
        div .card .parts {
            header {
                h2 { "Parts so far" }
                @if let Ok(preview) = preview { small .number { (totals(preview)) } }
            }
            div #problems aria-live="polite" { (problems(sheet, here, checked)) }
            @match preview {
                Ok(preview) => (lines(preview)),
                Err(reason) => p .empty { (reason) },
            }
        }
    }
}

fn totals(preview: &Preview) -> String {
    let count = preview.lines.len();
    let lines = if count == 1 { "1 line".to_string() } else { format!("{count} lines") };
    match preview.pieces {
        Some(pieces) => format!("{lines}, {pieces} parts"),
        None => lines,
    }
}

fn problems(sheet: &Sheet<'_>, here: Step, checked: &Checked) -> Markup {
    let (wrong, rest): (Vec<&Problem>, Vec<&Problem>) =
        checked.problems.iter().partition(|problem| problem.severity == Severity::Error);
    let missing: Vec<&&Problem> = rest.iter().filter(|problem| problem.severity == Severity::Missing).collect();
    let warnings: Vec<&&Problem> = rest.iter().filter(|problem| problem.severity == Severity::Warning).collect();
    html! {
        @if !wrong.is_empty() {
            div .told data-tone="stop" {
                (icon("stop"))
                ul { @for problem in &wrong { li { a href=(link(sheet, here, problem)) { (problem.message) } } } }
            }
        }
        @if !missing.is_empty() {
            div .told data-tone="waiting" {
                (icon("waiting"))
                p {
                    @if missing.len() == 1 { "1 answer needed: " } @else { (missing.len()) " answers needed: " }
                    @for (index, problem) in missing.iter().enumerate() {
                        @if index > 0 { ", " }
                        a href=(link(sheet, here, problem)) { (lower(&problem.label)) }
                    }
                    "."
                    @if wrong.is_empty() { " The rest is complete." }
                }
            }
        }
        @if !warnings.is_empty() {
            details .told data-tone="held" open {
                summary { (icon("warn")) @if warnings.len() == 1 { "1 thing to look at" } @else { (warnings.len()) " things to look at" } }
                ul { @for problem in &warnings { li { a href=(link(sheet, here, problem)) { (problem.message) } } } }
            }
        }
    }
}

/// To the field, on this page or in the step where it stands.
pub fn link(sheet: &Sheet<'_>, here: Step, problem: &Problem) -> String {
    let position = here.build().unwrap_or(1);
    let home = home(position, problem);
    if home == here { format!("#{}", problem.field) } else { format!("{}#{}", sheet.path(home), problem.field) }
}

/// The step in which a problem of a build is put right.
pub fn home(position: usize, problem: &Problem) -> Step {
    if models::drafts::review::is_accessory(problem) { Step::Accessories(position) } else { Step::Build(position) }
}

fn lower(label: &str) -> String {
    let mut letters = label.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

fn lines(preview: &Preview) -> Markup {
    let (changed, same): (Vec<&PreviewLine>, Vec<&PreviewLine>) =
        preview.lines.iter().partition(|line| line.change.is_some());
    html! {
        @if !changed.is_empty() || !preview.gone.is_empty() {
            h3 { "Changed by your last choice" }
            ul .lines {
                @for line in changed { (row(line)) }
                @for number in &preview.gone { li data-change="gone" { del { (code(number)) } small { "No longer needed" } } }
            }
            @if !same.is_empty() { h3 { "As before" } }
        }
        @if preview.lines.is_empty() { p .empty { "No line can be said yet. Choose the model and the length first." } }
        ul .lines { @for line in same { (row(line)) } }
        @if let Some(trouble) = &preview.trouble { p .told data-tone="held" { (icon("warn")) span { "The parts cannot be counted: " (trouble) } } }
    }
}

fn row(line: &PreviewLine) -> Markup {
    html! {
        li data-change=[line.change.is_some().then_some("changed")] title=(line.name) {
            (code(&line.number))
            b .number { (line.quantity) }
            small {
                @match &line.change {
                    Some(Change::New) => { "New: " (line.reason) },
                    Some(Change::Instead(number)) => { "Was " (number) },
                    Some(Change::Was(quantity)) => { "Was " (quantity) },
                    None => (line.reason),
                }
                @if !line.note.is_empty() { ", " (line.note) }
            }
        }
    }
}

/// An administrator's word for basins wider than the sink.
pub fn override_form(sheet: &Sheet<'_>, position: usize, checked: &Checked) -> Markup {
    let given = sheet.draft.answers.builds.get(position - 1).and_then(|build| build.geometry_override.as_ref());
    let (reason, refused) = sheet.refused_reason.unwrap_or((given.map_or("", |given| given.reason.as_str()), ""));
    html! {
        @if sheet.is_administrator && let Some(geometry) = &checked.too_wide {
            form #override .card .override method="post" action={ (sheet.path(Step::Build(position))) "/override" } {
                section {
                    (forms::csrf(sheet.csrf))
                    h2 { "Allow " (geometry) }
                    p .soft { "Basins wider than the sink stop an order. As administrator you may allow this one; your name and the reason are kept with the build." }
                    (Field::text("reason", "Reason").value(reason).error(refused).hint("A sentence, 5 to 500 characters"))
                    div .actions { button .btn data-kind="danger" { "Allow these basins" } }
                }
            }
        }
    }
}
