//! One worker process as everything in it sees it: its name, its slots, what it runs right now.

use crate::boot::Stores;
use crate::queue::Redis;
use crate::queues::Queues;
use crate::{Config, Perform, Stop, attempt, watchdog};
use anyhow::Result;
use models::jobs::workers::{self, Arrival, Orders};
use models::jobs::{Claim, Claimant, Lease, Run, dispatch};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long jobs have to put down their tools once they were told to give back their work.
const LET_GO: Duration = Duration::from_secs(4);

pub struct Engine {
    pub config: Config,
    /// New at every start: host, process id and a random part.
    pub name: String,
    pub(crate) options: PgConnectOptions,
    pub work: PgPool,
    pub ledger: PgPool,
    pub(crate) queues: Queues,
    pub redis: Option<Redis>,
    pub stop: Stop,
    /// Whether somebody told it to take no new work.
    quiet: watch::Sender<bool>,
    pub(crate) perform: Perform,
    /// As many as jobs may run at a time.
    slots: Arc<Semaphore>,
    /// As many threads as jobs.
    pub(crate) budget: jobs::Budget,
    running: Mutex<HashMap<Uuid, CancellationToken>>,
    last_start: Mutex<Instant>,
    /// A hand is free again.
    pub(crate) free: Notify,
    /// This worker was told something.
    pub(crate) told: Notify,
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
        let budget = jobs::Budget::new(config.concurrency);
        let Stores { options, work, ledger, queues, redis } = stores;
        Engine {
            config,
            name,
            options,
            work,
            ledger,
            queues,
            redis,
            stop,
            quiet: watch::Sender::new(false),
            perform,
            slots,
            budget,
            running: Mutex::default(),
            last_start: Mutex::new(Instant::now()),
            free: Notify::new(),
            told: Notify::new(),
            ended: Notify::new(),
        }
    }

    /// Puts up the worker's name in the ledger.
    pub(crate) async fn arrive(&self) -> Result<()> {
        let mut tx = self.ledger.begin().await?;
        let arrival = Arrival {
            id: &self.name,
            host: &host(),
            pid: std::process::id() as i32,
            version: &version(),
            concurrency: self.config.concurrency as i32,
            queues: &self.config.queues.join(","),
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

    /// Every slot that is free right now; none when the worker is quiet or stopping.
    pub fn free_slots(&self) -> Vec<Slot> {
        if self.stop.is_requested() || self.is_quiet() {
            return Vec::new();
        }
        let free = || self.slots.clone().try_acquire_owned().ok().map(|permit| Slot { _permit: permit });
        std::iter::from_fn(free).collect()
    }

    pub fn claimant(&self) -> Claimant<'_> {
        Claimant { worker: &self.name, lease: self.config.lease }
    }

    /// Since when nothing was started here, while nothing runs.
    pub fn idle_for(&self) -> Duration {
        if self.running().is_empty() { self.last_start().elapsed() } else { Duration::ZERO }
    }

    /// Runs the job with this id, or one that is more urgent, if it is due and nobody has it; ends when the job has
    /// ended.
    pub async fn run_id(self: &Arc<Self>, id: Uuid, slot: Slot) -> models::Result<()> {
        let mut ledger = self.ledger.acquire().await?;
        let claim = Lease::claim_id(&mut ledger, id, self.claimant(), true).await?;
        drop(ledger);
        match claim {
            Claim::Started { run, lease, instead } => {
                if instead {
                    self.forget_id(id).await;
                }
                // On its own: whoever brought the id may be dropped, the job goes on.
                let _ = self.start(*run, lease, slot).await;
            }
            Claim::NotNow => dispatch::forget(&self.ledger, id).await?,
            Claim::Gone => {}
            Claim::Unknown => tracing::info!(job = %id, "Redis brought a job that the ledger does not have; dropped"),
        }
        Ok(())
    }

    async fn forget_id(&self, id: Uuid) {
        if let Err(error) = dispatch::forget(&self.ledger, id).await {
            tracing::warn!(%error, job = %id, "a less urgent job waits until the relay misses it");
        }
    }

    /// Leaves a job whose id was brought here to whoever has a free hand.
    pub async fn put_back(&self, id: Uuid, queue: &str) -> models::Result<()> {
        dispatch::forget(&self.ledger, id).await?;
        dispatch::wake(&self.ledger, queue).await
    }

    /// Work may be due in the queue: its ids are to be brought to Redis, if this worker is the one that does it.
    pub fn bring(&self, queue: &str) {
        self.redis.as_ref().inspect(|redis| redis.due.mark(queue));
    }

    pub fn bring_all(&self) {
        self.queues.served().iter().for_each(|queue| self.bring(queue));
    }

    /// A connection that hears the words for workers. With a pool of its own, so that one that goes silent takes no
    /// place from the others.
    pub async fn ear(&self) -> sqlx::Result<PgListener> {
        let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(self.options.clone());
        let mut ear = PgListener::connect_with(&pool).await?;
        ear.listen("jobs").await?;
        Ok(ear)
    }

    /// Does what the ledger says that this worker was told.
    pub(crate) fn obey(&self, orders: Orders) {
        let changed = self.quiet.send_if_modified(|quiet| std::mem::replace(quiet, orders.quiet) != orders.quiet);
        if changed {
            tracing::info!("{}", if orders.quiet { "told to take no new work" } else { "told to take work again" });
            self.free.notify_one();
        }
        if orders.stop && !self.stop.is_requested() {
            tracing::info!("told to stop");
            self.stop.request();
        }
    }

    pub fn is_quiet(&self) -> bool {
        *self.quiet.borrow()
    }

    /// Returns once the worker is quiet, or no more.
    pub async fn until_quiet(&self, quiet: bool) {
        let _ = self.quiet.subscribe().wait_for(|is| *is == quiet).await;
    }

    /// Starts a claimed job.
    pub fn start(self: &Arc<Self>, run: Run, lease: Lease, slot: Slot) -> tokio::task::JoinHandle<()> {
        *self.last_start() = Instant::now();
        let stop = CancellationToken::new();
        self.running().insert(run.id, stop.clone());
        let engine = self.clone();
        tokio::spawn(async move {
            let (id, queue) = (run.id, run.queue.clone());
            attempt::run(&engine, run, lease, stop).await;
            engine.running().remove(&id);
            drop(slot);
            engine.ended.notify_waiters();
            engine.free.notify_one();
            if engine.queues.is_limited(&queue) {
                engine.make_room_known(&queue).await;
            }
        })
    }

    /// One more job of a limited queue may start, perhaps in another worker.
    async fn make_room_known(&self, queue: &str) {
        if let Err(error) = dispatch::wake(&self.ledger, queue).await {
            tracing::debug!(%error, "the relay will notice that there is room");
        }
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

/// The version of the crate and, where the build was told (TORVAN_BUILD: a commit or a time), of the build.
fn version() -> String {
    match option_env!("TORVAN_BUILD") {
        Some(build) if !build.is_empty() => format!("{} {build}", env!("CARGO_PKG_VERSION")),
        _ => env!("CARGO_PKG_VERSION").into(),
    }
}

fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "worker".into(),
        name => name.into(),
    }
}
