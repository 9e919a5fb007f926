//! /jobs/…/retry and the like: what administrators do to jobs, one or many, and how it is undone.

use super::show::{crumbs, read_id};
use crate::{Page, errors::Error, forms::Fields, hx::Hx, routes::Routes};
use chrono::Utc;
use jobs::Job;
use models::{
    jobs::{
        Run,
        actions::{Action, Change, Deed, Held, Outcome, Step, asks_reason},
    },
    site,
    users::Can,
};
use poem::{
    Response, handler,
    web::{Data, Path},
};
use sqlx::{PgConnection, PgPool};
use std::collections::HashMap;
use typed::Asked;
use uuid::Uuid;
use views::jobs::{
    actions::{self as view, Did, Typed},
    names,
};

mod copies;
mod history;
mod many;
mod typed;

pub fn routes() -> Routes {
    Routes::new()
        .get("/jobs/bin", Can::SeeJobs, history::discarded)
        .get("/jobs/actions", Can::SeeJobs, history::list)
        .get("/jobs/actions/:id", Can::SeeJobs, history::one)
        .post("/jobs/actions/:id/undo", Can::SteerJobs, history::undo)
        .takes(&[])
        .post("/jobs/selections", Can::SteerJobs, many::choose)
        .takes(&["action", "address", "all", "as_of", "filter", "ids+"])
        .get("/jobs/selections/:id", Can::SteerJobs, many::confirm)
        .post("/jobs/selections/:id", Can::SteerJobs, many::act)
        .takes(&["key", "at", "priority", "reason", "count"])
        .get("/jobs/:id/copy", Can::SteerJobs, copies::ask)
        .post("/jobs/:id/copy", Can::SteerJobs, copies::make)
        .takes(&["key", "reason", "argument-*"])
        .get("/jobs/:id/:action", Can::SteerJobs, ask)
        .post("/jobs/:id/:action", Can::SteerJobs, act)
        .takes(&["key", "at", "priority", "reason", "address"])
}

/// The question of an action, as a page.
#[handler]
async fn ask(hx: Hx, Path((id, action)): Path<(String, String)>, Data(db): Data<&PgPool>) -> Page {
    let (id, action) = (read_id(&id)?, read_action(&action)?);
    let run = Run::find(db, id).await?;
    let typed = Typed {
        key: Uuid::now_v7().to_string(),
        priority: run.priority.to_string(),
        at: site::local(run.run_at.max(Utc::now())).format("%Y-%m-%dT%H:%M").to_string(),
        ..Typed::default()
    };
    let page = question(&hx, action, &run, &typed);
    Ok(hx.page(view::verb(action), &crumbs(), page.clone(), page))
}

#[handler]
async fn act(hx: Hx, Path((id, action)): Path<(String, String)>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let (id, action) = (read_id(&id)?, read_action(&action)?);
    let run = Run::find(db, id).await?;
    let asked = match typed::read(action, &fields, asks_reason(Step::One(action, &run)), None) {
        Ok(asked) => asked,
        Err(typed) => return Ok(hx.refused(view::verb(action), &crumbs(), question(&hx, action, &run, &typed))),
    };
    let address = address(&fields, &names::path(&id));
    let actor = hx.actor();
    let deed = Deed { key: asked.key, actor: &actor, reason: &asked.reason, address: &address };
    let mut tx = db.begin().await?;
    if !deed.is_done(&mut tx).await? {
        let outcome = perform(&mut tx, &deed, asked.change, &[id], None).await?;
        if let Some(left) = outcome.left.first() {
            return Err(Error::Stale(format!("Job {}: {}", names::short(id), left.why)));
        }
    }
    tx.commit().await?;
    Ok(see(&hx, &address, action, &asked, &Outcome { done: vec![id], left: Vec::new() }))
}

/// Back to where it was done, with the sentence and its way back.
fn see(hx: &Hx, address: &str, action: Action, asked: &Asked, outcome: &Outcome) -> Response {
    let (done, left) = (outcome.done.len(), outcome.left.len());
    hx.see_done(address, Did { action, done, left, id: asked.key, is_undo: false })
}

fn question(hx: &Hx, action: Action, run: &Run, typed: &Typed) -> maud::Markup {
    let is_asked = asks_reason(Step::One(action, run));
    view::page(action, run, typed, site::zone().name(), &hx.csrf(), is_asked)
}

/// An address knows the actions on one job; a copy has its own.
fn read_action(word: &str) -> Result<Action, Error> {
    let action = Action::from_word(word).filter(|action| *action != Action::Copy && !word.contains('_'));
    action.ok_or_else(Error::not_found)
}

/// Where the form came from, when it says so and it is a page of ours.
fn address(fields: &Fields, otherwise: &str) -> String {
    match fields.get("address") {
        "" => otherwise.to_owned(),
        address => crate::sessions::local(address),
    }
}

/// Holds the jobs, asks the kinds of those that would run again whether they still may, and changes the rest.
async fn perform(
    tx: &mut PgConnection,
    deed: &Deed<'_>,
    change: Change,
    ids: &[Uuid],
    seen: Option<&HashMap<Uuid, chrono::DateTime<Utc>>>,
) -> Result<Outcome, Error> {
    let mut held = deed.hold(tx, change, ids, seen).await?;
    if change == Change::Retry {
        ask_kinds(tx, &mut held).await?;
    }
    Ok(held.apply(tx, deed).await?)
}

/// The same arguments are asked about once.
async fn ask_kinds(tx: &mut PgConnection, held: &mut Held) -> Result<(), Error> {
    let mut answers: HashMap<String, Result<(), String>> = HashMap::new();
    let mut refused = Vec::new();
    for run in held.able() {
        let arguments = run.payload.to_string();
        let answer = match answers.get(&arguments) {
            Some(answer) => answer.clone(),
            None => {
                let answer = may_run(tx, run).await;
                answers.insert(arguments, answer.clone());
                answer
            }
        };
        refused.extend(answer.err().map(|why| (run.id, why)));
    }
    for (id, why) in refused {
        held.leave(id, why);
    }
    Ok(())
}

async fn may_run(tx: &mut PgConnection, run: &Run) -> Result<(), String> {
    match Job::read(run) {
        Ok(job) => job.may_run(&mut *tx).await,
        // A newer worker may know it.
        Err(jobs::Unreadable::Newer { .. }) => Ok(()),
        Err(jobs::Unreadable::Broken { .. }) => {
            Err("Its arguments can't be read. Run it as a new job with other arguments.".into())
        }
    }
}
