//! What people do to jobs: retry, cancel, discard and the like. What may be done to which job, what asks for a reason,
//! and the words in which it is refused.

use super::{Run, State};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

pub use copies::Copied;
pub use deeds::{Deed, Held, Left, Outcome};
pub use history::{Acted, Item, Record};
pub use image::Image;

pub(super) use deeds::{lock, record};
pub(super) use image::restore;
pub(super) use locks::take as take_locks;

mod copies;
mod deeds;
mod history;
mod image;
mod locks;

/// Most jobs of one action.
pub const MOST: usize = 10_000;
/// Above this many the count is typed, so that nobody acts on more than they think.
pub const TYPED_ABOVE: usize = 50;
/// Most urgent and least urgent priority that people give.
pub const PRIORITIES: std::ops::RangeInclusive<i16> = -10..=10;
/// Characters of a reason.
pub const LONGEST_REASON: usize = 500;

/// What can be done to a job. The table has the same words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Run a given-up or cancelled job again.
    Retry,
    /// Stop a waiting job at once, ask a running one to stop.
    Cancel,
    /// Put a job that will not run into the bin.
    Discard,
    /// Run a job now that waits for its time.
    RunNow,
    /// Run a waiting job at another time.
    Reschedule,
    /// Let a waiting job go before or behind others.
    Prioritise,
    /// Run the same work with other arguments, as a new job.
    Copy,
    /// Take a job out of the bin, as it was.
    PutBack,
}

impl Action {
    pub const ALL: [Action; 8] = [
        Action::Retry,
        Action::Cancel,
        Action::Discard,
        Action::RunNow,
        Action::Reschedule,
        Action::Prioritise,
        Action::Copy,
        Action::PutBack,
    ];

    /// The word of the table, of forms and of addresses (there with `-`).
    pub fn word(self) -> &'static str {
        match self {
            Action::Retry => "retry",
            Action::Cancel => "cancel",
            Action::Discard => "discard",
            Action::RunNow => "run_now",
            Action::Reschedule => "reschedule",
            Action::Prioritise => "priority",
            Action::Copy => "copy",
            Action::PutBack => "put_back",
        }
    }

    pub fn from_word(word: &str) -> Option<Action> {
        let word = word.replace('-', "_");
        Action::ALL.into_iter().find(|action| action.word() == word)
    }

    /// As the audit trail says it.
    pub fn past(self) -> &'static str {
        match self {
            Action::Retry => "retried",
            Action::Cancel => "cancelled",
            Action::Discard => "discarded",
            Action::RunNow => "ran now",
            Action::Reschedule => "rescheduled",
            Action::Prioritise => "reprioritised",
            Action::Copy => "copied",
            Action::PutBack => "put back",
        }
    }

    /// Whether it can be done to many jobs at once; a copy has arguments of its own.
    pub fn is_for_many(self) -> bool {
        self != Action::Copy
    }
}

/// A step that may ask why.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    One(Action, &'a Run),
    Many(Action),
    PauseQueue,
    StopWorker,
}

/// The policy: which steps are not taken without a reason. What stops or throws away work somebody waits for is
/// explained to them; giving one job another chance is not.
pub fn asks_reason(step: Step<'_>) -> bool {
    match step {
        Step::One(Action::Discard | Action::Copy, _) => true,
        Step::One(Action::Cancel, run) => run.order_id.is_some(),
        Step::One(..) => false,
        Step::Many(_) | Step::PauseQueue | Step::StopWorker => true,
    }
}

/// An action with what it needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Retry,
    Cancel,
    Discard,
    RunNow,
    /// Not before this time.
    Reschedule(DateTime<Utc>),
    /// One of [`PRIORITIES`].
    Prioritise(i16),
    PutBack,
}

impl Change {
    pub fn action(&self) -> Action {
        match self {
            Change::Retry => Action::Retry,
            Change::Cancel => Action::Cancel,
            Change::Discard => Action::Discard,
            Change::RunNow => Action::RunNow,
            Change::Reschedule(_) => Action::Reschedule,
            Change::Prioritise(_) => Action::Prioritise,
            Change::PutBack => Action::PutBack,
        }
    }

    /// What the history says beside the action: the time, the priority.
    pub fn detail(&self) -> String {
        match self {
            Change::Reschedule(at) => format!("to {}", crate::site::local(*at).format("%-d %b %Y %H:%M")),
            Change::Prioritise(priority) => format!("to {}", priority_word(*priority)),
            _ => String::new(),
        }
    }
}

/// Why this can't be done to the job as it is now; none when it can.
pub fn refusal(action: Action, run: &Run, now: DateTime<Utc>) -> Option<String> {
    let waits = matches!(run.state, State::Queued | State::Retry);
    let (fits, rule) = match action {
        Action::Retry => (
            run.state != State::Discarded && run.state.can_become(State::Queued),
            "Only a job that was given up or cancelled is retried.",
        ),
        Action::Cancel => (run.state.is_live(), "Only a job that waits or runs is cancelled."),
        Action::Discard => (
            run.state.can_become(State::Discarded),
            "Only a job that waits, was cancelled or was given up goes into the bin.",
        ),
        Action::RunNow => (waits, "Only a job that waits for its time is run now."),
        Action::Reschedule => (waits, "Only a waiting job gets another time."),
        Action::Prioritise => (waits, "Only a waiting job gets another priority."),
        Action::Copy => (true, ""),
        Action::PutBack => (run.state == State::Discarded, "Only a job in the bin is put back."),
    };
    if !fits {
        return Some(format!("It is {}. {rule}", run.state.spoken()));
    }
    match action {
        Action::Cancel if run.cancel_requested => Some("It has been asked to stop already.".into()),
        Action::RunNow if run.run_at <= now => Some("It is due already and starts as soon as a worker is free.".into()),
        _ => None,
    }
}

/// The time of a reschedule, bounded.
///
/// # Errors
/// A sentence for the field.
pub fn within_a_year(at: DateTime<Utc>, now: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
    if at < now {
        return Err("This time is over. Choose one to come, or run the job now.".into());
    }
    if at > now + TimeDelta::days(366) {
        return Err("This is more than a year away. Choose a time within a year.".into());
    }
    Ok(at)
}

/// "Urgent", "Normal", "Later", or the number with its sign in between.
pub fn priority_word(priority: i16) -> String {
    match priority {
        ..=-10 => "Urgent".into(),
        0 => "Normal".into(),
        10.. => "Later".into(),
        between => format!("{between:+}").replace('-', "−"),
    }
}

/// The end of the id, as pages name a job: the first digits are time and look alike.
fn short(id: Uuid) -> String {
    let id = id.simple().to_string();
    id[id.len() - 8..].to_owned()
}

#[cfg(test)]
mod tests;
