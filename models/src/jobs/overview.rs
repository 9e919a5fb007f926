//! How the queues stand right now: what waits, since when, and what runs.

use super::State;
use crate::Result;
use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use uuid::Uuid;

/// Waiting jobs are counted one by one up to here, so that a million of them cost no more than this.
pub const COUNTED: i64 = 10_000;

/// What lies on one queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    pub queue: String,
    /// Due and not started; exact up to the given number per priority.
    pub waiting: i64,
    /// Since when the oldest of them has been due.
    pub oldest_due_at: Option<DateTime<Utc>>,
    pub running: i64,
}

impl Load {
    /// Of all queues, by name; counts up to `counted` jobs of each priority.
    pub async fn all(db: impl PgExecutor<'_>, counted: i64) -> Result<Vec<Load>> {
        // The ledger's index goes by queue and priority: one step per priority finds the oldest without reading them all.
        let loads = sqlx::query_as!(
            Load,
            r#"
            with recursive levels as (
                select q.name as queue, (select j.priority from jobs j
                    where j.queue = q.name and j.state in ('queued', 'retry') order by j.priority limit 1) as priority
                from queues q
                union all
                select l.queue, (select j.priority from jobs j
                    where j.queue = l.queue and j.state in ('queued', 'retry') and j.priority > l.priority
                    order by j.priority limit 1)
                from levels l
                where l.priority is not null
            ), waiting as (
                select l.queue, sum(due.jobs)::bigint as jobs, min(due.oldest) as oldest
                from levels l, lateral (
                    select count(*) as jobs, min(run_at) as oldest from (
                        select j.run_at from jobs j
                        where j.queue = l.queue and j.priority = l.priority and j.state in ('queued', 'retry')
                            and j.run_at <= now()
                        order by j.run_at
                        limit $1
                    ) counted
                ) due
                where l.priority is not null
                group by l.queue
            ), running as (
                select queue, count(*) as jobs from jobs where state = 'running' group by queue
            )
            select q.name as queue, coalesce(w.jobs, 0) as "waiting!", w.oldest as oldest_due_at,
                   coalesce(r.jobs, 0) as "running!"
            from queues q
            left join waiting w on w.queue = q.name
            left join running r on r.queue = q.name
            order by q.name
            "#,
            counted,
        );
        Ok(loads.fetch_all(db).await?)
    }
}

/// Jobs that fail for one reason right now: given up on, or to be tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// The group, as addresses have it; none for a failure from before groups.
    pub group: Option<String>,
    pub kind: String,
    pub error: String,
    pub jobs: i64,
    /// Of those, given up on.
    pub dead: i64,
    /// When the first of them was asked for.
    pub since: DateTime<Utc>,
}

impl Failing {
    /// The causes of the newest failures, those with most jobs first.
    pub async fn now(db: impl PgExecutor<'_>) -> Result<Vec<Failing>> {
        let failing = sqlx::query_as!(
            Failing,
            r#"
            with newest as (
                (select id, kind, state, error_group, error_text, created_at, updated_at
                 from jobs where state = 'dead' order by id desc limit 1000)
                union all
                (select id, kind, state, error_group, error_text, created_at, updated_at
                 from jobs where state = 'retry' and error_class is not null order by id desc limit 1000)
            )
            select error_group as "group?", kind as "kind!", count(*) as "jobs!",
                   count(*) filter (where state = 'dead') as "dead!", min(created_at) as "since!",
                   coalesce((array_agg(error_text order by id desc))[1], '') as "error!"
            from newest
            where updated_at > now() - interval '7 days'
            group by error_group, kind
            order by count(*) desc, kind
            limit 6
            "#,
        );
        Ok(failing.fetch_all(db).await?)
    }
}

/// How many jobs each worker runs right now.
pub async fn in_hand(db: impl PgExecutor<'_>) -> Result<Vec<(String, i64)>> {
    let rows = sqlx::query!(
        r#"select worker as "worker!", count(*) as "jobs!" from jobs where state = 'running' and worker is not null group by worker"#
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(|row| (row.worker, row.jobs)).collect())
}

/// A schedule at a glance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    pub name: String,
    pub title: String,
    pub is_paused: bool,
    pub next_run_at: DateTime<Utc>,
    pub last_run_at: Option<DateTime<Utc>>,
    pub last_job_id: Option<Uuid>,
    pub last_state: Option<State>,
}

impl Planned {
    /// All schedules, the next first and the paused ones last.
    pub async fn all(db: impl PgExecutor<'_>) -> Result<Vec<Planned>> {
        let planned = sqlx::query_as!(
            Planned,
            r#"
            select s.name, s.title, s.paused_at is not null as "is_paused!", s.next_run_at, s.last_run_at, s.last_job_id,
                   j.state as "last_state?: State"
            from schedules s left join jobs j on j.id = s.last_job_id
            order by s.paused_at is not null, s.next_run_at, s.name
            limit 50
            "#,
        );
        Ok(planned.fetch_all(db).await?)
    }
}
