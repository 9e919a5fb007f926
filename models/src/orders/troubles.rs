//! Builds whose BOM could not be made and that nobody has asked for again.

use crate::Result;
use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct Trouble {
    /// The job that failed.
    pub job_id: Uuid,
    pub build: String,
    pub order: String,
    /// Why, in a sentence.
    pub sentence: String,
    pub since: DateTime<Utc>,
}

/// The longest standing first, at most `limit`.
pub async fn open(db: impl PgExecutor<'_>, limit: i64) -> Result<Vec<Trouble>> {
    let troubles = sqlx::query_as!(
        Trouble,
        r#"
        select j.id as job_id, b.number as build, o.number as "order", coalesce(j.error_text, '') as "sentence!",
               coalesce(j.finished_at, j.updated_at) as "since!"
        from jobs j
        join builds b on b.id = j.build_id
        join order_keys o on o.order_id = b.order_id
        where j.state = 'dead' and j.kind = 'generate_bom'
          and not exists (select from jobs later where later.build_id = j.build_id and later.id > j.id)
        order by j.id
        limit $1
        "#,
        limit,
    );
    Ok(troubles.fetch_all(db).await?)
}
