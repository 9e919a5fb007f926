//! What a running job has in its hands: the database, its progress, the stop sign, and the one way to end well.

use crate::{Budget, Failure};
use models::documents::Store;
use models::jobs::{Ended, Lease, Run};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// A job's own log is kept with its attempt, up to this many bytes.
const LOG_LIMIT: usize = 8 * 1024;
/// Progress is written at most this often, and not at all for jobs that are done sooner.
const PROGRESS_PAUSE: Duration = Duration::from_millis(100);

/// One attempt of one job, from the inside.
pub struct Context {
    db: PgPool,
    run: Run,
    lease: Lease,
    stop: CancellationToken,
    budget: Budget,
    start: Instant,
    store: Option<Store>,
    anchor: Option<PathBuf>,
    log: Mutex<String>,
    last_progress: Mutex<Instant>,
}

/// Proof that the job's effect and its end were committed together. Only [`Context::commit`] makes one.
#[derive(Debug)]
pub struct Done(());

impl Context {
    pub fn new(db: PgPool, run: Run, lease: Lease, stop: CancellationToken) -> Context {
        let (start, last_progress) = (Instant::now(), Mutex::new(Instant::now()));
        Context {
            db,
            run,
            lease,
            stop,
            budget: Budget::new(1),
            start,
            store: None,
            anchor: None,
            log: Mutex::default(),
            last_progress,
        }
    }

    /// Computes on the threads of this budget, together with other jobs.
    pub fn with_budget(self, budget: Budget) -> Context {
        Context { budget, ..self }
    }

    /// With the file store that jobs read and write documents in.
    pub fn storing_in(self, store: Store) -> Context {
        Context { store: Some(store), ..self }
    }

    /// With the file outside the database that says where the audit trail ended.
    pub fn anchoring_in(self, anchor: PathBuf) -> Context {
        Context { anchor: Some(anchor), ..self }
    }

    /// The audit trail's anchor, where this process has one.
    pub fn anchor(&self) -> Option<&Path> {
        self.anchor.as_deref()
    }

    /// The file store.
    ///
    /// # Errors
    /// When this process has none.
    pub fn store(&self) -> Result<&Store, Failure> {
        self.store.as_ref().ok_or_else(|| anyhow::anyhow!("This worker has no file store.").into())
    }

    pub fn db(&self) -> &PgPool {
        &self.db
    }

    /// The job as it was when this attempt started.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Whether the work is in vain: somebody cancelled it, it took too long, or another worker has it.
    pub fn cancelled(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// The same as a sign that can be handed to a blocking thread.
    pub fn stop_sign(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// How far the job is. Nobody's work fails because a progress could not be written.
    pub async fn progress(&self, done: i32, total: i32, text: &str) {
        {
            let mut last = self.last_progress.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            if last.elapsed() < PROGRESS_PAUSE {
                return;
            }
            *last = Instant::now();
        }
        if let Err(error) = self.lease.progress(&self.db, done, total, text).await {
            tracing::debug!(%error, "the progress was not written");
        }
    }

    /// A line for the attempt's log, shown with the job under its time (UTC).
    pub fn log(&self, line: &str) {
        tracing::info!("{line}");
        // The attempt's own start is PostgreSQL's time; this machine's clock may be wrong.
        let at = self.run.started_at.map(|started| (started + self.start.elapsed()).format("%H:%M:%S%.3f "));
        let line = format!("{}{line}\n", at.map(|at| at.to_string()).unwrap_or_default());
        let mut log = self.log.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if log.len() + line.len() <= LOG_LIMIT {
            log.push_str(&line);
        }
    }

    /// What was logged so far.
    pub fn logged(&self) -> String {
        self.log.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// Heavy computing, off the threads that keep leases and heartbeats going. Waits while every thread is in use. Long
    /// work looks at [`Context::stop_sign`] now and then: once the job has ended it computes for nobody.
    pub async fn compute<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
        let span = tracing::Span::current();
        let thread = tokio::select! {
            thread = self.budget.thread() => thread,
            () = self.stop.cancelled() => return Err(Failure::Cancelled),
        };
        let (thread_end, _job_end) = self.budget.ends();
        let work = move || {
            let _until_through = (thread, thread_end);
            span.in_scope(work)
        };
        let computed = tokio::task::spawn_blocking(work).await;
        computed.map_err(|stopped| match stopped.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(stopped) => Failure::from(anyhow::Error::from(stopped)),
        })
    }

    /// Opens the transaction that will hold the job's effect.
    pub async fn begin(&self) -> Result<Transaction<'static, Postgres>, Failure> {
        Ok(self.db.begin().await?)
    }

    /// Ends the job and keeps its effect, in one step and only while the lease is ours. `result` names what was made
    /// ("bom:17").
    pub async fn commit(&self, mut tx: Transaction<'static, Postgres>, result: &str) -> Result<Done, Failure> {
        let connection: &mut PgConnection = &mut tx;
        match self.lease.finish(connection, result, &self.logged()).await? {
            Ended::As(_) => tx.commit().await?,
            Ended::LeaseLost => return Err(Failure::LeaseLost),
            Ended::CancelRequested => return Err(Failure::Cancelled),
        }
        Ok(Done(()))
    }
}
