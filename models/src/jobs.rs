//! The job ledger: every piece of background work asked for, where it stands and what became of it. A row is the
//! record and the outbox in one: it is written with the change that asks for the work, or not at all.

use crate::{Error, Result};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

pub use attempts::Attempt;
pub use claims::{Claim, Claimant};
pub use endings::{Ended, Failed};
pub use leases::{Lease, Renewal};
pub use queues::Queue;
pub use schedules::Schedule;
pub use standing::Standing;
pub use workers::Worker;

pub mod about;
pub mod actions;
pub mod ageing;
mod attempts;
pub mod batches;
pub mod bin;
pub mod brief;
mod claims;
pub mod dispatch;
mod endings;
pub mod figures;
pub mod groups;
mod leases;
pub mod overview;
pub mod pattern;
pub mod presence;
pub mod queues;
pub mod schedules;
pub mod search;
pub mod selections;
pub mod standing;
pub mod undo;
pub mod views;
pub mod waiting;
pub mod workers;

/// Runs that ended with an error this often are dead.
pub const MAX_ERRORS: i16 = 5;
/// Runs that took their worker down this often are dead.
pub const MAX_CRASHES: i16 = 3;
/// The queue of every kind that does not name another.
pub const DEFAULT_QUEUE: &str = "boms";

/// Where a job stands. The table's `check` knows the same words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sqlx::Type, serde::Serialize, serde::Deserialize)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Accepted, not started yet.
    Queued,
    Running,
    /// Started before and to be started again.
    Retry,
    Done,
    Cancelled,
    /// Given up on; somebody has to look.
    Dead,
    /// Dead and put away.
    Discarded,
}

impl State {
    pub const ALL: [State; 7] =
        [State::Queued, State::Running, State::Retry, State::Done, State::Cancelled, State::Dead, State::Discarded];

    /// The word of the table.
    pub fn word(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Running => "running",
            State::Retry => "retry",
            State::Done => "done",
            State::Cancelled => "cancelled",
            State::Dead => "dead",
            State::Discarded => "discarded",
        }
    }

    /// After "it is".
    pub fn spoken(self) -> &'static str {
        match self {
            State::Queued => "waiting",
            State::Running => "running",
            State::Retry => "waiting for its next try",
            State::Done => "done",
            State::Cancelled => "cancelled",
            State::Dead => "given up",
            State::Discarded => "in the bin",
        }
    }

    /// Whether it is still going to happen.
    pub fn is_live(self) -> bool {
        matches!(self, State::Queued | State::Running | State::Retry)
    }

    /// What may follow, by itself or by somebody's hand. A retried job goes back to waiting, a discarded one to what it
    /// was.
    pub fn can_become(self, next: State) -> bool {
        use State::*;
        match self {
            Queued | Retry => matches!(next, Running | Cancelled | Dead | Discarded),
            Running => matches!(next, Done | Retry | Cancelled | Dead),
            Dead | Cancelled => matches!(next, Queued | Retry | Discarded),
            Discarded => matches!(next, Queued | Retry | Dead | Cancelled),
            Done => false,
        }
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

/// One job as the ledger has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub id: Uuid,
    pub kind: String,
    pub payload_version: i16,
    pub payload: Value,
    pub queue: String,
    /// Lower goes first.
    pub priority: i16,
    pub state: State,
    /// How often it was started.
    pub attempt: i16,
    pub error_count: i16,
    pub crash_count: i16,
    /// Errors until it is dead.
    pub max_attempts: i16,
    /// Not started before this time.
    pub run_at: DateTime<Utc>,
    pub lease_until: Option<DateTime<Utc>>,
    pub worker: Option<String>,
    pub dedupe_key: Option<String>,
    pub cancel_requested: bool,
    pub progress_done: i32,
    pub progress_total: i32,
    pub progress_text: String,
    /// Names what it made ("bom:17").
    pub result: Option<String>,
    /// One word per cause, for grouping ("timeout", "catalogue_cycle").
    pub error_class: Option<String>,
    /// The latest error as a sentence.
    pub error_text: Option<String>,
    /// Failures with one cause share it.
    pub error_group: Option<String>,
    pub order_id: Option<i64>,
    pub build_id: Option<i64>,
    /// The order's document that it makes or reads.
    pub document_id: Option<Uuid>,
    pub batch_id: Option<Uuid>,
    /// Name of the schedule that asked for it.
    pub schedule: Option<String>,
    /// The job that this one repeats with other arguments.
    pub copy_of: Option<Uuid>,
    pub requested_by: Option<i64>,
    pub trace_id: String,
    pub created_at: DateTime<Utc>,
    /// Of the latest start.
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
}

/// A checked query whose rows are whole runs: `$before` columns `$after`.
macro_rules! runs {
    ($before:tt, $after:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            $crate::jobs::Run,
            $before
                + r#"
                id, kind, payload_version, payload, queue, priority, state as "state: crate::jobs::State", attempt,
                error_count, crash_count, max_attempts, run_at, lease_until, worker, dedupe_key, cancel_requested,
                progress_done, progress_total, progress_text, result, error_class, error_text, error_group, order_id,
                build_id, document_id, batch_id, schedule, copy_of, requested_by, trace_id, created_at, started_at,
                finished_at
                "#
                + $after
            $(, $argument)*
        )
    };
}
use runs;

/// The records a job belongs to, and who asked for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    pub order_id: Option<i64>,
    pub build_id: Option<i64>,
    pub document_id: Option<Uuid>,
    pub batch_id: Option<Uuid>,
    pub schedule: Option<String>,
    pub copy_of: Option<Uuid>,
    pub requested_by: Option<i64>,
    /// Id of the request that asked, so that its log and the job's can be read together.
    pub trace_id: String,
}

/// A job to be written to the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRun<'a> {
    pub kind: &'a str,
    pub payload_version: i16,
    pub payload: Value,
    pub queue: &'a str,
    pub priority: i16,
    /// None: as soon as a worker is free.
    pub run_at: Option<DateTime<Utc>>,
    /// While a job of this kind and key lives, asking again gives that one.
    pub dedupe_key: Option<&'a str>,
}

impl Run {
    /// Accepts the job inside the caller's transaction: no change, no job. While one with the same kind and key lives,
    /// that one is the answer and nothing is written.
    pub async fn insert(tx: &mut PgConnection, new: NewRun<'_>, links: &Links) -> Result<Run> {
        let id = Uuid::now_v7();
        if let Some(key) = new.dedupe_key {
            let holder = hold_lock(tx, new.kind, key, id).await?;
            if holder != id {
                return Run::find(&mut *tx, holder).await;
            }
        }
        let run = runs!(
            r#"
            with run as (
                insert into jobs
                    (id, kind, payload_version, payload, queue, priority, max_attempts, run_at, dedupe_key, order_id,
                     build_id, document_id, batch_id, schedule, copy_of, requested_by, trace_id)
                values ($1, $2, $3, $4, $5, $6, $7, coalesce($8, now()), $9, $10, $11, $12, $13, $14, $15, $16, $17)
                returning *
            ), words as (
                insert into job_texts (job_id, arguments) select id, payload::text from run
            )
            select
            "#,
            "from run",
            id,
            new.kind,
            new.payload_version,
            new.payload,
            new.queue,
            new.priority,
            MAX_ERRORS,
            new.run_at,
            new.dedupe_key,
            links.order_id,
            links.build_id,
            links.document_id,
            links.batch_id,
            links.schedule,
            links.copy_of,
            links.requested_by,
            links.trace_id,
        );
        Ok(run.fetch_one(&mut *tx).await?)
    }

    pub async fn find(db: impl PgExecutor<'_>, id: Uuid) -> Result<Run> {
        let run = runs!("select", "from jobs where id = $1", id);
        run.fetch_optional(db).await?.ok_or(Error::NotFound("Job"))
    }

    /// The jobs of a build, latest first.
    pub async fn of_build(db: impl PgExecutor<'_>, build_id: i64) -> Result<Vec<Run>> {
        let runs = runs!("select", "from jobs where build_id = $1 order by id desc limit 100", build_id);
        Ok(runs.fetch_all(db).await?)
    }

    /// The jobs of an order and all its builds, latest first.
    pub async fn of_order(db: impl PgExecutor<'_>, order_id: i64) -> Result<Vec<Run>> {
        let runs = runs!("select", "from jobs where order_id = $1 order by id desc limit 500", order_id);
        Ok(runs.fetch_all(db).await?)
    }

    /// The latest job of one kind for an order.
    pub async fn latest_of_order(db: impl PgExecutor<'_>, order_id: i64, kind: &str) -> Result<Option<Run>> {
        let run =
            runs!("select", "from jobs where order_id = $1 and kind = $2 order by id desc limit 1", order_id, kind);
        Ok(run.fetch_optional(db).await?)
    }

    /// The latest job of each build of an order, by build.
    pub async fn latest_of_builds(db: impl PgExecutor<'_>, order_id: i64) -> Result<Vec<Run>> {
        let runs = runs!(
            "select distinct on (build_id)",
            "from jobs where order_id = $1 and build_id is not null order by build_id, id desc",
            order_id
        );
        Ok(runs.fetch_all(db).await?)
    }

    /// Stops a waiting job at once and asks a running one to stop.
    pub async fn cancel(&mut self, tx: &mut PgConnection) -> Result<()> {
        let cancelled = runs!(
            r#"
            update jobs
            set cancel_requested = true,
                state = case when state = 'running' then state else 'cancelled' end,
                finished_at = case when state = 'running' then null else now() end,
                updated_at = now()
            where id = $1 and state in ('queued', 'retry', 'running')
            returning
            "#,
            "",
            self.id
        );
        match cancelled.fetch_optional(&mut *tx).await? {
            Some(run) => *self = run,
            None => return Err(Error::Stale("The job had already ended.".into())),
        }
        Ok(())
    }
}

/// Takes the lock of a kind and key for the job `id`, or says which live job has it.
async fn hold_lock(tx: &mut PgConnection, kind: &str, key: &str, id: Uuid) -> Result<Uuid> {
    // The update changes nothing but locks the row, so the job that holds it cannot end before the caller commits.
    let holder = sqlx::query_scalar!(
        r#"
        insert into job_locks (kind, key, job_id) values ($1, $2, $3)
        on conflict (kind, key) do update set job_id = job_locks.job_id
        returning job_id
        "#,
        kind,
        key,
        id,
    );
    Ok(holder.fetch_one(&mut *tx).await?)
}
