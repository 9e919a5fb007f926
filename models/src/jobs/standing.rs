//! How a job stands, told to somebody who waits for it.

use super::Run;
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

/// A job with what decides how long it takes: who is before it, and whether anybody works at all.
#[derive(Debug, Clone)]
pub struct Standing {
    pub run: Run,
    /// Jobs of its queue that run or go first; 0 once it runs.
    pub ahead: i64,
    /// Whether a worker that takes work was seen within ten seconds.
    pub is_somebody_working: bool,
    /// When the last worker was seen; none when there never was one.
    pub last_worker_at: Option<DateTime<Utc>>,
}

impl Standing {
    pub async fn of(db: &PgPool, run: Run) -> Result<Standing> {
        Standing::of_all(db, vec![run]).await?.pop().ok_or(Error::NotFound("Job"))
    }

    /// Several jobs, in the order given and with two questions to the database however many they are.
    pub async fn of_all(db: &PgPool, runs: Vec<Run>) -> Result<Vec<Standing>> {
        if runs.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = runs.iter().map(|run| run.id).collect();
        let waiting = sqlx::query!(
            r#"
            select job.id,
                   (select count(*) from jobs o where o.queue = job.queue and o.state = 'running' and o.id <> job.id)
                   + (select count(*) from jobs o
                      where o.queue = job.queue and o.state in ('queued', 'retry') and o.run_at <= now()
                        and (o.priority, o.run_at, o.id) < (job.priority, job.run_at, job.id)) as "ahead!"
            from jobs job
            where job.id = any($1) and job.state in ('queued', 'retry')
            "#,
            &ids,
        );
        let waiting = waiting.fetch_all(db).await?;
        let workers = sqlx::query!(
            r#"
            select coalesce(bool_or(stopping_at is null and quiet_at is null and lost_at is null
                       and last_seen_at > now() - interval '10 s'), false) as "working!",
                   max(last_seen_at) as last_seen_at
            from workers
            "#
        );
        let workers = workers.fetch_one(db).await?;
        let standing = |run: Run| Standing {
            ahead: waiting.iter().find(|row| row.id == run.id).map_or(0, |row| row.ahead),
            is_somebody_working: workers.working,
            last_worker_at: workers.last_seen_at,
            run,
        };
        Ok(runs.into_iter().map(standing).collect())
    }
}
