//! What the checks look at: a few bounded questions to the ledger, cheap however many jobs there are.

use super::Watched;
use crate::Result;
use crate::company::emergency::{self, Use};
use crate::jobs::{Worker, overview::Load, queues::Queue};
use crate::signatures::{self, Failures};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// Dead jobs that are looked at, the newest.
const DEAD_SEEN: i64 = 2_000;

/// Everything the checks know, at one moment.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub now: DateTime<Utc>,
    pub queues: Vec<QueueFacts>,
    /// Those that were seen within ten seconds and are not stopping.
    pub workers: Vec<WorkerFacts>,
    pub dead: Vec<Dead>,
    /// Schedules whose time passed two minutes ago: name and title.
    pub overdue: Vec<(String, String)>,
    pub somebody_relays: bool,
    pub a_month_is_missing: bool,
    /// What the last check of the audit trail found wrong.
    pub audit_finding: Option<String>,
    /// Who failed to sign, several times in a row.
    pub wrong_signatures: Vec<Failures>,
    /// Uses of the emergency account that nobody has explained.
    pub emergencies: Vec<Use>,
    /// Whose passkey was stopped because its counter went back: number and name.
    pub doubted_passkeys: Vec<(i64, String)>,
}

/// A queue as far as the checks care.
#[derive(Debug, Clone, Default)]
pub struct QueueFacts {
    pub name: String,
    pub title: String,
    pub paused_at: Option<DateTime<Utc>>,
    /// Since when the oldest waiting job has been due.
    pub oldest_due_at: Option<DateTime<Utc>>,
    pub running: i64,
    /// When a running job last started or got further.
    pub last_moved_at: Option<DateTime<Utc>>,
    /// When an attempt last ended, done or failed; within its minute.
    pub last_ended_at: Option<DateTime<Utc>>,
    /// Attempts of the last ten minutes whose worker went away.
    pub crashed: i64,
}

/// A worker as far as the checks care.
#[derive(Debug, Clone, Default)]
pub struct WorkerFacts {
    pub id: String,
    /// Names with commas between them; empty: all.
    pub queues: String,
    pub is_quiet: bool,
    /// up, away or none.
    pub redis: String,
    pub started_at: DateTime<Utc>,
}

impl WorkerFacts {
    pub fn serves(&self, queue: &str) -> bool {
        !self.is_quiet && (self.queues.is_empty() || self.queues.split(',').any(|name| name.trim() == queue))
    }
}

/// Jobs that were given up on for one reason.
#[derive(Debug, Clone, Default)]
pub struct Dead {
    pub group: String,
    pub kind: String,
    pub jobs: i64,
    pub error: String,
}

/// Looks at everything once.
pub async fn look(tx: &mut PgConnection, watched: &[Watched]) -> Result<Facts> {
    debug_assert!(!watched.is_empty(), "there are kinds of jobs");
    let rest = sqlx::query!(
        r#"
        select now() as "now!",
               exists (select from jobs_default) or exists (select from job_attempts_default)
                   or exists (select from job_texts_default) or exists (select from audit_log_default)
                   or exists (select from orders_default where id >= first_order_id_at(date_trunc('month', now())))
                   or (
                       select count(*) < 2 from pg_inherits i join pg_class month on month.oid = i.inhrelid
                       where i.inhparent = 'orders'::regclass and month.relname ~ '_[0-9]{6}$'
                           and month.relname > 'orders_' || to_char(now() at time zone 'UTC', 'YYYYMM')
                   )
                   as "a_month_is_missing!",
               (select nullif(finding, '') from audit_checks order by id desc limit 1) as audit_finding,
               exists (
                   select from pg_locks, hashtextextended('relay', 0) as word
                   where locktype = 'advisory' and granted and objsubid = 1
                       and database = (select oid from pg_database where datname = current_database())
                       and classid = ((word >> 32) & 4294967295)::oid and objid = (word & 4294967295)::oid
               ) as "somebody_relays!"
        "#,
    );
    let rest = rest.fetch_one(&mut *tx).await?;
    let overdue = sqlx::query!(
        "select name, title from schedules where paused_at is null and next_run_at < now() - interval '2 minutes' order by name"
    );
    let overdue = overdue.fetch_all(&mut *tx).await?;
    let workers = Worker::alive(&mut *tx).await?;
    Ok(Facts {
        now: rest.now,
        queues: queues(tx).await?,
        workers: workers.into_iter().map(WorkerFacts::from).collect(),
        dead: dead(tx).await?,
        overdue: overdue.into_iter().map(|row| (row.name, row.title)).collect(),
        somebody_relays: rest.somebody_relays,
        a_month_is_missing: rest.a_month_is_missing,
        audit_finding: rest.audit_finding,
        wrong_signatures: signatures::failures(&mut *tx).await?,
        emergencies: emergency::unexplained(&mut *tx).await?,
        doubted_passkeys: crate::users::passkeys::doubted(&mut *tx).await?,
    })
}

impl From<Worker> for WorkerFacts {
    fn from(worker: Worker) -> WorkerFacts {
        WorkerFacts {
            is_quiet: worker.quiet_at.is_some() || worker.stop_requested_at.is_some(),
            id: worker.id,
            queues: worker.queues,
            redis: worker.redis,
            started_at: worker.started_at,
        }
    }
}

async fn queues(tx: &mut PgConnection) -> Result<Vec<QueueFacts>> {
    let moved = sqlx::query!("select queue, max(updated_at) as at from jobs where state = 'running' group by queue");
    let moved = moved.fetch_all(&mut *tx).await?;
    let ended = sqlx::query!(
        r#"
        select queue, max(at) filter (where done + failed > 0) as at,
               coalesce(sum(crashed) filter (where at > now() - interval '10 minutes'), 0) as "crashed!"
        from job_figures
        where span = 'minute' and at > now() - interval '1 hour'
        group by queue
        "#,
    );
    let ended = ended.fetch_all(&mut *tx).await?;
    let loads = Load::all(&mut *tx, 1).await?;
    let queues = Queue::all(&mut *tx).await?.into_iter().map(|queue| {
        let load = loads.iter().find(|load| load.queue == queue.name);
        let ended = ended.iter().find(|row| row.queue == queue.name);
        QueueFacts {
            oldest_due_at: load.and_then(|load| load.oldest_due_at),
            running: load.map_or(0, |load| load.running),
            last_moved_at: moved.iter().find(|row| row.queue == queue.name).and_then(|row| row.at),
            last_ended_at: ended.and_then(|row| row.at),
            crashed: ended.map_or(0, |row| row.crashed),
            name: queue.name,
            title: queue.title,
            paused_at: queue.paused_at,
        }
    });
    Ok(queues.collect())
}

async fn dead(tx: &mut PgConnection) -> Result<Vec<Dead>> {
    let dead = sqlx::query_as!(
        Dead,
        r#"
        select coalesce(error_group, kind) as "group!", min(kind) as "kind!", count(*) as "jobs!",
               coalesce((array_agg(error_text order by id desc))[1], '') as "error!"
        from (
            select id, kind, error_group, error_text, finished_at from jobs where state = 'dead' order by id desc limit $1
        ) newest
        where finished_at > now() - interval '7 days'
        group by 1
        order by max(finished_at) desc
        limit 20
        "#,
        DEAD_SEEN,
    );
    Ok(dead.fetch_all(&mut *tx).await?)
}
