//! /jobs/schedules: what is asked for by the clock, and moving, pausing and running it.

use crate::{
    Page,
    errors::Error,
    forms::{Asked, Fields},
    hx::Hx,
    routes::Routes,
    session::Signed,
};
use chrono::Utc;
use jobs::{Kind, schedules};
use maud::Markup;
use models::{
    jobs::{Schedule, schedules::Timing},
    users::{Can, User},
};
use poem::{
    handler,
    web::{Data, Path},
};
use serde_json::Value;
use sqlx::PgPool;
use views::{
    jobs::schedules::{self as view, Index, Typed},
    layout::Crumb,
};

/// Runs of the history.
const SHOWN: i64 = 20;

pub fn routes() -> Routes {
    Routes::new()
        .get("/jobs/schedules", Can::SeeJobs, index)
        .get("/jobs/schedules/:name", Can::SeeJobs, show)
        .post("/jobs/schedules/:name", Can::SteerJobs, edit)
        .takes(&["revision", "pattern", "time_zone", "reason", "preview"])
        .get("/jobs/schedules/:name/preview", Can::SeeJobs, preview)
        .post("/jobs/schedules/:name/pause", Can::SteerJobs, pause)
        .takes(&["pause_reason"])
        .post("/jobs/schedules/:name/resume", Can::SteerJobs, resume)
        .takes(&[])
        .post("/jobs/schedules/:name/run", Can::SteerJobs, run)
        .takes(&[])
}

#[handler]
async fn index(hx: Hx, Signed(user): Signed, Data(db): Data<&PgPool>) -> Page {
    let schedules = Schedule::all(db).await?;
    let csrf = hx.csrf();
    let csrf = user.may(Can::SteerJobs).then_some(csrf.as_str());
    let index = Index { schedules: &schedules, now: Utc::now(), csrf };
    Ok(hx.page("Schedules", &[jobs_crumb()], view::index(&index), view::list(&index)))
}

#[handler]
async fn show(hx: Hx, Signed(user): Signed, Path(name): Path<String>, Data(db): Data<&PgPool>) -> Page {
    let schedule = find(db, &name).await?;
    let (page, news) = pages(&hx, &user, db, &schedule, &Typed::of(&schedule)).await?;
    Ok(hx.page(&schedule.title, &crumbs(), page, news))
}

/// The next times of what is typed; without script the whole page with them.
#[handler]
async fn preview(
    hx: Hx,
    Signed(user): Signed,
    Path(name): Path<String>,
    Asked(asked): Asked,
    Data(db): Data<&PgPool>,
) -> Page {
    let schedule = find(db, &name).await?;
    let typed = Typed { wants_preview: true, ..typed(&asked) };
    let (page, _) = pages(&hx, &user, db, &schedule, &typed).await?;
    Ok(hx.page(&schedule.title, &crumbs(), page, view::preview(&typed, Utc::now())))
}

/// Saves another time; the button beside it only shows the next ones.
#[handler]
async fn edit(hx: Hx, Signed(user): Signed, Path(name): Path<String>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let schedule = find(db, &name).await?;
    let typed = Typed { wants_preview: true, ..typed(&fields) };
    if fields.has("preview") {
        let (page, _) = pages(&hx, &user, db, &schedule, &typed).await?;
        return Ok(hx.page(&schedule.title, &crumbs(), page.clone(), page));
    }
    let timing = match Timing::read_to_keep(&typed.pattern, &typed.time_zone, Utc::now()) {
        Ok(timing) => timing,
        Err(wrong) => {
            let typed = Typed { wrong, wants_preview: false, ..typed };
            return refuse(&hx, &user, db, &schedule, &typed).await;
        }
    };
    let mut tx = db.begin().await?;
    let held = Schedule::hold(&mut tx, &name).await?;
    let seen = fields.get("revision").parse().unwrap_or(0);
    match held.edit(&mut tx, &hx.actor(), &timing, &typed.reason, seen).await {
        Err(models::Error::Invalid(sentence)) => {
            tx.rollback().await?;
            refuse(&hx, &user, db, &schedule, &Typed { wrong_reason: sentence, ..typed }).await
        }
        edited => {
            edited?;
            tx.commit().await?;
            Ok(hx.see(&view::href(&name)))
        }
    }
}

#[handler]
async fn pause(
    hx: Hx,
    Signed(user): Signed,
    Path(name): Path<String>,
    fields: Fields,
    Data(db): Data<&PgPool>,
) -> Page {
    let mut tx = db.begin().await?;
    let schedule = hold(&mut tx, &name).await?;
    match schedule.pause(&mut tx, &hx.actor(), fields.get("pause_reason")).await {
        Err(models::Error::Invalid(sentence)) => {
            tx.rollback().await?;
            let pause_reason = fields.get("pause_reason").into();
            let typed = Typed { wrong_pause: sentence, pause_reason, ..Typed::of(&schedule) };
            refuse(&hx, &user, db, &schedule, &typed).await
        }
        paused => {
            paused?;
            tx.commit().await?;
            Ok(hx.see(&view::href(&name)))
        }
    }
}

#[handler]
async fn resume(hx: Hx, Path(name): Path<String>, Data(db): Data<&PgPool>) -> Page {
    let mut tx = db.begin().await?;
    hold(&mut tx, &name).await?.resume(&mut tx, &hx.actor()).await?;
    tx.commit().await?;
    Ok(hx.see(&view::href(&name)))
}

#[handler]
async fn run(hx: Hx, Path(name): Path<String>, Data(db): Data<&PgPool>) -> Page {
    let mut tx = db.begin().await?;
    let schedule = hold(&mut tx, &name).await?;
    schedules::run_now(&mut tx, &schedule, &hx.actor()).await?;
    tx.commit().await?;
    Ok(hx.see(&view::href(&name)))
}

/// The page with what was typed and what is wrong with it.
async fn refuse(hx: &Hx, user: &User, db: &PgPool, schedule: &Schedule, typed: &Typed) -> Page {
    let (page, _) = pages(hx, user, db, schedule, typed).await?;
    Ok(hx.refused(&format!("Error: {}", schedule.title), &crumbs(), page))
}

/// The whole page, and the part of it that fetches itself.
async fn pages(
    hx: &Hx,
    user: &User,
    db: &PgPool,
    schedule: &Schedule,
    typed: &Typed,
) -> Result<(Markup, Markup), Error> {
    let history = schedule.history(db, SHOWN).await?;
    let (timing, csrf) = (schedule.timing(), hx.csrf());
    let word = schedule.payload.get("kind").and_then(Value::as_str).unwrap_or_default();
    let page = view::Page {
        schedule,
        timing: timing.as_ref(),
        history: &history,
        job: Kind::from_word(word).map_or(word, |kind| kind.title()),
        now: Utc::now(),
        csrf: user.may(Can::SteerJobs).then_some(csrf.as_str()),
        typed,
    };
    Ok((view::page(&page), view::news(&page)))
}

fn typed(fields: &Fields) -> Typed {
    let get = |name: &str| fields.get(name).trim().to_owned();
    Typed { pattern: get("pattern"), time_zone: get("time_zone"), reason: get("reason"), ..Typed::default() }
}

async fn find(db: &PgPool, name: &str) -> Result<Schedule, Error> {
    Ok(Schedule::find(db, known(name)?).await?)
}

async fn hold(tx: &mut sqlx::PgConnection, name: &str) -> Result<Schedule, Error> {
    Ok(Schedule::hold(tx, known(name)?).await?)
}

/// A name from an address; one with control characters is none, and the database must not see it.
fn known(name: &str) -> Result<&str, Error> {
    if name.chars().any(char::is_control) { Err(Error::NotFound("Schedule not found.".into())) } else { Ok(name) }
}

fn jobs_crumb() -> Crumb {
    Crumb::new("Jobs", "/jobs")
}

fn crumbs() -> Vec<Crumb> {
    vec![jobs_crumb(), Crumb::new("Schedules", "/jobs/schedules")]
}
