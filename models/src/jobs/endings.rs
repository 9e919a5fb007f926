//! How a started job ends: done with its effect, failed, cancelled, or given back. All of it only under the lease.

use super::{Lease, State};
use crate::Result;
use sqlx::{PgConnection, PgPool};
use std::time::Duration;

/// How the end of a job was taken by the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Written: the job has this state now.
    As(State),
    /// The lease was lost; nothing was written and the caller's transaction must not commit.
    LeaseLost,
    /// Somebody asked it to stop before it was done; the caller's transaction must not commit.
    CancelRequested,
}

/// Why an attempt failed, and whether another may go better.
#[derive(Debug, Clone, Copy)]
pub struct Failed<'a> {
    /// One word per cause, for grouping.
    pub class: &'a str,
    /// A sentence for people.
    pub text: &'a str,
    /// None: trying again cannot help, the job is dead at once.
    pub retry_after: Option<Duration>,
}

impl Lease {
    /// Ends the job as done inside the transaction that holds its effect. Unless the answer is `Ended::As`, that
    /// transaction must be rolled back.
    pub async fn finish(&self, tx: &mut PgConnection, result: &str, log: &str) -> Result<Ended> {
        let done = sqlx::query!(
            r#"
            with ended as (
                update jobs
                set state = 'done', result = $3, error_class = null, error_text = null, error_group = null,
                    lease_token = null, lease_until = null, finished_at = clock_timestamp(), updated_at = now()
                where id = $1 and lease_token = $2 and state = 'running' and not cancel_requested
                returning id
            )
            update job_attempts set finished_at = clock_timestamp(), outcome = 'done', log = $5
            where job_id = $1 and attempt = $4 and exists (select from ended)
            "#,
            self.job_id,
            self.token,
            result,
            self.attempt,
            log,
        );
        if done.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(if self.is_held(tx).await? { Ended::CancelRequested } else { Ended::LeaseLost });
        }
        Ok(Ended::As(State::Done))
    }

    /// Ends the attempt with an error: another one later, or dead after the allowed number of errors.
    pub async fn fail(&self, db: &PgPool, failed: Failed<'_>, log: &str) -> Result<Ended> {
        let state = sqlx::query_scalar!(
            r#"
            with ended as (
                update jobs
                set state = case when cancel_requested then 'cancelled'
                                 when $3::float8 is null or error_count + 1 >= max_attempts then 'dead'
                                 else 'retry' end,
                    finished_at = case when cancel_requested or $3::float8 is null or error_count + 1 >= max_attempts
                                       then now() end,
                    error_count = error_count + 1, error_class = $4, error_text = $5,
                    error_group = error_group(kind, $4, $5),
                    run_at = now() + make_interval(secs => coalesce($3::float8, 0)),
                    lease_token = null, lease_until = null, dispatched_at = null, updated_at = now()
                where id = $1 and lease_token = $2 and state = 'running'
                returning state
            ), closed as (
                update job_attempts
                set finished_at = now(), outcome = 'failed', error_class = $4, error_text = $5, log = $7
                where job_id = $1 and attempt = $6 and exists (select from ended)
            ), words as (
                update job_texts set error = right(concat_ws(e'\n', nullif(error, ''), $5), 8000)
                where job_id = $1 and position($5 in error) = 0 and exists (select from ended)
            )
            select state as "state: State" from ended
            "#,
            self.job_id,
            self.token,
            failed.retry_after.map(|pause| pause.as_secs_f64()),
            failed.class,
            failed.text,
            self.attempt,
            log,
        );
        Ok(state.fetch_optional(db).await?.map_or(Ended::LeaseLost, Ended::As))
    }

    /// Ends the job because somebody asked it to stop.
    pub async fn cancelled(&self, db: &PgPool, log: &str) -> Result<Ended> {
        let state = sqlx::query_scalar!(
            r#"
            with ended as (
                update jobs
                set state = 'cancelled', lease_token = null, lease_until = null, finished_at = now(),
                    updated_at = now()
                where id = $1 and lease_token = $2 and state = 'running'
                returning state
            ), closed as (
                update job_attempts set finished_at = now(), outcome = 'cancelled', log = $4
                where job_id = $1 and attempt = $3 and exists (select from ended)
            )
            select state as "state: State" from ended
            "#,
            self.job_id,
            self.token,
            self.attempt,
            log,
        );
        Ok(state.fetch_optional(db).await?.map_or(Ended::LeaseLost, Ended::As))
    }

    /// Gives the job back unfinished, without counting an error: the worker is stopping.
    pub async fn release(&self, db: &PgPool, log: &str) -> Result<Ended> {
        self.give_back(db, Duration::ZERO, log).await
    }

    /// The same, to be started again after a pause.
    pub async fn give_back(&self, db: &PgPool, pause: Duration, log: &str) -> Result<Ended> {
        let state = sqlx::query_scalar!(
            r#"
            with ended as (
                update jobs
                set state = case when cancel_requested then 'cancelled' else 'retry' end,
                    finished_at = case when cancel_requested then now() end,
                    run_at = now() + make_interval(secs => $5), lease_token = null, lease_until = null,
                    dispatched_at = null, updated_at = now()
                where id = $1 and lease_token = $2 and state = 'running'
                returning state
            ), closed as (
                update job_attempts set finished_at = now(), outcome = 'given_back', log = $4
                where job_id = $1 and attempt = $3 and exists (select from ended)
            )
            select state as "state: State" from ended
            "#,
            self.job_id,
            self.token,
            self.attempt,
            log,
            pause.as_secs_f64(),
        );
        Ok(state.fetch_optional(db).await?.map_or(Ended::LeaseLost, Ended::As))
    }

    /// Leaves a job that this worker cannot read to a newer one: waits a minute, dead after a day.
    pub async fn leave_to_others(&self, db: &PgPool) -> Result<Ended> {
        let state = sqlx::query_scalar!(
            r#"
            with ended as (
                update jobs
                set state = case when unknown_since < now() - interval '1 day' then 'dead' else 'retry' end,
                    finished_at = case when unknown_since < now() - interval '1 day' then now() end,
                    unknown_since = coalesce(unknown_since, now()), run_at = now() + interval '60 s',
                    error_class = 'unknown_kind', error_text = $4, error_group = error_group(kind, 'unknown_kind', $4),
                    lease_token = null, lease_until = null, dispatched_at = null, updated_at = now()
                where id = $1 and lease_token = $2 and state = 'running'
                returning state
            ), closed as (
                update job_attempts set finished_at = now(), outcome = 'given_back'
                where job_id = $1 and attempt = $3 and exists (select from ended)
            ), words as (
                update job_texts set error = right(concat_ws(e'\n', nullif(error, ''), $4), 8000)
                where job_id = $1 and position($4 in error) = 0 and exists (select from ended)
            )
            select state as "state: State" from ended
            "#,
            self.job_id,
            self.token,
            self.attempt,
            "No running worker knows this kind of job yet.",
        );
        Ok(state.fetch_optional(db).await?.map_or(Ended::LeaseLost, Ended::As))
    }

    async fn is_held(&self, tx: &mut PgConnection) -> Result<bool> {
        let held = sqlx::query_scalar!(
            r#"
            select exists (
                select from jobs where id = $1 and lease_token = $2 and state = 'running'
            ) as "held!"
            "#,
            self.job_id,
            self.token,
        );
        Ok(held.fetch_one(&mut *tx).await?)
    }
}
