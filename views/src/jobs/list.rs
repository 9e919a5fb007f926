//! /jobs/list: every job that fits the filter, newest first. The address is the state of the page.

use super::{Section, frame, names::state};
use crate::{
    components::{Header, Tab, Tone, buttons, empty, icon, menus, moment, notice, tabs},
    layout,
    links::encode,
    table::{Pager, Table, grouped},
};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use models::jobs::{
    State,
    search::{Count, Filter, ListPage, Listed},
    views::View,
};

pub mod filters;
mod row;

pub use row::lasted;

/// What the page shows.
pub struct Board<'a> {
    pub filter: &'a Filter,
    pub page: &'a ListPage,
    pub kinds: &'a [&'a str],
    /// Names and titles of the queues.
    pub queues: &'a [(String, String)],
    pub views: &'a [View],
    /// Number of the first row shown, from 1: only for the sentence under the list.
    pub from: u64,
    pub now: DateTime<Utc>,
    pub is_live: bool,
    /// Somebody who may steer jobs can choose some.
    pub csrf: Option<&'a str>,
    pub own_csrf: &'a str,
}

pub fn page(board: &Board<'_>) -> Markup {
    let query = query(board.filter);
    let export = html! {
        a href={ "/jobs/list.csv" (query) } download { (icon("download")) "CSV file" }
        a href={ "/jobs/list.json" (query) } download { (icon("download")) "JSON file" }
    };
    let facts = counted(board);
    let head = Header::new("Jobs").facts(&facts).actions(menus::more("Export", export));
    let body = html! {
        (layout::stylesheet("jobs-list.css"))
        div .jobs-list hx-boost:inherited=(layout::BOOST) {
            (filters::views(board))
            (states(board))
            (filters::line(board))
            @for problem in &board.page.problems { (notice(Tone::Held, html! { (problem.sentence) })) }
        }
        (list(board))
    };
    frame(Some(Section::Jobs), html! { (head) }, body)
}

/// Who is looked for, in one line.
fn counted(board: &Board<'_>) -> String {
    match total(board) {
        None => String::new(),
        Some((1, false)) => "1 job".into(),
        Some((jobs, false)) => format!("{} jobs", grouped(jobs)),
        Some((jobs, true)) => format!("More than {} jobs", grouped(jobs)),
    }
}

/// How many jobs of the chosen states there are, and whether that is the least.
fn total(board: &Board<'_>) -> Option<(u64, bool)> {
    let states = &board.filter.states;
    let chosen = |count: &&Count| states.is_empty() || states.contains(&count.state);
    let counts: Vec<&Count> = board.page.counts.iter().filter(chosen).collect();
    let is_least = counts.iter().any(|count| count.is_least);
    (!counts.is_empty()).then(|| (counts.iter().map(|count| count.jobs.max(0) as u64).sum(), is_least))
}

fn states(board: &Board<'_>) -> Markup {
    let all = Filter { states: Vec::new(), ..board.filter.from_the_top() };
    let of = |states: Vec<State>| format!("/jobs/list{}", query(&Filter { states, ..all.clone() }));
    let note = |state: State| {
        let count = board.page.counts.iter().find(|count| count.state == state)?;
        Some(format!("{}{}", grouped(count.jobs.max(0) as u64), if count.is_least { "+" } else { "" }))
    };
    let ways: Vec<(String, String, &str)> = State::ALL
        .into_iter()
        .map(|state| (of(vec![state]), note(state).unwrap_or_default(), self::state(state).1))
        .collect();
    // The empty state says that all are wanted; a bare address would open the view somebody made the usual one.
    let everything = if query(&all).is_empty() { "/jobs/list?state=".into() } else { of(Vec::new()) };
    let mut all_ways =
        vec![Tab { label: "All", href: &everything, is_current: board.filter.states.is_empty(), ..Tab::default() }];
    for (state, (href, note, label)) in State::ALL.into_iter().zip(&ways) {
        all_ways.push(Tab { label, href, note, is_current: board.filter.states == [state], ..Tab::default() });
    }
    tabs("States", &all_ways)
}

/// The rows with what can be done to them.
pub fn list(board: &Board<'_>) -> Markup {
    let columns = row::columns(board);
    let table = Table::new("Jobs, newest first", &columns, &board.page.jobs)
        .two_lines()
        .row_id(|job: &Listed| format!("job-{}", job.id))
        .empty(nothing(board))
        .pager(pager(board));
    html! {
        div #jobs .jobs-list hx-boost:inherited=(layout::BOOST) {
            (changes(board))
            @match board.csrf {
                Some(csrf) if !board.page.jobs.is_empty() => form #chosen method="post" action="/jobs/selections" hx-boost="false" {
                    (chosen(board, csrf))
                    (table)
                },
                _ => (table),
            }
            @if let (Some(seen), false) = (board.page.looked_back_to, board.page.jobs.is_empty()) {
                (notice(Tone::Waiting, html! { "Looked back to " (time_of(&seen, &board.now)) ". Older jobs come with Next." }))
            }
        }
    }
}

/// Asks what changed while the list was looked at; rows never move by themselves.
fn changes(board: &Board<'_>) -> Markup {
    let query = query(&board.filter.from_the_top());
    let mark = if query.is_empty() { "?" } else { "&" };
    let as_of = board.page.as_of.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let shown: Vec<String> = board.page.jobs.iter().map(|job| job.id.to_string()).collect();
    let is_top = board.filter.before.is_none() && board.filter.after.is_none();
    let ask = format!(
        "/jobs/list/changes{query}{mark}as_of={}&shown={}{}",
        encode(&as_of),
        shown.join(","),
        if is_top { "&top=1" } else { "" }
    );
    html! {
        @if board.is_live {
            div #changes hx-get=(ask) hx-trigger="jobs:all from:#live throttle:2s, resync from:#live" hx-swap="innerHTML" {}
        }
    }
}

/// "3 of these changed, 12 new. Show them".
pub fn changed(changed: usize, new: usize, address: &str) -> Markup {
    let mut said = Vec::new();
    match changed {
        0 => {}
        1 => said.push("1 of these changed".to_string()),
        jobs => said.push(format!("{jobs} of these changed")),
    }
    match new {
        0 => {}
        1_000.. => said.push("more than 1,000 new".into()),
        jobs => said.push(format!("{} new", grouped(jobs as u64))),
    }
    html! {
        @if !said.is_empty() {
            p .notice data-tone="moving" { (said.join(", ")) ". " a href=(address) { "Show them" } }
        }
    }
}

/// What stands in place of the filters once a job is ticked.
fn chosen(board: &Board<'_>, csrf: &str) -> Markup {
    let query = query(&board.filter.from_the_top());
    let as_of = board.page.as_of.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let all = match total(board) {
        Some((jobs, false)) => format!("All {} that match", grouped(jobs)),
        _ => "All that match".into(),
    };
    let actions = [
        ("retry", "Retry…"),
        ("cancel", "Cancel…"),
        ("discard", "Discard…"),
        ("run_now", "Run now…"),
        ("reschedule", "Reschedule…"),
        ("priority", "Priority…"),
    ];
    html! {
        (crate::forms::csrf(csrf))
        (crate::forms::hidden("as_of", &as_of))
        (crate::forms::hidden("filter", query.trim_start_matches('?')))
        (crate::forms::hidden("address", &address(board)))
        div .selection {
            p { b data-chosen {} " Chosen:" }
            @for (action, label) in actions { (buttons::named_button(buttons::Kind::Plain, "action", action, label)) }
            @if board.page.problems.is_empty() {
                label { input type="checkbox" name="all" value="1"; " " (all) }
            }
            button .btn data-kind="quiet" type="reset" { "Clear" }
        }
    }
}

fn nothing(board: &Board<'_>) -> Markup {
    let everything = html! { a href="/jobs/list?state=" { "Show all jobs" } };
    if let (Some(seen), Some(next)) = (board.page.looked_back_to, board.page.before) {
        let filter = Filter { before: Some(next), ..board.filter.clone() };
        let further = html! { a href={ "/jobs/list" (query(&filter)) } { "Look further back" } " " (everything) };
        let sentence = html! { "No job matches among those asked for since " (time_of(&seen, &board.now)) "." };
        return html! { div .empty { p { (sentence) } div .actions { (further) } } };
    }
    match (&board.filter.text, board.filter.is_everything()) {
        (_, true) if board.filter.before.is_none() && board.filter.after.is_none() => {
            empty("No job was asked for yet. Submitting an order asks for the first ones.", html! {})
        }
        (Some(text), _) => {
            empty(&format!("No job has \"{text}\" in its arguments or its error, with these filters."), everything)
        }
        (None, _) => empty("No job matches these filters.", everything),
    }
}

/// Ids begin with their time.
fn time_of(id: &uuid::Uuid, now: &DateTime<Utc>) -> Markup {
    let at = id.get_timestamp().and_then(|time| {
        let (seconds, nanos) = time.to_unix();
        DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
    });
    html! { @match at { Some(at) => (moment(&at, now)), None => "the beginning" } }
}

fn pager(board: &Board<'_>) -> Pager {
    let rows = board.page.jobs.len() as u64;
    let last = (board.from + rows).saturating_sub(1);
    let turn = |before, after, from: u64| {
        let query = query(&Filter { before, after, ..board.filter.clone() });
        format!("/jobs/list{query}&from_row={from}")
    };
    let previous = board.from.saturating_sub(board.filter.rows as u64).max(1);
    Pager {
        first: board.from,
        last,
        total: total(board).filter(|(_, is_least)| !is_least).map(|(jobs, _)| jobs.max(last)),
        previous: board.page.after.map(|after| turn(None, Some(after), previous)),
        next: board.page.before.map(|before| turn(Some(before), None, last + 1)),
    }
}

/// Exactly this page.
fn address(board: &Board<'_>) -> String {
    let query = query(board.filter);
    let from = if board.from > 1 { format!("&from_row={}", board.from) } else { String::new() };
    format!("/jobs/list{}{from}", if query.is_empty() { "?state=" } else { &query })
}

/// The filter as a query, its place in the list included; empty when nothing is asked for.
pub fn query(filter: &Filter) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut push = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            parts.push(format!("{name}={}", encode(value)));
        }
    };
    let states = filter.states.iter().map(|state| state.word()).collect::<Vec<_>>().join(",");
    let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string());
    push("state", Some(states.as_str()).filter(|states| !states.is_empty()));
    push("kind", filter.kind.as_deref());
    push("queue", filter.queue.as_deref());
    push("order", filter.order.as_deref());
    push("build", filter.build.as_deref());
    push("person", filter.person.as_deref());
    push("group", filter.group.as_deref());
    push("text", filter.text.as_deref());
    push("from", filter.from.as_ref().map(|when| when.typed.as_str()));
    push("to", filter.to.as_ref().map(|when| when.typed.as_str()));
    push("batch", id(filter.batch).as_deref());
    push("schedule", filter.schedule.as_deref());
    push("worker", filter.worker.as_deref());
    let rows = filter.rows.to_string();
    push("rows", Some(rows.as_str()).filter(|_| filter.rows != models::jobs::search::PAGE));
    push("before", id(filter.before).as_deref());
    push("after", id(filter.after).as_deref());
    if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
}
