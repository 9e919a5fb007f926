//! /audit: who did what to which record, for those who answer for it.

pub mod command;

mod asked;
mod export;
mod history;
mod holds;

use crate::{Page, errors::Error, forms::Asked, hx::Hx, limits, routes::Routes};
use chrono::Utc;
use models::{
    audit::{chain, search},
    users::Can,
};
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use views::{audit as view, layout::Crumb};

pub fn routes() -> Routes {
    Routes::new()
        .get("/audit", Can::SeeAudit, index)
        .get("/audit.csv", Can::SeeAudit, export::csv)
        .deadline(limits::EXPORT)
        .get("/audit.json", Can::SeeAudit, export::json)
        .deadline(limits::EXPORT)
        .get("/audit/entries/:seq", Can::SeeAudit, entry)
        .get("/audit/records/:noun/:record", Can::SeeAudit, history::record)
        .get("/audit/holds", Can::SeeAudit, holds::index)
        .post("/audit/holds", Can::HoldRecords, holds::place)
        .takes(&["noun", "record", "reason"])
        .post("/audit/holds/:id/lifted", Can::HoldRecords, holds::lift)
        .takes(&["reason"])
        .get("/orders/:number/history", Can::SeeOrderDetails, history::order)
        .get("/builds/:number/history", Can::SeeOrderDetails, history::build)
        .get("/catalogue/items/:number/history", Can::SeeRevisions, history::item)
        .get("/rules/:family/:version/history", Can::SeeRules, history::rules)
        .get("/people/:id/history", Can::ManagePeople, history::person)
}

fn crumb() -> Crumb {
    Crumb::new("Audit trail", "/audit")
}

#[handler]
async fn index(hx: Hx, Asked(asked): Asked, Data(db): Data<&PgPool>) -> Page {
    let (typed, filter) = asked::read(db, &asked).await?;
    let (entries, problem, older) = match filter {
        Err(problem) => (Vec::new(), Some(problem), None),
        Ok(filter) => {
            let mut entries = search::page(db, &filter, search::PAGE + 1).await?;
            let has_older = entries.len() > search::PAGE;
            entries.truncate(search::PAGE);
            let older = entries.last().filter(|_| has_older).map(|last| asked::older(&typed, last.seq));
            (entries, None, older)
        }
    };
    let (nouns, actions, chain) = tokio::try_join!(search::nouns(db), search::words(db), chain::state(db))?;
    let page = view::Index {
        typed: &typed,
        problem: problem.as_deref(),
        entries: &entries,
        older,
        is_later_page: !asked.get("before").is_empty(),
        nouns: &nouns,
        actions: &actions,
        chain: &chain,
        now: Utc::now(),
    };
    if problem.is_some() {
        return Ok(hx.refused("Error: Audit trail", &[], view::index(&page)));
    }
    Ok(hx.page("Audit trail", &[], view::index(&page), view::list(&page)))
}

#[handler]
async fn entry(hx: Hx, Path(seq): Path<String>, Data(db): Data<&PgPool>) -> Page {
    let missing = || Error::NotFound("The trail has no such entry.".into());
    let seq: i64 = seq.parse().map_err(|_| missing())?;
    let entry = search::find(db, seq).await?.ok_or_else(missing)?;
    let page = view::entry::page(&entry);
    Ok(hx.page(&format!("Entry {seq}"), &[crumb()], page.clone(), page))
}
