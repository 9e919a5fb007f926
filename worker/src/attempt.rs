//! One start of one job: under a lease that a second task renews, with a time limit, and with an end for every way it
//! can go, a panic included.

use crate::Engine;
use crate::boot::jittered;
use futures_util::FutureExt;
use jobs::{Context, Done, Failure, Job, Unreadable};
use models::jobs::{Ended, Failed, Lease, Renewal, Run};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// Tries to write down how an attempt ended; after that the lease runs out and the job is taken back.
const TRIES: u32 = 5;
/// Pause before a renewal that did not get through is tried again.
const RENEW_AGAIN: Duration = Duration::from_millis(500);
/// Pause after an attempt that PostgreSQL's absence ended, without an error against the job;
const AFTER_ABSENCE: Duration = Duration::from_secs(2);
/// but a job that was started so often is not spared any more.
const MOST_SPARED: i16 = 30;
/// Pauses between errors grow up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// How an attempt ended, before the ledger knows.
enum Outcome {
    /// Effect and end are committed.
    Done,
    Failed(Failure),
    TimedOut(Duration),
    Panicked(String),
    GivenBack,
    /// This worker is too old for it.
    Unknown(Unreadable),
}

pub async fn run(engine: &Arc<Engine>, run: Run, lease: Lease, stop: CancellationToken) {
    let span = tracing::info_span!("job", id = %run.id, kind = run.kind, attempt = run.attempt, trace = run.trace_id);
    async {
        let start = Instant::now();
        tracing::info!("started");
        let context = Context::new(engine.work.clone(), run.clone(), lease, stop.clone());
        let context = context.with_budget(engine.budget.clone());
        let context = context.anchoring_in(engine.config.anchor());
        let context = Arc::new(context.storing_in(engine.config.files.clone()));
        let outcome = perform(engine, &run, lease, &context).await;
        // A blocking thread that still computes has nothing to compute for any more.
        stop.cancel();
        let milliseconds = start.elapsed().as_millis() as u64;
        if let Outcome::Failed(failure) = &outcome
            && is_spared(&run, failure)
        {
            context.log(&format!("PostgreSQL was away ({failure}); to be started again"));
        }
        match &outcome {
            Outcome::Done => tracing::info!(milliseconds, "done"),
            Outcome::Failed(failure) => tracing::warn!(milliseconds, error = %failure, "failed"),
            Outcome::TimedOut(limit) => tracing::warn!(milliseconds, ?limit, "took too long"),
            Outcome::Panicked(message) => tracing::error!(milliseconds, message, "panicked"),
            Outcome::GivenBack => tracing::info!(milliseconds, "given back"),
            Outcome::Unknown(why) => tracing::warn!(%why, "left to another worker"),
        }
        write_end(engine, &run, lease, &outcome, &context.logged()).await;
    }
    .instrument(span)
    .await;
}

async fn perform(engine: &Arc<Engine>, run: &Run, lease: Lease, context: &Arc<Context>) -> Outcome {
    let job = match Job::read(run) {
        Ok(job) => job,
        Err(newer @ Unreadable::Newer { .. }) => return Outcome::Unknown(newer),
        Err(broken) => return Outcome::Failed(Failure::last_word("broken_payload", broken.to_string())),
    };
    let limit = job.kind().timeout();
    let (tell, mut told) = watch::channel(Renewal::Held);
    let keeper = tokio::spawn(keep(engine.clone(), lease, context.stop_sign(), tell));
    let work = AssertUnwindSafe(async { (engine.perform)(job, context.clone()).await }).catch_unwind();
    let outcome = tokio::select! {
        ended = work => match ended {
            Ok(Ok(Done { .. })) => Outcome::Done,
            Ok(Err(failure)) => Outcome::Failed(failure),
            Err(panic) => Outcome::Panicked(message_of(panic.as_ref())),
        },
        renewal = told.wait_for(|renewal| *renewal != Renewal::Held) => match renewal.as_deref() {
            Ok(Renewal::CancelRequested) => Outcome::Failed(Failure::Cancelled),
            _ => Outcome::Failed(Failure::LeaseLost),
        },
        () = tokio::time::sleep(limit) => Outcome::TimedOut(limit),
        () = engine.stop.insisted() => Outcome::GivenBack,
    };
    keeper.abort();
    outcome
}

/// Renews the lease until it is lost or somebody wants the job to stop. A PostgreSQL that is away for less than the
/// lease costs nothing.
async fn keep(engine: Arc<Engine>, lease: Lease, stop: CancellationToken, tell: watch::Sender<Renewal>) {
    let length = engine.config.lease;
    let mut held_until = Instant::now() + length;
    let mut pause = length / 3;
    loop {
        let cancelled = tokio::select! {
            () = tokio::time::sleep(pause) => stop.is_cancelled(),
            () = stop.cancelled(), if pause != RENEW_AGAIN => true,
        };
        pause = length / 3;
        let renewal = match lease.renew(&engine.ledger, length).await {
            Ok(Renewal::Held) if cancelled => Renewal::CancelRequested,
            Ok(renewal) => renewal,
            Err(error) if Instant::now() < held_until => {
                tracing::warn!(%error, job = %lease.job_id, "the lease was not renewed");
                pause = RENEW_AGAIN;
                continue;
            }
            Err(_) => Renewal::Lost,
        };
        if renewal == Renewal::Held {
            held_until = Instant::now() + length;
        } else {
            let _ = tell.send(renewal);
            return;
        }
    }
}

/// Writes the end into the ledger, more than once if PostgreSQL is away for a moment.
async fn write_end(engine: &Engine, run: &Run, lease: Lease, outcome: &Outcome, log: &str) {
    for attempt in 1..=TRIES {
        match end(engine, run, lease, outcome, log).await {
            Ok(Ended::LeaseLost) => return tracing::warn!("the job was no longer this worker's"),
            Ok(_) => return,
            Err(error) if attempt == TRIES => tracing::error!(%error, "the end of the job was not written"),
            Err(_) => tokio::time::sleep(jittered(Duration::from_millis(200) * attempt * attempt)).await,
        }
    }
}

async fn end(engine: &Engine, run: &Run, lease: Lease, outcome: &Outcome, log: &str) -> models::Result<Ended> {
    let db = &engine.ledger;
    let again = Some(pause_after(run));
    let (class, text, retry_after) = match outcome {
        Outcome::Done => return Ok(Ended::As(models::jobs::State::Done)),
        Outcome::GivenBack => return lease.release(db, log).await,
        Outcome::Unknown(_) => return lease.leave_to_others(db).await,
        Outcome::Failed(Failure::LeaseLost) => return Ok(Ended::LeaseLost),
        Outcome::Failed(Failure::Cancelled) => return lease.cancelled(db, log).await,
        Outcome::Failed(failure) if is_spared(run, failure) => {
            return lease.give_back(db, jittered(AFTER_ABSENCE), log).await;
        }
        Outcome::Failed(Failure::Final { class, text }) => (*class, text.clone(), None),
        Outcome::Failed(Failure::Passing(error)) => ("error", format!("{error:#}"), again),
        Outcome::TimedOut(limit) => ("timeout", format!("It took longer than {} s.", limit.as_secs()), again),
        Outcome::Panicked(message) => ("panic", format!("A fault in the program: {message}"), again),
    };
    let text: String = text.replace('\0', "").chars().take(2000).collect();
    lease.fail(db, Failed { class, text: &text, retry_after }, log).await
}

fn is_spared(run: &Run, failure: &Failure) -> bool {
    run.attempt < MOST_SPARED && failure.is_away()
}

/// The pause before the next attempt: three times the one before, with jitter.
fn pause_after(run: &Run) -> Duration {
    let first = jobs::Kind::from_word(&run.kind).map_or(Duration::from_secs(2), jobs::Kind::first_pause);
    let factor = 3u32.saturating_pow(u32::try_from(run.error_count).unwrap_or(0).min(8));
    jittered(first.saturating_mul(factor).min(LONGEST_PAUSE))
}

fn message_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}
