//! The trail by month: made ahead, and moved to the archive when it is old. Nothing of it is ever deleted.

use crate::Result;
use chrono::{DateTime, Months, Utc};
use sqlx::PgExecutor;

/// Months that stay where they are searched fastest; older ones move to the archive and are read there.
pub const MONTHS_AT_HAND: u32 = 24;

/// Moves what is old at `now` to the archive, and names it. A month with an entry of a record on hold stays.
pub async fn archive(db: impl PgExecutor<'_>, now: DateTime<Utc>) -> Result<Vec<String>> {
    let before = now.checked_sub_months(Months::new(MONTHS_AT_HAND)).unwrap_or(now);
    let moved = sqlx::query_scalar!(r#"select archive_audit_months($1) as "names!""#, before);
    Ok(moved.fetch_one(db).await?)
}
