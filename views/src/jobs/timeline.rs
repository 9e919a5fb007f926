//! What happened to a job, newest first: asked for, every attempt with its pause, what people did, how it ended.

use super::{
    names,
    show::{Sheet, length, moment_to_come},
};
use crate::components::{Tone, age, code, icon};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use models::{
    jobs::{
        Attempt, State,
        actions::{Acted, Action},
    },
    site,
};

/// One line; lines are sorted by their time.
struct Line {
    at: DateTime<Utc>,
    tone: Tone,
    said: Markup,
}

pub fn list(sheet: &Sheet<'_>) -> Markup {
    let mut lines: Vec<Line> = attempts(sheet);
    lines.extend(sheet.acted.iter().flat_map(acted));
    lines.push(asked(sheet));
    lines.extend(sheet.about.copies.iter().map(|copy| Line {
        at: made_at(*copy),
        tone: Tone::Idle,
        said: html! { "Run again with other arguments as job " a href=(names::path(copy)) { (code(&names::short(*copy))) } },
    }));
    lines.sort_by_key(|line| std::cmp::Reverse(line.at));
    html! {
        ol .attempts {
            @if let Some(next) = next(sheet) { (next) }
            @for line in &lines {
                li data-tone=(line.tone.name()) { (icon(line.tone.name())) div { (line.said) } (clock(line.at)) }
            }
        }
    }
}

/// The open end.
fn next(sheet: &Sheet<'_>) -> Option<Markup> {
    let run = sheet.run;
    let waits = matches!(run.state, State::Queued | State::Retry) && run.run_at > sheet.now;
    waits.then(|| html! { li .gap { p { "Waits until " (moment_to_come(&run.run_at, sheet.now)) } } })
}

fn asked(sheet: &Sheet<'_>) -> Line {
    let said = html! { p {
        b { "Asked for" }
        @match (&sheet.run.schedule, &sheet.about.requested_by) {
            (Some(schedule), _) => { " by the schedule " a href={ "/jobs/schedules/" (schedule) } { (sheet.about.schedule.as_deref().unwrap_or(schedule)) } }
            (None, Some(person)) => { " by " (person) }
            (None, None) => { " by the system" }
        }
        @if let Some(original) = sheet.run.copy_of {
            ", as a copy of " a href=(names::path(&original)) { (code(&names::short(original))) }
        }
    } };
    Line { at: sheet.run.created_at, tone: Tone::Waiting, said }
}

/// Each attempt, and the pause before it where there was one to speak of.
fn attempts(sheet: &Sheet<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (place, attempt) in sheet.attempts.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|before| sheet.attempts.get(before));
        let pause = before.and_then(|before| before.finished_at).map(|ended| attempt.started_at - ended);
        let is_same =
            before.is_some_and(|before| before.error_text.is_some() && before.error_text == attempt.error_text);
        let is_last = place + 1 == sheet.attempts.len();
        lines.push(Line {
            at: attempt.finished_at.unwrap_or(attempt.started_at),
            tone: tone(&attempt.outcome),
            said: html! {
                (ended(attempt, sheet.now))
                (error(attempt, is_same && !is_last))
                (log(attempt, sheet))
                @if let Some(pause) = pause.filter(|pause| pause.num_milliseconds() >= 100) { p { small { "Waited " (length(pause)) " before" } } }
            },
        });
    }
    lines
}

fn tone(outcome: &str) -> Tone {
    match outcome {
        "running" => Tone::Moving,
        "done" => Tone::Good,
        "failed" | "crashed" => Tone::Stop,
        "given_back" => Tone::Held,
        _ => Tone::Idle,
    }
}

fn ended(attempt: &Attempt, now: DateTime<Utc>) -> Markup {
    let word = match attempt.outcome.as_str() {
        "running" => "is running",
        "done" => "done",
        "failed" => "failed",
        "crashed" => "lost its worker",
        "cancelled" => "cancelled",
        "given_back" => "given back by a stopping worker",
        other => other,
    };
    html! {
        p {
            b { "Attempt " (attempt.attempt) " " (word) }
            " "
            small {
                @match attempt.finished_at {
                    Some(end) => { "after " (length(end - attempt.started_at)) }
                    None => { "for " (age(now - attempt.started_at)) }
                }
                ", started " (second(attempt.started_at)) " on " a href={ "/jobs/workers/" (attempt.worker) } { (attempt.worker) }
            }
        }
    }
}

/// The whole error once; the same one again is only said to be the same.
fn error(attempt: &Attempt, is_same: bool) -> Markup {
    html! {
        @if let Some(error) = &attempt.error_text {
            @if is_same { p { small { "Same error as the attempt before" } } }
            @else { pre { (error) } }
        }
    }
}

/// Folded when it is long; it can be copied whole.
fn log(attempt: &Attempt, sheet: &Sheet<'_>) -> Markup {
    let count = attempt.log.lines().count();
    let id = format!("log-{}-{}", names::short(sheet.run.id), attempt.attempt);
    let label = if count == 1 { "Log, 1 line".to_owned() } else { format!("Log, {count} lines") };
    html! {
        @if count > 0 {
            details .more id=(id) {
                summary { (label) }
                div .log { pre tabindex="0" aria-label=(label) { (attempt.log) }
                    button .btn data-kind="quiet" type="button" data-copy=(attempt.log) data-script { (icon("copy")) "Copy log" } }
            }
        }
    }
}

/// What somebody did, and that it was undone.
fn acted(acted: &Acted) -> Vec<Line> {
    let href = format!("/jobs/actions/{}", acted.action_id);
    let did = match acted.action {
        Action::Retry => "retried it",
        Action::Cancel => "cancelled it",
        Action::Discard => "discarded it",
        Action::RunNow => "made it due now",
        Action::Reschedule => "rescheduled it",
        Action::Prioritise => "changed its priority",
        Action::Copy => "asked for it with other arguments",
        Action::PutBack => "put it back",
    };
    let mut lines = vec![Line {
        at: acted.at,
        tone: Tone::Idle,
        said: html! {
            p { b { (acted.by) } " " a href=(href) { (did) } @if !acted.detail.is_empty() { " " (acted.detail) } }
            @if !acted.reason.is_empty() { p { small { (acted.reason) } } }
        },
    }];
    if let (Some(at), Some(by), false) = (acted.undone_at, &acted.undone_by, acted.not_undone) {
        lines.push(Line {
            at,
            tone: Tone::Idle,
            said: html! { b { (by) } " took that back: " a href=(href) { (did) } },
        });
    }
    lines
}

/// To the second by the site's clock; the day where it is not today's is in the title.
fn clock(at: DateTime<Utc>) -> Markup {
    let local = site::local(at);
    let full = format!("{} ({})", local.format("%-d %b %Y %H:%M:%S%.3f %Z"), at.format("%H:%M:%S UTC"));
    html! { time datetime=(at.format("%Y-%m-%dT%H:%M:%S%.3fZ")) title=(full) { (local.format("%-d %b %H:%M:%S")) } }
}

/// The same without its day, where that stands beside it.
fn second(at: DateTime<Utc>) -> Markup {
    html! { time datetime=(at.format("%Y-%m-%dT%H:%M:%S%.3fZ")) { (site::local(at).format("%H:%M:%S")) } }
}

/// The time an id was made at: a version 7 id begins with it.
fn made_at(id: uuid::Uuid) -> DateTime<Utc> {
    let (seconds, nanos) = id.get_timestamp().map_or((0, 0), |at| at.to_unix());
    DateTime::from_timestamp(seconds as i64, nanos).unwrap_or_default()
}
