//! The worker's sign of life: in the ledger for everybody, and for the watchdog of its own process.

use crate::{Engine, watchdog};
use models::jobs::workers::{self, Sign};
use sqlx::{Connection, PgConnection};
use std::sync::Arc;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(2);
const LIMIT: Duration = Duration::from_secs(5);

pub async fn run(engine: Arc<Engine>) {
    loop {
        match tokio::time::timeout(LIMIT, beat(&engine)).await {
            Ok(Ok(())) => watchdog::beat(),
            // A pool can be dead while PostgreSQL is not; then only a new process helps, and the watchdog sees to it.
            _ if is_away(&engine.config.database_url).await => {
                watchdog::beat();
                watchdog::poll();
            }
            _ => tracing::warn!("PostgreSQL answers, but not through this worker's connections"),
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn is_away(database_url: &str) -> bool {
    let fresh = tokio::time::timeout(LIMIT, PgConnection::connect(database_url)).await;
    !matches!(fresh, Ok(Ok(_)))
}

async fn beat(engine: &Engine) -> anyhow::Result<()> {
    let redis = match &engine.redis {
        None => "none",
        Some(redis) if redis.is_up() => "up",
        Some(_) => "away",
    };
    let sign = Sign { polled: watchdog::has_polled(), rss_bytes: resident_bytes(), redis };
    if workers::beat(&engine.ledger, &engine.name, sign).await?.is_none() && !engine.stop.is_requested() {
        engine.arrive().await?;
    }
    Ok(())
}

/// Memory this process holds, as the kernel counts it; 0 where it does not say.
fn resident_bytes() -> i64 {
    const PAGE: i64 = 4096;
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<i64>().ok()).map_or(0, |pages| pages * PAGE)
}
