//! Jobs at a glance: is anybody working, what waits, what fails.

use super::{Section, frame};
use crate::{
    components::{Header, Tone, age, badge, code, empty, moment, notice},
    layout,
    table::{Column, Table, grouped},
};
use chrono::{DateTime, Utc};
use maud::{Markup, Render, html};
use models::jobs::{Worker, overview::Queue};

/// What the page shows, looked up a moment ago.
#[derive(Debug, Clone, Copy)]
pub struct Overview<'a> {
    pub now: DateTime<Utc>,
    pub queues: &'a [Queue],
    pub workers: &'a [Worker],
}

/// The whole main part.
pub fn page(overview: &Overview<'_>) -> Markup {
    layout::main(frame(
        Some(Section::Overview),
        Header::new("Jobs").facts(&facts(overview)).render(),
        content(overview),
    ))
}

/// What changes; fetches itself again when a job or a worker moves.
pub fn content(overview: &Overview<'_>) -> Markup {
    html! {
        div #jobs .stack hx-get="/jobs" hx-trigger="jobs:all from:#live delay:1s, workers:all from:#live, resync from:#live" hx-swap="outerMorph" {
            @if overview.workers.is_empty() {
                (notice(Tone::Stop, html! { b { "No worker is working." } "Jobs wait until one is started. Nothing is lost." }))
            }
            h2 { "Queues" }
            (queues(overview))
            h2 { "Workers" }
            (workers(overview))
        }
    }
}

fn facts(overview: &Overview<'_>) -> String {
    match overview.workers.len() {
        0 => "No worker".into(),
        1 => "1 worker".into(),
        count => format!("{count} workers"),
    }
}

fn queues(overview: &Overview<'_>) -> Markup {
    let columns = [
        Column::key("Queue", |queue: &Queue| html! { a href={ "/jobs/queues/" (queue.name) } { (queue.title) } }),
        Column::number("Waiting", |queue: &Queue| html! { (grouped(queue.waiting.unsigned_abs())) }),
        Column::number(
            "Oldest",
            |queue: &Queue| html! { @if let Some(at) = queue.oldest_due_at { (age(overview.now - at)) } },
        ),
        Column::number("Running", |queue: &Queue| html! { (queue.running) }),
        Column::new("State", |queue: &Queue| state(queue)),
    ];
    Table::new("Queues", &columns, overview.queues).render()
}

fn state(queue: &Queue) -> Markup {
    if queue.paused_at.is_some() { badge(Tone::Idle, "Paused") } else { badge(Tone::Moving, "Open") }
}

fn workers(overview: &Overview<'_>) -> Markup {
    let columns = [
        Column::key("Worker", |worker: &Worker| code(&worker.id)),
        Column::new("Version", |worker: &Worker| html! { (worker.version) }),
        Column::date("Started", |worker: &Worker| moment(&worker.started_at, &overview.now)),
        Column::date("Last seen", |worker: &Worker| moment(&worker.last_seen_at, &overview.now)),
    ];
    let none = empty("No worker has been seen in the last seconds. Start one with: worker", html! {});
    Table::new("Workers", &columns, overview.workers).empty(none).render()
}
