//! Whether a worker's process is still there. It holds an advisory lock for as long as its connection lives; one whose
//! lock is free and who has not been heard of either is gone, and its jobs need not wait for their leases.

use super::{Run, State};
use crate::{Result, audit};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

/// Takes the worker's lock for this connection. False while somebody looks whether it is free: try again.
pub async fn hold(connection: &mut PgConnection, worker: &str) -> Result<bool> {
    let held =
        sqlx::query_scalar!(r#"select pg_try_advisory_lock(hashtextextended('worker:' || $1, 0)) as "held!""#, worker);
    Ok(held.fetch_one(&mut *connection).await?)
}

/// Workers that are silent and whose lock is free. One that ended in order is not missed, unless it left a job. Right
/// after PostgreSQL came up nobody is missed: everybody has yet to come back.
pub async fn missing(db: impl PgExecutor<'_>) -> Result<Vec<String>> {
    let missing = sqlx::query_scalar!(
        r#"
        with silent as materialized (
            select w.id from workers w
            where w.last_seen_at < now() - interval '2.5 s' and w.lost_at is null
              and (w.stopping_at is null
                   or exists (select from jobs j where j.state = 'running' and j.worker = w.id))
              and pg_postmaster_start_time() < now() - interval '8 s'
        )
        select id from silent where pg_try_advisory_xact_lock(hashtextextended('worker:' || id, 0))
        "#
    );
    Ok(missing.fetch_all(db).await?)
}

/// Gives up on those of the workers that are still missing and takes their jobs back. Their locks are held meanwhile, so
/// that one that comes back now waits until it is over.
pub async fn give_up(tx: &mut PgConnection, workers: &[String]) -> Result<Vec<(Uuid, State)>> {
    let gone = sqlx::query_scalar!(
        r#"
        with silent as materialized (
            select id from workers
            where id = any($1) and last_seen_at < now() - interval '2.5 s' and lost_at is null
        ), gone as materialized (
            select id from silent where pg_try_advisory_xact_lock(hashtextextended('worker:' || id, 0))
        )
        update workers set lost_at = now() from gone where workers.id = gone.id returning workers.id
        "#,
        workers,
    );
    let gone = gone.fetch_all(&mut *tx).await?;
    if gone.is_empty() {
        return Ok(Vec::new());
    }
    audit::announce(tx, "workers", "all").await?;
    Run::reap_from(tx, &gone).await
}
