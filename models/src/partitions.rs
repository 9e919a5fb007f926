//! What is kept by month: orders, jobs and the audit trail. Months are made ahead, so that nothing is ever written where
//! no month was prepared.

use crate::Result;
use sqlx::PgExecutor;

/// Months made ahead of the one that is written to.
pub const MONTHS_AHEAD: i32 = 3;

/// Makes this month and the next ones of everything that is kept by month.
pub async fn prepare(db: impl PgExecutor<'_>) -> Result<()> {
    sqlx::query!("select from ensure_audit_months($1), ensure_job_months($1), ensure_order_months($1)", MONTHS_AHEAD)
        .execute(db)
        .await?;
    Ok(())
}
