//! Redis: brings ids of due jobs to whichever worker is free. apalis hands them out; everything it does by default that
//! would lose, double or wedge jobs is switched off, because the ledger does that part.

use crate::{Engine, Stop};
use anyhow::Result;
use apalis_core::backend::TaskSink;
use apalis_redis::RedisStorage;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::Notify;
use uuid::Uuid;

pub use serve::run;

mod serve;

/// Short, so that a Redis that stalls is an error and not a hang.
const ANSWER_WITHIN: Duration = Duration::from_millis(1000);
const PROBE_EVERY: Duration = Duration::from_millis(500);

/// The queue in Redis. Clones share everything.
#[derive(Clone)]
pub struct Redis {
    client: redis::Client,
    connection: ConnectionManager,
    /// Key prefix of apalis' queue.
    queue: String,
    up: Arc<AtomicBool>,
    /// Ids may have arrived.
    pub(crate) arrived: Arc<Notify>,
    /// There may be ids to bring.
    pub(crate) due: Arc<Notify>,
    restart: Arc<Notify>,
}

/// How full the queue is.
pub struct Level {
    pub waiting: usize,
    /// Redis has forgotten everything since it was last asked.
    pub was_wiped: bool,
}

impl Redis {
    pub fn new(url: &str, prefix: &str) -> Result<Redis> {
        let client = redis::Client::open(url)?;
        let connection = ConnectionManager::new_lazy_with_config(client.clone(), manners())?;
        let queue = format!("{prefix}:{}", models::jobs::DEFAULT_QUEUE);
        let (arrived, due, restart) = Default::default();
        Ok(Redis { client, connection, queue, up: Arc::new(AtomicBool::new(true)), arrived, due, restart })
    }

    /// Whether it answered just now.
    pub fn is_up(&self) -> bool {
        self.up.load(Relaxed)
    }

    /// Something hangs between Redis and here: connect anew.
    pub fn restart_queue(&self) {
        self.restart.notify_one();
    }

    /// Keeps asking whether Redis is there and takes what is written: full or read-only is as good as away.
    pub async fn watch(self, stop: Stop) {
        let mut connection = self.connection.clone();
        while !stop.is_requested() {
            let mut probe = redis::cmd("SET");
            probe.arg(format!("{}:probe", self.queue)).arg(1).arg("EX").arg(60);
            let answer = tokio::time::timeout(2 * ANSWER_WITHIN, probe.query_async::<()>(&mut connection)).await;
            let up = matches!(answer, Ok(Ok(())));
            if self.up.swap(up, Relaxed) != up {
                if up {
                    tracing::info!("Redis is back");
                } else {
                    tracing::warn!("Redis is away; working from the ledger");
                }
            }
            tokio::time::sleep(PROBE_EVERY).await;
        }
    }

    /// How many ids wait, and whether Redis was wiped since: a wiped Redis has lost the mark as well.
    pub async fn level(&self) -> Result<Level> {
        let (scheduled, active, marked): (usize, usize, Option<String>) = redis::pipe()
            .zcard(format!("{}:scheduled", self.queue))
            .llen(format!("{}:active", self.queue))
            .cmd("SET")
            .arg(format!("{}:mark", self.queue))
            .arg(1)
            .arg("NX")
            .query_async(&mut self.connection.clone())
            .await?;
        Ok(Level { waiting: scheduled + active, was_wiped: marked.is_some() })
    }

    /// Puts the ids in and wakes the workers.
    pub async fn push(&self, ids: &[Uuid]) -> Result<()> {
        let messages = ids.iter().map(|id| serde_json::json!({"v": 1, "job_id": id}));
        self.storage::<serde_json::Value>().push_bulk(messages.collect()).await?;
        self.arrived.notify_one();
        let _: i64 = redis::cmd("PUBLISH")
            .arg(format!("{}:wake", self.queue))
            .arg(ids.len())
            .query_async(&mut self.connection.clone())
            .await?;
        Ok(())
    }

    /// apalis keeps what it has handed out for ever; we don't.
    pub async fn forget_ended(&self) -> Result<()> {
        let mut connection = self.connection.clone();
        for ended in ["done", "dead"] {
            loop {
                let key = format!("{}:{ended}", self.queue);
                let ids: Vec<String> = redis::cmd("SPOP").arg(&key).arg(500).query_async(&mut connection).await?;
                if ids.is_empty() {
                    break;
                }
                let mut pipe = redis::pipe();
                pipe.hdel(format!("{}:data", self.queue), &ids).ignore();
                let metas: Vec<String> = ids.iter().map(|id| format!("{}:meta:{id}", self.queue)).collect();
                pipe.del(metas).ignore();
                pipe.query_async::<()>(&mut connection).await?;
            }
        }
        Ok(())
    }

    fn storage<Message>(&self) -> RedisStorage<Message> {
        let config = apalis_redis::Config::default()
            .queue(&self.queue)
            // Never more: a buffered batch stops the heartbeat, and others take the same jobs.
            .batch_size(1)
            .heartbeat_interval(Duration::from_secs(5))
            .missed_heartbeats(4)
            .emit_events(false)
            // The ledger's lease is the lock.
            .lock_tasks(false);
        RedisStorage::new(self.connection.clone()).with_config(config)
    }
}

fn manners() -> ConnectionManagerConfig {
    ConnectionManagerConfig::new()
        .set_response_timeout(Some(ANSWER_WITHIN))
        .set_connection_timeout(Some(ANSWER_WITHIN))
        .set_number_of_retries(1)
        .set_min_delay(Duration::from_millis(50))
}

/// Hears from whichever worker relays that ids have arrived.
pub async fn listen_for_wake(engine: Arc<Engine>, redis: Redis) {
    use futures_util::StreamExt;
    while !engine.stop.is_requested() {
        if let Ok(mut subscription) = redis.client.get_async_pubsub().await
            && subscription.subscribe(format!("{}:wake", redis.queue)).await.is_ok()
        {
            let mut words = subscription.on_message();
            while words.next().await.is_some() {
                redis.arrived.notify_one();
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
