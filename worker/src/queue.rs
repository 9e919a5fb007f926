//! Redis: brings ids of due jobs to whichever worker is free. apalis hands them out; everything it does by default that
//! would lose, double or wedge jobs is switched off, because the ledger does that part.

use crate::{Engine, Stop};
use anyhow::Result;
use apalis_core::backend::TaskSink;
use apalis_redis::RedisStorage;
use models::{secrets::Secret, tls::Tls};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use uuid::Uuid;

pub use serve::run;

mod serve;

/// Short, so that a Redis that stalls is an error and not a hang.
const ANSWER_WITHIN: Duration = Duration::from_millis(1000);
const PROBE_EVERY: Duration = Duration::from_millis(500);

/// Redis as this worker has it. Clones share everything.
#[derive(Clone)]
pub struct Redis {
    client: redis::Client,
    connection: ConnectionManager,
    /// First part of every key.
    prefix: String,
    up: Arc<AtomicBool>,
    queues: Arc<Mutex<HashMap<String, Carried>>>,
    /// Queues whose ids may have to be brought.
    pub(crate) due: Arc<Due>,
}

/// One queue of ids in Redis: apalis' queue of the same name.
#[derive(Clone)]
pub struct Carried {
    pub name: String,
    /// Key prefix of apalis' queue.
    key: String,
    connection: ConnectionManager,
    /// Ids may have arrived.
    arrived: Arc<Notify>,
    restart: Arc<Notify>,
}

/// How full a queue is.
pub struct Level {
    pub waiting: usize,
    /// Redis has forgotten everything since it was last asked.
    pub was_wiped: bool,
}

/// Names of queues, and a bell.
#[derive(Default)]
pub struct Due {
    names: Mutex<BTreeSet<String>>,
    bell: Notify,
}

impl Redis {
    /// Trusts the authority of the settings, where they name one.
    pub fn new(url: &Secret, tls: &Tls, prefix: &str) -> Result<Redis> {
        let client = match &tls.redis_ca {
            None => redis::Client::open(url.reveal()),
            Some(path) => {
                let root_cert = Some(std::fs::read(path)?);
                redis::Client::build_with_tls(url.reveal(), redis::TlsCertificates { client_tls: None, root_cert })
            }
        };
        // What it says of an address may quote it.
        let client = client.map_err(|_| anyhow::anyhow!("REDIS_URL is not the address of a Redis"))?;
        let connection = ConnectionManager::new_lazy_with_config(client.clone(), manners())?;
        let (queues, due) = Default::default();
        Ok(Redis { client, connection, prefix: prefix.into(), up: Arc::new(AtomicBool::new(true)), queues, due })
    }

    /// Whether it answered just now.
    pub fn is_up(&self) -> bool {
        self.up.load(Relaxed)
    }

    pub fn queue(&self, name: &str) -> Carried {
        let carried = || Carried {
            name: name.into(),
            key: format!("{}:{name}", self.prefix),
            connection: self.connection.clone(),
            arrived: Arc::default(),
            restart: Arc::default(),
        };
        self.queues().entry(name.into()).or_insert_with(carried).clone()
    }

    /// Something hangs between Redis and here: connect anew.
    pub fn restart_queues(&self) {
        self.queues().values().for_each(|queue| queue.restart.notify_one());
    }

    /// Keeps asking whether Redis is there and takes what is written: full or read-only is as good as away.
    pub async fn watch(self, stop: Stop) {
        let mut connection = self.connection.clone();
        while !stop.is_requested() {
            let mut probe = redis::cmd("SET");
            probe.arg(format!("{}:probe", self.prefix)).arg(1).arg("EX").arg(60);
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

    fn queues(&self) -> MutexGuard<'_, HashMap<String, Carried>> {
        self.queues.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Carried {
    /// How many ids wait, and whether Redis was wiped since: a wiped Redis has lost the mark as well.
    pub async fn level(&self) -> Result<Level> {
        let (scheduled, active, marked): (usize, usize, Option<String>) = redis::pipe()
            .zcard(format!("{}:scheduled", self.key))
            .llen(format!("{}:active", self.key))
            .cmd("SET")
            .arg(format!("{}:mark", self.key))
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
            .arg(format!("{}:wake", self.key))
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
                let key = format!("{}:{ended}", self.key);
                let ids: Vec<String> = redis::cmd("SPOP").arg(&key).arg(500).query_async(&mut connection).await?;
                if ids.is_empty() {
                    break;
                }
                let mut pipe = redis::pipe();
                pipe.hdel(format!("{}:data", self.key), &ids).ignore();
                let metas: Vec<String> = ids.iter().map(|id| format!("{}:meta:{id}", self.key)).collect();
                pipe.del(metas).ignore();
                pipe.query_async::<()>(&mut connection).await?;
            }
        }
        Ok(())
    }

    fn storage<Message>(&self) -> RedisStorage<Message> {
        let config = apalis_redis::Config::default()
            .queue(&self.key)
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

impl Due {
    pub fn mark(&self, queue: &str) {
        let mut names = self.names();
        if !names.contains(queue) {
            names.insert(queue.into());
        }
        drop(names);
        self.bell.notify_one();
    }

    /// The queues marked since the last call.
    pub fn take(&self) -> BTreeSet<String> {
        std::mem::take(&mut self.names())
    }

    pub async fn rung(&self) {
        self.bell.notified().await;
    }

    fn names(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.names.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
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
    let queues: HashMap<String, Carried> = engine
        .queues
        .served()
        .iter()
        .map(|name| redis.queue(name))
        .map(|one| (format!("{}:wake", one.key), one))
        .collect();
    let channels: Vec<&String> = queues.keys().collect();
    while !engine.stop.is_requested() {
        if let Ok(mut subscription) = redis.client.get_async_pubsub().await
            && subscription.subscribe(&channels).await.is_ok()
        {
            let mut words = subscription.on_message();
            while let Some(word) = words.next().await {
                queues.get(word.get_channel_name()).inspect(|queue| queue.arrived.notify_one());
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
