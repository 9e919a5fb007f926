//! /jobs/…: one job, from the click that asked for it to what it made.

use super::arguments;
use crate::{Page, errors::Error, hx::Hx, routes::Routes, session::Signed};
use chrono::Utc;
use models::{
    jobs::{Attempt, Run, about::About, actions::Acted, waiting::Waiting},
    users::{Can, User},
};
use poem::{
    IntoResponse, Response, handler,
    web::{Data, Json, Path},
};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;
use views::{
    jobs::{names, show as view},
    layout::Crumb,
};

pub fn routes() -> Routes {
    Routes::new().get("/jobs/:id", Can::SeeJobs, show)
}

#[handler]
async fn show(hx: Hx, Signed(user): Signed, Path(id): Path<String>, Data(db): Data<&PgPool>) -> Page {
    if let Some(id) = id.strip_suffix(".json") {
        return raw(&user, db, read_id(id)?).await;
    }
    let run = Run::find(db, read_id(&id)?).await?;
    let may_steer = user.may(Can::SteerJobs);
    let (about, waiting, attempts, acted) = tokio::try_join!(
        About::of(db, &run),
        Waiting::of(db, &run),
        Attempt::of_job(db, run.id),
        Acted::to_job(db, run.id)
    )?;
    let (csrf, key) = (hx.csrf(), Uuid::now_v7().to_string());
    let sheet = view::Sheet {
        run: &run,
        about: &about,
        waiting: waiting.as_ref(),
        attempts: &attempts,
        acted: &acted,
        arguments: &arguments::shown(&run, may_steer),
        may_steer,
        csrf: &csrf,
        key: &key,
        now: Utc::now(),
    };
    let title = format!("{} {}", names::title(&run.kind), names::short(run.id));
    if hx.wants_fragment() {
        let content = view::content(&sheet);
        return Ok(hx.page(&title, &crumbs(), content.clone(), content));
    }
    let page = view::page(&sheet);
    Ok(hx.page(&title, &crumbs(), page.clone(), page))
}

/// Everything that is kept of a job, for whoever wants to paste it into a report.
async fn raw(user: &User, db: &PgPool, id: Uuid) -> Result<Response, Error> {
    let run = Run::find(db, id).await?;
    let attempts = Attempt::of_job(db, id).await?;
    let attempts = attempts.iter().map(|one| {
        json!({"attempt": one.attempt, "worker": one.worker, "started_at": one.started_at, "outcome": one.outcome,
            "finished_at": one.finished_at, "error_class": one.error_class, "error": one.error_text, "log": one.log})
    });
    let raw = json!({
        "id": run.id, "kind": run.kind, "payload_version": run.payload_version, "state": run.state.word(),
        "arguments": arguments::masked(&run, user.may(Can::SteerJobs)), "queue": run.queue, "priority": run.priority,
        "attempt": run.attempt, "error_count": run.error_count, "crash_count": run.crash_count,
        "max_attempts": run.max_attempts, "run_at": run.run_at, "created_at": run.created_at,
        "started_at": run.started_at, "finished_at": run.finished_at, "worker": run.worker,
        "dedupe_key": run.dedupe_key, "cancel_requested": run.cancel_requested, "result": run.result,
        "progress": [run.progress_done, run.progress_total, run.progress_text], "error_class": run.error_class,
        "error": run.error_text, "error_group": run.error_group, "order_id": run.order_id, "build_id": run.build_id,
        "document_id": run.document_id, "batch_id": run.batch_id, "schedule": run.schedule, "copy_of": run.copy_of,
        "requested_by": run.requested_by, "trace_id": run.trace_id, "attempts": attempts.collect::<Vec<_>>(),
    });
    Ok(Json(raw).into_response())
}

/// What is no id names no job.
pub(super) fn read_id(id: &str) -> Result<Uuid, Error> {
    Uuid::try_parse(id).map_err(|_| Error::NotFound("Job not found.".into()))
}

pub(super) fn crumbs() -> [Crumb; 1] {
    [Crumb::new("Jobs", "/jobs")]
}
