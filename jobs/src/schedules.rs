//! Jobs asked for by the clock: those that come with the product, asking for what is due, and running one now.

use crate::{Job, Wish};
use models::audit::Actor;
use models::jobs::schedules::{self, NewSchedule, Schedule, Timing};
use models::jobs::{Links, Run};
use models::{Error, Result, site};
use serde::Deserialize;
use serde_json::json;
use sqlx::{PgConnection, PgPool};

/// The schedules of the product: name, job, pattern on the site's clock. People move, pause and run them; a new build
/// never moves one back. At night, one after the other, the whole trail last; what is new in the trail every hour.
fn defaults() -> Vec<(&'static str, Job, &'static str)> {
    vec![
        ("age_ledger", Job::AgeLedger, "10 2 * * *"),
        ("tidy_files", Job::TidyFiles, "30 2 * * *"),
        ("verify_audit", Job::VerifyAudit { whole: false }, "15 * * * *"),
        ("verify_whole_audit", Job::VerifyAudit { whole: true }, "20 3 * * *"),
        ("replay_golden", Job::ReplayGolden { template_id: None }, "50 2 * * *"),
    ]
}

/// Adds the schedules that are not there yet.
pub async fn ensure(db: &PgPool) -> Result<()> {
    let mut tx = db.begin().await?;
    for (name, job, pattern) in defaults() {
        let timing = Timing::read(pattern, site::zone().name()).map_err(|wrong| Error::Invalid(wrong.pattern))?;
        let title = if name == "verify_whole_audit" { "Verify the whole audit trail" } else { job.kind().title() };
        let new = NewSchedule { name, title, payload: json!(job), timing: &timing };
        schedules::ensure(&mut tx, new).await?;
    }
    Ok(tx.commit().await?)
}

/// Asks for the job of every schedule whose time has come, each in a transaction of its own; as many as were asked for
/// here. While the job of the last time still lives, that one is the answer: a schedule never piles up.
pub async fn ask_due(db: &PgPool) -> Result<usize> {
    let mut asked = 0;
    for name in schedules::due(db).await? {
        let mut tx = db.begin().await?;
        let Some(schedule) = schedules::take_due(&mut tx, &name).await? else { continue };
        // Written by a newer build: left to its workers.
        let Ok(job) = Job::deserialize(&schedule.payload) else { continue };
        let links = Links { trace_id: format!("schedule:{name}"), ..Links::default() };
        let run = ask(&mut tx, &schedule, &job, links).await?;
        schedules::move_on(&mut tx, &schedule, run.id).await?;
        tx.commit().await?;
        tracing::info!(schedule = name, job = %run.id, due = %schedule.next_run_at, "asked by the clock");
        asked += 1;
    }
    Ok(asked)
}

/// Asks for the schedule's job now, paused or not. While one lives, that one is the answer.
///
/// # Errors
/// Invalid when this build can't read the job.
pub async fn run_now(tx: &mut PgConnection, schedule: &Schedule, actor: &Actor) -> Result<Run> {
    let job = Job::deserialize(&schedule.payload)
        .map_err(|_| Error::Invalid(format!("The job of {} was written by a newer version.", schedule.title)))?;
    let links = Links { requested_by: actor.user_id, trace_id: actor.request_id.clone(), ..Links::default() };
    let run = ask(tx, schedule, &job, links).await?;
    schedule.ran_now(tx, actor, run.id).await?;
    Ok(run)
}

async fn ask(tx: &mut PgConnection, schedule: &Schedule, job: &Job, links: Links) -> Result<Run> {
    let key = format!("schedule:{}", schedule.name);
    let links = Links { schedule: Some(schedule.name.clone()), ..links };
    job.enqueue_as(tx, links, Wish { key: Some(&key), ..Wish::default() }).await
}
