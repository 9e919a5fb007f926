//! Free hands take work straight from the ledger: at once when somebody says that there is some; always in a worker
//! without Redis and while Redis is away. What finds no free hand anywhere is brought by Redis to the first that is.

use crate::Engine;
use crate::listen::Heard;
use models::jobs::Lease;
use sqlx::PgConnection;
use std::sync::Arc;
use std::time::Duration;

/// A worker that has had nothing to do for this long looks for itself,
const IDLE: Duration = Duration::from_secs(2);
/// but only for jobs that Redis would have brought long ago.
const OVERDUE: Duration = Duration::from_secs(2);

/// Starts what is due in the queues that were heard of, as far as there are free hands.
pub async fn take(engine: &Arc<Engine>, ledger: &mut PgConnection, heard: &Heard) -> models::Result<()> {
    if heard.queues_changed {
        engine.queues.look(&mut *ledger).await?;
    }
    for queue in engine.queues.in_turn() {
        if let Some(overdue) = looks_for(engine, heard, queue)
            && !engine.queues.is_paused(queue)
        {
            take_from(engine, &mut *ledger, queue, overdue).await?;
        }
    }
    Ok(())
}

async fn take_from(
    engine: &Arc<Engine>,
    ledger: &mut PgConnection,
    queue: &str,
    overdue: Duration,
) -> models::Result<()> {
    loop {
        let mut slots = engine.free_slots();
        let free = slots.len();
        if free == 0 {
            return Ok(());
        }
        let limited = engine.queues.is_limited(queue);
        let claimed = Lease::claim_due(&mut *ledger, queue, limited, overdue, free, engine.claimant()).await?;
        let count = claimed.len();
        for ((run, lease), slot) in claimed.into_iter().zip(slots.drain(..)) {
            if !overdue.is_zero() {
                tracing::warn!(job = %run.id, "Redis did not bring this job; taken from the ledger");
                engine.redis.as_ref().inspect(|redis| redis.restart_queues());
            }
            engine.start(run, lease, slot);
        }
        if count < free {
            return Ok(());
        }
    }
}

/// How long a job of the queue must have been due for this worker to take it itself; none when it is not to look.
fn looks_for(engine: &Engine, heard: &Heard, queue: &str) -> Option<Duration> {
    let named = heard.due.contains(queue);
    match &engine.redis {
        Some(redis) if redis.is_up() && !named => (heard.anything && engine.idle_for() > IDLE).then_some(OVERDUE),
        _ => (named || heard.anything).then_some(Duration::ZERO),
    }
}
