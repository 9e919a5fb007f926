//! The worker processes: who is there to do the work, and what they were told.

use crate::audit::{self, Actor, Entry};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use serde_json::json;
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
    /// Since when it takes no new work because it ends.
    pub stopping_at: Option<DateTime<Utc>>,
    /// Jobs it runs at a time.
    pub concurrency: i32,
    /// Names of the queues it serves, with commas between them; empty: all.
    pub queues: String,
    /// Memory it holds.
    pub rss_bytes: i64,
    /// How Redis is from there: up, away, or none when it works without.
    pub redis: String,
    /// Since when it takes no new work because somebody said so.
    pub quiet_at: Option<DateTime<Utc>>,
    pub stop_requested_at: Option<DateTime<Utc>>,
    /// Who said so.
    pub told_by: Option<i64>,
    pub told_by_name: Option<String>,
    /// When the others noticed that its process was gone.
    pub lost_at: Option<DateTime<Utc>>,
}

/// A checked query whose rows are whole workers: all columns, then `$after`.
macro_rules! workers {
    ($after:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Worker,
            r#"
            select w.id, w.host, w.pid, w.version, w.started_at, w.last_seen_at, w.last_poll_at, w.stopping_at,
                   w.concurrency, w.queues, w.rss_bytes, w.redis, w.quiet_at, w.stop_requested_at, w.told_by,
                   u.name as "told_by_name?", w.lost_at
            from workers w left join users u on u.id = w.told_by
            "#
                + $after
            $(, $argument)*
        )
    };
}

impl Worker {
    /// The workers that take work: seen within ten seconds and not stopping. A quiet one is among them.
    pub async fn alive(db: impl PgExecutor<'_>) -> Result<Vec<Worker>> {
        let workers = workers!(
            r#"
            where w.last_seen_at > now() - interval '10 s' and w.stopping_at is null and w.lost_at is null
            order by w.started_at, w.id
            "#
        );
        Ok(workers.fetch_all(db).await?)
    }

    /// Those seen within the last day, whatever became of them; latest first.
    pub async fn recent(db: impl PgExecutor<'_>) -> Result<Vec<Worker>> {
        Ok(workers!("order by w.last_seen_at > now() - interval '10 s' desc, w.started_at desc, w.id limit 200")
            .fetch_all(db)
            .await?)
    }

    /// # Errors
    /// NotFound when it never was, or was last seen more than a day ago.
    pub async fn find(db: impl PgExecutor<'_>, id: &str) -> Result<Worker> {
        workers!("where w.id = $1", id).fetch_optional(db).await?.ok_or(Error::NotFound("Worker"))
    }

    /// Whether it was seen within ten seconds of `now` and nobody has missed it since.
    pub fn is_alive(&self, now: DateTime<Utc>) -> bool {
        self.lost_at.is_none() && now - self.last_seen_at < chrono::Duration::seconds(10)
    }

    /// Tells it to take no new work and to stay; what it runs goes on. It obeys within a second.
    ///
    /// # Errors
    /// Stale when it is quiet already, or stops.
    pub async fn quiet(&self, tx: &mut PgConnection, actor: &Actor, reason: &str) -> Result<()> {
        let told = sqlx::query!(
            r#"
            update workers set quiet_at = now(), told_by = $2
            where id = $1 and quiet_at is null and stop_requested_at is null and stopping_at is null
            "#,
            self.id,
            actor.user_id,
        );
        if told.execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(Error::Stale(format!("{} was quiet already, or stops.", self.id)));
        }
        self.told(tx, actor, "quieted", reason).await
    }

    /// Tells a quiet worker to take work again.
    ///
    /// # Errors
    /// Stale when it is not quiet.
    pub async fn wake(&self, tx: &mut PgConnection, actor: &Actor, reason: &str) -> Result<()> {
        let told = sqlx::query!(
            "update workers set quiet_at = null, told_by = $2 where id = $1 and quiet_at is not null",
            self.id,
            actor.user_id,
        );
        if told.execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(Error::Stale(format!("{} was not quiet.", self.id)));
        }
        self.told(tx, actor, "woken", reason).await
    }

    /// Tells it to finish what it runs, give back what takes too long, and end; as the signal TERM does. There is no
    /// way back: its supervisor starts a new one.
    ///
    /// # Errors
    /// Stale when it stops already.
    pub async fn stop_by(&self, tx: &mut PgConnection, actor: &Actor, reason: &str) -> Result<()> {
        let told = sqlx::query!(
            r#"
            update workers set stop_requested_at = now(), told_by = $2
            where id = $1 and stop_requested_at is null and stopping_at is null
            "#,
            self.id,
            actor.user_id,
        );
        if told.execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(Error::Stale(format!("{} stops already.", self.id)));
        }
        self.told(tx, actor, "stopped", reason).await
    }

    async fn told(&self, tx: &mut PgConnection, actor: &Actor, action: &str, reason: &str) -> Result<()> {
        let before = json!({"quiet": self.quiet_at.is_some(), "stopping": self.stop_requested_at.is_some()});
        let entry = Entry {
            action,
            noun: "workers",
            object_id: &self.id,
            before: Some(before),
            after: None,
            reason: reason.trim(),
        };
        audit::record(tx, actor, entry).await?;
        let word = format!("worker:{}", self.id);
        sqlx::query!("select pg_notify('jobs', $1)", word).execute(&mut *tx).await?;
        Ok(())
    }
}

/// A worker as it introduces itself.
#[derive(Debug, Clone, Default)]
pub struct Arrival<'a> {
    pub id: &'a str,
    pub host: &'a str,
    pub pid: i32,
    pub version: &'a str,
    pub concurrency: i32,
    pub queues: &'a str,
}

/// Enters a worker that has just started and tells open pages that somebody is working.
pub async fn arrive(tx: &mut PgConnection, arrival: &Arrival<'_>) -> Result<()> {
    sqlx::query!(
        r#"
        insert into workers (id, host, pid, version, concurrency, queues) values ($1, $2, $3, $4, $5, $6)
        on conflict (id) do nothing
        "#,
        arrival.id,
        arrival.host,
        arrival.pid,
        arrival.version,
        arrival.concurrency,
        arrival.queues,
    )
    .execute(&mut *tx)
    .await?;
    audit::announce(tx, "workers", "all").await
}

/// What a worker says of itself with every sign of life.
#[derive(Debug, Clone, Copy)]
pub struct Sign<'a> {
    /// It has looked for work since it last said so.
    pub polled: bool,
    pub rss_bytes: i64,
    /// up, away or none.
    pub redis: &'a str,
}

/// What it hears in return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orders {
    pub quiet: bool,
    pub stop: bool,
}

/// Says that the worker is there and hears what it was told; none when its row is gone and it has to arrive again.
pub async fn beat(db: impl PgExecutor<'_>, id: &str, sign: Sign<'_>) -> Result<Option<Orders>> {
    let beat = sqlx::query_as!(
        Orders,
        r#"
        update workers
        set last_seen_at = now(), last_poll_at = case when $2 then now() else last_poll_at end, rss_bytes = $3,
            redis = $4, lost_at = null
        where id = $1
        returning quiet_at is not null as "quiet!", stop_requested_at is not null as "stop!"
        "#,
        id,
        sign.polled,
        sign.rss_bytes,
        sign.redis,
    );
    Ok(beat.fetch_optional(db).await?)
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
