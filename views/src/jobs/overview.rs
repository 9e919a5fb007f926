//! Jobs at a glance: is anybody working, what is wrong, what waits, what fails.

use super::{Section, alerts, figures, frame, names, queues, workers};
use crate::{
    components::{Header, Tone, age, badge, buttons, empty, moment, notice},
    layout,
    table::grouped,
};
use chrono::{DateTime, Utc};
use maud::{Markup, Render, html};
use models::{
    alerts::{Alert, Cause},
    jobs::{
        figures::{Point, Span},
        overview::{Failing, Planned},
    },
};

/// Alerts shown here besides the loud ones.
const ALERTS: usize = 4;

/// What the page shows, looked up a moment ago.
#[derive(Debug, Clone, Copy)]
pub struct Overview<'a> {
    pub now: DateTime<Utc>,
    /// Steps of the charts.
    pub by: Span,
    /// Whether the page renews itself.
    pub is_live: bool,
    /// Only for those who may steer.
    pub csrf: Option<&'a str>,
    pub alerts: &'a [Alert],
    pub queues: &'a [queues::Listed],
    pub points: &'a [Point],
    pub failing: &'a [Failing],
    pub workers: &'a [workers::Listed],
    pub schedules: &'a [Planned],
}

/// The whole main part.
pub fn page(overview: &Overview<'_>) -> Markup {
    let ways = html! {
        @if overview.is_live { (buttons::link_button(buttons::Kind::Plain, &place(overview.by, false), "Pause updates")) }
        @else { (buttons::link_button(buttons::Kind::Plain, &place(overview.by, true), "Resume updates")) }
    };
    let body = html! {
        (content(overview))
        @if let Some(csrf) = overview.csrf { (queues::questions(overview.queues, csrf)) }
    };
    layout::main(frame(Some(Section::Overview), Header::new("Jobs").actions(ways).render(), body))
}

/// What changes. It fetches itself again at most once a second, and not under a hand.
pub fn content(overview: &Overview<'_>) -> Markup {
    let changes = "jobs:all from:#live throttle:1s, workers:all from:#live throttle:1s, queues:all from:#live throttle:1s, alerts:all from:#live throttle:1s, resync from:#live, calm";
    html! {
        div #jobs .stack data-holds hx-get=[overview.is_live.then(|| place(overview.by, true))] hx-trigger=[overview.is_live.then_some(changes)] hx-swap="outerMorph" {
            (standing(overview))
            @if !overview.is_live { p .soft { "Updates are paused. This is how it was at " (moment(&overview.now, &overview.now)) "." } }
            (others(overview))
            section aria-labelledby="queues" { h2 #queues { "Queues" } (queues::list(overview.queues, overview.now, overview.csrf)) }
            @if !overview.failing.is_empty() { (failing(overview)) }
            section aria-labelledby="pace" {
                div .cluster { h2 #pace { "Pace" } (figures::spans(overview.by, |span| place(span, overview.is_live))) }
                (figures::charts(overview.by, overview.points))
            }
            section aria-labelledby="workers" { h2 #workers { "Workers" } (workers::list(overview.workers, overview.now)) }
            (schedules(overview))
        }
    }
}

/// The address of the page with these charts, live or not.
fn place(by: Span, is_live: bool) -> String {
    match (by, is_live) {
        (Span::Minute, true) => "/jobs".into(),
        (by, true) => format!("/jobs?by={}", by.word()),
        (by, false) => format!("/jobs?by={}&updates=paused", by.word()),
    }
}

/// Whether anybody works, and what stands still: loudly, and first.
fn standing(overview: &Overview<'_>) -> Markup {
    let loud = overview.alerts.iter().filter(|alert| is_loud(alert));
    let working = overview.workers.iter().filter(|listed| listed.worker.is_alive(overview.now)).count();
    let waiting: i64 = overview.queues.iter().map(|listed| listed.load.waiting).sum();
    let polled = overview.workers.iter().filter_map(|listed| listed.worker.last_poll_at).max();
    html! {
        @for alert in loud { (notice(Tone::Stop, html! { b { (alert.text) } small { "for " (age(overview.now - alert.raised_at)) } })) }
        @if working == 0 && !overview.alerts.iter().any(|alert| alert.cause == Cause::NoWorker.word()) {
            (notice(Tone::Stop, html! {
                b { "No worker is working." }
                @if waiting > 0 { (grouped(waiting.unsigned_abs())) " jobs wait. Nothing is lost: they run as soon as a worker is started." }
                @else { "Nothing waits yet. Start one with: worker" }
            }))
        }
        @if working > 0 {
            p .standing {
                (badge(Tone::Moving, &if working == 1 { "1 worker".to_string() } else { format!("{working} workers") }))
                @if let Some(at) = polled { span .soft { "looked for work " (age(overview.now - at)) " ago" } }
            }
        }
    }
}

fn is_loud(alert: &Alert) -> bool {
    Cause::from_word(&alert.cause).is_some_and(Cause::stops_work)
}

/// What else is wrong, the most urgent first; all of it is on its own page.
fn others(overview: &Overview<'_>) -> Markup {
    let mut others: Vec<Alert> = overview.alerts.iter().filter(|alert| !is_loud(alert)).cloned().collect();
    let more = others.len().saturating_sub(ALERTS);
    others.truncate(ALERTS);
    html! {
        @if !others.is_empty() { (alerts::open(&others, overview.now, overview.csrf, "/jobs")) }
        @if more > 0 { p { a href="/jobs/alerts" { "Show " (more) " more " @if more == 1 { "alert" } @else { "alerts" } } } }
    }
}

fn failing(overview: &Overview<'_>) -> Markup {
    html! {
        section aria-labelledby="failing" {
            h2 #failing { "Failing now" }
            ul .causes {
                @for cause in overview.failing {
                    li {
                        b .number { (grouped(cause.jobs.unsigned_abs())) }
                        div {
                            (names::title(&cause.kind)) ": " (cause.error)
                            small {
                                @if cause.dead > 0 { (grouped(cause.dead.unsigned_abs())) " given up" }
                                @if cause.dead > 0 && cause.jobs > cause.dead { ", " }
                                @if cause.jobs > cause.dead { (grouped((cause.jobs - cause.dead).unsigned_abs())) " to be tried again" }
                                ", asked for since " (moment(&cause.since, &overview.now))
                            }
                        }
                        @match &cause.group {
                            Some(group) => a href={ "/jobs/list?group=" (group) } { "Open the jobs" },
                            None => a href={ "/jobs/list?kind=" (cause.kind) "&state=dead" } { "Open the jobs" },
                        }
                    }
                }
            }
        }
    }
}

fn schedules(overview: &Overview<'_>) -> Markup {
    html! {
        section aria-labelledby="schedules" {
            h2 #schedules { "Schedules" }
            @if overview.schedules.is_empty() { (empty("Nothing is asked for by the clock yet.", html! {})) } @else {
                div .table { table {
                    caption { "Schedules, the next first" }
                    thead { tr { th scope="col" { "Schedule" } th scope="col" data-kind="date" { "Next" } th scope="col" data-kind="date" { "Last" } th scope="col" { "Ended" } } }
                    tbody { @for planned in overview.schedules { (schedule(planned, overview.now)) } }
                } }
            }
        }
    }
}

fn schedule(planned: &Planned, now: DateTime<Utc>) -> Markup {
    let to_come = planned.next_run_at - now;
    html! {
        tr {
            th scope="row" { a href={ "/jobs/schedules/" (planned.name) } { (planned.title) } }
            td data-kind="date" data-label="Next" {
                @if planned.is_paused { (badge(Tone::Idle, "Paused")) }
                @else if to_come.num_seconds() > 0 { "in " (age(to_come)) }
                @else { "now" }
            }
            td data-kind="date" data-label="Last" { @if let Some(at) = &planned.last_run_at { (moment(at, &now)) } }
            td data-label="Ended" {
                @if let (Some(id), Some(state)) = (planned.last_job_id, planned.last_state) { a href=(names::path(&id)) { (names::badge(state)) } }
            }
        }
    }
}
