//! Two versions of a BOM side by side: what went, changed, moved and came, each with its cause.

use super::address;
use super::figures::quantity;
use crate::components::{Header, Tone, badge, plate};
use crate::layout;
use maud::{Markup, html};
use models::boms::causes::{Cause, Comparison};
use models::boms::compare::{Difference, Kind, Node};
use models::boms::versions::{Book, Version};

/// The blocks in their order, with heading and sign.
const BLOCKS: [(Kind, &str, &str, &str); 4] = [
    (Kind::Removed, "removed", "Removed", "−"),
    (Kind::Changed, "changed", "Changed", "±"),
    (Kind::Moved, "changed", "Moved", "→"),
    (Kind::Added, "added", "Added", "+"),
];

pub fn page(book: &Book, old: &Version, new: &Version, comparison: &Comparison) -> Markup {
    let title = format!("BOM of build {}: version {} to {}", book.build, old.version, new.version);
    let base = address::base(&book.build);
    layout::main(html! {
        (layout::stylesheet("bom.css"))
        (Header::new(&title).actions(html! { a .btn href={ (base) "/" (new.version) } { "Show version " (new.version) } }))
        (choose(book, old, new))
        (plate([
            ("Rules", was(old.rules, new.rules, "v")),
            ("Catalogue", was(old.revision, new.revision, "Rev. ")),
            ("Lines", was(old.line_count, new.line_count, "")),
            ("Configuration", html! { @if old.configuration_hash == new.configuration_hash { "Unchanged" } @else { "Changed" } }),
        ]))
        (causes(comparison))
        @if comparison.differences.is_empty() {
            div .empty { p { "Both versions have the same " (quantity(comparison.unchanged.into())) " lines." } }
        } @else {
            section .diff {
                @for (kind, name, heading, sign) in BLOCKS { (block(comparison, kind, name, heading, sign)) }
            }
            p .quiet { (quantity(comparison.unchanged.into())) " lines are the same in both." }
        }
    })
}

fn choose(book: &Book, old: &Version, new: &Version) -> Markup {
    let select = |name: &str, label: &str, chosen: i32| {
        html! {
            label { (label) " "
                select name=(name) {
                    @for version in &book.versions { option value=(version.version) selected[version.version == chosen] { "Version " (version.version) } }
                }
            }
        }
    };
    html! {
        form .filters.versions action={ (address::base(&book.build)) "/compare" } {
            (select("from", "From", old.version)) (select("to", "to", new.version))
            button .btn { "Compare versions" }
        }
    }
}

fn was(old: i32, new: i32, before: &str) -> Markup {
    html! { @if old == new { (before) (new) } @else { (before) (old) " → " (before) (new) } }
}

/// What the versions were made from differently.
fn causes(comparison: &Comparison) -> Markup {
    let answers: Vec<_> = comparison
        .causes
        .iter()
        .filter_map(|cause| match cause {
            Cause::Configuration(change) => Some(change),
            _ => None,
        })
        .collect();
    html! {
        @if !answers.is_empty() {
            section .card.answers { section {
                h2 { "Changed answers" }
                dl .facts { @for change in answers { dt { (change.field) } dd { del { (change.old) } " → " ins { (change.new) } } } }
            } }
        }
    }
}

fn block(comparison: &Comparison, kind: Kind, name: &str, heading: &str, sign: &str) -> Markup {
    let differences: Vec<_> = comparison.differences.iter().filter(|(difference, _)| difference.kind == kind).collect();
    html! {
        @if !differences.is_empty() {
            div {
                h3 { (heading) small { (differences.len()) } }
                div .table data-keep { div .scroll { table {
                    caption { (heading) " lines" }
                    thead { tr { th scope="col" { span .hidden { "Sign" } } th scope="col" { "Item" } th scope="col" data-kind="number" { "Was" } th scope="col" data-kind="number" { "Is" } th scope="col" { "Because" } } }
                    tbody { @for (difference, causes) in differences { (row(difference, causes, name, sign, heading)) } }
                } } }
            }
        }
    }
}

fn row(difference: &Difference, causes: &[Cause], name: &str, sign: &str, heading: &str) -> Markup {
    let above = &difference.path[..difference.path.len().saturating_sub(1)];
    html! {
        tr data-change=(name) {
            td { span aria-hidden="true" { (sign) } span .hidden { (heading) } }
            th scope="row" {
                code { (difference.number()) }
                @if !above.is_empty() { small { "in " (above.join(" › ")) } }
                @if difference.kind == Kind::Moved { small { "was " @if difference.from.len() > 1 { "in " (difference.from[..difference.from.len() - 1].join(" › ")) } @else { "at level 0" } } }
                @if difference.below > 0 { small { "with " (difference.below) @if difference.below == 1 { " line below" } @else { " lines below" } } }
            }
            td data-kind="number" { @if let Some(old) = &difference.old { del { (said(old)) } } }
            td data-kind="number" { @if let Some(new) = &difference.new { ins { (said(new)) } } }
            td { (because(causes)) }
        }
    }
}

fn said(node: &Node) -> Markup {
    html! { (quantity(node.quantity)) @if !node.note.is_empty() { small { (node.note) } } }
}

fn because(causes: &[Cause]) -> Markup {
    html! {
        @if causes.is_empty() { (badge(Tone::Held, "Not explained")) small { "The inputs are the same; the program changed." } }
        @for cause in causes { span .cause { (cause) } }
    }
}
