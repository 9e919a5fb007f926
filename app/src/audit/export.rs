//! /audit.csv and /audit.json: everything a search finds, and the trail of one record, written as it is read. Taking a
//! copy out of the house is itself written to the trail, before the first line leaves.

use super::asked;
use crate::{Page, csv::Writer, deadline, errors::Error, forms::Asked, hx::Hx};
use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::Stream;
use models::{
    audit::{
        self, Entry, Written,
        search::{self, Filter},
    },
    holds::Hold,
    site,
};
use poem::{
    Body, Response, handler,
    http::{StatusCode, header},
    web::Data,
};
use serde_json::{Value, json};
use sqlx::PgPool;

/// Entries read at once.
const STRETCH: usize = 1_000;
const HEADING: [&str; 18] = [
    "link",
    "entry",
    "at",
    "person",
    "account",
    "role",
    "session",
    "from",
    "request",
    "action",
    "kind",
    "record",
    "done",
    "reason",
    "before",
    "after",
    "hash_before",
    "hash",
];

#[handler]
pub async fn csv(hx: Hx, Asked(asked): Asked, Data(db): Data<&PgPool>) -> Page {
    let (typed, filter) = asked::read(db, &asked).await?;
    let filter = Filter { before: None, ..filter.map_err(Error::Invalid)? };
    note(&hx, db, "audit", "csv", &typed.query()).await?;
    let stretches = stretches(db.clone(), filter);
    let body = async_stream::try_stream! {
        yield Writer::new(&HEADING).finish();
        for await entries in stretches {
            let mut writer = Writer::default();
            for entry in entries? {
                writer.row(fields(&entry));
            }
            yield writer.finish();
        }
    };
    Ok(attachment(&format!("audit-{}.csv", site::today()), "text/csv; charset=utf-8", body))
}

#[handler]
pub async fn json(hx: Hx, Asked(asked): Asked, Data(db): Data<&PgPool>) -> Page {
    let (typed, filter) = asked::read(db, &asked).await?;
    let filter = Filter { before: None, ..filter.map_err(Error::Invalid)? };
    note(&hx, db, "audit", "json", &typed.query()).await?;
    let body = listed("[\n".into(), "]\n", stretches(db.clone(), filter));
    Ok(attachment(&format!("audit-{}.json", site::today()), "application/json", body))
}

/// The whole trail of one record, for machines: with the links of the chain, so that it can be checked elsewhere.
pub async fn record(hx: &Hx, db: &PgPool, noun: &str, object_id: &str) -> Page {
    let filter = Filter::about(noun, object_id);
    if search::page(db, &filter, 1).await?.is_empty() {
        return Err(Error::NotFound("The trail has nothing about this record.".into()));
    }
    let hold = Hold::on(db, noun, object_id).await?;
    let head = json!({
        "kind": noun, "record": object_id, "exported_at": time(Utc::now()),
        "hold": hold.map(|hold| json!({"since": time(hold.placed_at), "by": hold.placed_by, "reason": hold.reason})),
    });
    let head = head.to_string();
    note(hx, db, noun, object_id, "").await?;
    let body = listed(format!("{},\"entries\":[\n", head.trim_end_matches('}')), "]}\n", stretches(db.clone(), filter));
    let name: String =
        object_id.chars().map(|c| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '_' }).collect();
    Ok(attachment(&format!("trail-{name}.json"), "application/json", body))
}

async fn note(hx: &Hx, db: &PgPool, noun: &str, object_id: &str, query: &str) -> Result<(), Error> {
    let after = (!query.is_empty()).then(|| json!({ "search": query }));
    let mut tx = db.begin().await?;
    let entry = Entry { action: "exported the trail", noun, object_id, after, ..Entry::default() };
    audit::record(&mut tx, &hx.actor(), entry).await?;
    Ok(tx.commit().await?)
}

fn listed(
    open: String,
    close: &'static str,
    stretches: impl Stream<Item = std::io::Result<Vec<Written>>> + Send + 'static,
) -> impl Stream<Item = std::io::Result<String>> + Send + 'static {
    async_stream::try_stream! {
        yield open;
        let mut between = "";
        for await entries in stretches {
            let mut text = String::new();
            for entry in entries? {
                text.push_str(between);
                text.push_str(&object(&entry).to_string());
                between = ",\n";
            }
            yield text;
        }
        yield close.to_owned();
    }
}

fn stretches(db: PgPool, mut filter: Filter) -> impl Stream<Item = std::io::Result<Vec<Written>>> + Send {
    async_stream::try_stream! {
        loop {
            let entries = search::page(&db, &filter, STRETCH).await.map_err(std::io::Error::other)?;
            let (count, last) = (entries.len(), entries.last().map(|entry| entry.seq));
            if !entries.is_empty() {
                yield entries;
            }
            match last {
                Some(last) if count == STRETCH => filter.before = Some(last),
                _ => break,
            }
        }
    }
}

fn attachment(name: &str, kind: &str, body: impl Stream<Item = std::io::Result<String>> + Send + 'static) -> Response {
    Response::builder()
        .status(StatusCode::OK)
        .header(header::CONTENT_TYPE, kind)
        .header(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))
        .body(Body::from_bytes_stream(deadline::beside(body)))
}

fn fields(entry: &Written) -> [String; 18] {
    let content = |content: &Option<Value>| content.as_ref().map(Value::to_string).unwrap_or_default();
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    [
        number(entry.link),
        entry.seq.to_string(),
        time(entry.at),
        entry.user_name.clone(),
        number(entry.user_id),
        entry.role.clone(),
        entry.session.clone(),
        entry.peer.clone(),
        entry.request_id.clone(),
        entry.action.clone(),
        entry.noun.clone(),
        entry.object_id.clone(),
        if entry.success { "yes".into() } else { "no".into() },
        entry.reason.clone(),
        content(&entry.before),
        content(&entry.after),
        entry.prev_hash.clone().unwrap_or_default(),
        entry.hash.clone().unwrap_or_default(),
    ]
}

fn object(entry: &Written) -> Value {
    json!({
        "link": entry.link, "entry": entry.seq, "at": time(entry.at), "person": entry.user_name, "account": entry.user_id,
        "role": entry.role, "session": entry.session, "from": entry.peer, "request": entry.request_id,
        "action": entry.action, "kind": entry.noun, "record": entry.object_id, "done": entry.success,
        "reason": entry.reason, "before": entry.before, "after": entry.after,
        "hash_before": entry.prev_hash, "hash": entry.hash,
    })
}

/// To the microsecond, as it was hashed.
fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
