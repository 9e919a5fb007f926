//! Jobs asked for together and seen together: how many are done, at what pace, and what became of the rest.

use super::State;
use crate::{Error, Result};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};
use std::collections::HashMap;
use uuid::Uuid;

/// Most jobs of one batch.
pub const MOST: usize = 10_000;

/// One batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    pub id: Uuid,
    pub title: String,
    /// Jobs it was started with.
    pub total: i32,
    /// Name of who asked for it.
    pub requested_by: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// How the jobs of a batch stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    pub counts: HashMap<State, i64>,
    /// Ended within the last five minutes, for the pace.
    pub ended_lately: i64,
    pub first_start: Option<DateTime<Utc>>,
    pub last_end: Option<DateTime<Utc>>,
}

/// One job of a batch to be started.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    pub kind: &'static str,
    pub payload_version: i16,
    pub queue: &'static str,
    pub payload: Value,
    /// While a job of this kind and key lives, none is added.
    pub key: String,
    pub order_id: Option<i64>,
    pub build_id: Option<i64>,
}

/// What came of starting a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Started {
    pub id: Uuid,
    /// Jobs it has.
    pub asked: usize,
    /// Jobs that lived already, by themselves.
    pub already: usize,
}

impl Batch {
    /// Asks for all of these jobs at once, inside the caller's transaction. Those that live already are left out.
    ///
    /// # Errors
    /// Invalid when there are too many, or when every one of them lives already.
    pub async fn start(
        tx: &mut PgConnection,
        title: &str,
        requested_by: Option<i64>,
        trace_id: &str,
        priority: i16,
        pieces: &[Piece],
    ) -> Result<Started> {
        if pieces.len() > MOST {
            return Err(Error::Invalid(format!("A batch has at most {MOST} jobs; these are {}.", pieces.len())));
        }
        let id = Uuid::now_v7();
        let asked = insert(tx, id, requested_by, trace_id, priority, pieces).await?;
        if asked == 0 {
            return Err(Error::Invalid("Nothing was asked for: every one of these jobs waits or runs already.".into()));
        }
        sqlx::query!(
            "insert into batches (id, title, total, requested_by) values ($1, $2, $3, $4)",
            id,
            title,
            asked as i32,
            requested_by,
        )
        .execute(&mut *tx)
        .await?;
        Ok(Started { id, asked, already: pieces.len() - asked })
    }

    pub async fn find(db: impl PgExecutor<'_>, id: Uuid) -> Result<Batch> {
        let batch = sqlx::query_as!(
            Batch,
            r#"
            select b.id, b.title, b.total, u.name as "requested_by?", b.created_at
            from batches b
            left join users u on u.id = b.requested_by
            where b.id = $1
            "#,
            id,
        );
        batch.fetch_optional(db).await?.ok_or(Error::NotFound("Batch"))
    }

    /// The latest batches, newest first; those before `before` when it is given.
    pub async fn latest(db: impl PgExecutor<'_>, before: Option<Uuid>, limit: i64) -> Result<Vec<Batch>> {
        let batches = sqlx::query_as!(
            Batch,
            r#"
            select b.id, b.title, b.total, u.name as "requested_by?", b.created_at
            from batches b
            left join users u on u.id = b.requested_by
            where $1::uuid is null or b.id < $1
            order by b.id desc
            limit $2
            "#,
            before,
            limit,
        );
        Ok(batches.fetch_all(db).await?)
    }

    /// Jobs of the batch that have not started.
    pub async fn waiting(&self, db: impl PgExecutor<'_>) -> Result<Vec<Uuid>> {
        let ids = sqlx::query_scalar!(
            "select id from jobs where batch_id = $1 and state in ('queued', 'retry') order by id",
            self.id
        );
        Ok(ids.fetch_all(db).await?)
    }
}

async fn insert(
    tx: &mut PgConnection,
    batch_id: Uuid,
    requested_by: Option<i64>,
    trace_id: &str,
    priority: i16,
    pieces: &[Piece],
) -> Result<usize> {
    let ids: Vec<Uuid> = pieces.iter().map(|_| Uuid::now_v7()).collect();
    let kinds: Vec<String> = pieces.iter().map(|piece| piece.kind.to_owned()).collect();
    let versions: Vec<i16> = pieces.iter().map(|piece| piece.payload_version).collect();
    let queues: Vec<String> = pieces.iter().map(|piece| piece.queue.to_owned()).collect();
    let payloads: Vec<Value> = pieces.iter().map(|piece| piece.payload.clone()).collect();
    let keys: Vec<String> = pieces.iter().map(|piece| piece.key.clone()).collect();
    let orders: Vec<Option<i64>> = pieces.iter().map(|piece| piece.order_id).collect();
    let builds: Vec<Option<i64>> = pieces.iter().map(|piece| piece.build_id).collect();
    let asked = sqlx::query_scalar!(
        r#"
        with piece as (
            select * from unnest($1::uuid[], $2::text[], $3::smallint[], $4::text[], $5::jsonb[], $6::text[],
                                 $7::bigint[], $8::bigint[])
                as piece (id, kind, version, queue, payload, key, order_id, build_id)
        ), locked as (
            insert into job_locks (kind, key, job_id) select kind, key, id from piece order by kind, key
            on conflict (kind, key) do nothing
            returning job_id
        ), asked as (
            insert into jobs (id, kind, payload_version, payload, queue, priority, max_attempts, dedupe_key, order_id,
                              build_id, batch_id, requested_by, trace_id)
            select id, kind, version, payload, queue, $9, $10, key, order_id, build_id, $11, $12, $13
            from piece
            join locked on locked.job_id = piece.id
            returning id, payload
        ), words as (
            insert into job_texts (job_id, arguments) select id, payload::text from asked
        )
        select count(*) as "asked!" from asked
        "#,
        &ids,
        &kinds,
        &versions,
        &queues,
        &payloads,
        &keys,
        &orders as &[Option<i64>],
        &builds as &[Option<i64>],
        priority,
        super::MAX_ERRORS,
        batch_id,
        requested_by,
        trace_id,
    );
    Ok(asked.fetch_one(&mut *tx).await? as usize)
}

impl Standing {
    /// How several batches stand, with one question however many they are.
    pub async fn of_all(db: impl PgExecutor<'_>, ids: &[Uuid]) -> Result<HashMap<Uuid, Standing>> {
        let rows = sqlx::query!(
            r#"
            select batch_id as "batch_id!", state as "state: State", count(*) as "jobs!",
                   count(*) filter (where finished_at > now() - interval '5 minutes') as "lately!",
                   min(started_at) as first_start, max(finished_at) as last_end
            from jobs
            where batch_id = any($1)
            group by batch_id, state
            "#,
            ids,
        );
        let mut standings: HashMap<Uuid, Standing> = HashMap::new();
        for row in rows.fetch_all(db).await? {
            let standing = standings.entry(row.batch_id).or_default();
            standing.counts.insert(row.state, row.jobs);
            standing.ended_lately += row.lately;
            standing.first_start = [standing.first_start, row.first_start].into_iter().flatten().min();
            standing.last_end = [standing.last_end, row.last_end].into_iter().flatten().max();
        }
        Ok(standings)
    }

    pub fn count(&self, state: State) -> i64 {
        self.counts.get(&state).copied().unwrap_or(0)
    }

    /// Jobs that are still going to happen.
    pub fn live(&self) -> i64 {
        State::ALL.into_iter().filter(|state| state.is_live()).map(|state| self.count(state)).sum()
    }

    /// How long the rest takes at the pace of the last five minutes; none while nothing has ended.
    pub fn remaining(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        let since = now - self.first_start?;
        let window = since.min(TimeDelta::minutes(5)).num_seconds().max(1);
        let rest = self.live();
        (self.ended_lately > 0 && rest > 0).then(|| TimeDelta::seconds(rest * window / self.ended_lately))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_takes_as_long_as_the_last_minutes_say() {
        let now = Utc::now();
        let counts = HashMap::from([(State::Done, 60), (State::Queued, 118), (State::Running, 2)]);
        let first_start = Some(now - TimeDelta::minutes(1));
        let standing = Standing { counts, ended_lately: 60, first_start, last_end: Some(now) };
        assert_eq!((standing.live(), standing.remaining(now)), (120, Some(TimeDelta::minutes(2))));
        assert_eq!(Standing { ended_lately: 0, ..standing }.remaining(now), None);
    }
}
