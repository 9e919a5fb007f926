//! /jobs/failures: what stops jobs, cause by cause, so that one repair ends many failures.

use super::{
    Section, frame,
    names::{path, short, title},
};
use crate::{
    components::{Header, Tone, buttons, empty, moment, notice},
    forms, layout,
    table::{Column, Table, grouped},
};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use models::jobs::groups::{Failures, Group, LOOKED_AT};

/// `csrf` for those who may steer jobs.
pub fn page(failures: &Failures, now: DateTime<Utc>, csrf: Option<&str>) -> Markup {
    let dead: i64 = failures.groups.iter().map(|group| group.dead).sum();
    let facts = match failures.groups.len() {
        0 => String::new(),
        1 => format!("1 cause, {} given up", grouped(dead.max(0) as u64)),
        causes => format!("{causes} causes, {} given up", grouped(dead.max(0) as u64)),
    };
    let body = html! { (layout::stylesheet("jobs-list.css")) (list(failures, now, csrf)) };
    frame(Some(Section::Failures), html! { (Header::new("Failures").facts(&facts)) }, body)
}

/// The causes, for htmx after something changed.
pub fn list(failures: &Failures, now: DateTime<Utc>, csrf: Option<&str>) -> Markup {
    let columns = columns(failures, now, csrf);
    let nothing = empty(
        "Nothing fails. No job is given up on, and none has to be tried again.",
        html! { a href="/jobs/list?state=" { "Show all jobs" } },
    );
    html! {
        div #failures hx-boost:inherited=(layout::BOOST) {
            @if failures.is_cut {
                (notice(Tone::Held, html! { "There are more failures than are counted here: up to " (grouped(LOOKED_AT as u64)) " of a cause, and the latest 100 causes." }))
            }
            (Table::new("Causes of failure, the latest first", &columns, &failures.groups).two_lines().row_id(|group: &Group| format!("cause-{}", group.group)).empty(nothing))
        }
    }
}

fn columns<'a>(failures: &'a Failures, now: DateTime<Utc>, csrf: Option<&'a str>) -> Vec<Column<'a, Group>> {
    let mut columns = vec![
        Column::key("Cause", |group: &Group| {
            html! {
                a href=(address(group, "")) { (sentence(group)) }
                small { (title(&group.kind)) @if !group.class.is_empty() { ", " (group.class.replace('_', " ")) } }
            }
        }),
        Column::number("Given up", |group: &Group| counted(group, group.dead, "dead")),
        Column::number("Tries again", |group: &Group| counted(group, group.trying_again, "retry")),
        Column::number("Orders", |group: &Group| html! { @if group.orders > 0 { (grouped(group.orders as u64)) } })
            .priority(3),
        Column::new("Last 24 h", chart).priority(3),
        Column::date("First", move |group: &Group| moment(&group.first_at, &now)).priority(3),
        Column::date("Latest", move |group: &Group| {
            html! { (moment(&group.latest_at, &now)) small { a href=(path(&group.latest_job)) { (short(group.latest_job)) } } }
        }),
    ];
    if let Some(csrf) = csrf {
        columns.push(Column::unnamed("Actions", move |group: &Group| actions(failures, group, csrf)));
    }
    columns
}

/// Numbers and names differ from job to job; the latest sentence stands for all.
fn sentence(group: &Group) -> &str {
    if group.sentence.is_empty() { "It stopped without saying why." } else { &group.sentence }
}

fn counted(group: &Group, jobs: i64, state: &str) -> Markup {
    html! { @if jobs > 0 { a href=(address(group, state)) { (grouped(jobs as u64)) } } }
}

fn address(group: &Group, state: &str) -> String {
    let state = if state.is_empty() { "dead,retry" } else { state };
    format!("/jobs/list?state={state}&group={}", group.group)
}

/// Both buttons choose exactly the jobs this page counted; the next page asks before anything is done.
fn actions(failures: &Failures, group: &Group, csrf: &str) -> Markup {
    let as_of = failures.as_of.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let filter = format!("state=dead&group={}", group.group);
    html! {
        @if group.dead > 0 {
            form .cluster method="post" action="/jobs/selections" hx-boost="false" {
                (forms::csrf(csrf)) (forms::hidden("all", "1")) (forms::hidden("filter", &filter))
                (forms::hidden("as_of", &as_of)) (forms::hidden("address", "/jobs/failures"))
                (buttons::named_button(buttons::Kind::Plain, "action", "retry", "Retry all…"))
                (buttons::named_button(buttons::Kind::Quiet, "action", "discard", "Discard all…"))
            }
        }
    }
}

/// One bar an hour; the last figure stands beside it.
fn chart(group: &Group) -> Markup {
    let most = group.by_hour.iter().copied().max().unwrap_or(0).max(1);
    let last = group.by_hour.last().copied().unwrap_or(0);
    let all: i64 = group.by_hour.iter().sum();
    let label = format!("{all} in the last 24 hours, {last} of them in the last hour");
    html! {
        @if all > 0 {
            span .spark {
                svg viewBox="0 0 96 20" role="img" aria-label=(label) {
                    @for (hour, jobs) in group.by_hour.iter().enumerate() {
                        @let height = (jobs * 20 + most - 1) / most;
                        @if *jobs > 0 { rect x=(hour * 4) y=(20 - height) width="3" height=(height) {} }
                    }
                }
                (grouped(all.max(0) as u64))
            }
        }
    }
}
