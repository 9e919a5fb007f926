//! How the queues stand right now: what waits, since when, and what runs.

use crate::Result;
use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

/// Waiting jobs are counted one by one up to here, so that a million of them cost no more than this.
pub const COUNTED: i64 = 10_000;

/// One queue at a glance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    pub name: String,
    pub title: String,
    /// Over all workers; none: as many as have a free hand.
    pub most_running: Option<i32>,
    pub paused_at: Option<DateTime<Utc>>,
    pub paused_by: Option<String>,
    pub pause_reason: String,
    /// Due and not started; exact up to [`COUNTED`] per priority.
    pub waiting: i64,
    /// Since when the oldest of them has been due.
    pub oldest_due_at: Option<DateTime<Utc>>,
    pub running: i64,
}

impl Queue {
    /// All queues, by name.
    pub async fn all(db: impl PgExecutor<'_>) -> Result<Vec<Queue>> {
        // The ledger's index goes by queue and priority: one step per priority finds the oldest without reading them all.
        let queues = sqlx::query_as!(
            Queue,
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
            select q.name, q.title, q.most_running, q.paused_at, p.name as "paused_by?", q.pause_reason,
                   coalesce(w.jobs, 0) as "waiting!", w.oldest as oldest_due_at, coalesce(r.jobs, 0) as "running!"
            from queues q
            left join waiting w on w.queue = q.name
            left join running r on r.queue = q.name
            left join users p on p.id = q.paused_by
            order by q.name
            "#,
            COUNTED,
        );
        Ok(queues.fetch_all(db).await?)
    }
}
