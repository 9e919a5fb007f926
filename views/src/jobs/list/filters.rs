//! The line of filters above the jobs, what is set as words that can be taken away, and the saved views.

use super::{Board, query};
use crate::{
    components::{Tab, icon, tabs},
    forms,
    jobs::names::{short, title},
    table,
};
use maud::{Markup, html};
use models::jobs::search::{Filter, PAGE, PAGES};

/// The GET form: what is typed here is the address.
pub fn line(board: &Board<'_>) -> Markup {
    let filter = board.filter;
    let states: Vec<&str> = filter.states.iter().map(|state| state.word()).collect();
    html! {
        form .filters action="/jobs/list" role="search" {
            input type="hidden" name="state" value=(states.join(","));
            @for (name, value) in kept(filter) { (forms::hidden(name, &value)) }
            input type="search" name="text" value=(typed(board, "text", filter.text.as_deref())) maxlength="200"
                placeholder="Text in arguments or error" aria-label="Text in arguments or error, 3 characters or more";
            button .btn { (icon("search")) "Search" }
            (table::chip("Kind", filter.kind.as_deref().map(|kind| format!("Kind: {}", title(kind))).as_deref(), kinds(board)))
            (table::chip("Queue", filter.queue.as_deref().map(|queue| format!("Queue: {}", queue_title(board, queue))).as_deref(), queues(board)))
            (table::chip("Order or build", records(filter).as_deref(), html! {
                label { "Order " input name="order" maxlength="200" value=(typed(board, "order", filter.order.as_deref())) placeholder="TOR-2026-0042"; }
                label { "Build " input name="build" maxlength="200" value=(typed(board, "build", filter.build.as_deref())); }
            }))
            (table::chip("Asked by", filter.person.as_deref().map(|person| format!("Asked by: {person}")).as_deref(), html! {
                label { "Name or e-mail " input name="person" maxlength="200" value=(typed(board, "person", filter.person.as_deref())); }
            }))
            (table::chip("Time", times(filter).as_deref(), html! {
                label { "Asked from " input type="datetime-local" name="from" value=[filter.from.as_ref().map(|when| local(&when.typed, "T00:00"))]; }
                label { "until " input type="datetime-local" name="to" value=[filter.to.as_ref().map(|when| local(&when.typed, "T23:59"))]; }
            }))
            (table::chip("Rows", None, html! {
                select name="rows" aria-label="Rows of a page" {
                    @for rows in PAGES { option value=(rows) selected[rows == filter.rows] { (rows) " rows" } }
                }
            }))
        }
        @let set = set(board);
        @if !set.is_empty() {
            p .filter-words {
                @for (words, without) in &set {
                    a .btn data-kind="quiet" href=(without) aria-label={ "Remove " (words) } { (words) (icon("close")) }
                }
                a .btn data-kind="quiet" href="/jobs/list?state=" { "Clear all" }
            }
        }
    }
}

/// Conditions that come from links; the form carries them along.
fn kept(filter: &Filter) -> Vec<(&'static str, String)> {
    let mut kept = Vec::new();
    kept.extend(filter.group.clone().map(|group| ("group", group)));
    kept.extend(filter.batch.map(|batch| ("batch", batch.to_string())));
    kept.extend(filter.schedule.clone().map(|schedule| ("schedule", schedule)));
    kept.extend(filter.worker.clone().map(|worker| ("worker", worker)));
    kept
}

/// What was typed stays in its field, right or wrong.
fn typed<'a>(board: &'a Board<'_>, field: &str, value: Option<&'a str>) -> &'a str {
    let refused = board.page.problems.iter().find(|problem| problem.field == field);
    value.or(refused.map(|problem| problem.typed.as_str())).unwrap_or_default()
}

/// A day alone as the field for days and times wants it.
fn local(typed: &str, time: &str) -> String {
    if typed.contains('T') { typed.into() } else { format!("{typed}{time}") }
}

fn kinds(board: &Board<'_>) -> Markup {
    let chosen = board.filter.kind.as_deref();
    let is_other = chosen.is_some_and(|kind| !board.kinds.contains(&kind));
    html! {
        select name="kind" aria-label="Kind" {
            option value="" { "Any kind" }
            @for kind in board.kinds { option value=(kind) selected[chosen == Some(kind)] { (title(kind)) } }
            @if let (true, Some(kind)) = (is_other, chosen) { option value=(kind) selected { (title(kind)) } }
        }
    }
}

fn queues(board: &Board<'_>) -> Markup {
    html! {
        select name="queue" aria-label="Queue" {
            option value="" { "Any queue" }
            @for (name, title) in board.queues { option value=(name) selected[board.filter.queue.as_ref() == Some(name)] { (title) } }
        }
    }
}

fn queue_title<'a>(board: &'a Board<'_>, name: &'a str) -> &'a str {
    board.queues.iter().find(|(known, _)| known == name).map_or(name, |(_, title)| title)
}

fn records(filter: &Filter) -> Option<String> {
    let order = filter.order.as_ref().map(|order| format!("Order: {order}"));
    let build = filter.build.as_ref().map(|build| format!("Build: {build}"));
    let said: Vec<String> = order.into_iter().chain(build).collect();
    (!said.is_empty()).then(|| said.join(", "))
}

fn times(filter: &Filter) -> Option<String> {
    let said = |typed: &str| typed.replace('T', " ");
    match (&filter.from, &filter.to) {
        (None, None) => None,
        (Some(from), None) => Some(format!("From {}", said(&from.typed))),
        (None, Some(to)) => Some(format!("Until {}", said(&to.typed))),
        (Some(from), Some(to)) => Some(format!("{} to {}", said(&from.typed), said(&to.typed))),
    }
}

/// Every condition with the address without it.
fn set(board: &Board<'_>) -> Vec<(String, String)> {
    let filter = &board.filter.from_the_top();
    let mut set = Vec::new();
    let mut add = |words: Option<String>, without: Filter| {
        let query = query(&without);
        let without = format!("/jobs/list{}", if query.is_empty() { "?state=" } else { &query });
        set.extend(words.map(|words| (words, without)));
    };
    if filter.states.len() > 1 {
        let words: Vec<&str> = filter.states.iter().map(|state| crate::jobs::names::state(*state).1).collect();
        add(Some(format!("State: {}", words.join(" or "))), Filter { states: Vec::new(), ..filter.clone() });
    }
    add(filter.text.as_ref().map(|text| format!("Text: \"{text}\"")), Filter { text: None, ..filter.clone() });
    add(filter.kind.as_ref().map(|kind| format!("Kind: {}", title(kind))), Filter { kind: None, ..filter.clone() });
    let queue = filter.queue.as_ref().map(|queue| format!("Queue: {}", queue_title(board, queue)));
    add(queue, Filter { queue: None, ..filter.clone() });
    add(filter.order.as_ref().map(|order| format!("Order: {order}")), Filter { order: None, ..filter.clone() });
    add(filter.build.as_ref().map(|build| format!("Build: {build}")), Filter { build: None, ..filter.clone() });
    add(filter.person.as_ref().map(|person| format!("Asked by: {person}")), Filter { person: None, ..filter.clone() });
    add(times(filter), Filter { from: None, to: None, ..filter.clone() });
    let group = filter.group.as_ref().map(|_| "One cause of failure".to_string());
    add(group, Filter { group: None, ..filter.clone() });
    add(filter.batch.map(|batch| format!("Batch {}", short(batch))), Filter { batch: None, ..filter.clone() });
    let schedule = filter.schedule.as_ref().map(|schedule| format!("Schedule: {}", title(schedule)));
    add(schedule, Filter { schedule: None, ..filter.clone() });
    let worker = filter.worker.as_ref().map(|worker| format!("Running on {worker}"));
    add(worker, Filter { worker: None, ..filter.clone() });
    let rows = (filter.rows != PAGE).then(|| format!("{} rows", filter.rows));
    add(rows, Filter { rows: PAGE, ..filter.clone() });
    set
}

/// Saved views as ways, and the form that saves this one.
pub fn views(board: &Board<'_>) -> Markup {
    let now = query(&board.filter.from_the_top());
    let now = now.trim_start_matches('?');
    let hrefs: Vec<String> = board.views.iter().map(|view| format!("/jobs/list?{}", view.query)).collect();
    let is_saved = board.views.iter().any(|view| view.query == now);
    let ways: Vec<Tab<'_>> = board
        .views
        .iter()
        .zip(&hrefs)
        .map(|(view, href)| Tab {
            label: &view.name,
            href,
            note: if view.is_own { "" } else { "shared" },
            is_current: view.query == now,
            ..Tab::default()
        })
        .collect();
    html! {
        div .saved-views {
            @if !ways.is_empty() { (tabs("Saved views", &ways)) }
            div .actions {
                @if !now.is_empty() && !is_saved {
                    details .chip {
                        summary { (icon("plus")) "Save view" }
                        form method="post" action="/jobs/views" hx-boost="false" {
                            (forms::csrf(board.own_csrf))
                            (forms::hidden("query", now))
                            fieldset {
                                legend .hidden { "Save view" }
                                label { "Name " input name="name" maxlength="60" required; }
                                label { input type="checkbox" name="shared" value="1"; " Share it with everyone who sees jobs" }
                                button .btn { "Save view" }
                            }
                        }
                    }
                }
                @if !board.views.is_empty() { a .btn data-kind="quiet" href="/jobs/views" { "Manage views" } }
                @if board.is_live {
                    a .btn data-kind="quiet" href=(live(board, false)) { "Pause updates" }
                } @else {
                    a .btn href=(live(board, true)) { "Updates are paused. Go on" }
                }
            }
        }
    }
}

fn live(board: &Board<'_>, is_live: bool) -> String {
    let query = query(board.filter);
    let query = if query.is_empty() { "?state=".into() } else { query };
    format!("/jobs/list{query}{}", if is_live { "" } else { "&live=off" })
}
