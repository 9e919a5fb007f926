//! The relay: takes the ids of due jobs from the ledger to Redis. One worker at a time does it, for all queues,
//! whichever holds the lock; Redis never holds more than a few hundred ids of a queue, the rest waits in the ledger.

use crate::Engine;
use crate::boot::jittered;
use crate::queue::{Carried, Redis};
use anyhow::{Result, bail};
use models::jobs::dispatch::{self, Gate};
use sqlx::{ConnectOptions, Connection, PgConnection};
use std::sync::Arc;
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_millis(500);
/// Free hands take what has just become due themselves; what is left after this has found none.
const HEAD_START: Duration = Duration::from_millis(4);
/// Ids taken at once.
const CHUNK: usize = 100;
/// Waiting ids of one queue in Redis: with thousands of them the queue of apalis breaks for good.
const MOST_IN_REDIS: usize = 450;
const TIDY_EVERY: Duration = Duration::from_secs(5);
/// One look at the ledger takes milliseconds.
const LIMIT: Duration = Duration::from_secs(20);
/// Somebody else may reach Redis when this worker has not for so long.
const WITHOUT_REDIS: Duration = Duration::from_secs(3);
/// An id that nobody has claimed for so long was lost on the way and is brought again,
const LOST: Duration = Duration::from_secs(600);
/// sooner when Redis has none left.
const LOST_WHEN_EMPTY: Duration = Duration::from_secs(5);

pub async fn run(engine: Arc<Engine>, redis: Redis) {
    loop {
        if redis.is_up()
            && let Err(error) = lead(&engine, &redis).await
        {
            tracing::debug!(%error, "not relaying");
        }
        tokio::time::sleep(jittered(EVERY)).await;
    }
}

/// Waits for the lock and relays for as long as this worker holds it. The lock ends with its connection, and with the
/// process.
async fn lead(engine: &Engine, redis: &Redis) -> Result<()> {
    let mut connection = tokio::time::timeout(LIMIT, engine.options.connect()).await??;
    while !tokio::time::timeout(LIMIT, dispatch::lead(&mut connection)).await?? {
        tokio::time::sleep(jittered(2 * EVERY)).await;
    }
    tracing::info!("relaying jobs to Redis");
    let mut tidied = Instant::now();
    let mut reached = Instant::now();
    let mut look_at_all = true;
    loop {
        // A connection that has gone silent must not keep the lock.
        let brought = tokio::time::timeout(LIMIT, bring(&mut connection, redis, look_at_all)).await?;
        if brought.is_ok() && redis.is_up() {
            reached = Instant::now();
        } else if reached.elapsed() > WITHOUT_REDIS {
            bail!("Redis is away");
        } else {
            tokio::time::timeout(LIMIT, connection.ping()).await??;
            tokio::time::sleep(EVERY).await;
        }
        if tidied.elapsed() > TIDY_EVERY && redis.is_up() {
            for gate in dispatch::gates(&mut connection).await? {
                redis.queue(&gate.queue).forget_ended().await?;
            }
            tidied = Instant::now();
        }
        look_at_all = tokio::time::timeout(EVERY, redis.due.rung()).await.is_err();
        if !look_at_all {
            tokio::time::sleep(HEAD_START).await;
        }
    }
}

/// Brings what is due in the queues that were heard of, or in all.
async fn bring(connection: &mut PgConnection, redis: &Redis, look_at_all: bool) -> Result<()> {
    let due = redis.due.take();
    for gate in dispatch::gates(&mut *connection).await? {
        if look_at_all || due.contains(&gate.queue) {
            bring_queue(connection, &redis.queue(&gate.queue), &gate, look_at_all).await?;
        }
    }
    Ok(())
}

/// Brings what is due in one queue, as far as there is room.
async fn bring_queue(connection: &mut PgConnection, queue: &Carried, gate: &Gate, missing_too: bool) -> Result<()> {
    loop {
        let level = queue.level().await?;
        if level.was_wiped {
            let forgotten = dispatch::forget_all(&mut *connection, &queue.name).await?;
            tracing::info!(queue = queue.name, forgotten, "Redis starts empty");
        }
        if missing_too {
            // Ids that were brought are waiting there; when none waits, those not claimed since are lost.
            let lost_after = if level.waiting == 0 { LOST_WHEN_EMPTY } else { LOST };
            dispatch::forget_old(&mut *connection, &queue.name, lost_after).await?;
        }
        let most = gate.room.map_or(MOST_IN_REDIS, |room| MOST_IN_REDIS.min(room as usize));
        let room = most.saturating_sub(level.waiting).min(CHUNK);
        if room == 0 || bring_chunk(connection, queue, room).await? < room {
            return Ok(());
        }
    }
}

/// Brings one chunk. The ids are in Redis before the ledger says so: what dies in between only brings an id twice.
async fn bring_chunk(connection: &mut PgConnection, queue: &Carried, room: usize) -> Result<usize> {
    let mut tx = connection.begin().await?;
    let ids = dispatch::take(&mut tx, &queue.name, room as i64).await?;
    if ids.is_empty() {
        return Ok(0);
    }
    queue.push(&ids).await?;
    tx.commit().await?;
    Ok(ids.len())
}
