//! What the relay asks the ledger: which due jobs have no id in Redis yet, and which queues may have more.

use crate::Result;
use sqlx::{PgConnection, PgExecutor};
use std::time::Duration;
use uuid::Uuid;

/// How many more ids of a queue are of use in Redis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    pub queue: String,
    /// Jobs that may still start; none: no limit. A paused queue has no room.
    pub room: Option<i64>,
}

/// Every queue with the room it has.
pub async fn gates(db: impl PgExecutor<'_>) -> Result<Vec<Gate>> {
    let gates = sqlx::query_as!(
        Gate,
        r#"
        select q.name as queue,
               case when q.paused_at is not null then 0
                    when q.most_running is not null then greatest(0, q.most_running - (
                        select count(*) from jobs j where j.queue = q.name and j.state = 'running'))
               end as room
        from queues q
        order by q.name
        "#
    );
    Ok(gates.fetch_all(db).await?)
}

/// Takes up to `limit` due jobs of the queue whose ids are not in Redis and marks them as dispatched, the most urgent
/// first. The caller puts the ids into Redis before it commits: a crash in between makes a second id, which claims
/// nothing.
pub async fn take(tx: &mut PgConnection, queue: &str, limit: i64) -> Result<Vec<Uuid>> {
    let ids = sqlx::query_scalar!(
        r#"
        with due as (
            select id, priority, run_at from jobs
            where queue = $1 and state in ('queued', 'retry') and dispatched_at is null and run_at <= now()
            order by priority, run_at, id
            limit $2
            for update skip locked
        ), marked as (
            update jobs set dispatched_at = now() where id = any(array(select id from due))
        )
        select id from due order by priority, run_at, id
        "#,
        queue,
        limit,
    );
    Ok(ids.fetch_all(&mut *tx).await?)
}

/// Marks ids that were put into Redis longer ago than `age` and never claimed as not dispatched: they were lost.
pub async fn forget_old(db: impl PgExecutor<'_>, queue: &str, age: Duration) -> Result<u64> {
    let forgotten = sqlx::query!(
        r#"
        update jobs set dispatched_at = null
        where queue = $1 and state in ('queued', 'retry') and dispatched_at < now() - make_interval(secs => $2)
        "#,
        queue,
        age.as_secs_f64(),
    );
    Ok(forgotten.execute(db).await?.rows_affected())
}

/// Redis has lost everything: no waiting job's id is there any more.
pub async fn forget_all(db: impl PgExecutor<'_>, queue: &str) -> Result<u64> {
    let forgotten = sqlx::query!(
        "update jobs set dispatched_at = null where queue = $1 and state in ('queued', 'retry') and dispatched_at is not null",
        queue,
    );
    Ok(forgotten.execute(db).await?.rows_affected())
}

/// The id lies in Redis no more: a worker took it out and did not start the job.
pub async fn forget(db: impl PgExecutor<'_>, id: Uuid) -> Result<()> {
    sqlx::query!("update jobs set dispatched_at = null where id = $1 and state in ('queued', 'retry')", id)
        .execute(db)
        .await?;
    Ok(())
}

/// Tells every worker to look: a job of the queue waits, or one more of it may run.
pub async fn wake(db: impl PgExecutor<'_>, queue: &str) -> Result<()> {
    sqlx::query!("select pg_notify('jobs', 'due:' || $1)", queue).execute(db).await?;
    Ok(())
}

/// Makes this connection the one relay, until it closes. False when another one is.
pub async fn lead(connection: &mut PgConnection) -> Result<bool> {
    let leads = sqlx::query_scalar!(r#"select pg_try_advisory_lock(hashtextextended('relay', 0)) as "leads!""#);
    Ok(leads.fetch_one(&mut *connection).await?)
}
