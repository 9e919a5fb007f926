//! Failures by their cause: jobs that died or try again, together when the same thing stopped them.

use crate::Result;
use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use uuid::Uuid;

/// Failed jobs of one cause and state that are counted, newest first.
pub const LOOKED_AT: i64 = 10_000;
/// Causes looked at, and shown of them.
const CAUSES: i32 = 1_000;
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
    /// When the first and the latest of these jobs was asked for.
    pub first_at: DateTime<Utc>,
    pub latest_at: DateTime<Utc>,
    /// Jobs of the last hours, the oldest hour first; [`HOURS`] of them.
    pub by_hour: Vec<i64>,
}

/// The causes, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failures {
    pub groups: Vec<Group>,
    /// There are more failures than were counted.
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
    is_cut: bool,
    causes: i64,
    as_of: DateTime<Utc>,
}

/// Groups the failed jobs, cause by cause through their index: jobs that are done and long stories cost nothing.
pub async fn failures(db: impl PgExecutor<'_>) -> Result<Failures> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        with recursive cause (error_group, number) as (
            (select error_group, 1 from jobs where error_group is not null order by error_group limit 1)
            union all
            select next.error_group, cause.number + 1
            from cause
            cross join lateral (
                select error_group from jobs where error_group > cause.error_group order by error_group limit 1
            ) next
            where cause.number < $1
        ), counted as materialized (
            select cause.error_group, sum(of_state.jobs) filter (where word = 'dead') as dead,
                   sum(of_state.jobs) filter (where word = 'retry') as trying_again,
                   max(of_state.latest) as latest, min(of_state.first) as first, bool_or(of_state.jobs = $2) as is_cut,
                   count(*) over () as causes
            from cause
            cross join unnest(array['dead', 'retry']) word
            cross join lateral (
                select count(*) as jobs, max(id::text) as latest, min(id::text) as first
                from (
                    select id from jobs where error_group = cause.error_group and state = word order by id desc limit $2
                ) job
            ) of_state
            where of_state.jobs > 0
            group by cause.error_group
            order by max(of_state.latest) desc
            limit $3
        )
        select counted.error_group as "error_group!", latest.kind as "kind!",
               coalesce(latest.error_class, '') as "error_class!",
               coalesce(left(latest.error_text, 1000), '') as "error_text!", latest.id as "latest_job!",
               coalesce(counted.dead, 0)::bigint as "dead!", coalesce(counted.trying_again, 0)::bigint as "trying_again!",
               (
                   select count(distinct order_id) from (
                       select order_id from jobs
                       where error_group = counted.error_group and state in ('dead', 'retry')
                       limit $2
                   ) job
               ) as "orders!",
               first.created_at as "first_at!", latest.created_at as "latest_at!",
               array(
                   select (
                       select count(*) from unnest(array['dead', 'retry']) word cross join lateral (
                           select from jobs
                           where error_group = counted.error_group and state = word
                             and id >= first_uuid_at(now() - make_interval(hours => back + 1))
                             and id < first_uuid_at(now() - make_interval(hours => back))
                           limit 1000
                       ) job
                   )
                   from generate_series($4 - 1, 0, -1) back
                   order by back desc
               ) as "by_hour!: Vec<i64>",
               counted.is_cut as "is_cut!", counted.causes as "causes!", now() as "as_of!"
        from counted
        cross join lateral (select * from jobs where jobs.id = counted.latest::uuid offset 0) latest
        cross join lateral (select * from jobs where jobs.id = counted.first::uuid offset 0) first
        order by counted.latest desc
        "#,
        CAUSES,
        LOOKED_AT,
        SHOWN,
        HOURS as i32,
    );
    let rows = rows.fetch_all(db).await?;
    let is_cut = rows.iter().any(|row| row.is_cut || row.causes >= SHOWN);
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
