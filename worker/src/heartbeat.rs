//! The worker's sign of life: in the ledger for everybody, and for the watchdog of its own process. With it the worker
//! hears what it was told: to be quiet, to take work again, to stop.

use crate::{Engine, watchdog};
use models::jobs::workers::{self, Sign};
use sqlx::ConnectOptions;
use std::sync::Arc;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(1);
const IDLE: Duration = Duration::from_secs(5);
const LIMIT: Duration = Duration::from_secs(5);

pub async fn run(engine: Arc<Engine>) {
    loop {
        match tokio::time::timeout(LIMIT, beat(&engine)).await {
            Ok(Ok(())) if engine.budget.is_used_up() => {
                tracing::warn!("every thread computes for a job that has ended and did not look at its stop sign");
            }
            Ok(Ok(())) => watchdog::beat(),
            // A pool can be dead while PostgreSQL is not; then only a new process helps, and the watchdog sees to it.
            _ if is_away(&engine).await => {
                watchdog::beat();
                watchdog::poll();
            }
            _ => tracing::warn!("PostgreSQL answers, but not through this worker's connections"),
        }
        let _ = tokio::time::timeout(EVERY, engine.told.notified()).await;
    }
}

async fn is_away(engine: &Engine) -> bool {
    let fresh = tokio::time::timeout(LIMIT, engine.options.connect()).await;
    !matches!(fresh, Ok(Ok(_)))
}

async fn beat(engine: &Engine) -> anyhow::Result<()> {
    let redis = match &engine.redis {
        None => "none",
        Some(redis) if redis.is_up() => "up",
        Some(_) => "away",
    };
    let sign = Sign { polled: watchdog::has_polled(), rss_bytes: resident_bytes(), redis };
    // Places of a pool can be lost for good; while nothing runs, all of the jobs' own must be there.
    if engine.idle_for() > IDLE {
        drop(engine.work.acquire().await?);
    }
    match workers::beat(&engine.ledger, &engine.name, sign).await? {
        Some(orders) => engine.obey(orders),
        None if engine.stop.is_requested() => {}
        None => engine.arrive().await?,
    }
    Ok(())
}

/// Memory this process holds, as the kernel counts it; 0 where it does not say.
fn resident_bytes() -> i64 {
    const PAGE: i64 = 4096;
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<i64>().ok()).map_or(0, |pages| pages * PAGE)
}
