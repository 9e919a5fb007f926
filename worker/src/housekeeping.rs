//! What somebody has to do now and then: take back the jobs of dead workers, make room for the coming months.

use crate::Engine;
use models::jobs::{Run, workers};
use sqlx::PgPool;
use std::sync::Arc;
use std::time::{Duration, Instant};

const REAP_EVERY: Duration = Duration::from_secs(1);
const TIDY_EVERY: Duration = Duration::from_secs(3600);

pub async fn run(engine: Arc<Engine>) {
    let mut tidied: Option<Instant> = None;
    loop {
        match Run::reap(&engine.ledger).await {
            Ok(reaped) => {
                for (job, state) in reaped {
                    tracing::warn!(%job, %state, "its worker stopped in the middle; taken back");
                }
            }
            Err(error) => tracing::debug!(%error, "leases were not looked at"),
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

async fn tidy(ledger: &PgPool) -> models::Result<()> {
    workers::forget_old(ledger).await?;
    models::jobs::dispatch::prepare_months(ledger).await
}
