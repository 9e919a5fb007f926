//! /jobs: queues, workers and failures at a glance.

use crate::{Page, hx::Hx, routes::Routes};
use chrono::Utc;
use models::{
    jobs::{Worker, overview::Queue},
    users::Can,
};
use poem::{handler, web::Data};
use sqlx::PgPool;
use views::jobs::overview::{self as view, Overview};

pub fn routes() -> Routes {
    Routes::new().get("/jobs", Can::SeeJobs, index)
}

#[handler]
async fn index(hx: Hx, Data(db): Data<&PgPool>) -> Page {
    let queues = Queue::all(db).await?;
    let workers = Worker::alive(db).await?;
    let overview = Overview { now: Utc::now(), queues: &queues, workers: &workers };
    Ok(hx.page("Jobs", &[], view::page(&overview), view::content(&overview)))
}
