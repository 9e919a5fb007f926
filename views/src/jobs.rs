//! Jobs as the people see them who wait for what they make.

pub mod actions;
pub mod alerts;
pub mod batches;
pub mod bin;
pub mod briefs;
pub mod copies;
pub mod failures;
pub mod figures;
pub mod history;
pub mod list;
pub mod names;
pub mod overview;
pub mod queue;
pub mod queues;
pub mod saved;
pub mod schedules;
pub mod selections;
pub mod show;
pub mod worker;
pub mod workers;

mod frame;
mod hand;
mod timeline;

pub use frame::{Section, frame};
pub use hand::Hand;
pub use names::{badge, badge as state, link, short, title};

use crate::components::{Tone, age, progress as bar};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use models::jobs::{Run, Standing, State};

/// How far a job is, as a sentence first and a bar second; nothing once it is done. `what` is what it makes ("BOM"),
/// `way` what somebody can do when it died or was cancelled.
pub fn progress(what: &str, standing: &Standing, now: DateTime<Utc>, way: Markup) -> Markup {
    let run = &standing.run;
    let of = (run.progress_total > 0).then(|| (run.progress_done.max(0) as u64, run.progress_total as u64));
    match run.state {
        State::Queued | State::Retry if !standing.is_somebody_working => {
            bar(Tone::Held, &nobody(what, standing, now), None)
        }
        State::Queued => bar(Tone::Waiting, &waiting(standing.ahead), None),
        State::Retry => bar(Tone::Held, &again(run, now), None),
        State::Running if !standing.is_somebody_working => bar(Tone::Held, &lost(what, standing, now), of),
        State::Running => bar(Tone::Moving, &running(run, now), of),
        State::Dead => html! { (bar(Tone::Stop, &dead(what, run), None)) (way) },
        State::Cancelled => html! { (bar(Tone::Idle, &format!("Making the {what} was cancelled."), None)) (way) },
        State::Done | State::Discarded => html! {},
    }
}

fn waiting(ahead: i64) -> String {
    match ahead {
        0 => "Waiting for a worker. It is next.".into(),
        1 => "Waiting for a worker, 1 job ahead.".into(),
        ahead => format!("Waiting for a worker, {ahead} jobs ahead."),
    }
}

fn nobody(what: &str, standing: &Standing, now: DateTime<Utc>) -> String {
    let since = match standing.last_worker_at {
        Some(at) => format!("No worker has been running for {}.", age(now - at)),
        None => "No worker is running yet.".into(),
    };
    format!("{since} Nothing is lost: the {what} starts by itself as soon as one runs.")
}

fn lost(what: &str, standing: &Standing, now: DateTime<Utc>) -> String {
    let since = standing.last_worker_at.map_or_else(String::new, |at| format!(" for {}", age(now - at)));
    format!("The worker has not been heard of{since}. Nothing is lost: another one goes on with the {what} by itself.")
}

fn again(run: &Run, now: DateTime<Utc>) -> String {
    let cause = run.error_text.as_deref().unwrap_or("The worker stopped before the end.");
    let wait = run.run_at - now;
    let when = if wait.num_seconds() > 0 { format!("in {}", age(wait)) } else { "now".into() };
    format!("Try {} did not end well: {} The next try is {when}.", run.attempt, sentence(cause))
}

fn running(run: &Run, now: DateTime<Utc>) -> String {
    if !run.progress_text.is_empty() {
        return sentence(&run.progress_text);
    }
    let since = run.started_at.map_or_else(String::new, |at| format!(" for {}", age(now - at)));
    format!("Running{since}.")
}

fn dead(what: &str, run: &Run) -> String {
    let cause = run.error_text.as_deref().unwrap_or("It stopped without saying why.");
    format!("The {what} could not be made. {}", sentence(cause))
}

/// With its full stop.
fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?', '…']) { text.into() } else { format!("{text}.") }
}
