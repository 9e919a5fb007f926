//! What a job is about, in the words people know: its order, its build, its document, who asked for it, and what else
//! failed for the same cause.

use super::{Links, Run};
use crate::Result;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

/// Jobs of one cause are counted up to here.
pub const COUNTED: i64 = 1_000;

/// The records around one job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    pub queue: Option<String>,
    pub order: Option<String>,
    pub build: Option<String>,
    /// File name of the document that it makes or reads.
    pub document: Option<String>,
    pub batch: Option<String>,
    pub schedule: Option<String>,
    pub requested_by: Option<String>,
    /// Version of the BOM that it made.
    pub bom_version: Option<i32>,
    /// Jobs that were made from this one with other arguments.
    pub copies: Vec<Uuid>,
    /// Others that wait or were given up for the same cause, up to [`COUNTED`], and since when.
    pub same_cause: i64,
    pub same_cause_since: Option<DateTime<Utc>>,
}

impl About {
    pub async fn of(db: impl PgExecutor<'_>, run: &Run) -> Result<About> {
        let about = sqlx::query!(
            r#"
            select (select title from queues where name = $1) as queue,
                   (select number from order_keys where order_id = $2) as "order",
                   (select number from builds where id = $3) as build,
                   (select file_name from documents where id = $4) as document,
                   (select title from batches where id = $5) as batch,
                   (select title from schedules where name = $6) as schedule,
                   (select name from users where id = $7) as requested_by,
                   (select version from boms where job_id = $8) as bom_version,
                   array(select id from jobs where copy_of = $8 order by id desc limit 20) as "copies!",
                   alike.count as "same_cause!", alike.since as same_cause_since
            from (
                select count(*) as count, min(coalesce(finished_at, created_at)) as since
                from (
                    select finished_at, created_at from jobs
                    where error_group = $9 and state in ('dead', 'retry') and id <> $8
                    order by id desc
                    limit $10
                ) found
            ) alike
            "#,
            run.queue,
            run.order_id,
            run.build_id,
            run.document_id,
            run.batch_id,
            run.schedule,
            run.requested_by,
            run.id,
            run.error_group,
            COUNTED,
        );
        let row = about.fetch_one(db).await?;
        Ok(About {
            queue: row.queue,
            order: row.order,
            build: row.build,
            document: row.document,
            batch: row.batch,
            schedule: row.schedule,
            requested_by: row.requested_by,
            bom_version: row.bom_version,
            copies: row.copies,
            same_cause: row.same_cause,
            same_cause_since: row.same_cause_since,
        })
    }
}

/// An argument that names nothing, and the sentence for its field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    pub argument: &'static str,
    pub sentence: String,
}

impl Links {
    /// The records that arguments name. Arguments are keys, and keys are called after what they open.
    pub async fn named_in(tx: &mut PgConnection, arguments: &Value) -> Result<Result<Links, Unknown>> {
        let number = |name: &str| arguments.get(name).and_then(Value::as_i64);
        let mut links = Links { order_id: number("order_id"), build_id: number("build_id"), ..Links::default() };
        if let Some(build) = links.build_id {
            let order = sqlx::query_scalar!("select order_id from builds where id = $1", build);
            links.order_id = order.fetch_optional(&mut *tx).await?;
            if links.order_id.is_none() {
                return Ok(Err(unknown("build_id", format!("There is no build with the id {build}."))));
            }
        } else if let Some(order) = links.order_id {
            let found = sqlx::query_scalar!(r#"select exists (select from orders where id = $1) as "found!""#, order);
            if !found.fetch_one(&mut *tx).await? {
                return Ok(Err(unknown("order_id", format!("There is no order with the id {order}."))));
            }
        }
        let document = arguments.get("document_id").and_then(Value::as_str).map(str::parse::<Uuid>);
        links.document_id = document.and_then(std::result::Result::ok);
        Ok(Ok(links))
    }
}

fn unknown(argument: &'static str, sentence: String) -> Unknown {
    Unknown { argument, sentence }
}

/// How many of somebody's jobs have not ended, counted up to `most`.
pub async fn live_of(db: impl PgExecutor<'_>, user_id: i64, most: i64) -> Result<i64> {
    let live = sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from (
            select from jobs where requested_by = $1 and state in ('queued', 'running', 'retry') limit $2
        ) live
        "#,
        user_id,
        most,
    );
    Ok(live.fetch_one(db).await?)
}
