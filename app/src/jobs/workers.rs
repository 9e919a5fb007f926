//! /jobs/workers: who is there to do the work, and what they are told.

use crate::{Page, errors::Error, forms::Fields, hx::Hx, routes::Routes, session::Signed};
use chrono::Utc;
use maud::Markup;
use models::{
    jobs::{Worker, brief::Brief},
    users::{Can, User},
};
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use views::{
    jobs::worker::{self as view, Shown, Typed},
    layout::Crumb,
};

pub fn routes() -> Routes {
    Routes::new()
        .get("/jobs/workers/:id", Can::SeeJobs, show)
        .post("/jobs/workers/:id/quiet", Can::SteerJobs, quiet)
        .takes(&["reason"])
        .post("/jobs/workers/:id/wake", Can::SteerJobs, wake)
        .takes(&["reason"])
        .post("/jobs/workers/:id/stop", Can::SteerJobs, stop)
        .takes(&["reason"])
}

/// What a worker can be told.
#[derive(Debug, Clone, Copy)]
enum Order {
    Quiet,
    Wake,
    Stop,
}

#[handler]
async fn show(hx: Hx, Signed(user): Signed, Path(id): Path<String>, Data(db): Data<&PgPool>) -> Page {
    let worker = Worker::find(db, &id).await?;
    let (page, content) = pages(&hx, &user, db, &worker, Typed::default()).await?;
    Ok(hx.page(&id, &crumbs(), page, content))
}

#[handler]
async fn quiet(hx: Hx, Signed(user): Signed, Path(id): Path<String>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    tell(&hx, &user, db, &id, &fields, Order::Quiet).await
}

#[handler]
async fn wake(hx: Hx, Signed(user): Signed, Path(id): Path<String>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    tell(&hx, &user, db, &id, &fields, Order::Wake).await
}

#[handler]
async fn stop(hx: Hx, Signed(user): Signed, Path(id): Path<String>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    tell(&hx, &user, db, &id, &fields, Order::Stop).await
}

/// Tells the worker; taking hands away needs a reason, giving them back does not.
async fn tell(hx: &Hx, user: &User, db: &PgPool, id: &str, fields: &Fields, order: Order) -> Page {
    let worker = Worker::find(db, id).await?;
    let reason = fields.get("reason").trim();
    if reason.is_empty() && !matches!(order, Order::Wake) {
        let name = if matches!(order, Order::Stop) { "stop" } else { "quiet" };
        let typed = Typed { order: name, reason, wrong: "Say why: others will ask. The reason is kept." };
        let (page, _) = pages(hx, user, db, &worker, typed).await?;
        return Ok(hx.refused(id, &crumbs(), page));
    }
    let (mut tx, actor) = (db.begin().await?, hx.actor());
    match order {
        Order::Quiet => worker.quiet(&mut tx, &actor, reason).await?,
        Order::Wake => worker.wake(&mut tx, &actor, reason).await?,
        Order::Stop => worker.stop_by(&mut tx, &actor, reason).await?,
    }
    tx.commit().await?;
    Ok(hx.see(&format!("/jobs/workers/{id}")))
}

/// The page, and the part of it that changes.
async fn pages(
    hx: &Hx,
    user: &User,
    db: &PgPool,
    worker: &Worker,
    typed: Typed<'_>,
) -> Result<(Markup, Markup), Error> {
    let csrf = hx.csrf();
    let shown = Shown {
        now: Utc::now(),
        worker,
        running: &Brief::running(db, None, Some(&worker.id)).await?,
        csrf: user.may(Can::SteerJobs).then_some(csrf.as_str()),
        typed,
    };
    Ok((view::page(&shown), view::content(&shown)))
}

fn crumbs() -> [Crumb; 1] {
    [Crumb::new("Jobs", "/jobs")]
}
