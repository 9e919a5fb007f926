//! Every start of a job: which worker, how long, how it ended, and what it logged on the way.

use crate::Result;
use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use uuid::Uuid;

/// One start of one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub attempt: i16,
    pub worker: String,
    pub started_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    /// running, done, failed, crashed, cancelled or given_back.
    pub outcome: String,
    pub error_class: Option<String>,
    pub error_text: Option<String>,
    pub log: String,
}

impl Attempt {
    /// The starts of a job, first to last.
    pub async fn of_job(db: impl PgExecutor<'_>, job_id: Uuid) -> Result<Vec<Attempt>> {
        let attempts = sqlx::query_as!(
            Attempt,
            r#"
            select attempt, worker, started_at, finished_at, outcome, error_class, error_text, log
            from job_attempts
            where job_id = $1
            order by attempt
            "#,
            job_id,
        );
        Ok(attempts.fetch_all(db).await?)
    }
}
