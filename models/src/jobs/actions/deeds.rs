//! One action on one job or on many: hold the jobs, leave out what can't be done, change the rest, and keep what each
//! of them was before. All of it in the caller's transaction.

use super::super::{Run, State, runs};
use super::{Action, Change, Image, image, locks, refusal};
use crate::audit::{self, Actor, Compared};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Who acts, why, and from which page.
#[derive(Debug, Clone, Copy)]
pub struct Deed<'a> {
    /// Made with the form, so that sending it twice acts once.
    pub key: Uuid,
    pub actor: &'a Actor,
    pub reason: &'a str,
    /// Where the answer leads back to.
    pub address: &'a str,
}

/// A job that was left as it is, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    pub id: Uuid,
    pub why: String,
}

/// What became of an action.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    pub done: Vec<Uuid>,
    pub left: Vec<Left>,
}

/// Jobs that nobody else can move until the transaction ends, and those that are left out.
#[derive(Debug)]
pub struct Held {
    change: Change,
    able: Vec<Run>,
    left: Vec<Left>,
}

impl Deed<'_> {
    /// Whether this very form was answered before. A second sender waits here until the first is done.
    pub async fn is_done(&self, tx: &mut PgConnection) -> Result<bool> {
        let lock = format!("job action {}", self.key);
        sqlx::query!("select from pg_advisory_xact_lock(hashtextextended($1, 0))", lock).execute(&mut *tx).await?;
        let done = sqlx::query_scalar!(r#"select exists (select from job_actions where id = $1) as "done!""#, self.key);
        Ok(done.fetch_one(&mut *tx).await?)
    }

    /// Holds the jobs and sorts out those this can't be done to. `seen` has each job's `updated_at` as it was on the
    /// screen: what moved on since is left alone.
    pub async fn hold(
        &self,
        tx: &mut PgConnection,
        change: Change,
        ids: &[Uuid],
        seen: Option<&HashMap<Uuid, DateTime<Utc>>>,
    ) -> Result<Held> {
        let (runs, stamps, now) = lock(tx, ids).await?;
        let found: HashSet<Uuid> = runs.iter().map(|run| run.id).collect();
        let gone = ids.iter().filter(|id| !found.contains(id));
        let mut held = Held {
            change,
            able: Vec::new(),
            left: gone.map(|id| Left { id: *id, why: "It is no longer in the ledger.".into() }).collect(),
        };
        for run in runs {
            let moved_on = seen.is_some_and(|seen| seen.get(&run.id) != stamps.get(&run.id));
            let why = match moved_on {
                true => Some(format!("It has changed since you looked: it is {} now.", run.state.spoken())),
                false => refusal(change.action(), &run, now),
            };
            match why {
                Some(why) => held.left.push(Left { id: run.id, why }),
                None => held.able.push(run),
            }
        }
        Ok(held)
    }
}

impl Held {
    /// The jobs that will be changed.
    pub fn able(&self) -> &[Run] {
        &self.able
    }

    /// Leaves one out after all.
    pub fn leave(&mut self, id: Uuid, why: String) {
        self.able.retain(|run| run.id != id);
        self.left.push(Left { id, why });
    }

    /// Changes the jobs and keeps what they were. When none can be changed nothing is written.
    pub async fn apply(mut self, tx: &mut PgConnection, deed: &Deed<'_>) -> Result<Outcome> {
        let images = self.images(tx).await?;
        let wakes = |run: &&Run| match self.change {
            Change::Retry => true,
            Change::PutBack => images.get(&run.id).is_some_and(|image| image.state.is_live()),
            _ => false,
        };
        let waking: Vec<Uuid> = self.able.iter().filter(wakes).map(|run| run.id).collect();
        for blocked in locks::take(tx, &waking).await? {
            self.leave(blocked.id, blocked.why);
        }
        let done: Vec<Uuid> = self.able.iter().map(|run| run.id).collect();
        if done.is_empty() {
            return Ok(Outcome { done, left: self.left });
        }
        keep(tx, deed, self.change.action(), &self.change.detail()).await?;
        keep_items(tx, deed.key, self.able.iter().map(|run| (run.id, Image::of(run)))).await?;
        keep_left(tx, deed.key, &self.left).await?;
        match self.change {
            Change::PutBack => image::restore(tx, &only(images, &done)).await?,
            change => write(tx, change, &done).await?,
        }
        record(tx, deed.actor, self.change.action().past(), deed.reason, &self.able).await?;
        Ok(Outcome { done, left: self.left })
    }

    /// For jobs put back: what each was when it went into the bin. Without a trace of that it was given up.
    async fn images(&self, tx: &mut PgConnection) -> Result<HashMap<Uuid, Image>> {
        if self.change != Change::PutBack {
            return Ok(HashMap::new());
        }
        let ids: Vec<Uuid> = self.able.iter().map(|run| run.id).collect();
        let kept = sqlx::query!(
            r#"
            select distinct on (i.job_id) i.job_id, i.before
            from job_action_items i join job_actions a on a.id = i.action_id
            where i.job_id = any($1) and a.action = 'discard'
            order by i.job_id, a.created_at desc
            "#,
            &ids,
        );
        let mut images = HashMap::new();
        for row in kept.fetch_all(&mut *tx).await? {
            images.extend(serde_json::from_value(row.before).ok().map(|image| (row.job_id, image)));
        }
        for run in &self.able {
            images.entry(run.id).or_insert_with(|| Image { state: State::Dead, ..Image::of(run) });
        }
        Ok(images)
    }
}

fn only(mut images: HashMap<Uuid, Image>, ids: &[Uuid]) -> Vec<(Uuid, Image)> {
    ids.iter().filter_map(|id| images.remove(id).map(|image| (*id, image))).collect()
}

/// The row of an action.
pub(super) async fn keep(tx: &mut PgConnection, deed: &Deed<'_>, action: Action, detail: &str) -> Result<()> {
    let user = deed.actor.user_id.ok_or_else(|| Error::Forbidden("Only people act on jobs.".into()))?;
    sqlx::query!(
        "insert into job_actions (id, user_id, action, reason, detail, address) values ($1, $2, $3, $4, $5, $6)",
        deed.key,
        user,
        action.word(),
        deed.reason,
        detail,
        deed.address,
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Each job as it was before the action. `touched_at` is the `updated_at` that this transaction gives it.
pub(super) async fn keep_items(
    tx: &mut PgConnection,
    key: Uuid,
    images: impl Iterator<Item = (Uuid, Image)>,
) -> Result<()> {
    let (ids, befores): (Vec<Uuid>, Vec<Value>) = images.map(|(id, image)| (id, json!(image))).unzip();
    sqlx::query!(
        r#"
        insert into job_action_items (action_id, job_id, before, touched_at)
        select $1, i.id, i.before, now() from unnest($2::uuid[], $3::jsonb[]) as i(id, before)
        "#,
        key,
        &ids,
        &befores,
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

async fn keep_left(tx: &mut PgConnection, key: Uuid, left: &[Left]) -> Result<()> {
    let (ids, whys): (Vec<Uuid>, Vec<String>) = left.iter().map(|left| (left.id, left.why.clone())).unzip();
    sqlx::query!(
        r#"
        insert into job_action_left (action_id, job_id, why)
        select $1, l.id, l.why from unnest($2::uuid[], $3::text[]) as l(id, why)
        on conflict do nothing
        "#,
        key,
        &ids,
        &whys,
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// One entry of the audit trail per job, with what it was and what it is.
pub(in crate::jobs) async fn record(
    tx: &mut PgConnection,
    actor: &Actor,
    action: &str,
    reason: &str,
    before: &[Run],
) -> Result<()> {
    let ids: Vec<Uuid> = before.iter().map(|run| run.id).collect();
    let after = runs!("select", "from jobs where id = any($1)", &ids).fetch_all(&mut *tx).await?;
    let mut after: HashMap<Uuid, Value> = after.iter().map(|run| (run.id, Image::of(run).brief())).collect();
    let compared = before.iter().map(|run| Compared {
        object_id: run.id.to_string(),
        before: Image::of(run).brief(),
        after: after.remove(&run.id).unwrap_or_default(),
    });
    audit::record_each(tx, actor, action, "jobs", reason, &compared.collect::<Vec<_>>()).await?;
    // A new priority changes nothing the ledger's trigger tells of.
    sqlx::query!("select pg_notify('changes', 'job:' || id) from unnest($1::uuid[]) as id", &ids)
        .fetch_all(&mut *tx)
        .await?;
    Ok(())
}

/// The jobs, locked in the order of their ids so that two actions never wait for each other, with their `updated_at`
/// and the time of the database.
pub(in crate::jobs) async fn lock(
    tx: &mut PgConnection,
    ids: &[Uuid],
) -> Result<(Vec<Run>, HashMap<Uuid, DateTime<Utc>>, DateTime<Utc>)> {
    let locked = runs!("select", "from jobs where id = any($1) order by id for update", ids);
    let locked = locked.fetch_all(&mut *tx).await?;
    let stamps = sqlx::query!("select id, updated_at from jobs where id = any($1)", ids).fetch_all(&mut *tx).await?;
    let now = sqlx::query_scalar!(r#"select now() as "now!""#).fetch_one(&mut *tx).await?;
    Ok((locked, stamps.into_iter().map(|row| (row.id, row.updated_at)).collect(), now))
}

/// The change itself. The jobs are locked and fit; the states stand here for whoever reads the statement.
async fn write(tx: &mut PgConnection, change: Change, ids: &[Uuid]) -> Result<()> {
    let changed = match change {
        Change::Retry => sqlx::query!(
            r#"
            update jobs
            set state = case when attempt > 0 then 'retry' else 'queued' end, error_count = 0, crash_count = 0,
                cancel_requested = false, unknown_since = null, run_at = now(), dispatched_at = null,
                finished_at = null, progress_done = 0, progress_total = 0, progress_text = '', updated_at = now()
            where id = any($1) and state in ('dead', 'cancelled')
            "#,
            ids
        ),
        Change::Cancel => sqlx::query!(
            r#"
            update jobs
            set cancel_requested = true,
                state = case when state = 'running' then state else 'cancelled' end,
                finished_at = case when state = 'running' then null else now() end, updated_at = now()
            where id = any($1) and state in ('queued', 'retry', 'running')
            "#,
            ids
        ),
        // The bin keeps a job for a time that starts now.
        Change::Discard => sqlx::query!(
            r#"
            update jobs set state = 'discarded', finished_at = now(), updated_at = now()
            where id = any($1) and state in ('queued', 'retry', 'dead', 'cancelled')
            "#,
            ids
        ),
        Change::RunNow => sqlx::query!(
            "update jobs set run_at = now(), dispatched_at = null, updated_at = now() where id = any($1)",
            ids
        ),
        Change::Reschedule(at) => sqlx::query!(
            "update jobs set run_at = $2, dispatched_at = null, updated_at = now() where id = any($1)",
            ids,
            at
        ),
        Change::Prioritise(priority) => {
            sqlx::query!("update jobs set priority = $2, updated_at = now() where id = any($1)", ids, priority)
        }
        Change::PutBack => return Ok(()),
    };
    changed.execute(&mut *tx).await?;
    Ok(())
}
