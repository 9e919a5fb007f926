//! Counting what ended, by minute and hour. Every count starts from the attempts themselves, so counting twice, or by
//! two workers at once, or again after a crash gives the same figures.

use super::{Figures, Histogram, Kept, Row};
use crate::Result;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, PgExecutor};
use std::collections::BTreeMap;

/// A minute is counted again for so long after its end: attempts are written in transactions that take a while.
const OPEN: TimeDelta = TimeDelta::minutes(2);
/// How far a new counter looks back for minutes that nobody has counted,
const LOOK_BACK: TimeDelta = TimeDelta::hours(24);
/// and how many it counts at once.
const CHUNK: TimeDelta = TimeDelta::minutes(10);

/// Somebody who counts, and how far it is.
#[derive(Debug, Default)]
pub struct Counter {
    /// The minute that was counted last, while it was still going on.
    current: Option<DateTime<Utc>>,
}

impl Counter {
    /// Counts what has ended since the last time; once a minute the hours and the depths as well.
    pub async fn count(&mut self, connection: &mut PgConnection) -> Result<()> {
        let (now, kept_to) = standing(&mut *connection).await?;
        let minute = now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now);
        let is_new = self.current != Some(minute);
        let since = match self.current {
            Some(current) if current == minute => minute,
            Some(current) => current - OPEN,
            None => kept_to.map_or(minute, |at| at.min(minute)) - OPEN,
        };
        let mut since = since.max(minute - LOOK_BACK);
        while since <= minute {
            let until = (since + CHUNK).min(minute + TimeDelta::minutes(1));
            let mut tx = connection.begin().await?;
            minutes(&mut tx, since, until).await?;
            if is_new {
                hours(&mut tx, since, until).await?;
            }
            tx.commit().await?;
            since = until;
        }
        if is_new {
            let mut tx = connection.begin().await?;
            depths(&mut *tx).await?;
            forget_old(&mut tx).await?;
            tx.commit().await?;
        }
        self.current = Some(minute);
        Ok(())
    }
}

/// Makes this connection the one that counts, until it closes. False when another one is.
pub async fn lead(connection: &mut PgConnection) -> Result<bool> {
    let leads = sqlx::query_scalar!(r#"select pg_try_advisory_lock(hashtextextended('job figures', 0)) as "leads!""#);
    Ok(leads.fetch_one(&mut *connection).await?)
}

/// The database's clock, and the last minute that has figures.
async fn standing(db: impl PgExecutor<'_>) -> Result<(DateTime<Utc>, Option<DateTime<Utc>>)> {
    let row = sqlx::query!(
        r#"select now() as "now!", (select max(at) from job_figures where span = 'minute') as counted_to"#,
    );
    let row = row.fetch_one(db).await?;
    Ok((row.now, row.counted_to))
}

/// Counts the minutes from `since` to `until` again, both at the beginning of a minute.
async fn minutes(tx: &mut PgConnection, since: DateTime<Utc>, until: DateTime<Utc>) -> Result<()> {
    let rows = sqlx::query!(
        r#"
        select date_trunc('minute', a.finished_at) as "at!", j.queue, j.kind, a.outcome,
               case when j.attempt = a.attempt and j.run_at <= a.started_at then
                   width_bucket(extract(epoch from a.started_at - j.run_at)::float8 * 1000, $3::float8[])
               end as waited,
               width_bucket(extract(epoch from a.finished_at - a.started_at)::float8 * 1000, $3::float8[]) as "ran!",
               count(*) as "attempts!"
        from job_attempts a join jobs j on j.id = a.job_id
        where a.finished_at >= $1 and a.finished_at < $2 and a.outcome in ('done', 'failed', 'crashed')
        group by 1, 2, 3, 4, 5, 6
        "#,
        since,
        until,
        &Histogram::bounds(),
    );
    let mut counted: BTreeMap<Key, Figures> = BTreeMap::new();
    for row in rows.fetch_all(&mut *tx).await? {
        let figures = counted.entry((row.at, row.queue, row.kind)).or_default();
        match row.outcome.as_str() {
            "done" => figures.done += row.attempts,
            "failed" => figures.failed += row.attempts,
            _ => figures.crashed += row.attempts,
        }
        // A worker that went away says nothing about how long the work takes.
        if row.outcome != "crashed" {
            figures.ran.count(usize::try_from(row.ran).unwrap_or_default(), row.attempts);
            if let Some(waited) = row.waited {
                figures.waited.count(usize::try_from(waited).unwrap_or_default(), row.attempts);
            }
        }
    }
    keep(tx, "minute", &counted).await
}

/// Adds up the hours that lie between `since` and `until`, from their minutes.
async fn hours(tx: &mut PgConnection, since: DateTime<Utc>, until: DateTime<Utc>) -> Result<()> {
    let hour = |at: DateTime<Utc>| at.duration_trunc(TimeDelta::hours(1)).unwrap_or(at);
    let minutes = between(&mut *tx, hour(since), until).await?;
    let mut counted: BTreeMap<Key, Figures> = BTreeMap::new();
    for row in minutes {
        counted.entry((hour(row.at), row.queue, row.kind)).or_default().add(&row.figures);
    }
    keep(tx, "hour", &counted).await
}

type Key = (DateTime<Utc>, String, String);

async fn between(db: impl PgExecutor<'_>, since: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Kept>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select at, queue, kind, done, failed, crashed, waited_ms, ran_ms
        from job_figures
        where span = 'minute' and at >= $1 and at < $2
        "#,
        since,
        until,
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(Kept::from).collect())
}

async fn keep(tx: &mut PgConnection, span: &str, counted: &BTreeMap<Key, Figures>) -> Result<()> {
    let row = |((at, queue, kind), figures): (&Key, &Figures)| {
        json!({
            "at": at, "queue": queue, "kind": kind, "done": figures.done, "failed": figures.failed,
            "crashed": figures.crashed, "waited_ms": figures.waited.counts(), "ran_ms": figures.ran.counts(),
        })
    };
    let rows = Value::Array(counted.iter().map(row).collect());
    sqlx::query!(
        r#"
        insert into job_figures (span, at, queue, kind, done, failed, crashed, waited_ms, ran_ms)
        select $1, r.at, r.queue, r.kind, r.done, r.failed, r.crashed, r.waited_ms, r.ran_ms
        from jsonb_to_recordset($2) as r (at timestamptz, queue text, kind text, done integer, failed integer,
                                          crashed integer, waited_ms integer[], ran_ms integer[])
        on conflict (span, at, queue, kind) do update
        set done = excluded.done, failed = excluded.failed, crashed = excluded.crashed, waited_ms = excluded.waited_ms,
            ran_ms = excluded.ran_ms
        "#,
        span,
        rows,
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Notes how deep every queue is, for this minute. Counts every waiting job.
async fn depths(db: impl PgExecutor<'_>) -> Result<()> {
    sqlx::query!(
        r#"
        insert into queue_depths (at, queue, waiting, running, oldest_seconds)
        select date_trunc('minute', now()), q.name, coalesce(w.jobs, 0), coalesce(r.jobs, 0),
               coalesce(extract(epoch from now() - w.oldest), 0)
        from queues q
        left join (
            select queue, count(*) as jobs, min(run_at) as oldest
            from jobs
            where state in ('queued', 'retry') and run_at <= now()
            group by queue
        ) w on w.queue = q.name
        left join (select queue, count(*) as jobs from jobs where state = 'running' group by queue) r on r.queue = q.name
        on conflict (at, queue) do update
        set waiting = excluded.waiting, running = excluded.running, oldest_seconds = excluded.oldest_seconds
        "#,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Minutes are kept for two days, hours for 90; of depths one an hour after two days.
async fn forget_old(tx: &mut PgConnection) -> Result<()> {
    sqlx::query!(
        r#"
        delete from job_figures
        where (span = 'minute' and at < now() - interval '2 days') or (span = 'hour' and at < now() - interval '91 days')
        "#,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        r#"
        delete from queue_depths
        where at < now() - interval '91 days'
            or (at < now() - interval '2 days' and at > now() - interval '3 days' and extract(minute from at) <> 0)
        "#,
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}
