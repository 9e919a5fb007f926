//! /jobs/actions and /jobs/bin: what was done, the way back, and what lies in the bin.

use super::{crumbs, read_id};
use crate::{
    Page,
    errors::Error,
    forms::Asked,
    hx::{Hx, encode},
    session::Signed,
};
use chrono::{DateTime, SecondsFormat, Utc};
use models::{
    jobs::{
        actions::Record,
        bin,
        undo::{self as way_back},
    },
    users::Can,
};
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use views::{
    jobs::{actions::Did, bin as bin_view, history as view},
    layout::Crumb,
};

/// Rows of a page.
const ROWS: usize = 50;
/// Jobs listed with their action.
const LISTED: i64 = 200;
/// Characters of a search; nobody types more.
const SEARCH_LIMIT: usize = 200;

#[handler]
pub async fn list(hx: Hx, asked: Asked, Data(db): Data<&PgPool>) -> Page {
    let before = asked.0.get("before");
    let before = match before {
        "" => None,
        typed => Some(time(typed)?),
    };
    let mut records = Record::latest(db, before, ROWS as i64 + 1).await?;
    let older = (records.len() > ROWS).then(|| records.truncate(ROWS));
    let last = records.last().map(|record| record.at.to_rfc3339_opts(SecondsFormat::Micros, true));
    let older = older.and(last).map(|at| format!("/jobs/actions?before={}", encode(&at)));
    let page = view::list(&records, older.as_deref(), Utc::now());
    Ok(hx.page("What was done to jobs", &crumbs(), page.clone(), page))
}

fn time(typed: &str) -> Result<DateTime<Utc>, Error> {
    let time = DateTime::parse_from_rfc3339(typed).map(|at| at.with_timezone(&Utc));
    time.map_err(|_| Error::Invalid(format!("Before: “{typed}” is no time. It looks like 2026-11-24T06:00:00Z.")))
}

#[handler]
pub async fn one(hx: Hx, Signed(user): Signed, Path(id): Path<String>, Data(db): Data<&PgPool>) -> Page {
    let record = Record::find(db, read_id(&id)?).await?;
    let (items, left) = tokio::try_join!(record.items(db, LISTED), record.left_alone(db, LISTED))?;
    let csrf = hx.csrf();
    let may_undo = user.may(Can::SteerJobs);
    let one = view::One { record: &record, items: &items, left: &left, may_undo, csrf: &csrf, now: Utc::now() };
    let page = view::one(&one);
    let crumbs = [Crumb::new("Jobs", "/jobs"), Crumb::new("What was done", "/jobs/actions")];
    Ok(hx.page("Action", &crumbs, page.clone(), page))
}

/// Undoes an action and leads back to where it was done from. Sent twice it undoes once.
#[handler]
pub async fn undo(hx: Hx, Path(id): Path<String>, Data(db): Data<&PgPool>) -> Page {
    let id = read_id(&id)?;
    let mut tx = db.begin().await?;
    let outcome = way_back::undo(&mut tx, &hx.actor(), id).await?;
    let record = Record::find(&mut *tx, id).await?;
    tx.commit().await?;
    let own = format!("/jobs/actions/{id}");
    let Some(outcome) = outcome else { return Ok(hx.see(&own)) };
    let (done, left) = (outcome.done.len(), outcome.left.len());
    let did = Did { action: record.action, done, left, id, is_undo: true };
    // What could not be undone is named on the action's own page.
    let address = if left > 0 || record.address.is_empty() { &own } else { &record.address };
    Ok(hx.see_done(address, did))
}

#[handler]
pub async fn discarded(hx: Hx, Signed(user): Signed, asked: Asked, Data(db): Data<&PgPool>) -> Page {
    let text: String = asked.0.get("text").trim().chars().take(SEARCH_LIMIT).collect();
    let before = asked.0.get("before");
    let before = if before.is_empty() { None } else { Some(read_id(before)?) };
    let mut jobs = bin::page(db, (!text.is_empty()).then_some(text.as_str()), before, ROWS as i64 + 1).await?;
    let has_older = jobs.len() > ROWS;
    jobs.truncate(ROWS);
    let query = if text.is_empty() { String::new() } else { format!("text={}&", encode(&text)) };
    let last = jobs.last().filter(|_| has_older).map(|job| format!("/jobs/bin?{query}before={}", job.id));
    let address = before.map_or_else(
        || format!("/jobs/bin?{query}").trim_end_matches(['?', '&']).to_owned(),
        |id| format!("/jobs/bin?{query}before={id}"),
    );
    let csrf = hx.csrf();
    let page = bin_view::page(&bin_view::Bin {
        jobs: &jobs,
        text: &text,
        older: last.as_deref(),
        address: &address,
        may_steer: user.may(Can::SteerJobs),
        csrf: &csrf,
        now: Utc::now(),
    });
    Ok(hx.page("Bin", &crumbs(), page.clone(), page))
}
