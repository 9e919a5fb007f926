//! /jobs/queues: one queue, its figures, its pause and its limit.

use super::overview::listing;
use crate::{
    Page,
    errors::Error,
    forms::{Asked, Fields},
    hx::Hx,
    routes::Routes,
    session::Signed,
};
use chrono::Utc;
use maud::Markup;
use models::{
    alerts::{Alert, Cause},
    jobs::{
        brief::Brief,
        figures::{self, Span},
        overview::{COUNTED, Load},
        queues::Queue,
    },
    users::{Can, User},
};
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use views::{
    jobs::queue::{self as view, Typed},
    layout::Crumb,
};

pub fn routes() -> Routes {
    Routes::new()
        .get("/jobs/queues/:name", Can::SeeJobs, show)
        .post("/jobs/queues/:name/pause", Can::SteerJobs, pause)
        .takes(&["reason", "back"])
        .post("/jobs/queues/:name/resume", Can::SteerJobs, resume)
        .takes(&["back"])
        .post("/jobs/queues/:name/limit", Can::SteerJobs, limit)
        .takes(&["most", "limit_reason"])
}

#[handler]
async fn show(
    hx: Hx,
    Signed(user): Signed,
    Path(name): Path<String>,
    Asked(asked): Asked,
    Data(db): Data<&PgPool>,
) -> Page {
    let queue = Queue::find(db, &name).await?;
    let title = queue.title.clone();
    let (page, content) = pages(&hx, &user, db, queue, Span::from_word(asked.get("by")), &Typed::default()).await?;
    Ok(hx.page(&title, &crumbs(), page, content))
}

#[handler]
async fn pause(
    hx: Hx,
    Signed(user): Signed,
    Path(name): Path<String>,
    fields: Fields,
    Data(db): Data<&PgPool>,
) -> Page {
    let queue = Queue::find(db, &name).await?;
    let reason = fields.get("reason");
    let mut tx = db.begin().await?;
    match queue.pause(&mut tx, &hx.actor(), reason).await {
        Err(models::Error::Invalid(sentence)) => {
            tx.rollback().await?;
            let typed = Typed { reason: reason.into(), wrong_reason: sentence, ..Typed::default() };
            refuse(&hx, &user, db, queue, &typed).await
        }
        paused => {
            paused?;
            tx.commit().await?;
            Ok(hx.see(&back(&name, &fields)))
        }
    }
}

#[handler]
async fn resume(hx: Hx, Path(name): Path<String>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let queue = Queue::find(db, &name).await?;
    let mut tx = db.begin().await?;
    queue.resume(&mut tx, &hx.actor()).await?;
    tx.commit().await?;
    Ok(hx.see(&back(&name, &fields)))
}

#[handler]
async fn limit(
    hx: Hx,
    Signed(user): Signed,
    Path(name): Path<String>,
    fields: Fields,
    Data(db): Data<&PgPool>,
) -> Page {
    let queue = Queue::find(db, &name).await?;
    let typed = fields.get("most").trim();
    let most = match typed {
        "" => Ok(None),
        typed => typed.parse().map(Some).map_err(|_| {
            models::Error::Invalid(format!(
                "“{typed}” is no number of jobs. Type a whole number, or nothing for no limit."
            ))
        }),
    };
    let mut tx = db.begin().await?;
    let limited = match most {
        Ok(most) => queue.limit(&mut tx, &hx.actor(), most, fields.get("limit_reason")).await,
        Err(error) => Err(error),
    };
    match limited {
        Err(models::Error::Invalid(sentence)) => {
            tx.rollback().await?;
            let typed = Typed { most: Some(typed.into()), wrong_most: sentence, ..Typed::default() };
            refuse(&hx, &user, db, queue, &typed).await
        }
        limited => {
            limited?;
            tx.commit().await?;
            Ok(hx.see(&format!("/jobs/queues/{name}")))
        }
    }
}

async fn refuse(hx: &Hx, user: &User, db: &PgPool, queue: Queue, typed: &Typed) -> Page {
    let title = queue.title.clone();
    let (page, _) = pages(hx, user, db, queue, Span::default(), typed).await?;
    Ok(hx.refused(&title, &crumbs(), page))
}

/// The page, and the part of it that changes.
async fn pages(
    hx: &Hx,
    user: &User,
    db: &PgPool,
    queue: Queue,
    by: Span,
    typed: &Typed,
) -> Result<(Markup, Markup), Error> {
    let (now, name, csrf) = (Utc::now(), queue.name.clone(), hx.csrf());
    let minutes = figures::kept(db, Span::Minute, Some(&name), now).await?;
    let hours = figures::kept(db, Span::Hour, Some(&name), now).await?;
    let points = match by {
        Span::Minute => figures::series(by, now, &minutes, |_| true),
        Span::Hour => figures::series(by, now, &hours, |_| true),
        Span::Day => figures::series(by, now, &figures::kept(db, by, Some(&name), now).await?, |_| true),
    };
    let load = Load::all(db, COUNTED).await?.into_iter().find(|load| load.queue == name);
    let load = load.ok_or(models::Error::NotFound("Queue"))?;
    let open = Alert::open(db).await?;
    let is_stalled = open.iter().any(|alert| alert.cause == Cause::Stalled.word() && alert.object == name);
    let latest = figures::latest_depths(db).await?;
    let shown = view::Queue {
        now,
        by,
        csrf: user.may(Can::SteerJobs).then_some(csrf.as_str()),
        listed: &listing(queue, load, is_stalled, now, (&minutes, &hours), &latest),
        points: &points,
        depths: &figures::depths(db, by, &name, now).await?,
        running: &Brief::running(db, Some(&name), None).await?,
        next: &Brief::next(db, &name).await?,
        typed,
    };
    Ok((view::page(&shown), view::content(&shown)))
}

/// Where the button was pressed.
fn back(name: &str, fields: &Fields) -> String {
    if fields.get("back") == "/jobs" { "/jobs".into() } else { format!("/jobs/queues/{name}") }
}

fn crumbs() -> [Crumb; 1] {
    [Crumb::new("Jobs", "/jobs")]
}
