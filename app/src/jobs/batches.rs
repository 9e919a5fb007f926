//! /jobs/batches: jobs that were asked for together, and asking for new BOMs of all open orders.

use crate::{
    Page,
    errors::Error,
    forms::{Asked, Fields},
    hx::Hx,
    routes::Routes,
    session::Signed,
};
use chrono::Utc;
use jobs::batches::regenerate_boms;
use models::{
    boms::outdated::Outdated,
    jobs::{
        actions::{Action, LONGEST_REASON},
        batches::{Batch, MOST, Standing},
        selections::Selection,
    },
    rules::{Status, templates},
    users::Can,
};
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use uuid::Uuid;
use views::{
    jobs::batches::{self as view, Question, Shown},
    layout::Crumb,
};

/// Batches of one page.
const SHOWN: usize = 50;

pub fn routes() -> Routes {
    Routes::new()
        .get("/jobs/batches", Can::SeeJobs, index)
        .get("/jobs/batches/new", Can::SteerJobs, ask)
        .post("/jobs/batches/new", Can::SteerJobs, start)
        .takes(&["reason", "count"])
        .get("/jobs/batches/:id", Can::SeeJobs, show)
        .post("/jobs/batches/:id/cancel", Can::SteerJobs, cancel)
        .takes(&[])
}

#[handler]
async fn index(hx: Hx, Signed(user): Signed, Asked(asked): Asked, Data(db): Data<&PgPool>) -> Page {
    let before = Uuid::try_parse(asked.get("before")).ok();
    let mut batches = Batch::latest(db, before, SHOWN as i64 + 1).await?;
    let has_more = batches.len() > SHOWN;
    batches.truncate(SHOWN);
    let older = batches.last().filter(|_| has_more).map(|last| format!("/jobs/batches?before={}", last.id));
    let batches = standing(db, batches).await?;
    let (may_start, now) = (user.may(Can::SteerJobs), Utc::now());
    let list = view::list(&batches, older.clone(), now);
    Ok(hx.page("Batches", &[jobs_crumb()], view::index(&batches, older, may_start, now), list))
}

#[handler]
async fn show(hx: Hx, Signed(user): Signed, Path(id): Path<Uuid>, Data(db): Data<&PgPool>) -> Page {
    let batch = Batch::find(db, id).await?;
    let shown = standing(db, vec![batch]).await?.remove(0);
    let (csrf, now) = (hx.csrf(), Utc::now());
    let csrf = user.may(Can::SteerJobs).then_some(csrf.as_str());
    let title = shown.batch.title.clone();
    Ok(hx.page(&title, &crumbs(), view::page(&shown, csrf, now), view::content(&shown, csrf, now)))
}

#[handler]
async fn ask(hx: Hx, Data(db): Data<&PgPool>) -> Page {
    let page = question(&hx, db, &view::Asked::default()).await?;
    Ok(hx.page("Regenerate BOMs", &crumbs(), page.clone(), page))
}

/// Starts the batch when exactly as many BOMs are to be made as the person says.
#[handler]
async fn start(hx: Hx, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let mut asked = view::Asked {
        reason: fields.get("reason").trim().into(),
        count: fields.get("count").trim().into(),
        ..view::Asked::default()
    };
    let mut tx = db.begin().await?;
    let count = Outdated::count(&mut *tx).await?.builds.min(MOST as i64);
    if asked.reason.is_empty() {
        asked.wrong_reason = "Say why the BOMs are made again: others will read it.".into();
    } else if asked.reason.chars().count() > LONGEST_REASON {
        asked.wrong_reason = format!("A reason has at most {LONGEST_REASON} characters. Shorten it.");
    }
    if asked.count.replace(',', "").parse() != Ok(count) {
        asked.wrong_count = format!("\"{}\" is not the number of BOMs: there are {count} now.", asked.count);
    }
    if asked.wrong_reason.is_empty() && asked.wrong_count.is_empty() {
        match regenerate_boms(&mut tx, &hx.actor(), &asked.reason).await {
            Err(models::Error::Invalid(sentence)) => asked.wrong_count = sentence,
            started => {
                let id = started?.id;
                tx.commit().await?;
                return Ok(hx.see(&format!("/jobs/batches/{id}")));
            }
        }
    }
    tx.rollback().await?;
    let page = question(&hx, db, &asked).await?;
    Ok(hx.refused("Error: Regenerate BOMs", &crumbs(), page))
}

/// Chooses the jobs of the batch that wait now; what is done to them is asked on the next page.
#[handler]
async fn cancel(hx: Hx, Signed(user): Signed, Path(id): Path<Uuid>, Data(db): Data<&PgPool>) -> Page {
    let mut tx = db.begin().await?;
    let batch = Batch::find(&mut *tx, id).await?;
    let waiting = batch.waiting(&mut *tx).await?;
    if waiting.is_empty() {
        return Err(Error::Stale("No job of the batch waits any more. Nothing was cancelled.".into()));
    }
    let selection = Selection::make(&mut tx, user.id, Action::Cancel, &waiting, &view::href(&batch)).await?;
    tx.commit().await?;
    Ok(hx.see(&format!("/jobs/selections/{selection}")))
}

async fn question(hx: &Hx, db: &PgPool, asked: &view::Asked) -> Result<maud::Markup, Error> {
    let outdated = Outdated::count(db).await?;
    let mut in_force: Vec<String> = templates::all(db)
        .await?
        .iter()
        .filter(|version| version.status == Status::Active)
        .map(|version| format!("{} rules version {}", version.family, version.version))
        .collect();
    let revisions = models::catalogue::revisions::all(db).await?;
    let active = revisions.iter().find(|one| one.status == models::catalogue::revisions::Status::Active);
    in_force.extend(active.map(|revision| format!("catalogue revision {}", revision.number)));
    let csrf = hx.csrf();
    Ok(view::ask(&Question { outdated: &outdated, in_force: &in_force.join(", "), asked, csrf: &csrf }))
}

async fn standing(db: &PgPool, batches: Vec<Batch>) -> Result<Vec<Shown>, Error> {
    let ids: Vec<Uuid> = batches.iter().map(|batch| batch.id).collect();
    let mut standings = Standing::of_all(db, &ids).await?;
    let shown = |batch: Batch| Shown { standing: standings.remove(&batch.id).unwrap_or_default(), batch };
    Ok(batches.into_iter().map(shown).collect())
}

fn jobs_crumb() -> Crumb {
    Crumb::new("Jobs", "/jobs")
}

fn crumbs() -> Vec<Crumb> {
    vec![jobs_crumb(), Crumb::new("Batches", "/jobs/batches")]
}
