//! What people did to jobs: the list of it, and one action with its jobs and the way back.

use super::{actions, frame, names};
use crate::{
    components::{Header, Tone, badge, buttons, empty, moment, notice},
    layout,
    table::{Column, Table},
};
use chrono::{DateTime, Utc};
use maud::{Markup, Render, html};
use models::jobs::actions::{Action, Item, Left, Record};

/// Latest first. `older` is the address of the next page, if there is one.
pub fn list(records: &[Record], older: Option<&str>, now: DateTime<Utc>) -> Markup {
    let columns = [
        Column::key("What", |record: &Record| {
            html! {
                a href={ "/jobs/actions/" (record.id) } { (said(record)) }
                @if !record.reason.is_empty() { small { (record.reason) } }
            }
        }),
        Column::new("By", |record: &Record| html! { (record.by) }),
        Column::date("When", |record: &Record| moment(&record.at, &now)),
        Column::new("Undone", |record: &Record| {
            html! {
                @if let (Some(by), Some(at)) = (&record.undone_by, &record.undone_at) { "by " (by) ", " (moment(at, &now)) }
            }
        }),
    ];
    let table = Table::new("What was done to jobs, latest first", &columns, records).two_lines();
    let table =
        table.empty(empty("Nobody has changed a job by hand yet.", html! { a href="/jobs/list" { "Show all jobs" } }));
    let body = html! {
        (table)
        @if let Some(older) = older { p .actions { (buttons::link_button(buttons::Kind::Plain, older, "Older")) } }
    };
    layout::main(frame(
        None,
        Header::new("What was done to jobs").facts("Kept for 90 days here, for good in the audit trail").render(),
        body,
    ))
}

fn said(record: &Record) -> String {
    let did = actions::done(record.action, usize::try_from(record.done).unwrap_or_default());
    if record.detail.is_empty() { did } else { format!("{did} {}", record.detail) }
}

/// One action. `may_undo` shows the way back, with its form's token.
pub struct One<'a> {
    pub record: &'a Record,
    pub items: &'a [Item],
    pub left: &'a [Left],
    pub may_undo: bool,
    pub csrf: &'a str,
    pub now: DateTime<Utc>,
}

pub fn one(one: &One<'_>) -> Markup {
    let record = one.record;
    let title = said(record);
    let undo = format!("/jobs/actions/{}/undo", record.id);
    let mut head = Header::new(&title);
    if one.may_undo && record.undone_at.is_none() {
        head = head.actions(buttons::post_button(&undo, one.csrf, buttons::Kind::Primary, &undo_verb(record)));
    }
    let body = html! { div .stack {
        p { "By " b { (record.by) } ", " (moment(&record.at, &one.now)) @if record.reason.is_empty() { "." } @else { ": " (record.reason) } }
        @if let (Some(by), Some(at)) = (&record.undone_by, &record.undone_at) {
            (notice(Tone::Idle, html! { p { "Undone by " (by) ", " (moment(at, &one.now)) "." } }))
        }
        (jobs(one))
        (left(one))
    } };
    layout::main(frame(None, head.render(), body))
}

fn undo_verb(record: &Record) -> String {
    match record.action {
        Action::Copy => "Discard the copy".into(),
        _ => format!("Undo for {}", actions::jobs(usize::try_from(record.done).unwrap_or_default())),
    }
}

fn jobs(one: &One<'_>) -> Markup {
    let state = |state| {
        let (tone, word) = names::state(state);
        badge(tone, word)
    };
    let columns = [
        Column::key("Job", |item: &Item| {
            html! {
                (names::link(&item.job_id, item.kind.as_deref().unwrap_or("job")))
                @if let Some(why) = &item.not_undone { small data-tone="held" { "Not undone. " (why) } }
            }
        }),
        Column::new(
            "Build",
            |item: &Item| html! { @if let Some(build) = &item.build { a href={ "/builds/" (build) } { (build) } } },
        ),
        Column::new("Was", |item: &Item| html! { @if let Some(before) = item.before { (state(before)) } }),
        Column::new(
            "Is now",
            |item: &Item| html! { @match item.now { Some(now) => (state(now)), None => "no longer kept" } },
        ),
    ];
    let hidden = usize::try_from(one.record.done).unwrap_or_default().saturating_sub(one.items.len());
    html! {
        (Table::new("Its jobs", &columns, one.items).two_lines())
        @if hidden > 0 { p { (hidden) " more are not listed." } }
    }
}

fn left(one: &One<'_>) -> Markup {
    html! {
        @if !one.left.is_empty() {
            h2 { "Left alone " small { (one.record.left) } }
            ul { @for left in one.left { li { a href=(names::path(&left.id)) { (names::short(left.id)) } " " (left.why) } } }
        }
    }
}
