//! What somebody has to do now and then: take back the jobs of dead workers, make room for the coming months.

use crate::Engine;
use models::jobs::{Run, workers};
use sqlx::PgPool;
use std::sync::Arc;
use std::time::{Duration, Instant};

const REAP_EVERY: Duration = Duration::from_secs(1);
/// After PostgreSQL was away, workers get this long to renew the leases that ran out meanwhile.
const GRACE: Duration = Duration::from_secs(6);
const TIDY_EVERY: Duration = Duration::from_secs(3600);

pub async fn run(engine: Arc<Engine>) {
    let mut tidied: Option<Instant> = None;
    let mut away: Option<Instant> = None;
    loop {
        let looked = match away {
            Some(away) if away.elapsed() < GRACE => probe(&engine.ledger).await,
            _ => reap(&engine.ledger).await,
        };
        if looked.is_err() {
            away = Some(Instant::now());
        }
        if tidied.is_none_or(|tidied| tidied.elapsed() > TIDY_EVERY) {
            if let Err(error) = tidy(&engine.ledger).await {
                tracing::warn!(%error, "the ledger was not tidied");
            }
            tidied = Some(Instant::now());
        }
        tokio::time::sleep(REAP_EVERY).await;
    }
}

async fn reap(ledger: &PgPool) -> models::Result<()> {
    for (job, state) in Run::reap(ledger).await? {
        tracing::warn!(%job, %state, "its worker stopped in the middle; taken back");
    }
    Ok(())
}

async fn probe(ledger: &PgPool) -> models::Result<()> {
    sqlx::query("select").execute(ledger).await?;
    Ok(())
}

async fn tidy(ledger: &PgPool) -> models::Result<()> {
    workers::forget_old(ledger).await?;
    models::jobs::dispatch::prepare_months(ledger).await
}
