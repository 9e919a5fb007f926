//! Revisions of the catalogue: the list, one with its report, two compared.

use super::{import, item_href, items::quantity, time};
use crate::{
    components::{Tone, badge, plate},
    forms::{Field, csrf},
    layout::stylesheet,
};
use maud::{Markup, html};
use models::catalogue::{
    compare::{Comparison, ComponentDifference, ItemDifference},
    defects::Report,
    revisions::{Revision, Status},
};

/// Lines of one block of differences shown before the rest folds.
const SHOWN: usize = 50;

pub fn index(revisions: &[Revision], may_import: bool) -> Markup {
    html! {
        main #main tabindex="-1" {
            (stylesheet("catalogue.css"))
            header .page-head {
                h1 { "Catalogue revisions" }
                p { "New BOMs are made from the active one. A BOM keeps the revision it was made from." }
                @if may_import { div .actions { a .btn href="/jobs/batches/new" { "Regenerate BOMs…" } a .btn data-kind="primary" href="/catalogue/import" { "Import catalogue" } } }
            }
            @if revisions.is_empty() {
                p .empty { "There is no revision yet." @if !may_import { " An administrator imports the catalogue." } }
            } @else {
                div .table { table {
                    caption { "Revisions, newest first" }
                    thead { tr {
                        th scope="col" { "Revision" } th scope="col" { "State" } th scope="col" { "Made" }
                        th scope="col" data-kind="number" { "Items" } th scope="col" data-kind="number" data-priority="3" { "Component lines" }
                        th scope="col" data-kind="number" { "Defects" } th scope="col" { "Files" }
                    } }
                    tbody { @for revision in revisions { (row(revision)) } }
                } }
            }
        }
    }
}

fn row(revision: &Revision) -> Markup {
    html! {
        tr {
            th scope="row" {
                a href={ "/catalogue/revisions/" (revision.number) } { "Revision " (revision.number) }
                small { (revision.label) }
            }
            td { (state(revision)) }
            td data-label="Made" { (time(revision.created_at)) small { (revision.created_by.as_deref().unwrap_or("System")) } }
            td data-kind="number" data-label="Items" { (revision.items) }
            td data-kind="number" data-label="Component lines" data-priority="3" { (revision.components) }
            td data-kind="number" data-label="Defects" { (revision.defects) }
            td data-label="Files" { code title=(revision.digest) { (short(&revision.digest)) } }
        }
    }
}

fn state(revision: &Revision) -> Markup {
    match revision.status {
        Status::Active => badge(Tone::Good, "active"),
        Status::Ready => badge(Tone::Waiting, "never active"),
        Status::Superseded => badge(Tone::Idle, "active before"),
    }
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// One revision. `others` are the numbers it can be compared with.
/// `refused` is a reason as typed for making it active, with what is wrong with it.
pub fn show(
    token: &str,
    revision: &Revision,
    others: &[i32],
    report: &Report,
    may_activate: bool,
    refused: Option<(&str, &str)>,
) -> Markup {
    html! {
        main #main tabindex="-1" {
            (stylesheet("catalogue.css"))
            header .page-head {
                h1 { "Catalogue revision " (revision.number) }
                (state(revision))
                p { (revision.label) }
            }
            (plate(facts(revision)))
            @if !others.is_empty() { (compare_form(revision, others)) }
            @if may_activate && revision.status != Status::Active { (activate(token, revision.number, refused)) }
            @if revision.based_on.is_none() || !report.defects.is_empty() { (import::report(report)) }
        }
    }
}

fn facts(revision: &Revision) -> Vec<(&'static str, Markup)> {
    let mut facts = vec![
        ("Items", html! { (revision.items) }),
        ("Component lines", html! { (revision.components) }),
        ("Made", html! { (time(revision.created_at)) }),
        ("By", html! { (revision.created_by.as_deref().unwrap_or("System")) }),
    ];
    if let Some(base) = revision.based_on {
        facts.push(("Made from", html! { a href={ "/catalogue/revisions/" (base) } { "revision " (base) } }));
    }
    if let Some(at) = revision.activated_at {
        facts.push(("Activated", html! { (time(at)) }));
    }
    facts.push(("Files, SHA-256", html! { code title=(revision.digest) { (short(&revision.digest)) } }));
    facts
}

fn compare_form(revision: &Revision, others: &[i32]) -> Markup {
    let preset = revision.based_on.or_else(|| others.iter().copied().find(|other| *other < revision.number));
    html! {
        form .filters action="/catalogue/compare" {
            input type="hidden" name="new" value=(revision.number);
            label for="old" { "Compare with revision" } " "
            select #old name="old" {
                @for other in others { option value=(other) selected[Some(*other) == preset] { (other) } }
            }
            " " button .btn { "Compare revisions" }
        }
    }
}

/// Folds the question out where it is asked; works without script.
fn activate(token: &str, number: i32, refused: Option<(&str, &str)>) -> Markup {
    let (typed, error) = refused.unwrap_or_default();
    html! {
        details .more open[refused.is_some()] {
            summary { "Make revision " (number) " active…" }
            form .form method="post" action={ "/catalogue/revisions/" (number) "/activate" } {
                (csrf(token))
                p { "New BOMs will be made from revision " (number) ". BOMs that exist do not change." }
                (Field::text("reason", "Reason").value(typed).error(error).hint("Kept in the audit trail, 500 characters at most"))
                div .actions { button .btn data-kind="danger" { "Make revision " (number) " active" } }
            }
        }
    }
}

pub fn compare(old: i32, new: i32, comparison: &Comparison) -> Markup {
    let added: Vec<_> = comparison.items.iter().filter(|item| item.old_name.is_none()).collect();
    let removed: Vec<_> = comparison.items.iter().filter(|item| item.new_name.is_none()).collect();
    let changed: Vec<_> =
        comparison.items.iter().filter(|item| item.old_name.is_some() && item.new_name.is_some()).collect();
    let is_same = comparison.items.is_empty() && comparison.components.is_empty();
    html! {
        main #main tabindex="-1" {
            (stylesheet("catalogue.css"))
            header .page-head {
                h1 { "Revision " (old) " and revision " (new) }
                p {
                    @if is_same { "Nothing differs." }
                    @else { (comparison.items.len()) " items and " (comparison.components.len()) " component lines differ." }
                }
                div .actions { a .btn href={ "/catalogue/compare?old=" (new) "&new=" (old) } { "Compare the other way" } }
            }
            (items("Items removed", "removed", "−", &removed))
            (items("Items changed", "changed", "±", &changed))
            (items("Items added", "added", "+", &added))
            (components(&comparison.components))
        }
    }
}

fn items(title: &str, change: &str, sign: &str, items: &[&ItemDifference]) -> Markup {
    let row = |item: &&ItemDifference| {
        html! {
            tr data-change=(change) {
                td { (sign) }
                th scope="row" { a href=(item_href(&item.number)) { code { (item.number) } } }
                td {
                    @match (&item.old_name, &item.new_name) {
                        (Some(old), Some(new)) if old != new => { del { (old) } " " ins { (new) } },
                        (Some(old), None) => del { (old) },
                        (_, Some(new)) => (new),
                        (None, None) => "",
                    }
                }
                td { (item.facts.join(", ")) }
            }
        }
    };
    html! {
        @if !items.is_empty() {
            section .diff {
                h2 { (title) " " small { (items.len()) } }
                (folded(&items.iter().map(row).collect::<Vec<_>>()))
            }
        }
    }
}

fn components(differences: &[ComponentDifference]) -> Markup {
    let blocks = [
        (
            "Lines removed",
            "removed",
            "−",
            differences.iter().filter(|line| line.new_quantity.is_none()).collect::<Vec<_>>(),
        ),
        (
            "Lines changed",
            "changed",
            "±",
            differences.iter().filter(|line| line.new_quantity.is_some() && line.old_quantity.is_some()).collect(),
        ),
        ("Lines added", "added", "+", differences.iter().filter(|line| line.old_quantity.is_none()).collect()),
    ];
    let row = |change: &str, sign: &str, line: &ComponentDifference| {
        html! {
            tr data-change=(change) {
                td { (sign) }
                th scope="row" { a href=(item_href(&line.parent)) { code { (line.parent) } } }
                td { a href=(item_href(&line.child)) { code { (line.child) } } }
                td data-kind="number" { @if let Some(old) = line.old_quantity { del { (quantity(old)) } } }
                td data-kind="number" { @if let Some(new) = line.new_quantity { ins { (quantity(new)) } } }
                td { @if line.text_differs { "note or mark" } }
            }
        }
    };
    html! {
        @for (title, change, sign, lines) in blocks {
            @if !lines.is_empty() {
                section .diff {
                    h2 { (title) " " small { (lines.len()) } }
                    (folded(&lines.iter().map(|line| row(change, sign, line)).collect::<Vec<_>>()))
                }
            }
        }
    }
}

fn folded(rows: &[Markup]) -> Markup {
    let (first, rest) = rows.split_at(rows.len().min(SHOWN));
    html! {
        div .table { table { tbody { @for row in first { (row) } } } }
        @if !rest.is_empty() {
            details .more {
                summary { "Show " (rest.len()) " more" }
                div .table { table { tbody { @for row in rest { (row) } } } }
            }
        }
    }
}
