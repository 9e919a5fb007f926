//! What happened, newest first, under the day it happened on.

use super::{Tone, icon};
use maud::{Markup, html};

/// "Today", "24 Nov", and what happened then.
#[derive(Debug)]
pub struct Day<'a> {
    pub heading: &'a str,
    pub entries: Vec<Entry<'a>>,
}

/// One thing that happened: "M. Keller" "approved the BOM, version 2". The system's name is "System".
#[derive(Debug)]
pub struct Entry<'a> {
    pub tone: Tone,
    pub who: &'a str,
    pub did: &'a str,
    /// Old and new values, an error, a reason; empty markup when there is nothing more to say.
    pub detail: Markup,
    pub at: Markup,
}

/// The days in the order given.
pub fn timeline(days: &[Day<'_>]) -> Markup {
    html! {
        ol .timeline {
            @for day in days {
                li { h3 { (day.heading) } ol { @for entry in &day.entries { (line(entry)) } } }
            }
        }
    }
}

fn line(entry: &Entry<'_>) -> Markup {
    html! {
        li data-tone=(entry.tone.name()) {
            (icon(entry.tone.name()))
            div { b { (entry.who) } " " (entry.did) @if !entry.detail.0.is_empty() { small { (entry.detail) } } }
            (entry.at)
        }
    }
}
