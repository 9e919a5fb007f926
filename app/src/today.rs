//! /: what waits for this person today.

use crate::{
    Page,
    hx::Hx,
    routes::{Access, Routes},
    session::Signed,
};
use chrono::{Days, Utc};
use models::{
    alerts::Alert,
    drafts::Draft,
    orders::{list, troubles},
    site,
    users::{Can, Role, User},
};
use poem::{handler, web::Data};
use sqlx::PgPool;
use views::{
    layout,
    today::{self as view, Today},
};

/// How far Today looks ahead, and how much of it it shows.
const DAYS: u64 = 14;
const ROWS: i64 = 25;
/// Alerts on this page; all are on their own.
const ALERTS: usize = 3;

pub fn routes() -> Routes {
    Routes::new().get("/", Access::SignedIn, index)
}

#[handler]
async fn index(hx: Hx, Signed(user): Signed, Data(db): Data<&PgPool>) -> Page {
    let now = Utc::now();
    let sees_orders = user.may(Can::SeeOrderDetails);
    let drafts = if user.may(Can::EnterOrders) { Draft::open(db, &user).await? } else { Vec::new() };
    let troubles = if answers_for_boms(&user) { troubles::open(db, ROWS).await? } else { Vec::new() };
    let due = if sees_orders { list::due(db, site::today() + Days::new(DAYS), ROWS).await? } else { Vec::new() };
    let mut alerts = if user.may(Can::SteerJobs) { Alert::open(db).await? } else { Vec::new() };
    alerts.truncate(ALERTS);
    let csrf = hx.csrf();
    let today = Today {
        user: &user,
        today: site::today(),
        now,
        csrf: &csrf,
        drafts: &drafts,
        troubles: &troubles,
        due: &due,
        alerts: &alerts,
    };
    Ok(hx.page("Today", &[], layout::main(view::page(&today)), view::content(&today)))
}

/// A BOM that could not be made waits for whoever may make it, and for procurement that needs it.
fn answers_for_boms(user: &User) -> bool {
    user.may(Can::GenerateBoms) || user.role == Role::Procurement
}
