//! Who may work on a job right now. A lease is a token and a time: whoever lost it can write nothing any more, because
//! the effect and the job's end commit together and only under the token.

use super::{MAX_CRASHES, Run, State};
use crate::Result;
use sqlx::PgExecutor;
use std::time::Duration;
use uuid::Uuid;

/// The right to work on one job until the time runs out or it is renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    pub job_id: Uuid,
    pub attempt: i16,
    pub(super) token: Uuid,
}

/// What a renewal answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    Held,
    /// Still held, and somebody wants the job to stop.
    CancelRequested,
    /// The job is somebody else's, or over.
    Lost,
}

impl Lease {
    pub async fn renew(&self, db: impl PgExecutor<'_>, length: Duration) -> Result<Renewal> {
        let cancel = sqlx::query_scalar!(
            r#"
            update jobs set lease_until = now() + make_interval(secs => $3)
            where id = $1 and lease_token = $2 and state = 'running'
            returning cancel_requested
            "#,
            self.job_id,
            self.token,
            length.as_secs_f64(),
        );
        Ok(match cancel.fetch_optional(db).await? {
            None => Renewal::Lost,
            Some(true) => Renewal::CancelRequested,
            Some(false) => Renewal::Held,
        })
    }

    /// How far the job is, for whoever is watching. It leaves `updated_at` alone: a job that only goes on has not moved
    /// under the hand of somebody who wants to cancel it.
    pub async fn progress(&self, db: impl PgExecutor<'_>, done: i32, total: i32, text: &str) -> Result<()> {
        sqlx::query!(
            r#"
            update jobs set progress_done = $3, progress_total = $4, progress_text = $5
            where id = $1 and lease_token = $2 and state = 'running'
            "#,
            self.job_id,
            self.token,
            done,
            total,
            text,
        )
        .execute(db)
        .await?;
        Ok(())
    }
}

impl Run {
    /// Takes back the jobs whose leases ran out: their workers died or froze. They run again at once, unless they were
    /// to be cancelled or have taken their worker down too often.
    pub async fn reap(db: impl PgExecutor<'_>) -> Result<Vec<(Uuid, State)>> {
        Run::reap_from(db, &[]).await
    }

    /// The same, and every job of the workers named, whatever its lease: they are known to be gone.
    pub async fn reap_from(db: impl PgExecutor<'_>, gone: &[String]) -> Result<Vec<(Uuid, State)>> {
        let reaped = sqlx::query!(
            r#"
            with lost as (
                select id, attempt from jobs
                where state = 'running' and (lease_until < now() or worker = any($2))
                order by lease_until
                limit 500
                for update skip locked
            ), closed as (
                update job_attempts a
                set finished_at = now(), outcome = 'crashed', error_class = 'crashed', error_text = $3
                from lost
                where a.job_id = lost.id and a.attempt = lost.attempt
            ), words as (
                update job_texts t set error = right(concat_ws(e'\n', nullif(t.error, ''), $3), 8000)
                from lost
                where t.job_id = lost.id and position($3 in t.error) = 0
            )
            update jobs j
            set state = case when cancel_requested then 'cancelled' when crash_count + 1 >= $1 then 'dead' else 'retry' end,
                finished_at = case when cancel_requested or crash_count + 1 >= $1 then now() end,
                crash_count = crash_count + 1, run_at = now(), lease_token = null, lease_until = null,
                dispatched_at = null, error_class = 'crashed', error_text = $3,
                error_group = error_group(j.kind, 'crashed', $3), updated_at = now()
            from lost
            where j.id = lost.id
            returning j.id, j.state as "state: State"
            "#,
            i32::from(MAX_CRASHES),
            gone,
            "The worker stopped in the middle.",
        );
        Ok(reaped.fetch_all(db).await?.into_iter().map(|row| (row.id, row.state)).collect())
    }
}
