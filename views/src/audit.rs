//! The audit trail: looking for entries, one entry, the history of a record, holds.

pub mod entry;
pub mod history;
pub mod holds;

use crate::{
    components::{Header, Tone, badge, buttons::Kind, empty, link_button, moment, notice},
    forms::{Choice, Field},
    layout, links,
    table::{Column, Table, chip, filters},
};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use models::audit::{Written, chain::State};

/// What was typed into the search, right or wrong.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    pub person: String,
    pub noun: String,
    pub record: String,
    pub action: String,
    pub outcome: String,
    pub from: String,
    pub until: String,
    pub text: String,
}

impl Typed {
    fn fields(&self) -> [(&'static str, &str); 8] {
        [
            ("person", &self.person),
            ("noun", &self.noun),
            ("record", &self.record),
            ("action", &self.action),
            ("outcome", &self.outcome),
            ("from", &self.from),
            ("until", &self.until),
            ("text", &self.text),
        ]
    }

    /// The search as the end of an address; empty when nothing is looked for.
    pub fn query(&self) -> String {
        let asked = self.fields().into_iter().filter(|(_, value)| !value.is_empty());
        asked.map(|(name, value)| format!("{name}={}", links::encode(value))).collect::<Vec<_>>().join("&")
    }
}

/// Everything the list shows.
pub struct Index<'a> {
    pub typed: &'a Typed,
    /// What is wrong with what was typed.
    pub problem: Option<&'a str>,
    pub entries: &'a [Written],
    /// Address of the older entries.
    pub older: Option<String>,
    /// Whether these are not the newest.
    pub is_later_page: bool,
    pub nouns: &'a [String],
    pub actions: &'a [String],
    pub chain: &'a State,
    pub now: DateTime<Utc>,
}

/// The whole page.
pub fn index(page: &Index<'_>) -> Markup {
    layout::main(html! {
        (Header::new("Audit trail").facts(&facts(page.chain)).actions(html! {
            (link_button(Kind::Plain, &export("csv", page.typed), "Export as CSV"))
            (link_button(Kind::Plain, &export("json", page.typed), "Export as JSON"))
            (link_button(Kind::Plain, "/audit/holds", "Show holds"))
        }))
        (standing(page))
        (search(page))
        @if let Some(problem) = page.problem { (notice(Tone::Stop, html! { p { (problem) } })) }
        (list(page))
    })
}

fn export(kind: &str, typed: &Typed) -> String {
    let query = typed.query();
    if query.is_empty() { format!("/audit.{kind}") } else { format!("/audit.{kind}?{query}") }
}

fn facts(chain: &State) -> String {
    format!("{} entries, each chained to the one before it", grouped(chain.head_seq))
}

fn grouped(count: i64) -> String {
    crate::table::grouped(count.unsigned_abs())
}

/// How the chain stands: the sentence an auditor asks for first.
fn standing(page: &Index<'_>) -> Markup {
    html! {
        @match &page.chain.last {
            None => (notice(Tone::Waiting, html! { p { "The chain has not been checked yet. A job does so every hour." } })),
            Some(check) if check.finding.is_empty() => (notice(Tone::Good, html! {
                p {
                    @if check.since == 0 { "All " (grouped(check.entries)) " entries were as they were written, checked " (moment(&check.at, &page.now)) "." }
                    @else {
                        (grouped(check.entries)) " new entries were as they were written, checked " (moment(&check.at, &page.now)) "; "
                        @if let Some(whole) = &page.chain.whole_at { "the whole trail " (moment(whole, &page.now)) "." }
                    }
                }
            })),
            Some(check) => (notice(Tone::Stop, html! {
                p { "The trail was tampered with, found " (moment(&check.at, &page.now)) ". " (check.finding) }
            })),
        }
    }
}

fn search(page: &Index<'_>) -> Markup {
    let typed = page.typed;
    let some = |label: &str, value: &str| (!value.is_empty()).then(|| format!("{label}: {value}"));
    let of = |words: &'_ [String], all: &'static str| {
        std::iter::once((String::new(), all.to_owned()))
            .chain(words.iter().map(|word| (word.clone(), word.replace('_', " "))))
            .collect::<Vec<_>>()
    };
    let (nouns, actions) = (of(page.nouns, "Everything"), of(page.actions, "Every action"));
    let nouns: Vec<Choice<'_>> = nouns.iter().map(|(value, label)| Choice::new(value, label)).collect();
    let actions: Vec<Choice<'_>> = actions.iter().map(|(value, label)| Choice::new(value, label)).collect();
    let outcomes =
        [Choice::new("", "Done and refused"), Choice::new("done", "Done"), Choice::new("refused", "Refused or failed")];
    let time = match (typed.from.as_str(), typed.until.as_str()) {
        ("", "") => None,
        (from, "") => Some(format!("Since {}", said(from))),
        ("", until) => Some(format!("Before {}", said(until))),
        (from, until) => Some(format!("{} to {}", said(from), said(until))),
    };
    let record = match (typed.noun.as_str(), typed.record.as_str()) {
        ("", "") => None,
        (noun, "") => Some(format!("About: {noun}")),
        ("", record) => Some(format!("About: {record}")),
        (noun, record) => Some(format!("About: {noun} {record}")),
    };
    let chips = html! {
        (chip("Person", some("Person", &typed.person).as_deref(), html! {
            (Field::text("person", "Name or email").value(&typed.person).hint("Also System, or Nobody for who was not logged in").maxlength(100))
        }))
        (chip("Record", record.as_deref(), html! {
            (Field::select("noun", "Kind", &nouns).value(&typed.noun))
            (Field::text("record", "Number").value(&typed.record).hint("As pages show it: TOR-2026-0042").maxlength(100))
        }))
        (chip("Action", some("Action", &typed.action).as_deref(), html! { (Field::select("action", "Action", &actions).value(&typed.action)) }))
        (chip("Outcome", some("Outcome", &typed.outcome).as_deref(), html! { (Field::select("outcome", "Outcome", &outcomes).value(&typed.outcome)) }))
        (chip("Time", time.as_deref(), html! {
            (Field::moment("from", "From").value(&typed.from))
            (Field::moment("until", "Until").value(&typed.until).hint("By the site's clock"))
        }))
    };
    filters("/audit", ("text", &typed.text, "Words of the reason"), chips, !typed.query().is_empty())
}

fn said(time: &str) -> String {
    time.replace('T', " ")
}

/// The list as found, for htmx.
pub fn list(page: &Index<'_>) -> Markup {
    let columns = [
        Column::key("What", |entry: &Written| {
            html! {
                a href={ "/audit/entries/" (entry.seq) } { (entry.action) }
                @if !entry.reason.is_empty() { small { (entry.reason) } }
            }
        }),
        Column::new("Record", |entry: &Written| record_link(&entry.noun, &entry.object_id)),
        Column::new("By", |entry: &Written| html! { (entry.user_name) small { (entry.role) } }),
        Column::new("Outcome", |entry: &Written| outcome(entry.success)),
        Column::date("When", |entry: &Written| moment(&entry.at, &page.now)),
        Column::number("Link", |entry: &Written| html! { @match entry.link { Some(link) => (link), None => "none" } })
            .priority(3),
    ];
    let none = if page.typed.query().is_empty() {
        empty("Nothing has been written yet.", html! {})
    } else {
        empty("No entry is like that.", html! { a href="/audit" { "Show all entries" } })
    };
    let table =
        Table::new("Entries of the audit trail, the newest first", &columns, page.entries).id("entries").two_lines();
    html! {
        (table.empty(none))
        @if page.older.is_some() || page.is_later_page {
            p .actions {
                @if page.is_later_page {
                    @let query = page.typed.query();
                    (link_button(Kind::Plain, &if query.is_empty() { "/audit".into() } else { format!("/audit?{query}") }, "Newest"))
                }
                @if let Some(older) = &page.older { (link_button(Kind::Plain, older, "Older")) }
            }
        }
    }
}

/// Whether it was done.
pub fn outcome(success: bool) -> Markup {
    if success { badge(Tone::Idle, "Done") } else { badge(Tone::Stop, "Refused") }
}

/// The way to the history of a record.
pub fn record_link(noun: &str, object_id: &str) -> Markup {
    html! {
        a href=(record_href(noun, object_id)) { (object_id) } " "
        small { (noun.replace('_', " ")) }
    }
}

/// Address of a record's trail.
pub fn record_href(noun: &str, object_id: &str) -> String {
    format!("/audit/records/{}/{}", links::encode(noun), links::encode(object_id))
}
