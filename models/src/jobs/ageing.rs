//! What leaves the ledger in time. Jobs of an order, a build or a document are part of its record and stay.

use crate::Result;
use chrono::{DateTime, Duration, Utc};
use sqlx::PgPool;

/// Finished jobs stay at least this long, and with them what was counted and done by hand.
pub const KEPT_DAYS: i64 = 90;
/// Figures by the minute are replaced by those of the hour after this.
const MINUTES_KEPT_DAYS: i64 = 2;
/// A choice of many jobs that was never acted on.
const SELECTIONS_KEPT_DAYS: i64 = 1;
/// Jobs deleted in one transaction,
const CHUNK: u64 = 1000;
/// and chunks in one run; the rest goes the next night.
const MOST_CHUNKS: u32 = 200;

/// What went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub jobs: u64,
    /// Names of the months' tables that were empty.
    pub months: Vec<String>,
    pub figures: u64,
    pub alerts: u64,
    pub selections: u64,
    pub actions: u64,
    pub batches: u64,
    /// Old jobs are left for the next run.
    pub is_more: bool,
}

/// Deletes what is old enough at `now` and belongs to no record on hold. May be called again at any time; what was deleted stays deleted when it stops
/// half-way.
pub async fn age(db: &PgPool, now: DateTime<Utc>) -> Result<Report> {
    let before = now - Duration::days(KEPT_DAYS);
    let mut report = Report { is_more: true, ..Report::default() };
    for _ in 0..MOST_CHUNKS {
        let deleted = delete_jobs(db, before).await?;
        report.jobs += deleted;
        if deleted < CHUNK {
            report.is_more = false;
            break;
        }
    }
    report.months = drop_months(db, before).await?;
    report.figures = delete_figures(db, now).await?;
    let alerts = sqlx::query!("delete from alerts where cleared_at < $1", before);
    report.alerts = alerts.execute(db).await?.rows_affected();
    let selections = now - Duration::days(SELECTIONS_KEPT_DAYS);
    let selections = sqlx::query!("delete from job_selections where created_at < $1", selections);
    report.selections = selections.execute(db).await?.rows_affected();
    let actions = sqlx::query!("delete from job_actions where created_at < $1", before);
    report.actions = actions.execute(db).await?.rows_affected();
    report.batches = delete_batches(db, before).await?;
    Ok(report)
}

/// One chunk of finished jobs that belong to no record, with their attempts and words.
async fn delete_jobs(db: &PgPool, before: DateTime<Utc>) -> Result<u64> {
    let deleted = sqlx::query!(
        r#"
        with old as (
            select id from jobs j
            where finished_at < $1 and order_id is null and build_id is null and document_id is null
              and state in ('done', 'cancelled', 'dead', 'discarded')
              and not exists (
                  select from holds h
                  where h.lifted_at is null and (h.noun, h.object_id) in (
                      ('jobs', j.id::text), ('users', j.requested_by::text), ('schedules', j.schedule),
                      ('batches', j.batch_id::text), ('workers', j.worker)
                  )
              )
            order by finished_at
            limit $2
            for update skip locked
        ), attempts as (
            delete from job_attempts where job_id = any(array(select id from old))
        ), words as (
            delete from job_texts where job_id = any(array(select id from old))
        )
        delete from jobs where id = any(array(select id from old))
        "#,
        before,
        CHUNK as i64,
    );
    Ok(deleted.execute(db).await?.rows_affected())
}

async fn drop_months(db: &PgPool, before: DateTime<Utc>) -> Result<Vec<String>> {
    let dropped = sqlx::query_scalar!(r#"select drop_empty_job_months($1) as "names!""#, before);
    Ok(dropped.fetch_one(db).await?)
}

async fn delete_figures(db: &PgPool, now: DateTime<Utc>) -> Result<u64> {
    let (minutes, hours) = (now - Duration::days(MINUTES_KEPT_DAYS), now - Duration::days(KEPT_DAYS));
    let figures = sqlx::query!(
        "delete from job_figures where (span = 'minute' and at < $1) or (span = 'hour' and at < $2)",
        minutes,
        hours,
    );
    let depths = sqlx::query!("delete from queue_depths where at < $1", hours);
    Ok(figures.execute(db).await?.rows_affected() + depths.execute(db).await?.rows_affected())
}

/// Batches of which no job is left.
async fn delete_batches(db: &PgPool, before: DateTime<Utc>) -> Result<u64> {
    let batches = sqlx::query!(
        r#"
        delete from batches b
        where created_at < $1 and not exists (select from jobs where batch_id = b.id)
          and not exists (select from holds h where h.lifted_at is null and h.noun = 'batches' and h.object_id = b.id::text)
        "#,
        before,
    );
    Ok(batches.execute(db).await?.rows_affected())
}
