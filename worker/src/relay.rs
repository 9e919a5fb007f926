//! The relay: takes the ids of due jobs from the ledger to Redis. One worker at a time does it, whichever holds the
//! lock; Redis never holds more than a few hundred ids, the rest waits in the ledger.

use crate::Engine;
use crate::queue::Redis;
use models::jobs::{DEFAULT_QUEUE, dispatch};
use sqlx::{Connection, PgConnection};
use std::sync::Arc;
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_millis(500);
/// Ids taken at once.
const CHUNK: usize = 100;
/// Waiting ids in Redis: with thousands of them the queue of apalis breaks for good.
const MOST_IN_REDIS: usize = 450;
const TIDY_EVERY: Duration = Duration::from_secs(5);
/// One look at the ledger takes milliseconds.
const LIMIT: Duration = Duration::from_secs(20);
/// An id that nobody has claimed for so long was lost on the way and is brought again,
const LOST: Duration = Duration::from_secs(600);
/// sooner when Redis has none left.
const LOST_WHEN_EMPTY: Duration = Duration::from_secs(5);

pub async fn run(engine: Arc<Engine>, redis: Redis) {
    loop {
        match lead(&engine, &redis).await {
            Ok(()) => {}
            Err(error) => tracing::debug!(%error, "not relaying"),
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Relays for as long as this worker holds the lock. The lock ends with its connection, and with the process.
async fn lead(engine: &Engine, redis: &Redis) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(&engine.config.database_url).await?;
    sqlx::query("set synchronous_commit = off").execute(&mut connection).await?;
    sqlx::query("set statement_timeout = '5s'").execute(&mut connection).await?;
    if !dispatch::lead(&mut connection, DEFAULT_QUEUE).await? {
        return Ok(connection.close().await?);
    }
    tracing::info!("relaying jobs to Redis");
    let mut tidied = Instant::now();
    loop {
        // A connection that has gone silent must not keep the lock.
        tokio::time::timeout(LIMIT, bring(&mut connection, redis)).await??;
        if tidied.elapsed() > TIDY_EVERY {
            redis.forget_ended().await?;
            tidied = Instant::now();
        }
        let _ = tokio::time::timeout(EVERY, redis.due.notified()).await;
    }
}

/// Brings what is due, as far as there is room.
async fn bring(connection: &mut PgConnection, redis: &Redis) -> anyhow::Result<()> {
    loop {
        let level = redis.level().await?;
        if level.was_wiped {
            let forgotten = dispatch::forget_all(&mut *connection, DEFAULT_QUEUE).await?;
            tracing::info!(forgotten, "Redis starts empty");
        }
        // Ids that were brought are waiting there; when none waits, those not claimed since are lost.
        let lost_after = if level.waiting == 0 { LOST_WHEN_EMPTY } else { LOST };
        dispatch::forget_old(&mut *connection, DEFAULT_QUEUE, lost_after).await?;
        let room = MOST_IN_REDIS.saturating_sub(level.waiting).min(CHUNK);
        if room == 0 || bring_chunk(connection, redis, room).await? < room {
            return Ok(());
        }
    }
}

/// Brings one chunk. The ids are in Redis before the ledger says so: what dies in between only brings an id twice.
async fn bring_chunk(connection: &mut PgConnection, redis: &Redis, room: usize) -> anyhow::Result<usize> {
    let mut tx = connection.begin().await?;
    let ids = dispatch::take(&mut tx, DEFAULT_QUEUE, room as i64).await?;
    if ids.is_empty() {
        return Ok(0);
    }
    redis.push(&ids).await?;
    tx.commit().await?;
    Ok(ids.len())
}
