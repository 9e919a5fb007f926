//! What happened to one record: the same page for an order, a BOM, an item, a version of the rules, a person.

use super::{entry, outcome};
use crate::{
    components::{Header, Tone, buttons::Kind, empty, link_button, moment, notice},
    layout,
};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use models::{audit::Written, holds::Hold};

/// Everything the page shows.
pub struct History<'a> {
    /// "History of TOR-2026-0042"
    pub title: &'a str,
    pub noun: &'a str,
    pub object_id: &'a str,
    pub entries: &'a [Written],
    /// Address of older entries.
    pub older: Option<&'a str>,
    pub hold: Option<&'a Hold>,
    /// Shows addresses and sessions, the export and the way to put it on hold.
    pub sees_audit: bool,
    pub now: DateTime<Utc>,
}

/// The whole page.
pub fn page(history: &History<'_>) -> Markup {
    let record = super::record_href(history.noun, history.object_id);
    let hold = format!(
        "/audit/holds?noun={}&record={}",
        crate::links::encode(history.noun),
        crate::links::encode(history.object_id)
    );
    let facts = "Every change and every refusal, the newest first";
    let mut head = Header::new(history.title).facts(facts);
    if history.sees_audit {
        head = head.actions(html! {
            (link_button(Kind::Plain, &format!("{record}.json"), "Export as JSON"))
            @if history.hold.is_none() { (link_button(Kind::Plain, &hold, "Put on hold")) }
        });
    }
    layout::main(html! {
        (head)
        @if let Some(hold) = history.hold {
            (notice(Tone::Held, html! {
                p { "On hold since " (moment(&hold.placed_at, &history.now)) " by " (hold.placed_by) ": " (hold.reason) ". Nothing that belongs to it ages." }
            }))
        }
        @if history.entries.is_empty() { (empty("The trail has nothing about this record.", html! {})) }
        ol .stack role="list" { @for entry in history.entries { li #{ "entry-" (entry.seq) } { (one(entry, history)) } } }
        @if let Some(older) = history.older { p .actions { (link_button(Kind::Plain, older, "Older")) } }
    })
}

fn one(written: &Written, history: &History<'_>) -> Markup {
    let has_content = written.before.is_some() || written.after.is_some();
    html! {
        p {
            b { (written.action) } " by " (written.user_name) ", " (written.role) ", " (moment(&written.at, &history.now)) " "
            @if !written.success { (outcome(false)) }
            @if written.object_id != history.object_id || written.noun != history.noun { code { (written.object_id) } " " span .soft { (written.noun) } }
        }
        @if !written.reason.is_empty() { p { "Because: " (written.reason) } }
        p .soft {
            (entry::full(written.at))
            @if history.sees_audit { ". " a href={ "/audit/entries/" (written.seq) } { "Show entry " (written.seq) } }
        }
        @if has_content { details { summary .btn data-kind="quiet" { "Show what changed" } (entry::changes(written)) } }
    }
}
