//! Jobs in a line: those that run, and those that come next.

use super::State;
use crate::Result;
use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use uuid::Uuid;

/// A job as it stands in a short list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brief {
    pub id: Uuid,
    pub kind: String,
    pub state: State,
    pub priority: i16,
    pub run_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub worker: Option<String>,
    pub progress_text: String,
    pub order: Option<String>,
}

impl Brief {
    /// The next ten jobs of the queue that are due.
    pub async fn next(db: impl PgExecutor<'_>, queue: &str) -> Result<Vec<Brief>> {
        let jobs = sqlx::query_as!(
            Brief,
            r#"
            select j.id, j.kind, j.state as "state: State", j.priority, j.run_at, j.started_at, j.worker,
                   j.progress_text, o.number as "order?"
            from (
                select * from jobs
                where queue = $1 and state in ('queued', 'retry') and run_at <= now()
                order by priority, run_at, id
                limit 10
            ) j left join order_keys o on o.order_id = j.order_id
            order by j.priority, j.run_at, j.id
            "#,
            queue,
        );
        Ok(jobs.fetch_all(db).await?)
    }

    /// What runs now, of one queue or on one worker, those that run longest first.
    pub async fn running(db: impl PgExecutor<'_>, queue: Option<&str>, worker: Option<&str>) -> Result<Vec<Brief>> {
        let jobs = sqlx::query_as!(
            Brief,
            r#"
            select j.id, j.kind, j.state as "state: State", j.priority, j.run_at, j.started_at, j.worker,
                   j.progress_text, o.number as "order?"
            from jobs j left join order_keys o on o.order_id = j.order_id
            where j.state = 'running' and ($1::text is null or j.queue = $1) and ($2::text is null or j.worker = $2)
            order by j.started_at, j.id
            limit 50
            "#,
            queue,
            worker,
        );
        Ok(jobs.fetch_all(db).await?)
    }
}
