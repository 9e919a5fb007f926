//! The documents of an order, and asking for the list of its parts.

use crate::{Page, budgets, errors::Error, hx::Hx, session::Signed};
use jobs::{Job, Kind};
use models::{
    audit::{self, Entry},
    documents::Document,
    jobs::{Links, Run, Standing},
    orders::{Order, Stage},
    users::{Can, User},
};
use poem::{
    handler,
    web::{Data, Path},
};
use serde_json::json;
use sqlx::PgPool;
use views::orders::documents::is_worth_saying;

/// What the tab of an order shows.
pub struct Papers {
    pub documents: Vec<Document>,
    pub standing: Option<Standing>,
    pub csrf: Option<String>,
    pub why_not: String,
}

impl Papers {
    pub async fn of(hx: &Hx, user: &User, db: &PgPool, order: &Order) -> Result<Papers, Error> {
        let documents = Document::of_order(db, order.id).await?;
        let run = Run::latest_of_order(db, order.id, Kind::PartsList.word()).await?;
        let standing = match run.filter(|run| is_worth_saying(run.state)) {
            Some(run) => Some(Standing::of(db, run).await?),
            None => None,
        };
        let csrf = user.may(Can::MakePartsLists).then(|| hx.csrf());
        let why_not = if csrf.is_some() { why_not(db, order).await? } else { String::new() };
        Ok(Papers { documents, standing, csrf, why_not })
    }
}

/// Why no parts list can be made now; empty when one can.
async fn why_not(db: &PgPool, order: &Order) -> Result<String, Error> {
    if order.stage == Stage::Cancelled {
        return Ok("The order is cancelled. It needs no parts.".into());
    }
    let builds = order.builds(db).await?;
    let without = builds.iter().find(|build| build.bom_version.is_none());
    Ok(without.map_or(String::new(), |build| {
        format!("A parts list can be made once every build has a BOM. Build {} has none yet.", build.number)
    }))
}

/// Asks for the list. While one is being made, that one is the answer.
#[handler]
pub async fn make(hx: Hx, Signed(user): Signed, Path(number): Path<String>, Data(db): Data<&PgPool>) -> Page {
    let order = Order::find(db, &number).await?;
    let why_not = why_not(db, &order).await?;
    if !why_not.is_empty() {
        return Err(Error::Invalid(why_not));
    }
    let mut tx = db.begin().await?;
    let links = Links {
        order_id: Some(order.id),
        requested_by: Some(user.id),
        trace_id: hx.request_id().into(),
        ..Links::default()
    };
    budgets::room_for_job(&mut tx, &user).await?;
    let run = Job::PartsList { order_id: order.id }.enqueue(&mut tx, links).await?;
    // While an earlier request's job lives, this one asked for nothing new.
    if run.trace_id == hx.request_id() {
        let after = Some(json!({ "job": run.id, "document": "parts list" }));
        let entry = Entry { action: "asked for", noun: "orders", object_id: &order.number, after, ..Entry::default() };
        audit::record(&mut tx, &hx.actor(), entry).await?;
    }
    tx.commit().await?;
    Ok(hx.see(&format!("/orders/{}?tab=documents", order.number)))
}
