//! What is asked for by the clock: each schedule with its pattern, the clock it is read on, its next time and its pause.
//! Whoever locks a due schedule first asks for its job and moves it on, in one transaction: many workers, one job.

mod changes;
mod timing;

pub use timing::{FARTHEST_PREVIEW, Timing, Wrong};

use super::{Run, State, runs};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

/// Schedules looked through at once; the rest a second later.
const MOST_DUE: i64 = 200;

/// One schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    pub name: String,
    pub title: String,
    /// The job as the ledger has it.
    pub payload: Value,
    /// Minute hour day month weekday, see [`super::pattern`].
    pub pattern: String,
    /// IANA name of the zone the pattern is read in.
    pub time_zone: String,
    pub paused_at: Option<DateTime<Utc>>,
    /// Name of who paused it.
    pub paused_by: Option<String>,
    pub pause_reason: String,
    pub next_run_at: DateTime<Utc>,
    /// The time that was due, not the time it was asked for.
    pub last_run_at: Option<DateTime<Utc>>,
    pub last_job_id: Option<Uuid>,
    /// What became of the last job; none when there was none, or when it has aged out of the ledger.
    pub last_state: Option<State>,
    /// Why it failed, as a sentence.
    pub last_error: Option<String>,
    /// Counts changes by people.
    pub revision: i32,
}

/// A schedule that comes with the product.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSchedule<'a> {
    pub name: &'a str,
    pub title: &'a str,
    pub payload: Value,
    pub timing: &'a Timing,
}

macro_rules! schedules {
    ($after:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Schedule,
            r#"
            select s.name, s.title, s.payload, s.pattern, s.time_zone, s.paused_at, u.name as "paused_by?",
                   s.pause_reason, s.next_run_at, s.last_run_at, s.last_job_id, j.state as "last_state?: State",
                   j.error_text as "last_error?", s.revision
            from schedules s
            left join users u on u.id = s.paused_by
            left join jobs j on j.id = s.last_job_id
            "# + $after
            $(, $argument)*
        )
    };
}

impl Schedule {
    pub fn is_paused(&self) -> bool {
        self.paused_at.is_some()
    }

    /// Pattern and zone as kept; none when this build can't read them.
    pub fn timing(&self) -> Option<Timing> {
        Timing::read(&self.pattern, &self.time_zone).ok()
    }

    /// Every schedule; those that run come first, by their next time.
    pub async fn all(db: impl PgExecutor<'_>) -> Result<Vec<Schedule>> {
        let all = schedules!("order by s.paused_at is not null, s.next_run_at, s.name");
        Ok(all.fetch_all(db).await?)
    }

    pub async fn find(db: impl PgExecutor<'_>, name: &str) -> Result<Schedule> {
        let found = schedules!("where s.name = $1", name);
        found.fetch_optional(db).await?.ok_or(Error::NotFound("Schedule"))
    }

    /// The schedule, locked until the transaction ends.
    pub async fn hold(tx: &mut PgConnection, name: &str) -> Result<Schedule> {
        let held = schedules!("where s.name = $1 for update of s", name);
        held.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound("Schedule"))
    }

    /// The latest jobs it asked for, newest first.
    pub async fn history(&self, db: impl PgExecutor<'_>, limit: i64) -> Result<Vec<Run>> {
        let runs = runs!("select", "from jobs where schedule = $1 order by id desc limit $2", self.name, limit);
        Ok(runs.fetch_all(db).await?)
    }
}

/// Adds a schedule that is not there yet; one that is there stays as people set it.
pub async fn ensure(tx: &mut PgConnection, new: NewSchedule<'_>) -> Result<()> {
    let now = clock(tx).await?;
    let Some(next) = new.timing.next(now) else {
        return Err(Error::Invalid(format!("{} never comes.", new.timing.pattern)));
    };
    sqlx::query!(
        r#"
        insert into schedules (name, title, payload, pattern, time_zone, next_run_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (name) do nothing
        "#,
        new.name,
        new.title,
        new.payload,
        new.timing.pattern.as_str(),
        new.timing.zone.name(),
        next,
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Names of the schedules whose time has come.
pub async fn due(db: impl PgExecutor<'_>) -> Result<Vec<String>> {
    let names = sqlx::query_scalar!(
        "select name from schedules where paused_at is null and next_run_at <= now() order by next_run_at limit $1",
        MOST_DUE,
    );
    Ok(names.fetch_all(db).await?)
}

/// The schedule, locked, if its time has come and nobody else has it in hand.
pub async fn take_due(tx: &mut PgConnection, name: &str) -> Result<Option<Schedule>> {
    let taken = schedules!(
        "where s.name = $1 and s.paused_at is null and s.next_run_at <= now() for update of s skip locked",
        name
    );
    Ok(taken.fetch_optional(&mut *tx).await?)
}

/// Moves a taken schedule on after its job was asked for. However many times went by since, the next one is still to
/// come: what was missed runs once. One that will never come again is paused.
pub async fn move_on(tx: &mut PgConnection, schedule: &Schedule, job_id: Uuid) -> Result<()> {
    let now = clock(tx).await?;
    let next = schedule.timing().and_then(|timing| timing.next(now));
    sqlx::query!(
        r#"
        update schedules
        set last_run_at = next_run_at, last_job_id = $2, next_run_at = coalesce($3, next_run_at),
            paused_at = case when $3::timestamptz is null then now() end,
            pause_reason = case when $3::timestamptz is null then 'Its pattern names no time any more.' else '' end
        where name = $1
        "#,
        schedule.name,
        job_id,
        next,
    )
    .execute(&mut *tx)
    .await?;
    crate::audit::announce(tx, "schedules", &schedule.name).await
}

/// The time of the database, which all processes share.
pub(crate) async fn clock(tx: &mut PgConnection) -> Result<DateTime<Utc>> {
    Ok(sqlx::query_scalar!(r#"select now() as "now!""#).fetch_one(&mut *tx).await?)
}
