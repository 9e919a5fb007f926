//! Counting what was done and how long it took, and looking whether anything is wrong. One worker does it, whichever holds the lock; it takes at most a
//! twentieth of its time for it, however much there is to count.

use crate::Engine;
use anyhow::Result;
use models::jobs::figures::count::{self, Counter};
use std::sync::Arc;
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_secs(5);
const REST: u32 = 20;
/// A count of one minute takes a fraction of a second.
const LIMIT: Duration = Duration::from_secs(60);

pub async fn run(engine: Arc<Engine>) {
    loop {
        if let Err(error) = lead(&engine).await {
            tracing::debug!(%error, "not counting");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Counts for as long as this worker holds the lock. The lock ends with its connection, and with the process.
async fn lead(engine: &Engine) -> Result<()> {
    let mut pooled = engine.ledger.acquire().await?;
    if !count::lead(&mut pooled).await? {
        return Ok(());
    }
    let mut connection = pooled.detach();
    sqlx::query("set statement_timeout = '30s'").execute(&mut connection).await?;
    tracing::info!("counting what is done");
    let mut counter = Counter::default();
    let watched = jobs::Kind::ALL.map(jobs::Kind::watched);
    loop {
        let start = Instant::now();
        tokio::time::timeout(LIMIT, counter.count(&mut connection)).await??;
        models::alerts::check(&engine.ledger, &watched).await?;
        tokio::time::sleep(EVERY.max(start.elapsed() * REST)).await;
    }
}
