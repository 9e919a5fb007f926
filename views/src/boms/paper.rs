//! The BOM as a document: every line, the facts of the record on top, its name repeated on each sheet.

use super::address;
use super::figures::quantity;
use super::{Page, tree};
use crate::components::signing::signatures;
use crate::components::{Header, plate};
use crate::layout;
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use models::boms::sheet::SheetLine;
use models::boms::versions::Version;

/// Opens as a page of its own; the browser prints it.
pub fn page(page: &Page<'_>, printed_by: &str) -> Markup {
    let (book, version) = (page.book, page.version);
    let title = format!("BOM of build {}, version {}", book.build, version.version);
    let state = if version.is_active { "In force" } else { "Replaced by a newer version" };
    layout::main(html! {
        (layout::stylesheet("bom.css"))
        (Header::new(&title).actions(html! {
            button .btn type="button" data-kind="primary" data-prints { "Print BOM" }
            a .btn href={ (address::base(&book.build)) "/" (version.version) } { "Back to the BOM" }
        }))
        (plate([
            ("Order", html! { (book.order) }),
            ("PO", html! { (book.po_number) }),
            ("Customer", html! { (book.customer) }),
            ("Project", html! { @if book.project.is_empty() { "None" } @else { (book.project) } }),
            ("State", html! { (state) }),
            ("Rules", html! { (version.family) " v" (version.rules) }),
            ("Catalogue", html! { "Rev. " (version.revision) }),
            ("Lines, pieces", html! { (quantity(version.line_count.into())) ", " (quantity(version.piece_count)) }),
        ]))
        p .printed {
            "Generated " (full(version)) ". Printed " (stamp(page.now)) " by " (printed_by) ". Configuration "
            code { (version.configuration_hash.chars().take(12).collect::<String>()) } "."
        }
        div .table.bom.paper data-keep {
            table {
                caption { (title) }
                thead {
                    tr .running { th colspan="4" { (title) " · " (book.order) " · PO " (book.po_number) } }
                    tr { th scope="col" { "Item" } th scope="col" { "Name" } th scope="col" data-kind="number" { "Quantity" } th scope="col" { "Why" } }
                }
                tbody { @for line in &page.sheet.lines { (row(line)) } }
            }
        }
        (signatures(&page.review.signed, |_, _| None))
        @if page.review.of_version(version).is_none() { p .printed { b { "Not approved." } " Nobody has signed version " (version.version) "." } }
        p .printed { "End of " (title) ", " (quantity(version.line_count.into())) " lines. Cost: " (super::cost(&page.sheet.cost)) "." }
    })
}

fn row(line: &SheetLine) -> Markup {
    html! {
        tr data-level=(line.level) {
            th scope="row" { div .lead { @for _ in 0..line.level { i {} } code { (line.number) } } }
            td { (line.name) }
            td data-kind="number" { (quantity(line.quantity)) }
            td { (tree::why(line)) @for mark in &line.marks { small { b { (mark.title()) } ". " (mark.reason()) } } }
        }
    }
}

fn full(version: &Version) -> String {
    let by = version.generated_by.as_deref().unwrap_or("System");
    format!("{} by {by}", stamp(version.generated_at))
}

/// To the second, with its zone: this is on paper.
fn stamp(at: DateTime<Utc>) -> String {
    at.format("%-d %b %Y %H:%M:%S UTC").to_string()
}
