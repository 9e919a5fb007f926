//! One entry of the trail: everything that was written, and what it changed, field by field.

use super::{outcome, record_link};
use crate::{
    components::{Header, code, plates::facts},
    layout,
    table::{Column, Table},
};
use chrono::{DateTime, Utc};
use maud::{Markup, Render, html};
use models::{
    audit::{
        Written,
        differences::{self, Difference, MOST},
    },
    site,
};

/// The whole page.
pub fn page(entry: &Written) -> Markup {
    let title = format!("Entry {}", entry.seq);
    let when = full(entry.at);
    layout::main(html! {
        (Header::new(&title).badge(outcome(entry.success)).facts(&when))
        div .stack {
            (facts([
                ("Action", html! { (entry.action) }),
                ("Record", record_link(&entry.noun, &entry.object_id)),
                ("Reason", html! { @if entry.reason.is_empty() { span .soft { "None was asked for" } } @else { (entry.reason) } }),
                ("By", html! { (entry.user_name) ", " (entry.role) @if let Some(id) = entry.user_id { " " span .soft { "account " (id) } } }),
                ("Session", known(&entry.session, "No session: a job or a command")),
                ("From", known(&entry.peer, "From inside")),
                ("Request", known(&entry.request_id, "No request")),
            ]))
            (changes(entry))
            h2 { "In the chain" }
            (facts([
                ("Link", html! { @match entry.link { Some(link) => (link), None => "None: this entry was inserted behind the chain's back" } }),
                ("Hash", hash(entry.hash.as_deref())),
                ("Hash before it", hash(entry.prev_hash.as_deref())),
            ]))
        }
    })
}

/// Site's clock and UTC, to the second.
pub fn full(at: DateTime<Utc>) -> String {
    format!("{} ({})", site::local(at).format("%-d %b %Y %H:%M:%S %Z"), at.format("%Y-%m-%d %H:%M:%S UTC"))
}

fn known(value: &str, otherwise: &str) -> Markup {
    if value.is_empty() {
        html! { span .soft { (otherwise) } }
    } else {
        code(value)
    }
}

/// Sixty-four digits that may break on a narrow screen.
fn hash(digits: Option<&str>) -> Markup {
    let digits = digits.unwrap_or("none");
    html! { code { @for part in digits.as_bytes().chunks(16) { (String::from_utf8_lossy(part)) wbr; } } }
}

/// The difference; nothing when the entry holds no content.
pub fn changes(entry: &Written) -> Markup {
    let rows = differences::between(entry.before.as_ref(), entry.after.as_ref());
    let (changed, same): (Vec<_>, Vec<_>) = rows.into_iter().partition(Difference::is_change);
    let is_cut = changed.len() + same.len() >= MOST;
    html! {
        @if !changed.is_empty() { h2 { "What changed " small { (changed.len()) } } (table("What changed", &changed)) }
        @if is_cut { p .soft { "Long entries are cut here; the export as JSON has them whole." } }
        @if !same.is_empty() {
            details { summary .btn data-kind="quiet" { "Stayed the same: " (same.len()) } (table("What stayed the same", &same)) }
        }
    }
}

fn table(caption: &str, rows: &[Difference]) -> Markup {
    let columns = [
        Column::key("Field", |row: &Difference| html! { (row.field) }),
        Column::new(
            "Was",
            |row: &Difference| html! { @if let Some(was) = &row.was { @if row.is_change() { del { (was) } } @else { (was) } } },
        ),
        Column::new(
            "Is",
            |row: &Difference| html! { @if let Some(is) = &row.is { @if row.is_change() { ins { (is) } } @else { (is) } } },
        ),
    ];
    Table::new(caption, &columns, rows).render()
}
