//! /jobs: is anybody working, what is wrong, what waits, what fails.

use crate::{Page, errors::Error, forms::Asked, hx::Hx, routes::Routes, session::Signed};
use chrono::{DateTime, TimeDelta, Utc};
use models::{
    alerts::{Alert, Cause},
    jobs::{
        Worker,
        figures::{self, Depth, Figures, Kept, Span},
        overview::{COUNTED, Failing, Load, Planned, in_hand},
        queues::Queue,
    },
    users::Can,
};
use poem::{handler, web::Data};
use sqlx::PgPool;
use views::jobs::{
    overview::{self as view, Overview},
    queues, workers,
};

/// A worker that went away stays in sight for so long.
const MISSED: TimeDelta = TimeDelta::minutes(10);

pub fn routes() -> Routes {
    Routes::new().get("/jobs", Can::SeeJobs, index)
}

#[handler]
async fn index(hx: Hx, Signed(user): Signed, Asked(asked): Asked, Data(db): Data<&PgPool>) -> Page {
    let (now, by) = (Utc::now(), Span::from_word(asked.get("by")));
    let csrf = hx.csrf();
    let alerts = Alert::open(db).await?;
    let minutes = figures::kept(db, Span::Minute, None, now).await?;
    let hours = figures::kept(db, Span::Hour, None, now).await?;
    let points = match by {
        Span::Minute => figures::series(by, now, &minutes, |_| true),
        Span::Hour => figures::series(by, now, &hours, |_| true),
        Span::Day => figures::series(by, now, &figures::kept(db, by, None, now).await?, |_| true),
    };
    let overview = Overview {
        now,
        by,
        is_live: asked.get("updates") != "paused",
        csrf: user.may(Can::SteerJobs).then_some(csrf.as_str()),
        queues: &listed(db, now, &alerts, &minutes, &hours).await?,
        alerts: &alerts,
        points: &points,
        failing: &Failing::now(db).await?,
        workers: &in_sight(db, now).await?,
        schedules: &Planned::all(db).await?,
    };
    Ok(hx.page("Jobs", &[], view::page(&overview), view::content(&overview)))
}

/// Every queue with what lies on it and how fast it went.
async fn listed(
    db: &PgPool,
    now: DateTime<Utc>,
    alerts: &[Alert],
    minutes: &[Kept],
    hours: &[Kept],
) -> Result<Vec<queues::Listed>, Error> {
    let (loads, depths) = (Load::all(db, COUNTED).await?, figures::latest_depths(db).await?);
    let list = Queue::all(db).await?.into_iter().filter_map(|queue| {
        let load = loads.iter().find(|load| load.queue == queue.name)?.clone();
        let is_stalled = alerts.iter().any(|alert| alert.cause == Cause::Stalled.word() && alert.object == queue.name);
        Some(listing(queue, load, is_stalled, now, (minutes, hours), &depths))
    });
    Ok(list.collect())
}

/// A queue as pages list it: what lies on it, its last hour and its last day.
pub(super) fn listing(
    queue: Queue,
    mut load: Load,
    is_stalled: bool,
    now: DateTime<Utc>,
    (minutes, hours): (&[Kept], &[Kept]),
    depths: &[Depth],
) -> queues::Listed {
    let is_about = load.waiting >= COUNTED;
    if let Some(depth) = depths.iter().find(|depth| is_about && depth.queue == queue.name) {
        load.waiting = load.waiting.max(depth.waiting.into());
    }
    let points = figures::series(Span::Minute, now, minutes, |row| row.queue == queue.name);
    let mut day = Figures::default();
    let since = now - TimeDelta::hours(24);
    hours.iter().filter(|row| row.queue == queue.name && row.at >= since).for_each(|row| day.add(&row.figures));
    queues::Listed {
        is_about,
        is_stalled,
        done: points.iter().map(|point| point.figures.done.unsigned_abs()).collect(),
        hour: figures::total(&points),
        failed: day.not_done(),
        queue,
        load,
    }
}

/// The workers that are there, and those that went away a moment ago.
async fn in_sight(db: &PgPool, now: DateTime<Utc>) -> Result<Vec<workers::Listed>, Error> {
    let in_hand = in_hand(db).await?;
    let recent = Worker::recent(db).await?.into_iter();
    let in_sight = recent
        .filter(|worker| worker.is_alive(now) || (worker.stopping_at.is_none() && now - worker.last_seen_at < MISSED));
    let listed = in_sight.map(|worker| {
        let running = in_hand.iter().find(|(id, _)| *id == worker.id).map_or(0, |(_, jobs)| *jobs);
        workers::Listed { worker, running }
    });
    Ok(listed.collect())
}
