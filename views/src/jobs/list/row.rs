//! One job as a row of the list.

use super::Board;
use crate::{
    components::moment,
    jobs::names::{badge, path, short, title},
    links::encode,
    table::Column,
};
use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, html};
use models::jobs::{State, search::Listed};

/// With ticks for who may choose jobs.
pub fn columns<'a>(board: &'a Board<'_>) -> Vec<Column<'a, Listed>> {
    let now = board.now;
    let mut columns = Vec::new();
    if board.csrf.is_some() {
        columns.push(Column::unnamed("Choose", |job: &Listed| {
            let label = format!("Choose {} {}", title(&job.kind), short(job.id));
            html! { input type="checkbox" name="ids" value=(job.id) aria-label=(label); }
        }));
    }
    columns.extend([
        Column::key("Job", |job: &Listed| {
            html! {
                a href=(path(&job.id)) { (title(&job.kind)) } " " code .quiet { (short(job.id)) }
                @if let Some(error) = &job.error_text {
                    small .line data-tone=[(job.state == State::Dead).then_some("stop")] title=(error) { (error) }
                }
            }
        }),
        Column::new("State", |job: &Listed| {
            html! { (badge(job.state)) @if let Some(share) = share(job) { small { (share) } } }
        }),
        Column::new("For", belongs),
        Column::number("Attempt", |job: &Listed| {
            html! { @if job.attempt > 0 { (job.attempt) " of " (job.max_attempts.max(job.attempt)) } }
        })
        .priority(3),
        Column::number("Waited", move |job: &Listed| html! { @if let Some(waited) = waited(job, now) { (waited) } })
            .priority(3),
        Column::number("Ran", move |job: &Listed| html! { @if let Some(ran) = ran(job, now) { (ran) } }),
        Column::date("Asked", move |job: &Listed| {
            html! { (moment(&job.created_at, &now)) @if let Some(person) = &job.person { small { (person) } } }
        }),
    ]);
    columns
}

/// The record the job works for.
fn belongs(job: &Listed) -> Markup {
    html! {
        @match (&job.order_number, &job.build_number) {
            (Some(order), build) => {
                a href={ "/orders/" (encode(order)) } { (order) }
                @if let Some(build) = build { small { "Build " (build) } }
            },
            (None, Some(build)) => { "Build " a href={ "/builds/" (encode(build)) } { (build) } },
            (None, None) => {
                @if let Some(schedule) = &job.schedule { a href={ "/jobs/schedules/" (schedule) } { (title(schedule)) } small { "Schedule" } }
            },
        }
    }
}

fn share(job: &Listed) -> Option<String> {
    let is_known = job.state == State::Running && job.progress_total > 0;
    is_known.then(|| format!("{} of {}", job.progress_done.max(0), job.progress_total))
}

/// From when it could start to its latest start; still counting while it waits for a worker.
fn waited(job: &Listed, now: DateTime<Utc>) -> Option<String> {
    let due = job.created_at.max(job.run_at.min(job.started_at.unwrap_or(job.run_at)));
    match (job.state, job.started_at) {
        (State::Queued | State::Retry, _) if job.run_at > now => Some(format!("due in {}", lasted(job.run_at - now))),
        (State::Queued | State::Retry, _) => Some(lasted(now - job.run_at)),
        (_, Some(started)) => Some(lasted(started - due)),
        (_, None) => None,
    }
}

fn ran(job: &Listed, now: DateTime<Utc>) -> Option<String> {
    let started = job.started_at?;
    match job.state {
        State::Running => Some(lasted(now - started)),
        State::Queued | State::Retry => None,
        _ => Some(lasted(job.finished_at? - started)),
    }
}

/// "84 ms", "3.2 s", "5 min": short times exactly, long ones as ages.
pub fn lasted(time: TimeDelta) -> String {
    match time.num_milliseconds().max(0) {
        milliseconds @ ..1_000 => format!("{milliseconds}\u{202f}ms"),
        milliseconds @ ..60_000 => format!("{:.1}\u{202f}s", milliseconds as f64 / 1_000.0),
        _ => crate::components::age(time),
    }
}
