//! Failures by their cause: jobs that died or try again, together when the same thing stopped them.

use crate::Result;
use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use uuid::Uuid;

/// Failed jobs looked at, newest first.
pub const LOOKED_AT: i64 = 20_000;
/// Causes shown.
const SHOWN: i64 = 100;
/// Hours of the small chart.
pub const HOURS: usize = 24;

/// One cause, and what it stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub group: String,
    pub kind: String,
    /// One word per cause ("timeout").
    pub class: String,
    /// The latest of its sentences.
    pub sentence: String,
    pub latest_job: Uuid,
    pub dead: i64,
    pub trying_again: i64,
    pub orders: i64,
    pub first_at: DateTime<Utc>,
    pub latest_at: DateTime<Utc>,
    /// Jobs of the last hours, the oldest hour first; [`HOURS`] of them.
    pub by_hour: Vec<i64>,
}

/// All causes of the newest [`LOOKED_AT`] failed jobs, the latest cause first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failures {
    pub groups: Vec<Group>,
    /// There are older failures that nobody looked at.
    pub is_cut: bool,
    /// The database's time before it looked.
    pub as_of: DateTime<Utc>,
}

struct Row {
    error_group: String,
    kind: String,
    error_class: String,
    error_text: String,
    latest_job: Uuid,
    dead: i64,
    trying_again: i64,
    orders: i64,
    first_at: DateTime<Utc>,
    latest_at: DateTime<Utc>,
    by_hour: Vec<i64>,
    looked_at: i64,
    as_of: DateTime<Utc>,
}

/// Groups the failed jobs. Walks the index of kinds, queues and states, so that a million done jobs cost nothing.
pub async fn failures(db: impl PgExecutor<'_>) -> Result<Failures> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        with recursive place (kind, queue) as (
            (select kind, queue from jobs order by kind, queue limit 1)
            union all
            select next.kind, next.queue from place cross join lateral (
                select kind, queue from jobs where (kind, queue) > (place.kind, place.queue) order by kind, queue limit 1
            ) next
        ), failed as materialized (
            select hit.id
            from place
            cross join unnest(array['dead', 'retry']) word
            cross join lateral (
                select id from jobs where kind = place.kind and queue = place.queue and state = word
                order by id desc limit $1
            ) hit
            order by hit.id desc
            limit $1
        ), job as materialized (
            select jobs.id, jobs.error_group, jobs.kind, jobs.state, jobs.order_id,
                   coalesce(jobs.finished_at, jobs.updated_at) as failed_at
            from failed
            -- One by one: however wrong the planner's counts are, it never reads the whole ledger.
            cross join lateral (select * from jobs where jobs.id = failed.id offset 0) jobs
            where jobs.error_group is not null
        ), hours as (
            select error_group, hour, count(*) as jobs
            from (
                select error_group, floor(extract(epoch from now() - failed_at) / 3600)::int as hour from job
                where failed_at > now() - make_interval(hours => $2)
            ) recent
            group by error_group, hour
        ), cause as (
            select error_group, count(*) filter (where state = 'dead') as dead,
                   count(*) filter (where state = 'retry') as trying_again, count(distinct order_id) as orders,
                   min(failed_at) as first_at, max(failed_at) as latest_at, (array_agg(id order by id desc))[1] as latest_job
            from job
            group by error_group
            order by max(failed_at) desc
            limit $3
        )
        select cause.error_group as "error_group!", latest.kind as "kind!", coalesce(latest.error_class, '') as "error_class!",
               coalesce(left(latest.error_text, 1000), '') as "error_text!", cause.latest_job as "latest_job!",
               cause.dead as "dead!", cause.trying_again as "trying_again!", cause.orders as "orders!",
               cause.first_at as "first_at!", cause.latest_at as "latest_at!",
               array(
                   select coalesce(hours.jobs, 0)
                   from generate_series($2 - 1, 0, -1) back
                   left join hours on hours.hour = back and hours.error_group = cause.error_group
                   order by back desc
               ) as "by_hour!: Vec<i64>",
               (select count(*) from failed) as "looked_at!", now() as "as_of!"
        from cause
        cross join lateral (select * from jobs where jobs.id = cause.latest_job offset 0) latest
        order by cause.latest_at desc
        "#,
        LOOKED_AT,
        HOURS as i32,
        SHOWN,
    );
    let rows = rows.fetch_all(db).await?;
    let is_cut = rows.first().is_some_and(|row| row.looked_at >= LOOKED_AT || rows.len() as i64 == SHOWN);
    let as_of = rows.first().map_or_else(Utc::now, |row| row.as_of);
    let group = |row: Row| Group {
        group: row.error_group,
        kind: row.kind,
        class: row.error_class,
        sentence: row.error_text,
        latest_job: row.latest_job,
        dead: row.dead,
        trying_again: row.trying_again,
        orders: row.orders,
        first_at: row.first_at,
        latest_at: row.latest_at,
        by_hour: row.by_hour,
    };
    Ok(Failures { groups: rows.into_iter().map(group).collect(), is_cut, as_of })
}
