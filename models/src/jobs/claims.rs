//! How a worker gets hold of a job. Every claim asks the job's queue: a paused one gives nothing, a limited one only
//! under its lock, so that its jobs are counted exactly over all workers.

use super::{Lease, Run, runs};
use crate::Result;
use sqlx::{Connection, PgConnection, PgPool};
use std::time::Duration;
use uuid::Uuid;

/// Who claims, and how long the lease is to hold.
#[derive(Debug, Clone, Copy)]
pub struct Claimant<'a> {
    pub worker: &'a str,
    pub lease: Duration,
}

/// What a claim of a job by its id came to.
#[derive(Debug)]
pub enum Claim {
    /// Started; `instead` of the one asked for when that one is less urgent and stays where it is.
    Started { run: Box<Run>, lease: Lease, instead: bool },
    /// Waiting, but its queue is paused or full, or it is not due yet.
    NotNow,
    /// Somebody else has it, or it is over.
    Gone,
    /// There is no such job.
    Unknown,
}

impl Lease {
    /// Starts the job if it is due, nobody has it and its queue lets it.
    pub async fn claim(db: &PgPool, id: Uuid, worker: &str, length: Duration) -> Result<Option<(Run, Lease)>> {
        let mut connection = db.acquire().await?;
        let by = Claimant { worker, lease: length };
        match Lease::claim_id(&mut connection, id, by, false).await? {
            Claim::Started { run, lease, .. } => Ok(Some((*run, lease))),
            _ => Ok(None),
        }
    }

    /// Starts the job, or with `or_more_urgent` the one of its queue that goes before it: by priority, or because its
    /// worker died in the middle.
    pub async fn claim_id(db: &mut PgConnection, id: Uuid, by: Claimant<'_>, or_more_urgent: bool) -> Result<Claim> {
        if let Some(claimed) = try_id(db, id, by, or_more_urgent, false).await? {
            return Ok(claimed);
        }
        let stands = sqlx::query!(
            r#"
            select j.state in ('queued', 'retry') as "waits!", q.name,
                   coalesce(q.most_running is not null and q.paused_at is null and j.run_at <= now(), false) as "limited!"
            from jobs j left join queues q on q.name = j.queue
            where j.id = $1
            "#,
            id,
        );
        let Some(stands) = stands.fetch_optional(&mut *db).await? else { return Ok(Claim::Unknown) };
        if !stands.waits {
            return Ok(Claim::Gone);
        }
        if !stands.limited {
            return Ok(Claim::NotNow);
        }
        let mut tx = db.begin().await?;
        if room(&mut tx, &stands.name).await? == 0 {
            return Ok(Claim::NotNow);
        }
        let claimed = try_id(&mut tx, id, by, or_more_urgent, true).await?;
        tx.commit().await?;
        Ok(claimed.unwrap_or(Claim::Gone))
    }

    /// Starts up to `most` jobs of the queue that have been due for `overdue`, the most urgent first, straight from the
    /// ledger. `limited`: the queue has a limit, so its jobs are counted under its lock.
    pub async fn claim_due(
        db: &mut PgConnection,
        queue: &str,
        limited: bool,
        overdue: Duration,
        most: usize,
        by: Claimant<'_>,
    ) -> Result<Vec<(Run, Lease)>> {
        if !limited {
            return try_due(db, queue, overdue, most as i64, by, false).await;
        }
        let mut tx = db.begin().await?;
        let room = room(&mut tx, queue).await?.min(most as i64);
        if room == 0 {
            return Ok(Vec::new());
        }
        let claimed = try_due(&mut tx, queue, overdue, room, by, true).await?;
        tx.commit().await?;
        Ok(claimed)
    }
}

/// How many more jobs of the queue may start; its row is locked until the transaction ends, so that nobody else counts
/// meanwhile.
async fn room(tx: &mut PgConnection, queue: &str) -> Result<i64> {
    let queue_row = sqlx::query!(
        "select most_running, paused_at is not null as \"paused!\" from queues where name = $1 for no key update",
        queue
    );
    let Some(queue_row) = queue_row.fetch_optional(&mut *tx).await? else { return Ok(0) };
    if queue_row.paused {
        return Ok(0);
    }
    let Some(most) = queue_row.most_running else { return Ok(i64::MAX) };
    let running =
        sqlx::query_scalar!(r#"select count(*) as "n!" from jobs where queue = $1 and state = 'running'"#, queue);
    Ok((i64::from(most) - running.fetch_one(&mut *tx).await?).max(0))
}

async fn try_id(
    db: &mut PgConnection,
    id: Uuid,
    by: Claimant<'_>,
    or_more_urgent: bool,
    has_room: bool,
) -> Result<Option<Claim>> {
    let token = Uuid::new_v4();
    let claimed = runs!(
        r#"
        with claimed as (
            update jobs
            set state = 'running', attempt = attempt + 1, worker = $2, lease_token = $3,
                lease_until = now() + make_interval(secs => $4), started_at = now(), progress_done = 0,
                progress_total = 0, progress_text = '', updated_at = now()
            where id = coalesce((
                    select urgent.id from jobs urgent
                    where $5 and urgent.queue = (select queue from jobs where id = $1)
                      and urgent.priority < (select priority from jobs where id = $1)
                      and urgent.state in ('queued', 'retry') and urgent.run_at <= now()
                    order by urgent.priority, urgent.run_at, urgent.id
                    limit 1
                    for update skip locked
                ), (
                    select lost.id from jobs lost
                    where $5 and lost.queue = (select queue from jobs where id = $1)
                      and lost.priority <= (select priority from jobs where id = $1)
                      and lost.state = 'retry' and lost.error_class = 'crashed' and lost.run_at <= now()
                    order by lost.priority, lost.run_at
                    limit 1
                    for update skip locked
                ), $1)
              and state in ('queued', 'retry') and run_at <= now()
              and exists (
                    select from queues q
                    where q.name = jobs.queue and q.paused_at is null and (q.most_running is null or $6)
                )
            returning *
        ), started as (
            insert into job_attempts (job_id, attempt, worker) select id, attempt, $2 from claimed
        )
        select
        "#,
        "from claimed",
        id,
        by.worker,
        token,
        by.lease.as_secs_f64(),
        or_more_urgent,
        has_room,
    );
    Ok(claimed.fetch_optional(db).await?.map(|run| {
        let (run, lease) = leased(run, token);
        Claim::Started { instead: run.id != id, run: Box::new(run), lease }
    }))
}

async fn try_due(
    db: &mut PgConnection,
    queue: &str,
    overdue: Duration,
    most: i64,
    by: Claimant<'_>,
    has_room: bool,
) -> Result<Vec<(Run, Lease)>> {
    // One token for all of them: it is only ever looked at together with the job's id.
    let token = Uuid::new_v4();
    let claimed = runs!(
        r#"
        with due as (
            select id from jobs
            where queue = $1 and state in ('queued', 'retry') and run_at <= now() - make_interval(secs => $2)
              and exists (
                    select from queues q
                    where q.name = $1 and q.paused_at is null and (q.most_running is null or $7)
                )
            order by priority, run_at, id
            limit $6
            for update skip locked
        ), claimed as (
            update jobs
            set state = 'running', attempt = attempt + 1, worker = $3, lease_token = $4,
                lease_until = now() + make_interval(secs => $5), started_at = now(), progress_done = 0,
                progress_total = 0, progress_text = '', updated_at = now()
            where id = any(array(select id from due))
            returning *
        ), started as (
            insert into job_attempts (job_id, attempt, worker) select id, attempt, $3 from claimed
        )
        select
        "#,
        "from claimed order by priority, run_at, id",
        queue,
        overdue.as_secs_f64(),
        by.worker,
        token,
        by.lease.as_secs_f64(),
        most,
        has_room,
    );
    Ok(claimed.fetch_all(db).await?.into_iter().map(|run| leased(run, token)).collect())
}

fn leased(run: Run, token: Uuid) -> (Run, Lease) {
    let lease = Lease { job_id: run.id, attempt: run.attempt, token };
    (run, lease)
}
