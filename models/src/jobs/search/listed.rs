//! The rows of the list: each job with its order, its build and who asked for it, in one question.

use super::find::{Count, Found};
use super::resolve::resolve;
use super::{Filter, Problem};
use crate::Result;
use crate::jobs::State;
use chrono::{DateTime, Utc};
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

/// One job as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub id: Uuid,
    pub kind: String,
    pub queue: String,
    pub priority: i16,
    pub state: State,
    pub attempt: i16,
    pub error_count: i16,
    pub max_attempts: i16,
    pub worker: Option<String>,
    pub progress_done: i32,
    pub progress_total: i32,
    pub result: Option<String>,
    pub error_class: Option<String>,
    pub error_text: Option<String>,
    pub order_number: Option<String>,
    pub build_number: Option<String>,
    pub batch_id: Option<Uuid>,
    pub schedule: Option<String>,
    /// Who asked for it.
    pub person: Option<String>,
    /// Only where somebody asked for them too: a file of jobs.
    pub arguments: Option<serde_json::Value>,
    pub run_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
}

/// One page of the list.
#[derive(Debug, Clone, Default)]
pub struct ListPage {
    pub jobs: Vec<Listed>,
    /// Where the next page begins, and the previous one.
    pub before: Option<Uuid>,
    pub after: Option<Uuid>,
    /// The search stopped here before the page was full; older jobs were not looked at.
    pub looked_back_to: Option<Uuid>,
    /// Jobs of each state, whatever states are asked for; empty when that takes too long.
    pub counts: Vec<Count>,
    /// The database's time of all this.
    pub as_of: DateTime<Utc>,
    /// What of the filter names nothing.
    pub problems: Vec<Problem>,
}

/// The page that the filter asks for. It costs the same however many jobs there are and wherever it lies.
pub async fn page(db: &PgPool, filter: &Filter) -> Result<ListPage> {
    let (resolved, problems) = resolve(db, filter).await?;
    let (found, counts) = tokio::try_join!(resolved.find(db), resolved.counts(db))?;
    let Found { mut ids, looked_back_to, as_of } = found;
    let has_more = ids.len() > filter.rows;
    let goes_up = filter.after.is_some();
    if has_more {
        ids.remove(if goes_up { 0 } else { ids.len() - 1 });
    }
    let jobs = listed(db, &ids, false).await?;
    let (first, last) = (ids.first().copied(), ids.last().copied());
    let mut before = if goes_up { last } else { last.filter(|_| has_more) };
    let mut after = if goes_up { first.filter(|_| has_more) } else { first.filter(|_| filter.before.is_some()) };
    // A walk that was cut off goes on where it stopped.
    if looked_back_to.is_some() {
        if goes_up { after = looked_back_to } else { before = looked_back_to }
    }
    let looked_back_to = looked_back_to.filter(|_| !goes_up);
    Ok(ListPage { jobs, before, after, looked_back_to, counts, as_of, problems })
}

/// What of the filter names nothing, for whoever must not leave it out.
pub async fn problems(db: impl PgExecutor<'_>, filter: &Filter) -> Result<Vec<Problem>> {
    Ok(resolve(db, filter).await?.1)
}

/// The next jobs for a file, with their arguments, and where to go on; none at the end.
pub async fn since(db: &PgPool, filter: &Filter) -> Result<(Vec<Listed>, Option<Uuid>)> {
    let (resolved, _) = resolve(db, filter).await?;
    let Found { ids, looked_back_to, .. } = resolved.walk(db).await?;
    let is_last = ids.len() < filter.rows && looked_back_to.is_none();
    let next = looked_back_to.or(ids.last().copied()).filter(|_| !is_last);
    Ok((listed(db, &ids, true).await?, next))
}

/// How many of these jobs changed after a time.
pub async fn changed(db: impl PgExecutor<'_>, shown: &[Uuid], after: DateTime<Utc>) -> Result<usize> {
    let changed = sqlx::query_scalar!(
        r#"select count(*) as "jobs!" from jobs where id = any($1) and updated_at > $2"#,
        shown,
        after,
    );
    Ok(usize::try_from(changed.fetch_one(db).await?).unwrap_or_default())
}

/// How many jobs the filter finds that are newer than this one, up to a thousand.
pub async fn newer(db: &PgPool, filter: &Filter, than: Uuid) -> Result<usize> {
    let newer = Filter { before: None, after: Some(than), rows: 1_000, ..filter.clone() };
    let (resolved, _) = resolve(db, &newer).await?;
    Ok(resolved.walk(db).await?.ids.len())
}

/// Rows of these jobs, newest first.
async fn listed(db: impl PgExecutor<'_>, ids: &[Uuid], with_arguments: bool) -> Result<Vec<Listed>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let jobs = sqlx::query_as!(
        Listed,
        r#"
        select job.id, job.kind, job.queue, job.priority, job.state as "state: State", job.attempt, job.error_count,
               job.max_attempts, job.worker, job.progress_done, job.progress_total, job.result, job.error_class,
               left(job.error_text, 2000) as error_text, o.number as "order_number?",
               builds.number as "build_number?", job.batch_id, job.schedule, users.name as "person?",
               case when $2 then job.payload end as arguments, job.run_at, job.created_at, job.started_at,
               job.finished_at
        from jobs job
        left join order_keys o on o.order_id = job.order_id
        left join builds on builds.id = job.build_id
        left join users on users.id = job.requested_by
        where job.id = any($1)
        order by job.id desc
        "#,
        ids,
        with_arguments,
    );
    Ok(jobs.fetch_all(db).await?)
}
