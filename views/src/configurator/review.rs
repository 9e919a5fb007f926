//! Step 5: everything once more, then the order.

use super::{Sheet, Step, aside, head, tally};
use crate::components::{code, icon, plate};
use crate::forms;
use maud::{Markup, html};
use models::configurations::{Answers, BasinSize, Choice as _, Problem, Severity};
use models::documents::Document;
use models::drafts::{BuildReview, Preview};

/// Step 5. One preview per build, or why there is none.
pub fn review(sheet: &Sheet<'_>, documents: &[Document], previews: &[Result<Preview, String>]) -> Markup {
    let open = sheet.review.open();
    html! {
        div #configurator .configurator {
            (head(sheet, "Review the order", &super::customer_line(sheet), html! {}))
            @if sheet.asked { (stopping(sheet)) }
            (order(sheet, documents))
            @for (build, preview) in sheet.review.builds.iter().zip(previews) { (build_card(sheet, build, preview)) }
            form method="post" action={ "/drafts/" (sheet.draft.id) "/submit" } {
                (forms::csrf(sheet.csrf))
                div .actions data-foot {
                    @if open == 0 {
                        button .btn data-kind="primary" data-busy="Creating order…" { "Create order" }
                    } @else {
                        button .btn aria-disabled="true" aria-describedby="why" { "Create order" }
                        small #why { @if open == 1 { "1 answer is" } @else { (open) " answers are" } " still open." }
                    }
                    @if let Some(back) = sheet.step.back(sheet.builds()) { a .btn href=(sheet.path(back)) { "Back" } }
                    (super::saved(sheet))
                }
            }
        }
    }
}

/// Every problem of the draft, each with the way to its field.
fn stopping(sheet: &Sheet<'_>) -> Markup {
    let mut steps = vec![Step::Customer, Step::Family];
    for build in &sheet.review.builds {
        steps.extend([Step::Build(build.position), Step::Accessories(build.position)]);
    }
    let all: Vec<(Step, &Problem)> = steps
        .into_iter()
        .flat_map(|step| sheet.problems(step).into_iter().map(move |problem| (step, problem)))
        .filter(|(_, problem)| problem.stops())
        .collect();
    html! {
        @if !all.is_empty() {
            div .summary tabindex="-1" data-focus {
                div role="alert" {
                    h2 { @if all.len() == 1 { "1 answer needs a change before the order can be created" } @else { (all.len()) " answers need a change before the order can be created" } }
                    ul { @for (step, problem) in all { li { a href={ (sheet.path(step)) "#" (problem.field) } { (problem.message) } } } }
                }
            }
        }
    }
}

fn heading(sheet: &Sheet<'_>, step: Step, title: &str) -> Markup {
    let told = tally(&sheet.problems(step));
    html! {
        header {
            h2 { (title) }
            @if !told.is_empty() { small data-tone="stop" { (icon("stop")) (told) } }
            a href=(sheet.path(step)) { "Edit" span .hidden { " " (title) } }
        }
    }
}

fn order(sheet: &Sheet<'_>, documents: &[Document]) -> Markup {
    let answers = &sheet.draft.answers;
    let said = |text: &str| html! { @if text.trim().is_empty() { span .quiet { "not answered" } } @else { (text) } };
    let word = |text: &str, all: &[(&str, &str)]| {
        said(all.iter().find(|(word, _)| *word == text).map_or(text, |(_, title)| title))
    };
    let languages: Vec<(&str, &str)> =
        models::configurations::Language::ALL.iter().map(|one| (one.word(), one.title())).collect();
    let priorities: Vec<(&str, &str)> =
        models::drafts::Priority::all().iter().map(|one| (one.word(), one.title())).collect();
    let notes = sheet
        .problems(Step::Customer)
        .into_iter()
        .filter(|problem| problem.severity == Severity::Note)
        .map(|problem| problem.message.clone());
    let mut remarks: Vec<String> = notes.collect();
    if !documents.iter().any(|document| document.kind == models::documents::Kind::PoDocument) {
        remarks.push("No PO document is attached. It can be added until the order is created.".into());
    }
    html! {
        section .card {
            (heading(sheet, Step::Customer, "Customer and order"))
            div {
                (plate([
                    ("Customer", said(&answers.customer)),
                    ("PO number", said(&answers.po_number)),
                    ("Want date", want_date(sheet)),
                    ("Project", html! { @if answers.project.trim().is_empty() { span .quiet { "none" } } @else { (answers.project) } }),
                    ("Sales person", said(&answers.sales_person)),
                    ("Language", word(&answers.language, &languages)),
                    ("Priority", word(&answers.priority, &priorities)),
                ]))
                @if !answers.notes.trim().is_empty() { p .notes { (answers.notes) } }
                @if !documents.is_empty() { ul .files { @for document in documents { li { (icon("file")) span { a href={ "/documents/" (document.id) } { (document.file_name) } small { (document.kind.title()) } } } } } }
                @for remark in remarks { p .remark data-tone="held" { (icon("warn")) (remark) } }
            }
        }
        section .card {
            (heading(sheet, Step::Family, "Family and quantity"))
            div {
                (plate([
                    ("Family", word(&answers.family, &[("MDRD", "MDRD CleanStation")])),
                    ("Quantity", said(&answers.quantity)),
                    ("Builds", html! { @for (position, number, _) in answers.builds() { @if position > 1 { ", " } (if number.trim().is_empty() { "not numbered" } else { number.trim() }) } }),
                ]))
            }
        }
    }
}

fn want_date(sheet: &Sheet<'_>) -> Markup {
    match (&sheet.review.heading.header, sheet.draft.answers.want_on.trim()) {
        (Some(header), _) => html! { (header.want_on.format("%-d %b %Y")) },
        (None, "") => html! { span .quiet { "not answered" } },
        (None, typed) => html! { (typed) },
    }
}

fn build_card(sheet: &Sheet<'_>, build: &BuildReview, preview: &Result<Preview, String>) -> Markup {
    let step = Step::Build(build.position);
    let title = build
        .title
        .chars()
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + &build.title[first.len_utf8()..])
        .unwrap_or_default();
    let Some(answers) = sheet.draft.answers.builds.get(build.position - 1) else { return html! {} };
    let warnings: Vec<&Problem> =
        build.checked.problems.iter().filter(|problem| problem.severity == Severity::Warning).collect();
    html! {
        section .card .review-build {
            (heading(sheet, step, &title))
            div {
                (plate(facts(answers, build)))
                @for problem in &warnings { p .remark data-tone="held" { (icon("warn")) a href={ (sheet.path(aside::home(build.position, problem))) "#" (problem.field) } { (problem.message) } } }
                @match preview {
                    Ok(preview) => details open[sheet.builds() == 1] {
                        summary { "Parts: " (preview.lines.len()) " lines" @if let Some(pieces) = preview.pieces { ", " (pieces) " parts" } }
                        ul .lines { @for line in &preview.lines { li title=(line.name) { (code(&line.number)) b .number { (line.quantity) } small { (line.reason) @if !line.note.is_empty() { ", " (line.note) } } } } }
                    },
                    Err(reason) => p .soft { (reason) },
                }
            }
        }
    }
}

fn facts<'a>(answers: &'a Answers, build: &'a BuildReview) -> Vec<(&'static str, Markup)> {
    let partial = &build.checked.partial;
    let open = || html! { span .quiet { "not answered" } };
    let said = |text: Option<&str>| text.map_or_else(open, |text| html! { (text) });
    let board = match &partial.pegboard {
        None => open(),
        Some(None) => html! { "None" },
        Some(Some(board)) => {
            html! { (board.kind.title()) ", " (board.colour.map_or("plain", |colour| colour.title()).to_lowercase()) }
        }
    };
    let basins = html! {
        @for (number, basin) in (1..).zip(&partial.basins) {
            div { (number) " " (said(basin.kind.map(|kind| kind.title()))) ", " (basin.size.as_ref().map_or_else(open, |size| html! { (size_of(size)) }))
                @if basin.p_trap { ", P-trap" } @if basin.light { ", light" } }
        }
    };
    let mut facts = vec![
        ("Model", said(partial.model.map(|model| model.title()))),
        ("Length × width", html! { (answers.length) " × " (answers.width) " in" }),
        ("Legs", said(partial.legs.map(|legs| legs.title()))),
        ("Feet", said(partial.feet.map(|feet| feet.title()))),
        ("Work flows", said(partial.flow.map(|flow| flow.title()))),
        ("Pegboard", board),
        ("Basins", basins),
    ];
    let faucets = html! { @for faucet in &partial.faucets { div { (faucet.quantity) " × " (faucet.kind.title()) @if let Some(place) = faucet.place { ", " (place.title().to_lowercase()) } } } };
    let sprayers = html! { @for sprayer in &partial.sprayers { div { (sprayer.kind.title()) @if let Some(side) = sprayer.side { ", " (side.title().to_lowercase()) } } } };
    let drawers = html! { @for drawer in &partial.drawers { div { (drawer.title()) } } };
    let accessories =
        html! { @for accessory in &answers.accessories { div { (accessory.quantity) " × " (code(&accessory.item)) } } };
    for (label, value) in
        [("Faucets", faucets), ("Sprayers", sprayers), ("Drawers", drawers), ("Accessories", accessories)]
    {
        facts.push((
            label,
            if value.0.is_empty() {
                html! { "None" }
            } else {
                value
            },
        ));
    }
    facts
}

fn size_of(size: &BasinSize) -> String {
    let (width, length, depth) = size.inches();
    format!("{} × {} × {} in", width.normalize(), length.normalize(), depth.normalize())
}
