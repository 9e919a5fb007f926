//! The worker processes: who is there to do the work.

use crate::{Result, audit};
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

/// One start of one worker process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// New at every start: host, process id and a random part.
    pub id: String,
    pub host: String,
    pub pid: i32,
    pub version: String,
    pub started_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    /// When it last looked for work.
    pub last_poll_at: Option<DateTime<Utc>>,
    /// Since when it takes no new work.
    pub stopping_at: Option<DateTime<Utc>>,
}

impl Worker {
    /// The workers that take work: seen within ten seconds and not stopping.
    pub async fn alive(db: impl PgExecutor<'_>) -> Result<Vec<Worker>> {
        let workers = sqlx::query_as!(
            Worker,
            r#"
            select id, host, pid, version, started_at, last_seen_at, last_poll_at, stopping_at
            from workers
            where last_seen_at > now() - interval '10 s' and stopping_at is null
            order by started_at, id
            "#,
        );
        Ok(workers.fetch_all(db).await?)
    }
}

/// Enters a worker that has just started and tells open pages that somebody is working.
pub async fn arrive(tx: &mut PgConnection, id: &str, host: &str, pid: i32, version: &str) -> Result<()> {
    sqlx::query!(
        "insert into workers (id, host, pid, version) values ($1, $2, $3, $4) on conflict (id) do nothing",
        id,
        host,
        pid,
        version,
    )
    .execute(&mut *tx)
    .await?;
    audit::announce(tx, "workers", "all").await
}

/// Says that the worker is there; `polled` when it has looked for work since it last said so. False when its row
/// is gone and it has to arrive again.
pub async fn beat(db: impl PgExecutor<'_>, id: &str, polled: bool) -> Result<bool> {
    let beat = sqlx::query!(
        r#"
        update workers
        set last_seen_at = now(), last_poll_at = case when $2 then now() else last_poll_at end
        where id = $1
        "#,
        id,
        polled,
    );
    Ok(beat.execute(db).await?.rows_affected() == 1)
}

/// From here on the worker takes no new work.
pub async fn stop(tx: &mut PgConnection, id: &str) -> Result<()> {
    sqlx::query!("update workers set stopping_at = coalesce(stopping_at, now()) where id = $1", id)
        .execute(&mut *tx)
        .await?;
    audit::announce(tx, "workers", "all").await
}

/// Forgets workers that have not been seen for a day.
pub async fn forget_old(db: impl PgExecutor<'_>) -> Result<u64> {
    let forgotten = sqlx::query!("delete from workers where last_seen_at < now() - interval '1 day'");
    Ok(forgotten.execute(db).await?.rows_affected())
}
