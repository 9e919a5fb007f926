//! One queue: its figures, what runs, what comes next, its pause and its limit.

use super::{briefs, figures, frame, queues};
use crate::{
    components::{Header, Tone, age, buttons, moment, notice, plate},
    forms::{self, Field},
    layout,
    table::grouped,
};
use chrono::{DateTime, Utc};
use maud::{Markup, Render, html};
use models::jobs::{
    brief::Brief,
    figures::{Depth, Point, Span},
    queues::MOST_LIMIT,
};

/// What somebody typed into the page's forms, and what is wrong with it.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    pub reason: String,
    pub wrong_reason: String,
    /// None: what is in force.
    pub most: Option<String>,
    pub wrong_most: String,
}

/// What the page shows.
pub struct Queue<'a> {
    pub now: DateTime<Utc>,
    pub by: Span,
    pub csrf: Option<&'a str>,
    pub listed: &'a queues::Listed,
    pub points: &'a [Point],
    pub depths: &'a [Depth],
    pub running: &'a [Brief],
    pub next: &'a [Brief],
    pub typed: &'a Typed,
}

impl Queue<'_> {
    fn href(&self) -> String {
        format!("/jobs/queues/{}", self.listed.queue.name)
    }

    fn place(&self, by: Span) -> String {
        if by == Span::Minute { self.href() } else { format!("{}?by={}", self.href(), by.word()) }
    }
}

/// The whole main part.
pub fn page(queue: &Queue<'_>) -> Markup {
    let of_queue = &queue.listed.queue;
    let ways = html! {
        a .btn href={ "/jobs/list?queue=" (of_queue.name) } { "Show its jobs" }
        @if let Some(csrf) = queue.csrf {
            @if of_queue.is_paused() { (buttons::post_button(&format!("{}/resume", queue.href()), csrf, buttons::Kind::Primary, &format!("Resume {}", of_queue.title))) }
            @else { a .btn href="#pause" { "Pause…" } }
        }
    };
    let body = html! { (content(queue)) @if let Some(csrf) = queue.csrf { (hold(queue, csrf)) } };
    layout::main(frame(None, Header::new(&of_queue.title).actions(ways).render(), body))
}

/// What changes, without the forms.
pub fn content(queue: &Queue<'_>) -> Markup {
    let of_queue = &queue.listed.queue;
    let changes =
        format!("jobs:all from:#live throttle:1s, queues:{} from:#live, resync from:#live, calm", of_queue.name);
    html! {
        div #queue .stack data-holds hx-get=(queue.place(queue.by)) hx-trigger=(changes) hx-swap="outerMorph" {
            @if let Some(at) = &of_queue.paused_at {
                (notice(Tone::Held, html! {
                    b { "Paused by " (of_queue.paused_by_name.as_deref().unwrap_or("somebody")) ", " (moment(at, &queue.now)) }
                    (of_queue.pause_reason) small { "Nothing of this queue is started. Nothing is lost." }
                }))
            }
            (facts(queue))
            section aria-labelledby="pace" {
                div .cluster { h2 #pace { "Pace" } (figures::spans(queue.by, |by| queue.place(by))) }
                (figures::large(queue.by, queue.points, queue.depths))
            }
            section aria-labelledby="running" { h2 #running { "Running now" } (briefs::running(queue.running, queue.now)) }
            section aria-labelledby="next" { h2 #next { "Next to start" } (briefs::next(queue.next, queue.now)) }
        }
    }
}

fn facts(queue: &Queue<'_>) -> Markup {
    let (listed, of_queue) = (queue.listed, &queue.listed.queue);
    let count = |count: i64| html! { (grouped(count.unsigned_abs())) };
    plate([
        ("State", queues::badge_of(listed)),
        ("Waiting", html! { @if listed.is_about { "about " } (count(listed.load.waiting)) }),
        ("Oldest", html! { @match listed.load.oldest_due_at { Some(at) => (age(queue.now - at)), None => "none" } }),
        ("Running", count(listed.load.running)),
        (
            "At most",
            html! { @match of_queue.most_running { Some(most) => (most), None => "as many as have a free hand" } },
        ),
        ("Done, last hour", count(listed.hour.done)),
        ("Failed, 24 h", count(listed.failed)),
    ])
}

fn hold(queue: &Queue<'_>, csrf: &str) -> Markup {
    let (of_queue, typed) = (&queue.listed.queue, queue.typed);
    let most =
        typed.most.clone().unwrap_or_else(|| of_queue.most_running.map_or_else(String::new, |most| most.to_string()));
    let limits = format!(
        "A whole number from 1 to {}; empty for no limit. What runs beyond it goes on.",
        grouped(MOST_LIMIT.unsigned_abs().into())
    );
    html! {
        div .holds {
            @if !of_queue.is_paused() {
                form #pause .form method="post" action={ (queue.href()) "/pause" } {
                    h2 { "Pause " (of_queue.title) }
                    p .soft { "Nothing of this queue is started until somebody resumes it. What runs goes on, and nothing is lost." }
                    (forms::csrf(csrf))
                    (Field::text("reason", "Reason").value(&typed.reason).error(&typed.wrong_reason).maxlength(300).hint("Everybody reads it beside the queue."))
                    (buttons::actions(buttons::button(buttons::Kind::Danger, &format!("Pause {}", of_queue.title))))
                }
            }
            form #limit .form method="post" action={ (queue.href()) "/limit" } {
                h2 { "Limit " (of_queue.title) }
                (forms::csrf(csrf))
                (Field::number("most", "Jobs at a time, over all workers").value(&most).error(&typed.wrong_most).hint(&limits))
                (Field::text("limit_reason", "Reason").optional().maxlength(300))
                (buttons::actions(buttons::button(buttons::Kind::Plain, "Save the limit")))
            }
        }
    }
}
