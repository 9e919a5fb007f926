//! How the database is: its shape, and who works on its jobs.

use crate::{MIGRATOR, Result, jobs::workers::Worker};
use sqlx::PgPool;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Every migration this program knows is applied.
    pub is_current: bool,
    pub version: String,
    pub workers_alive: usize,
    /// Database time, for pages that compare.
    pub now: chrono::DateTime<chrono::Utc>,
}

pub async fn database(db: &PgPool) -> Result<Database> {
    let is_migrated = sqlx::query_scalar!("select to_regclass('_sqlx_migrations') is not null").fetch_one(db).await?;
    let newest = MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or_default();
    if !is_migrated.unwrap_or_default() {
        return Ok(Database { is_current: false, version: String::new(), workers_alive: 0, now: chrono::Utc::now() });
    }
    // Not a checked query: the table is the migrator's own and no migration makes it.
    let applied: Option<i64> =
        sqlx::query_scalar("select max(version) from _sqlx_migrations where success").fetch_one(db).await?;
    let row = sqlx::query!(
        r#"
        select
            current_setting('server_version') as "version!",
            now() as "now!"
        "#,
    )
    .fetch_one(db)
    .await?;
    Ok(Database {
        is_current: applied.is_some_and(|applied| applied >= newest),
        version: row.version,
        workers_alive: Worker::alive(db).await?.len(),
        now: row.now,
    })
}
