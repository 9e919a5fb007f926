//! /jobs/failures: failed jobs by their cause.

use super::crumbs;
use crate::{Page, hx::Hx, routes::Routes, session::Signed};
use chrono::Utc;
use models::{jobs::groups, users::Can};
use poem::{handler, web::Data};
use sqlx::PgPool;
use views::{jobs::failures as view, layout};

pub fn routes() -> Routes {
    Routes::new().get("/jobs/failures", Can::SeeJobs, index)
}

#[handler]
async fn index(hx: Hx, Signed(user): Signed, Data(db): Data<&PgPool>) -> Page {
    let failures = groups::failures(db).await?;
    let csrf = hx.csrf();
    let (now, csrf) = (Utc::now(), user.may(Can::SteerJobs).then_some(csrf.as_str()));
    let main = layout::main(view::page(&failures, now, csrf));
    Ok(hx.page("Failures", &crumbs(), main, view::list(&failures, now, csrf)))
}
