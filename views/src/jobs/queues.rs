//! Queues: what lies on each, how fast it goes, and holding it.

use crate::{
    components::{Dialog, Tone, age, badge, charts::spark, duration},
    forms::{self, Field},
    table::{Column, Table, grouped},
};
use chrono::{DateTime, Utc};
use maud::{Markup, Render, html};
use models::jobs::{figures::Figures, overview::Load, queues::Queue};

/// A queue with what is known about it.
#[derive(Debug, Clone)]
pub struct Listed {
    pub queue: Queue,
    pub load: Load,
    /// The number of waiting jobs is from the last minute: there were too many to count now.
    pub is_about: bool,
    /// Nothing finishes although jobs run.
    pub is_stalled: bool,
    /// Done per minute in the last hour, the oldest first.
    pub done: Vec<u64>,
    /// All of the last hour.
    pub hour: Figures,
    /// Attempts of the last 24 hours that did not end well.
    pub failed: i64,
}

/// The queues as a list. `csrf` only for those who may hold them.
pub fn list(queues: &[Listed], now: DateTime<Utc>, csrf: Option<&str>) -> Markup {
    let mut columns = vec![
        Column::key(
            "Queue",
            |listed: &Listed| html! { a href={ "/jobs/queues/" (listed.queue.name) } { (listed.queue.title) } },
        ),
        Column::number("Waiting", |listed: &Listed| waiting(listed)),
        Column::number(
            "Oldest",
            |listed: &Listed| html! { @if let Some(at) = listed.load.oldest_due_at { (age(now - at)) } },
        ),
        Column::number(
            "Running",
            |listed: &Listed| html! { (listed.load.running) @if let Some(most) = listed.queue.most_running { " of " (most) } },
        ),
        Column::new("Done a minute, last hour", |listed: &Listed| done(listed)),
        Column::number("Failed, 24 h", |listed: &Listed| failed(listed)),
        Column::number("Waited, p95", |listed: &Listed| time(listed.hour.waited.percentile(95))).priority(3),
        Column::number("Ran, p95", |listed: &Listed| time(listed.hour.ran.percentile(95))).priority(3),
        Column::new("State", |listed: &Listed| state(listed)),
    ];
    if let Some(csrf) = csrf {
        columns.push(Column::unnamed("Hold", move |listed: &Listed| hold(&listed.queue, csrf)));
    }
    Table::new("Queues", &columns, queues).row_id(|listed: &Listed| format!("queue-{}", listed.queue.name)).render()
}

fn waiting(listed: &Listed) -> Markup {
    let count = grouped(listed.load.waiting.unsigned_abs());
    html! { @if listed.is_about { "about " } (count) }
}

fn done(listed: &Listed) -> Markup {
    let total: u64 = listed.done.iter().sum();
    let last = listed.done.iter().rev().nth(1).copied().unwrap_or(0);
    html! { div .paced { (spark(&listed.done, &format!("{} done in the last hour", grouped(total)))) span .number { (grouped(last)) } } }
}

fn failed(listed: &Listed) -> Markup {
    let count = listed.failed.unsigned_abs();
    html! { @if count == 0 { "0" } @else { a href={ "/jobs/failures?queue=" (listed.queue.name) } { (grouped(count)) } } }
}

fn time(ms: Option<u64>) -> Markup {
    html! { @if let Some(ms) = ms { (duration(ms)) } }
}

/// Its state as a badge, and why when it is paused.
fn state(listed: &Listed) -> Markup {
    html! {
        (badge_of(listed))
        @if listed.queue.is_paused() { small { (listed.queue.pause_reason) ", " (listed.queue.paused_by_name.as_deref().unwrap_or("somebody")) } }
    }
}

/// Its state as a badge.
pub fn badge_of(listed: &Listed) -> Markup {
    if listed.queue.is_paused() {
        badge(Tone::Idle, "Paused")
    } else if listed.is_stalled {
        badge(Tone::Stop, "Stalled")
    } else if listed.load.running > 0 {
        badge(Tone::Moving, "Running")
    } else if listed.load.waiting > 0 {
        badge(Tone::Waiting, "Waiting")
    } else {
        badge(Tone::Good, "Clear")
    }
}

/// The way to pause it, which asks why; or to let it go on.
fn hold(queue: &Queue, csrf: &str) -> Markup {
    html! {
        @if queue.is_paused() {
            form method="post" action={ "/jobs/queues/" (queue.name) "/resume" } {
                (forms::csrf(csrf)) (forms::hidden("back", "/jobs"))
                button .btn aria-label={ "Resume " (queue.title) } { "Resume" }
            }
        } @else {
            a .btn href={ "/jobs/queues/" (queue.name) "#pause" } data-opens={ "pause-" (queue.name) } aria-label={ "Pause " (queue.title) "…" } { "Pause…" }
        }
    }
}

/// The questions before pausing, one per queue that is open; they stand outside of what replaces itself.
pub fn questions(queues: &[Listed], csrf: &str) -> Markup {
    html! {
        @for listed in queues {
            @let queue = &listed.queue;
            (Dialog {
                id: &format!("pause-{}", queue.name),
                question: &format!("Pause {}?", queue.title),
                action: &format!("/jobs/queues/{}/pause", queue.name),
                csrf,
                body: html! {
                    p { "Nothing of this queue is started until somebody resumes it. What runs goes on, and nothing is lost." }
                    (forms::hidden("back", "/jobs"))
                    (Field::text("reason", "Reason").id(&format!("reason-{}", queue.name)).maxlength(300).hint("Everybody reads it beside the queue."))
                },
                does: &format!("Pause {}", queue.title),
                keeps: "Keep it running",
            })
        }
    }
}
