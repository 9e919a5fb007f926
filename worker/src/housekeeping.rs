//! What somebody has to do now and then: take back the jobs of dead workers, make room for the coming months.

use crate::Engine;
use models::jobs::{Run, presence, workers};
use sqlx::PgPool;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A worker that is missing is looked for once more before it is given up on.
const SECOND_LOOK: Duration = Duration::from_millis(900);
/// Whoever has just started can't know whether PostgreSQL was away and the others are on their way back.
const SECOND_LOOK_AT_START: Duration = Duration::from_millis(1200);
const AT_START: Duration = Duration::from_secs(10);
/// After PostgreSQL was away, workers get this long to renew the leases that ran out meanwhile, and to come back.
const GRACE: Duration = Duration::from_secs(6);
const TIDY_EVERY: Duration = Duration::from_secs(3600);

pub async fn run(engine: Arc<Engine>) {
    let mut tidied: Option<Instant> = None;
    let mut away: Option<Instant> = None;
    let mut missed = Missed::default();
    let start = Instant::now();
    loop {
        let looked = match away {
            Some(away) if away.elapsed() < GRACE => probe(&engine.ledger).await,
            _ if start.elapsed() < AT_START => take_back(&engine, &mut missed, SECOND_LOOK_AT_START).await,
            _ => take_back(&engine, &mut missed, SECOND_LOOK).await,
        };
        if looked.is_err() {
            away = Some(Instant::now());
            missed.clear();
        }
        if tidied.is_none_or(|tidied| tidied.elapsed() > TIDY_EVERY) {
            if let Err(error) = tidy(&engine.ledger).await {
                tracing::warn!(%error, "the ledger was not tidied");
            }
            tidied = Some(Instant::now());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Workers that were missing when last looked, and since when.
type Missed = HashMap<String, Instant>;

async fn take_back(engine: &Engine, missed: &mut Missed, second_look: Duration) -> models::Result<()> {
    let mut taken = Run::reap(&engine.ledger).await?;
    let missing = presence::missing(&engine.ledger).await?;
    missed.retain(|worker, _| missing.contains(worker));
    for worker in missing {
        missed.entry(worker).or_insert_with(Instant::now);
    }
    let gone: Vec<String> =
        missed.iter().filter(|(_, since)| since.elapsed() >= second_look).map(|(worker, _)| worker.clone()).collect();
    if !gone.is_empty() {
        let mut tx = engine.ledger.begin().await?;
        taken.extend(presence::give_up(&mut tx, &gone).await?);
        tx.commit().await?;
        tracing::warn!(workers = gone.join(", "), "gone without a word");
    }
    for (job, state) in taken {
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
    models::partitions::prepare(ledger).await
}
