//! One worker: how it is, what it has in hand, and what it can be told.

use super::{briefs, frame, workers};
use crate::{
    components::{Header, Tone, badge, buttons, moment, notice, plate},
    forms::{self, Field},
    layout,
};
use chrono::{DateTime, Utc};
use maud::{Markup, Render, html};
use models::jobs::{Worker, brief::Brief};

/// A reason that was refused: for which order, what was typed, and what is wrong.
#[derive(Debug, Clone, Copy, Default)]
pub struct Typed<'a> {
    /// quiet, wake or stop
    pub order: &'a str,
    pub reason: &'a str,
    pub wrong: &'a str,
}

/// What the page shows.
pub struct Shown<'a> {
    pub now: DateTime<Utc>,
    pub worker: &'a Worker,
    pub running: &'a [Brief],
    pub csrf: Option<&'a str>,
    pub typed: Typed<'a>,
}

/// The whole main part.
pub fn page(shown: &Shown<'_>) -> Markup {
    let ways = html! { a .btn href={ "/jobs/list?worker=" (shown.worker.id) } { "Show its jobs" } };
    let body = html! { (content(shown)) @if let Some(csrf) = shown.csrf { (orders(shown, csrf)) } };
    layout::main(frame(None, Header::new(&shown.worker.id).actions(ways).render(), body))
}

/// What changes, without the forms.
pub fn content(shown: &Shown<'_>) -> Markup {
    let worker = shown.worker;
    html! {
        div #worker .stack data-holds hx-get={ "/jobs/workers/" (worker.id) } hx-trigger="jobs:all from:#live throttle:1s, workers:all from:#live throttle:1s, resync from:#live, calm" hx-swap="outerMorph" {
            @if worker.lost_at.is_some() { (notice(Tone::Stop, html! { b { "Its process is gone." } "Other workers took back what it had in hand." })) }
            @else if let (Some(_), Some(name)) = (worker.quiet_at.or(worker.stop_requested_at), &worker.told_by_name) {
                (notice(Tone::Held, html! { @if worker.stop_requested_at.is_some() { "Told to stop by " } @else { "Told to take no new work by " } (name) "." }))
            }
            (plate([
                ("State", workers::state(worker, shown.now)),
                ("Running", html! { (shown.running.len()) " of " (worker.concurrency) }),
                ("Queues", html! { (workers::queues(worker)) }),
                ("Memory", html! { (workers::memory(worker.rss_bytes)) }),
                ("Redis", redis(worker)),
                ("Version", html! { (worker.version) }),
                ("Machine", html! { (worker.host) ", process " (worker.pid) }),
                ("Since", moment(&worker.started_at, &shown.now)),
                ("Last seen", moment(&worker.last_seen_at, &shown.now)),
                ("Looked for work", html! { @if let Some(at) = &worker.last_poll_at { (moment(at, &shown.now)) } @else { "not yet" } }),
            ]))
            section aria-labelledby="running" { h2 #running { "Running now" } (briefs::running(shown.running, shown.now)) }
        }
    }
}

fn redis(worker: &Worker) -> Markup {
    match worker.redis.as_str() {
        "up" => badge(Tone::Good, "Answers"),
        "away" => badge(Tone::Held, "Away"),
        _ => html! { "works without" },
    }
}

fn orders(shown: &Shown<'_>, csrf: &str) -> Markup {
    let worker = shown.worker;
    let stops = worker.stopping_at.or(worker.stop_requested_at).is_some();
    html! {
        @if worker.is_alive(shown.now) && !stops {
            div .holds {
                @if worker.quiet_at.is_some() {
                    (order(shown, csrf, "wake", "Let it take work again", "It starts jobs again at once.", buttons::Kind::Plain, "Wake"))
                } @else {
                    (order(shown, csrf, "quiet", "Let it take no new work", "What it runs goes on. Jobs wait for other workers.", buttons::Kind::Plain, "Quiet"))
                }
                (order(shown, csrf, "stop", "Stop it", "It finishes what it runs, gives back what takes too long, and ends. Its supervisor may start a new one.", buttons::Kind::Danger, "Stop"))
            }
        }
    }
}

fn order(
    shown: &Shown<'_>,
    csrf: &str,
    name: &str,
    title: &str,
    says: &str,
    kind: buttons::Kind,
    verb: &str,
) -> Markup {
    let typed = if shown.typed.order == name { shown.typed } else { Typed::default() };
    let id = format!("{name}-reason");
    html! {
        form #(name) .form method="post" action={ "/jobs/workers/" (shown.worker.id) "/" (name) } {
            h2 { (title) }
            p .soft { (says) }
            (forms::csrf(csrf))
            (Field::text("reason", "Reason").id(&id).value(typed.reason).error(typed.wrong).maxlength(300))
            (buttons::actions(buttons::button(kind, &format!("{verb} {}", shown.worker.id))))
        }
    }
}
