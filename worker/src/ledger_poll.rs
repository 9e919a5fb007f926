//! Taking work straight from the ledger: always in a worker without Redis, and in every other one while Redis is away
//! or something between the ledger and this worker is stuck.

use crate::{Engine, watchdog};
use models::jobs::{DEFAULT_QUEUE, Lease};
use std::sync::Arc;
use std::time::Duration;

const EVERY: Duration = Duration::from_millis(500);
/// A worker that has had nothing to do for this long looks for itself,
const IDLE: Duration = Duration::from_secs(2);
/// but only for jobs that Redis would have brought long ago.
const OVERDUE: Duration = Duration::from_secs(2);

pub async fn run(engine: Arc<Engine>) {
    loop {
        let _ = tokio::time::timeout(EVERY, engine.due.notified()).await;
        if engine.stop.is_requested() {
            return;
        }
        match take(&engine).await {
            Ok(()) => watchdog::poll(),
            Err(models::Error::Database(error)) => {
                tracing::warn!(%error, "the ledger can't be read");
                // Away is not hung: the heartbeat tells the two apart.
                watchdog::poll();
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(error) => tracing::error!(%error, "the ledger can't be read"),
        }
    }
}

async fn take(engine: &Arc<Engine>) -> models::Result<()> {
    while let Some(overdue) = looks_for(engine) {
        let Some(slot) = engine.free_slot() else { return Ok(()) };
        let claimed = Lease::claim_next(&engine.ledger, DEFAULT_QUEUE, overdue, &engine.name, engine.config.lease);
        let Some((run, lease)) = claimed.await? else { return Ok(()) };
        if !overdue.is_zero() {
            tracing::warn!(job = %run.id, "Redis did not bring this job; taken from the ledger");
            engine.redis.as_ref().inspect(|redis| redis.restart_queue());
        }
        engine.start(run, lease, slot);
    }
    Ok(())
}

/// How long a job must have been due for this worker to take it itself; none when Redis brings them.
fn looks_for(engine: &Engine) -> Option<Duration> {
    match &engine.redis {
        Some(redis) if redis.is_up() => (engine.idle_for() > IDLE).then_some(OVERDUE),
        _ => Some(Duration::ZERO),
    }
}
