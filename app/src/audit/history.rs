//! The history of one record: under the record's own address for whoever may see it, and under /audit for any record.

use super::{crumb, export};
use crate::{
    Page,
    errors::Error,
    forms::{Asked, Fields},
    hx::{Hx, encode},
    session::Signed,
};
use chrono::Utc;
use models::{
    audit::search::{self, Filter, PAGE},
    holds::Hold,
    users::{Can, User},
};
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use views::{audit as view, layout::Crumb};

/// Which record, and where its history stands.
struct Place<'a> {
    noun: &'a str,
    object_id: &'a str,
    /// The record as pages call it.
    name: String,
    address: String,
    crumbs: Vec<Crumb>,
}

#[handler]
pub async fn record(
    hx: Hx,
    Signed(user): Signed,
    Path((noun, record)): Path<(String, String)>,
    Asked(asked): Asked,
    Data(db): Data<&PgPool>,
) -> Page {
    if let Some(object_id) = record.strip_suffix(".json") {
        return export::record(&hx, db, &noun, object_id).await;
    }
    let place = Place {
        noun: &noun,
        object_id: &record,
        name: format!("{} {record}", noun.replace('_', " ")),
        address: view::record_href(&noun, &record),
        crumbs: vec![crumb()],
    };
    let filter = Filter::about(&noun, &record);
    show(&hx, &user, db, &asked, place, filter).await
}

#[handler]
pub async fn order(
    hx: Hx,
    Signed(user): Signed,
    Path(number): Path<String>,
    Asked(asked): Asked,
    Data(db): Data<&PgPool>,
) -> Page {
    let page = format!("/orders/{}", encode(&number));
    let filter = search::about_order(db, &number).await?;
    show(&hx, &user, db, &asked, Place::of("orders", &number, "Orders", &page), filter).await
}

#[handler]
pub async fn build(
    hx: Hx,
    Signed(user): Signed,
    Path(number): Path<String>,
    Asked(asked): Asked,
    Data(db): Data<&PgPool>,
) -> Page {
    let page = format!("/builds/{}", encode(&number));
    let filter = search::about_build(&number);
    show(&hx, &user, db, &asked, Place::of("builds", &number, "Orders", &page), filter).await
}

#[handler]
pub async fn item(
    hx: Hx,
    Signed(user): Signed,
    Path(number): Path<String>,
    Asked(asked): Asked,
    Data(db): Data<&PgPool>,
) -> Page {
    let page = views::catalogue::item_href(&number);
    let filter = Filter::about("items", &number);
    show(&hx, &user, db, &asked, Place::of("items", &number, "Catalogue", &page), filter).await
}

#[handler]
pub async fn rules(
    hx: Hx,
    Signed(user): Signed,
    Path((family, version)): Path<(String, String)>,
    Asked(asked): Asked,
    Data(db): Data<&PgPool>,
) -> Page {
    let (id, page) = (format!("{family}-{version}"), format!("/rules/{}/{}", encode(&family), encode(&version)));
    let filter = Filter::about("rules", &id);
    show(&hx, &user, db, &asked, Place::of("rules", &id, "BOM rules", &page), filter).await
}

#[handler]
pub async fn person(
    hx: Hx,
    Signed(user): Signed,
    Path(id): Path<String>,
    Asked(asked): Asked,
    Data(db): Data<&PgPool>,
) -> Page {
    let page = format!("/people/{}", encode(&id));
    let filter = Filter::about("users", &id);
    show(&hx, &user, db, &asked, Place::of("users", &id, "People", &page), filter).await
}

impl<'a> Place<'a> {
    /// A record that has a page of its own, under the list of its kind.
    fn of(noun: &'a str, object_id: &'a str, list: &str, page: &str) -> Place<'a> {
        let way = match page.split('/').nth(1).unwrap_or_default() {
            "builds" => "/orders".into(),
            first => format!("/{first}"),
        };
        let crumbs = vec![Crumb::new(list, way), Crumb::new(object_id, page)];
        Place { noun, object_id, name: object_id.into(), address: format!("{page}/history"), crumbs }
    }
}

async fn show(hx: &Hx, user: &User, db: &PgPool, asked: &Fields, place: Place<'_>, filter: Filter) -> Page {
    let before = match asked.get("before") {
        "" => None,
        seq => Some(
            seq.parse::<i64>().map_err(|_| Error::Invalid(format!("Before: “{seq}” is no entry. It is a number.")))?,
        ),
    };
    let filter = Filter { before, ..filter };
    let mut entries = search::page(db, &filter, PAGE + 1).await?;
    // An item nobody has touched by hand has a page all the same.
    if entries.is_empty() && before.is_none() && place.noun != "items" {
        return Err(Error::NotFound("The trail has nothing about this record.".into()));
    }
    let has_older = entries.len() > PAGE;
    entries.truncate(PAGE);
    let older = entries.last().filter(|_| has_older).map(|last| format!("{}?before={}", place.address, last.seq));
    let hold = Hold::on(db, place.noun, place.object_id).await?;
    let title = format!("History of {}", place.name);
    let page = view::history::page(&view::history::History {
        title: &title,
        noun: place.noun,
        object_id: place.object_id,
        entries: &entries,
        older: older.as_deref(),
        hold: hold.as_ref(),
        sees_audit: user.may(Can::SeeAudit),
        now: Utc::now(),
    });
    Ok(hx.page(&title, &place.crumbs, page.clone(), page))
}
