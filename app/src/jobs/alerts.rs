//! /jobs/alerts: what is wrong with the jobs, what was, and who has seen it; and the eye that the web process keeps on
//! them, so that somebody notices when no worker is left to notice.

use crate::{
    App, Page,
    errors::Error,
    forms::{Asked, Fields},
    hx::Hx,
    routes::Routes,
    session::Signed,
};
use chrono::Utc;
use jobs::Kind;
use models::{
    alerts::{self, Alert},
    users::Can,
};
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use views::{
    jobs::alerts::{self as view, Alerts},
    layout::{self, Crumb},
};

const EVERY: Duration = Duration::from_secs(5);
/// Past alerts on one page.
const ROWS: i64 = 50;

pub fn routes() -> Routes {
    Routes::new()
        .get("/jobs/alerts", Can::SeeJobs, index)
        .get("/jobs/alerts/count", Can::SteerJobs, count)
        .post("/jobs/alerts/:id/seen", Can::SteerJobs, seen)
        .takes(&["back"])
}

#[handler]
async fn index(hx: Hx, Signed(user): Signed, Asked(asked): Asked, Data(db): Data<&PgPool>) -> Page {
    let csrf = hx.csrf();
    let past = Alert::past(db, asked.get("before").parse().ok(), ROWS).await?;
    let last = past.last().filter(|_| past.len() as i64 == ROWS);
    let earlier = last.map(|alert| format!("/jobs/alerts?before={}", alert.id));
    let shown = Alerts {
        now: Utc::now(),
        open: &Alert::open(db).await?,
        past: &past,
        earlier: earlier.as_deref(),
        csrf: user.may(Can::SteerJobs).then_some(csrf.as_str()),
    };
    Ok(hx.page("Alerts", &[Crumb::new("Jobs", "/jobs")], view::page(&shown), view::content(&shown)))
}

/// The number beside "Jobs" in the side bar.
#[handler]
async fn count(hx: Hx, Data(app): Data<&Arc<App>>) -> Page {
    app.alerts.store(Alert::unseen(&app.db).await?, Relaxed);
    let number = layout::alert_count(app.alerts.load(Relaxed));
    Ok(hx.page("Alerts", &[], number.clone(), number))
}

#[handler]
async fn seen(hx: Hx, Path(id): Path<String>, fields: Fields, Data(app): Data<&Arc<App>>) -> Page {
    let id = id.parse().map_err(|_| Error::NotFound("Alert not found.".into()))?;
    let mut tx = app.db.begin().await?;
    alerts::see(&mut tx, &hx.actor(), id).await?;
    tx.commit().await?;
    app.alerts.store(Alert::unseen(&app.db).await?, Relaxed);
    Ok(hx.see(if fields.get("back") == "/jobs" { "/jobs" } else { "/jobs/alerts" }))
}

/// Looks after the jobs until the process stops.
pub async fn watch(app: Arc<App>) {
    let watched = Kind::ALL.map(Kind::watched);
    while !app.stopping.is_cancelled() {
        match look(&app, &watched).await {
            Ok(unseen) => app.alerts.store(unseen, Relaxed),
            Err(error) => tracing::debug!(%error, "the jobs were not looked after"),
        }
        tokio::select! {
            () = app.stopping.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn look(app: &App, watched: &[alerts::Watched]) -> models::Result<i64> {
    alerts::check(&app.db, watched).await?;
    Alert::unseen(&app.db).await
}
