//! Moving a schedule to another time and pausing it. What was typed stays when something is wrong with it.

use super::{Page, href};
use crate::components::buttons::{Kind, busy_button, named_button};
use crate::forms::{self, Field};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use models::jobs::Schedule;
use models::jobs::schedules::{FARTHEST_PREVIEW, Timing, Wrong};

/// The fields of the page's forms and what is wrong with each; a sentence is empty where nothing is.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    pub pattern: String,
    pub time_zone: String,
    pub reason: String,
    pub wrong: Wrong,
    pub wrong_reason: String,
    pub pause_reason: String,
    pub wrong_pause: String,
    /// Whether the next times of what was typed were asked for.
    pub wants_preview: bool,
}

impl Typed {
    /// The forms before anybody typed.
    pub fn of(schedule: &Schedule) -> Typed {
        Typed { pattern: schedule.pattern.clone(), time_zone: schedule.time_zone.clone(), ..Typed::default() }
    }
}

pub(super) fn summary(typed: &Typed) -> Markup {
    let all = [
        ("pattern", &typed.wrong.pattern),
        ("time_zone", &typed.wrong.time_zone),
        ("reason", &typed.wrong_reason),
        ("pause_reason", &typed.wrong_pause),
    ];
    let wrong: Vec<(&str, &str)> =
        all.into_iter().filter(|(_, text)| !text.is_empty()).map(|(id, text)| (id, text.as_str())).collect();
    forms::error_summary(&wrong)
}

/// Another pattern, another clock.
pub(super) fn change(page: &Page<'_>) -> Markup {
    let (schedule, typed) = (page.schedule, page.typed);
    let base = href(&schedule.name);
    html! {
        div .card #change { section {
            h2 { "Change when it runs" }
            form .form method="post" action=(base) {
                (forms::csrf(page.csrf.unwrap_or_default()))
                (forms::hidden("revision", &schedule.revision.to_string()))
                div .pair hx-get={ (base) "/preview" } hx-include="#pattern, #time_zone" hx-trigger="input delay:300ms" hx-target="#preview" hx-swap="innerHTML" hx-sync="this:replace" {
                    (Field::text("pattern", "Pattern").value(&typed.pattern).error(&typed.wrong.pattern).maxlength(100)
                        .hint("Minute, hour, day, month, weekday. 15 2 * * * is every day at 02:15, */15 * * * * every 15 minutes, 0 6 * * mon-fri weekdays at 06:00."))
                    (Field::text("time_zone", "Time zone").value(&typed.time_zone).error(&typed.wrong.time_zone).maxlength(60)
                        .hint("The clock it is read on, summer time included: America/Toronto, UTC."))
                }
                div #preview { @if typed.wants_preview { (preview(typed, page.now)) } }
                (Field::text("reason", "Reason").value(&typed.reason).error(&typed.wrong_reason).maxlength(500).hint("Kept in the audit trail."))
                div .actions {
                    (busy_button(Kind::Plain, "Save schedule", "Saving schedule…"))
                    (named_button(Kind::Quiet, "preview", "yes", "Show next times"))
                }
            }
        } }
    }
}

/// When it would run with what was typed; what is wrong when that can't be read.
pub fn preview(typed: &Typed, now: DateTime<Utc>) -> Markup {
    html! {
        @match Timing::read_to_keep(&typed.pattern, &typed.time_zone, now) {
            Ok(timing) => { p { b { (timing.pattern.in_words()) } } (times(&timing, &timing.preview(now), now)) },
            Err(Wrong { pattern, time_zone }) => p .quiet { (pattern) " " (time_zone) },
        }
    }
}

/// Times to come on the schedule's own clock.
pub(super) fn times(timing: &Timing, times: &[DateTime<Utc>], now: DateTime<Utc>) -> Markup {
    html! {
        ul .times {
            @for at in times {
                @let clock = at.with_timezone(&timing.zone);
                li {
                    time datetime=(at.format("%Y-%m-%dT%H:%M:%SZ")) title=(at.format("%H:%M:%S UTC")) { (clock.format("%a %-d %b %Y %H:%M %Z")) }
                    " " small .quiet { "in " (crate::components::age(*at - now)) }
                }
            }
        }
        @if times.len() < FARTHEST_PREVIEW { p .quiet { "No more within five years." } }
    }
}

pub(super) fn pause(page: &Page<'_>) -> Markup {
    let (schedule, typed) = (page.schedule, page.typed);
    html! {
        @if !schedule.is_paused() {
            div .card #pause { section .stack {
                h2 { "Pause" }
                p { "Nothing is asked for until somebody resumes it. A job that runs or waits already goes on." }
                form .form method="post" action={ (href(&schedule.name)) "/pause" } {
                    (forms::csrf(page.csrf.unwrap_or_default()))
                    (Field::text("pause_reason", "Reason").value(&typed.pause_reason).error(&typed.wrong_pause).maxlength(500).hint("Shown to everybody who looks at the schedule."))
                    div .actions { (busy_button(Kind::Danger, "Pause schedule", "Pausing schedule…")) }
                }
            } }
        }
    }
}
