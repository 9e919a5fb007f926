//! A draft becomes an order: once, whole, or not at all.

use super::Stage;
use crate::configurations::{Configuration, words::key};
use crate::drafts::{Draft, Header, House, OrderAnswers, Review};
use crate::users::{Can, User};
use crate::{Error, Result, audit};
use audit::{Actor, Entry};
use chrono::Datelike;
use serde_json::json;
use sqlx::PgConnection;

/// What came of asking for the order.
#[derive(Debug)]
pub enum Submission {
    Created(NewOrder),
    /// The draft was an order before: an earlier click won.
    Existing(String),
    /// Nothing was written; the review says why.
    Refused(Box<Review>),
}

/// The order as made, for the jobs that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    pub id: i64,
    pub number: String,
    /// Row and number of each build.
    pub builds: Vec<(i64, String)>,
}

/// A build ready to be written.
struct Sink {
    number: String,
    configuration: Configuration,
    /// An administrator's reason for basins wider than the sink.
    allowed: Option<(String, String)>,
}

/// Makes the order of a draft. The draft is held until the transaction ends, so twenty clicks take turns and the second
/// finds the first one's order. The caller asks for one BOM per build in the same transaction.
///
/// # Errors
/// `Stale` when a PO number or build number was taken between the look and the write.
pub async fn submit(
    tx: &mut PgConnection,
    user: &User,
    actor: &Actor,
    draft_id: i64,
    zone: &str,
    judge: impl FnOnce(&OrderAnswers, &House) -> Review,
) -> Result<Submission> {
    user.must(Can::EnterOrders)?;
    let draft = Draft::hold(tx, user, draft_id).await?;
    if let Some(number) = draft.order_number {
        return Ok(Submission::Existing(number));
    }
    let house = House::look(tx, &draft.answers, zone).await?;
    let review = judge(&draft.answers, &house);
    let Some((header, sinks)) = ready(&review, &draft.answers) else {
        return Ok(Submission::Refused(Box::new(review)));
    };
    let order = write(tx, user, draft_id, house.today.year(), &header, &sinks).await.map_err(taken)?;
    record(tx, actor, &order, &header, &sinks).await?;
    Ok(Submission::Created(order))
}

/// The parts of the order, when nothing stops it.
fn ready(review: &Review, answers: &OrderAnswers) -> Option<(Header, Vec<Sink>)> {
    if !review.is_ready() {
        return None;
    }
    let numbers = review.heading.numbers.as_ref()?;
    let builds = review.builds.iter().zip(numbers).zip(&answers.builds);
    let sinks = builds.map(|((build, number), typed)| {
        let given = typed.geometry_override.as_ref().filter(|_| build.checked.too_wide.is_some());
        Some(Sink {
            number: number.clone(),
            configuration: build.checked.configuration.clone()?,
            allowed: given.map(|given| (given.user_name.clone(), given.reason.clone())),
        })
    });
    Some((review.heading.header.clone()?, sinks.collect::<Option<Vec<Sink>>>()?))
}

async fn write(
    tx: &mut PgConnection,
    user: &User,
    draft_id: i64,
    year: i32,
    header: &Header,
    sinks: &[Sink],
) -> Result<NewOrder> {
    let customer_id = customer(tx, &header.customer).await?;
    let number = next_number(tx, year).await?;
    let stage = Stage::OrderCreated;
    let order_id = sqlx::query_scalar!(
        r#"
        insert into orders
            (number, draft_id, po_number, po_key, customer_id, project, sales_person, want_on, language, priority, notes,
             family, stage, created_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        returning id
        "#,
        number,
        draft_id,
        header.po_number,
        key(&header.po_number),
        customer_id,
        header.project,
        header.sales_person,
        header.want_on,
        header.language.word(),
        crate::configurations::Choice::word(header.priority),
        header.notes,
        sinks.first().map(|sink| sink.configuration.family.word()).unwrap_or_default(),
        stage as Stage,
        user.id,
    );
    let order_id = order_id.fetch_one(&mut *tx).await?;
    let mut builds = Vec::new();
    for (position, sink) in (1i16..).zip(sinks) {
        let id = sqlx::query_scalar!(
            r#"
            insert into builds (order_id, position, number, number_key, stage, configuration, configuration_hash)
            values ($1, $2, $3, $4, $5, $6, $7)
            returning id
            "#,
            order_id,
            position,
            sink.number,
            key(&sink.number),
            stage as Stage,
            sink.configuration.document(),
            sink.configuration.hash(),
        );
        builds.push((id.fetch_one(&mut *tx).await?, sink.number.clone()));
    }
    sqlx::query!(
        "insert into order_history (order_id, user_id, from_stage, to_stage) values ($1, $2, 'draft', $3)",
        order_id,
        user.id,
        stage as Stage,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("update documents set order_id = $2 where draft_id = $1 and removed_at is null", draft_id, order_id)
        .execute(&mut *tx)
        .await?;
    Ok(NewOrder { id: order_id, number, builds })
}

/// The customer of this name, however it is spelled; a new one when there is none.
async fn customer(tx: &mut PgConnection, name: &str) -> Result<i64> {
    let id = sqlx::query_scalar!(
        r#"
        insert into customers (name, name_key) values ($1, $2)
        on conflict (name_key) do update set name_key = excluded.name_key
        returning id
        "#,
        name,
        key(name),
    );
    Ok(id.fetch_one(&mut *tx).await?)
}

/// `TOR-2026-0042`: counted per year without gaps, because the row stays locked until the order commits.
async fn next_number(tx: &mut PgConnection, year: i32) -> Result<String> {
    let last = sqlx::query_scalar!(
        r#"
        insert into order_numbers (year, last) values ($1, 1)
        on conflict (year) do update set last = order_numbers.last + 1
        returning last
        "#,
        year,
    );
    Ok(format!("TOR-{year}-{:04}", last.fetch_one(&mut *tx).await?))
}

async fn record(tx: &mut PgConnection, actor: &Actor, order: &NewOrder, header: &Header, sinks: &[Sink]) -> Result<()> {
    let builds: Vec<&str> = sinks.iter().map(|sink| sink.number.as_str()).collect();
    let after = json!({"po_number": header.po_number, "customer": header.customer, "want_on": header.want_on, "builds": builds});
    let entry =
        Entry { action: "submitted", noun: "orders", object_id: &order.number, after: Some(after), ..Entry::default() };
    audit::record(tx, actor, entry).await?;
    for sink in sinks {
        let after = json!({"order": order.number, "configuration_hash": sink.configuration.hash()});
        let entry = Entry {
            action: "configured",
            noun: "builds",
            object_id: &sink.number,
            after: Some(after),
            ..Entry::default()
        };
        audit::record(tx, actor, entry).await?;
        let Some((who, reason)) = &sink.allowed else { continue };
        let entry = Entry {
            action: "allowed basins wider than the sink",
            noun: "builds",
            object_id: &sink.number,
            after: Some(json!({"order": order.number, "allowed_by": who})),
            reason,
            ..Entry::default()
        };
        audit::record(tx, actor, entry).await?;
    }
    Ok(())
}

/// Says in words which number somebody else took in the meantime.
fn taken(error: Error) -> Error {
    let Error::Database(sqlx::Error::Database(cause)) = &error else { return error };
    let what = match cause.constraint() {
        Some("orders_po_key_key") => "PO number",
        Some("builds_number_key_key") => "build number",
        _ => return error,
    };
    Error::Stale(format!("Another order took this {what} a moment ago. Nothing was created; choose another {what}."))
}
