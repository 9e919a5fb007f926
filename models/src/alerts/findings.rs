//! What follows from the facts: one table of checks, no clock and no database.

use super::facts::{Dead, Facts, QueueFacts};
use super::{Cause, Watched};
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

/// Nobody takes work for so long while a job is due.
const NOBODY: TimeDelta = TimeDelta::seconds(10);
/// A due job waits for so long.
const LATE: TimeDelta = TimeDelta::seconds(60);
/// A queue is paused for so long.
const FORGOTTEN: TimeDelta = TimeDelta::days(1);
/// Nobody relays for so long after a worker came.
const RELAY: TimeDelta = TimeDelta::seconds(30);
/// The shortest and the longest time in which something has to move in a queue whose jobs run.
const STILL: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(300));

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub cause: Cause,
    pub object: String,
    /// A sentence with the cause and what helps; it says the same for as long as nothing changes.
    pub text: String,
}

/// Everything that is wrong.
pub fn decide(facts: &Facts, watched: &[Watched]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut say = |cause, object: &str, text: String| found.push(Finding { cause, object: object.into(), text });
    if let Some(finding) = &facts.audit_finding {
        let text = format!("The audit trail was tampered with. {finding} Keep the database as it is and look into it.");
        say(Cause::AuditBroken, "", text);
    }
    let nobody = facts.workers.iter().all(|worker| worker.is_quiet);
    if nobody && facts.queues.iter().any(|queue| waits_for(queue, facts.now, NOBODY)) {
        say(Cause::NoWorker, "", nobody_works(facts));
    }
    for queue in &facts.queues {
        if !nobody && is_left_alone(facts, queue) {
            say(Cause::NotServed, &queue.name, format!("No worker serves {}, and its jobs wait.", queue.title));
        } else if !nobody && waits_for(queue, facts.now, LATE) {
            let text =
                format!("Jobs of {} have been due for more than a minute. The workers can't keep up.", queue.title);
            say(Cause::Late, &queue.name, text);
        }
        if let Some(still) = stands_still(queue, facts.now, watched) {
            say(Cause::Stalled, &queue.name, stalled(queue, still));
        }
        if queue.crashed > 0 {
            say(Cause::LostLeases, &queue.name, lost(queue));
        }
        if queue.paused_at.is_some_and(|at| facts.now - at > FORGOTTEN) {
            say(Cause::PausedLong, &queue.name, format!("{} has been paused for more than a day.", queue.title));
        }
    }
    for dead in &facts.dead {
        say(Cause::DeadJobs, &dead.group, given_up(dead, watched));
    }
    for (name, title) in &facts.overdue {
        let text = format!("\u{201c}{title}\u{201d} was due and did not start. The clock of the jobs stands still.");
        say(Cause::ScheduleOverdue, name, text);
    }
    for failed in &facts.wrong_signatures {
        let first = crate::site::local(failed.first_at).format("%-d %b %H:%M");
        let text = format!(
            "{} gave a wrong password or passkey {} times in a row while signing, first at {first}. Ask them whether it was them.",
            failed.user_name, failed.tries
        );
        say(Cause::WrongSignatures, &failed.user_id.to_string(), text);
    }
    for used in &facts.emergencies {
        let at = crate::site::local(used.used_at).format("%-d %b %H:%M");
        let text = format!("{} came in by the emergency account on {at}. Somebody has to say why.", used.user_name);
        say(Cause::EmergencyUsed, &used.id.to_string(), text);
    }
    for (id, name) in &facts.doubted_passkeys {
        let text = format!(
            "The counter of a passkey of {name} went back: there may be a copy of it. It was stopped. Ask them, then take it off."
        );
        say(Cause::CopiedPasskey, &id.to_string(), text);
    }
    if facts.workers.iter().any(|worker| worker.redis == "away") {
        say(Cause::RedisAway, "", "Workers can't reach Redis. Jobs still run, a little later.".into());
    }
    let relays = |started: DateTime<Utc>, redis: &str| redis == "up" && facts.now - started > RELAY;
    if !facts.somebody_relays && facts.workers.iter().any(|worker| relays(worker.started_at, &worker.redis)) {
        say(Cause::NoRelay, "", "Nobody brings jobs to Redis. They still run, a little later.".into());
    }
    if facts.a_month_is_missing {
        let text = "Orders, jobs or audit entries were written for a month that has no tables of its own, or fewer than two months of orders are made ahead. They are kept, but can't be tidied away.";
        say(Cause::NoMonth, "", text.into());
    }
    found
}

/// Whether a job of the queue has been due for that long and may start.
fn waits_for(queue: &QueueFacts, now: DateTime<Utc>, long: TimeDelta) -> bool {
    queue.paused_at.is_none() && queue.oldest_due_at.is_some_and(|at| now - at > long)
}

fn is_left_alone(facts: &Facts, queue: &QueueFacts) -> bool {
    waits_for(queue, facts.now, NOBODY) && !facts.workers.iter().any(|worker| worker.serves(&queue.name))
}

/// How long nothing may stand still in the queue, when it has stood still for longer: nothing ended, and no running
/// job started or got further. Half of what its slowest kind may take.
fn stands_still(queue: &QueueFacts, now: DateTime<Utc>, watched: &[Watched]) -> Option<Duration> {
    let of_queue = watched.iter().filter(|kind| kind.queue == queue.name);
    let slowest = of_queue.map(|kind| kind.timeout).max().unwrap_or(STILL.1);
    let still = (slowest / 2).clamp(STILL.0, STILL.1);
    let since = queue.last_moved_at.max(queue.last_ended_at)?;
    (queue.running > 0 && (now - since).to_std().is_ok_and(|stood| stood > still)).then_some(still)
}

fn nobody_works(facts: &Facts) -> String {
    match facts.workers.len() {
        0 => "No worker is working, and jobs wait. Nothing is lost: they run as soon as one is started.".into(),
        1 => "The only worker takes no new work, and jobs wait.".into(),
        count => format!("All {count} workers take no new work, and jobs wait."),
    }
}

fn stalled(queue: &QueueFacts, still: Duration) -> String {
    let long = match still.as_secs() {
        seconds @ ..120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    };
    format!(
        "{} is stalled: {} running, and for more than {long} none has finished or got further.",
        queue.title, queue.running
    )
}

fn lost(queue: &QueueFacts) -> String {
    let jobs = if queue.crashed == 1 { "a job".into() } else { format!("{} jobs", queue.crashed) };
    format!("Workers went away in the middle of {jobs} of {} within ten minutes. The jobs run again.", queue.title)
}

fn given_up(dead: &Dead, watched: &[Watched]) -> String {
    let title = watched.iter().find(|kind| kind.kind == dead.kind).map_or(dead.kind.as_str(), |kind| kind.title);
    let jobs = if dead.jobs == 1 { "1 job was".into() } else { format!("{} jobs were", dead.jobs) };
    let error = if dead.error.is_empty() { "It said nothing about why." } else { &dead.error };
    format!("{jobs} given up, {title}: {error}")
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
