//! /system/security: sessions, failed log-ins, the audit trail's state, backups and drills, on one page.

use crate::{Page, hx::Hx};
use chrono::Utc;
use models::{
    audit::chain,
    backups::{Kind, Outcome},
    security, sessions,
};
use poem::{handler, web::Data};
use sqlx::PgPool;
use views::{layout::Crumb, system::security as view};

/// Rows of a list on the page; the audit trail has the rest.
const ROWS: i64 = 50;

#[handler]
pub async fn show(hx: Hx, Data(db): Data<&PgPool>) -> Page {
    let (logged_in, failed) = (security::logged_in(db, ROWS).await?, security::failed(db, ROWS).await?);
    let backup = Outcome::latest(db, Kind::Backup).await?;
    let drill = Outcome::latest(db, Kind::Drill).await?;
    let page = view::page(&view::Security {
        now: Utc::now(),
        facts: security::facts(db).await?,
        sessions: sessions::open_count(db).await?,
        logged_in: &logged_in,
        failed: &failed,
        chain: &chain::state(db).await?,
        backup: backup.as_ref(),
        drill: drill.as_ref(),
    });
    Ok(hx.page("Security", &[Crumb::new("System", "/system")], page.clone(), page))
}
