//! How a job stands, told to somebody who waits for it.

use super::{Run, State};
use crate::Result;
use chrono::{DateTime, Utc};
use sqlx::PgPool;

/// A job with what decides how long it takes: who is before it, and whether anybody works at all.
#[derive(Debug, Clone)]
pub struct Standing {
    pub run: Run,
    /// Jobs of its queue that run or go first; 0 once it runs.
    pub ahead: i64,
    /// Whether a worker was seen within ten seconds.
    pub is_somebody_working: bool,
    /// When the last worker was seen; none when there never was one.
    pub last_worker_at: Option<DateTime<Utc>>,
}

impl Standing {
    pub async fn of(db: &PgPool, run: Run) -> Result<Standing> {
        let ahead = match run.state {
            State::Queued | State::Retry => run.ahead(db).await?,
            _ => 0,
        };
        let workers = sqlx::query!(
            r#"
            select coalesce(bool_or(stopping_at is null and last_seen_at > now() - interval '10 s'), false) as "working!",
                   max(last_seen_at) as last_seen_at
            from workers
            "#
        );
        let workers = workers.fetch_one(db).await?;
        Ok(Standing { run, ahead, is_somebody_working: workers.working, last_worker_at: workers.last_seen_at })
    }
}
