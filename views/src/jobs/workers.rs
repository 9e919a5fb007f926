//! Workers: who is there to do the work, what each has in hand, and what they can be told.

use crate::{
    components::{Tone, badge, code, empty, moment},
    table::{Column, Table},
};
use chrono::{DateTime, Utc};
use maud::{Markup, Render, html};
use models::jobs::Worker;

/// A worker with what it runs.
#[derive(Debug, Clone)]
pub struct Listed {
    pub worker: Worker,
    pub running: i64,
}

/// The workers as a list.
pub fn list(workers: &[Listed], now: DateTime<Utc>) -> Markup {
    let columns = [
        Column::key(
            "Worker",
            |listed: &Listed| html! { a href={ "/jobs/workers/" (listed.worker.id) } { (code(&listed.worker.id)) } },
        ),
        Column::new("State", |listed: &Listed| state(&listed.worker, now)),
        Column::number("Running", |listed: &Listed| html! { (listed.running) " of " (listed.worker.concurrency) }),
        Column::new("Queues", |listed: &Listed| html! { (queues(&listed.worker)) }).priority(3),
        Column::number("Memory", |listed: &Listed| html! { (memory(listed.worker.rss_bytes)) }),
        Column::new("Version", |listed: &Listed| html! { (listed.worker.version) }).priority(3),
        Column::date("Since", |listed: &Listed| moment(&listed.worker.started_at, &now)),
        Column::date(
            "Looked for work",
            |listed: &Listed| html! { @if let Some(at) = &listed.worker.last_poll_at { (moment(at, &now)) } },
        ),
    ];
    let none = empty("No worker has been seen in the last seconds. Start one with: worker", html! {});
    Table::new("Workers", &columns, workers)
        .row_id(|listed: &Listed| format!("worker-{}", listed.worker.id))
        .empty(none)
        .render()
}

/// How it is, as a badge.
pub fn state(worker: &Worker, now: DateTime<Utc>) -> Markup {
    if !worker.is_alive(now) {
        return if worker.stopping_at.is_some() { badge(Tone::Idle, "Ended") } else { badge(Tone::Stop, "Gone") };
    }
    match (worker.stopping_at.or(worker.stop_requested_at), worker.quiet_at) {
        (Some(_), _) => badge(Tone::Held, "Stopping"),
        (None, Some(_)) => badge(Tone::Idle, "Quiet"),
        (None, None) => badge(Tone::Moving, "Working"),
    }
}

/// The queues it serves, in words.
pub fn queues(worker: &Worker) -> String {
    if worker.queues.is_empty() { "all".into() } else { worker.queues.replace(',', ", ") }
}

/// 24117248 as "23 MiB"; nothing while it is not known.
pub fn memory(bytes: i64) -> String {
    if bytes <= 0 { String::new() } else { format!("{}\u{202f}MiB", (bytes + 524_288) / 1_048_576) }
}
