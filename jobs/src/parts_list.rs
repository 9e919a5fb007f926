//! The parts of an order, summed over the BOMs of all its builds: one file for a spreadsheet, kept with the order.

use crate::{Context, Done, Failure};
use models::audit::Actor;
use models::boms::parts;
use models::boms::sheet::Sheet;
use models::boms::versions::Book;
use models::documents::{Document, Kind, Made, Store};
use models::orders::{Order, Stage};
use sha2::{Digest, Sha256};
use sqlx::PgExecutor;
use uuid::Uuid;

/// The order and the file that was made of it.
struct List {
    order: Order,
    text: String,
    sha256: String,
}

/// Nobody lays out parts for an order that was cancelled.
pub async fn may_run(order_id: i64, db: impl PgExecutor<'_>) -> Result<(), String> {
    match Order::stage_of(db, order_id).await {
        Ok((number, Stage::Cancelled)) => Err(format!("Order {number} is cancelled. It needs no parts.")),
        Ok(_) => Ok(()),
        Err(models::Error::NotFound(_)) => Err("The order does not exist any more.".into()),
        Err(_) => Err("The order could not be looked up. Try again.".into()),
    }
}

pub async fn perform(order_id: i64, context: &Context) -> Result<Done, Failure> {
    let store = context.store()?.clone();
    let list = make(order_id, context).await?;
    let mut tx = context.begin().await?;
    let earlier = Document::made(&mut *tx, order_id, Kind::PartsList).await?;
    if let Some(same) = earlier.first().filter(|latest| latest.sha256 == list.sha256) {
        context.log(&format!("Nothing has changed since {}.", same.file_name));
        Document::link(&mut tx, context.run().id, same.id).await?;
        return context.commit(tx, &format!("document:{}", same.id)).await;
    }
    let id = Uuid::new_v4();
    let file_name = format!("Parts-list-{}-v{}.csv", list.order.number, earlier.len() + 1);
    store.keep(id, list.text.as_bytes()).await.map_err(|error| anyhow::Error::new(error).context("the file store"))?;
    let kept = keep(tx, context, &list, id, &file_name).await;
    if kept.is_err() {
        // Nothing names the file; should this not come to pass, the nightly tidying finds it.
        Store::forget(&store, id).await;
    }
    kept
}

/// Reads the BOMs in force one build after the other, then sums them.
async fn make(order_id: i64, context: &Context) -> Result<List, Failure> {
    let order = Order::by_id(context.db(), order_id).await?;
    let builds = order.builds(context.db()).await?;
    let total = builds.len() as i32 + 1;
    let (mut sheets, mut numbers) = (Vec::new(), Vec::new());
    for (done, build) in (0..).zip(&builds) {
        context.progress(done, total, &format!("Reading the BOM of build {}", build.number)).await;
        let book = Book::find(context.db(), &build.number).await?;
        let Some(version) = book.active() else {
            let text =
                format!("Build {} has no BOM yet, so the list would be incomplete. Generate it first.", build.number);
            return Err(Failure::last_word("no_bom", text));
        };
        sheets.push(Sheet::load(context.db(), version).await?);
        context.log(&format!("Build {}: BOM version {}, {} lines", build.number, version.version, version.line_count));
        numbers.push(build.number.clone());
    }
    context.progress(total - 1, total, "Summing the parts").await;
    let parts = context.compute(move || parts::sum(&sheets)).await?;
    let costs = parts::unit_costs(context.db(), &parts).await?;
    let text = context
        .compute(move || {
            let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
            parts::csv(&parts, &numbers, &costs)
        })
        .await?;
    let sha256 = hex::encode(Sha256::digest(text.as_bytes()));
    Ok(List { order, text, sha256 })
}

async fn keep(
    mut tx: sqlx::Transaction<'static, sqlx::Postgres>,
    context: &Context,
    list: &List,
    id: Uuid,
    file_name: &str,
) -> Result<Done, Failure> {
    let run = context.run();
    let made = Made {
        id,
        order_id: list.order.id,
        order: &list.order.number,
        kind: Kind::PartsList,
        file_name,
        media_type: "text/csv; charset=utf-8",
        size_bytes: list.text.len() as i64,
        sha256: &list.sha256,
        job_id: run.id,
        made_for: run.requested_by,
    };
    let actor = Actor::of(&mut tx, run.requested_by, &run.trace_id).await?;
    Document::keep_made(&mut tx, &actor, &made).await?;
    Document::link(&mut tx, run.id, id).await?;
    context.log(&format!("{file_name}, {} bytes", list.text.len()));
    context.commit(tx, &format!("document:{id}")).await
}
