//! One worker process as everything in it sees it: its name, its slots, what it runs right now.

use crate::boot::Stores;
use crate::queue::Redis;
use crate::{Config, Perform, Stop, attempt, watchdog};
use anyhow::Result;
use models::jobs::workers::{self, Arrival};
use models::jobs::{Lease, Run, dispatch};
use sqlx::PgPool;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long jobs have to put down their tools once they were told to give back their work.
const LET_GO: Duration = Duration::from_secs(4);

pub struct Engine {
    pub config: Config,
    /// New at every start: host, process id and a random part.
    pub name: String,
    pub work: PgPool,
    pub ledger: PgPool,
    pub redis: Option<Redis>,
    pub stop: Stop,
    pub(crate) perform: Perform,
    /// As many as jobs may run at a time.
    slots: Arc<Semaphore>,
    running: Mutex<HashMap<Uuid, CancellationToken>>,
    last_start: Mutex<Instant>,
    /// There may be work in the ledger.
    pub(crate) due: Notify,
    pub(crate) ended: Notify,
}

/// The right to run one more job; gone when dropped.
pub struct Slot {
    _permit: OwnedSemaphorePermit,
}

impl Engine {
    pub(crate) fn new(config: Config, stores: Stores, perform: Perform, stop: Stop) -> Engine {
        let random = Uuid::new_v4().simple().to_string();
        let name = format!("{}-{}-{}", host(), std::process::id(), &random[..6]);
        let slots = Arc::new(Semaphore::new(config.concurrency));
        let Stores { work, ledger, redis } = stores;
        let (running, last_start) = (Mutex::default(), Mutex::new(Instant::now()));
        let (due, ended) = (Notify::new(), Notify::new());
        Engine { config, name, work, ledger, redis, stop, perform, slots, running, last_start, due, ended }
    }

    /// Puts up the worker's name in the ledger.
    pub(crate) async fn arrive(&self) -> Result<()> {
        let mut tx = self.ledger.begin().await?;
        let arrival = Arrival {
            id: &self.name,
            host: &host(),
            pid: std::process::id() as i32,
            version: env!("CARGO_PKG_VERSION"),
            concurrency: self.config.concurrency as i32,
            queues: "",
        };
        workers::arrive(&mut tx, &arrival).await?;
        tx.commit().await?;
        let wait = if self.config.poll_only() { "polling the ledger" } else { "Redis" };
        tracing::info!(worker = self.name, concurrency = self.config.concurrency, wait, "ready for work");
        watchdog::beat();
        Ok(())
    }

    /// Waits for a free slot; none once the worker is stopping.
    pub async fn slot(&self) -> Option<Slot> {
        tokio::select! {
            biased;
            () = self.stop.requested() => None,
            permit = self.slots.clone().acquire_owned() => permit.ok().map(|permit| Slot { _permit: permit }),
        }
    }

    /// A slot if one is free right now.
    pub fn free_slot(&self) -> Option<Slot> {
        if self.stop.is_requested() {
            return None;
        }
        self.slots.clone().try_acquire_owned().ok().map(|permit| Slot { _permit: permit })
    }

    /// Since when nothing was started here, while nothing runs.
    pub fn idle_for(&self) -> Duration {
        if self.running().is_empty() { self.last_start().elapsed() } else { Duration::ZERO }
    }

    /// Runs the job with this id if it is due and nobody has it; ends when the job has ended.
    pub async fn run_id(self: &Arc<Self>, id: Uuid, slot: Slot) -> models::Result<bool> {
        let Some((run, lease)) = Lease::claim(&self.ledger, id, &self.name, self.config.lease).await? else {
            return Ok(false);
        };
        // On its own: whoever brought the id may be dropped, the job goes on.
        let _ = self.start(run, lease, slot).await;
        Ok(true)
    }

    /// Leaves a job whose id was brought here to the others.
    pub async fn put_back(&self, id: Uuid) -> models::Result<()> {
        dispatch::forget(&self.ledger, id).await
    }

    /// There may be work: look into the ledger, and bring ids to Redis.
    pub fn work_is_due(&self) {
        self.due.notify_one();
        self.redis.as_ref().inspect(|redis| redis.due.notify_one());
    }

    /// Starts a claimed job.
    pub fn start(self: &Arc<Self>, run: Run, lease: Lease, slot: Slot) -> tokio::task::JoinHandle<()> {
        *self.last_start() = Instant::now();
        let stop = CancellationToken::new();
        self.running().insert(run.id, stop.clone());
        let engine = self.clone();
        tokio::spawn(async move {
            let id = run.id;
            attempt::run(&engine, run, lease, stop).await;
            engine.running().remove(&id);
            drop(slot);
            engine.ended.notify_waiters();
            engine.due.notify_one();
        })
    }

    /// Tells a job that runs here to stop.
    pub fn cancel(&self, id: Uuid) {
        if let Some(stop) = self.running().get(&id) {
            stop.cancel();
        }
    }

    /// Lets running jobs finish for a while, then has them given back.
    pub(crate) async fn drain(&self) {
        tracing::info!(running = self.running().len(), "stopping: no new work");
        watchdog::stopping();
        if let Err(error) = self.say_stopping().await {
            tracing::warn!(%error, "the ledger was not told that this worker is stopping");
        }
        tokio::select! {
            () = self.all_ended() => {}
            () = self.stop.insisted() => {}
            () = tokio::time::sleep(self.config.drain) => {}
        }
        self.stop.insist();
        let _ = tokio::time::timeout(LET_GO, self.all_ended()).await;
        tracing::info!(left = self.running().len(), "stopped");
    }

    async fn say_stopping(&self) -> Result<()> {
        let mut tx = self.ledger.begin().await?;
        workers::stop(&mut tx, &self.name).await?;
        Ok(tx.commit().await?)
    }

    async fn all_ended(&self) {
        loop {
            let ended = self.ended.notified();
            if self.running().is_empty() {
                return;
            }
            // The pause covers a job that ended between the look and the wait.
            let _ = tokio::time::timeout(Duration::from_millis(50), ended).await;
        }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<Uuid, CancellationToken>> {
        self.running.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn last_start(&self) -> MutexGuard<'_, Instant> {
        self.last_start.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "worker".into(),
        name => name.into(),
    }
}
