//! /people/groups: which group of the company account gives which role here.

use crate::{
    Page,
    errors::Error,
    forms::{Asked, Fields, Text, text},
    hx::Hx,
    routes::Routes,
    settings::role,
};
use models::{
    company::groups::{self, Group},
    users::Can,
};
use poem::{
    Response, handler,
    web::{Data, Path},
};
use sqlx::{PgPool, Postgres, Transaction};
use views::{
    layout::Crumb,
    people::groups::{self as view, List, Typed},
};

pub fn routes() -> Routes {
    Routes::new()
        .get("/people/groups", Can::ManagePeople, index)
        .post("/people/groups", Can::ManagePeople, add)
        .takes(&["name", "role", "reason"])
        .get("/people/groups/:id", Can::ManagePeople, show)
        .post("/people/groups/:id", Can::ManagePeople, change)
        .takes(&["revision", "role", "reason"])
        .post("/people/groups/:id/removal", Can::ManagePeople, remove)
        .takes(&["revision", "reason"])
}

#[handler]
async fn index(hx: Hx, asked: Asked, Data(db): Data<&PgPool>) -> Page {
    let page = asked.0.get("page").parse::<i64>().unwrap_or(1).clamp(1, 10_000);
    let page = list(&hx, db, asked.0.get("search"), page, &Typed::default()).await?;
    Ok(hx.page(TITLE, &crumbs()[..1], page.clone(), page))
}

#[handler]
async fn add(hx: Hx, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let typed =
        Typed { name: fields.get("name"), role: fields.get("role"), reason: fields.get("reason"), problems: &[] };
    let wrong = match judged(&fields) {
        Ok(reason) => {
            let role = role(typed.role).map_err(|_| Error::Invalid("Choose a role.".into()))?;
            let mut tx = db.begin().await?;
            match groups::add(&mut tx, &hx.actor(), typed.name, role, &reason).await {
                Err(models::Error::Invalid(sentence)) => ("name", sentence),
                added => {
                    added?;
                    tx.commit().await?;
                    return Ok(hx.see("/people/groups"));
                }
            }
        }
        Err(wrong) => wrong,
    };
    let page = list(&hx, db, "", 1, &Typed { problems: &[(wrong.0, &wrong.1)], ..typed }).await?;
    Ok(hx.refused("Error: Groups and roles", &crumbs()[..1], page))
}

#[handler]
async fn show(hx: Hx, Path(id): Path<i64>, Data(db): Data<&PgPool>) -> Page {
    let group = groups::find(db, id).await?;
    let page = view::show(&hx.csrf(), &group, &Typed::default());
    Ok(hx.page(&group.name, &crumbs(), page.clone(), page))
}

#[handler]
async fn change(hx: Hx, Path(id): Path<i64>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let mut group = groups::find(db, id).await?;
    group.revision = fields.get("revision").parse().unwrap_or_default();
    let typed = Typed { role: fields.get("role"), reason: fields.get("reason"), ..Typed::default() };
    let reason = match judged(&fields) {
        Ok(reason) => reason,
        Err((field, sentence)) => return Ok(refused(&hx, &group, Typed { problems: &[(field, &sentence)], ..typed })),
    };
    let role = role(typed.role).map_err(|_| Error::Invalid("Choose a role.".into()))?;
    let mut tx = db.begin().await?;
    let changed = groups::change(&mut tx, &hx.actor(), &group, role, &reason).await;
    settle(&hx, db, tx, id, changed).await
}

#[handler]
async fn remove(hx: Hx, Path(id): Path<i64>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let mut group = groups::find(db, id).await?;
    group.revision = fields.get("revision").parse().unwrap_or_default();
    let reason = fields.get("reason");
    if reason.trim().is_empty() {
        return Ok(refused(
            &hx,
            &group,
            Typed { problems: &[("removal", "Say why. The reason is kept.")], ..Typed::default() },
        ));
    }
    let mut tx = db.begin().await?;
    let removed = groups::remove(&mut tx, &hx.actor(), &group, reason).await;
    settle(&hx, db, tx, id, removed).await
}

/// The reason, or the field and the sentence of what is wrong.
fn judged(fields: &Fields) -> Result<String, (&'static str, String)> {
    if role(fields.get("role")).is_err() {
        return Err(("role", "Choose a role.".into()));
    }
    let reason = text(fields.get("reason"), Text { label: "The reason", longest: 300, lines: false });
    match reason.map_err(|told| ("reason", told))? {
        reason if reason.is_empty() => Err(("reason", "Say why. The reason is kept.".into())),
        reason => Ok(reason),
    }
}

/// Keeps what was changed; a change that came too late shows how things stand.
async fn settle(hx: &Hx, db: &PgPool, tx: Transaction<'_, Postgres>, id: i64, changed: models::Result<()>) -> Page {
    match changed {
        Err(models::Error::Stale(sentence)) => {
            drop(tx);
            let group = groups::find(db, id).await?;
            let page =
                view::show(&hx.csrf(), &group, &Typed { problems: &[("reason", &sentence)], ..Typed::default() });
            Ok(hx.conflict("Error: Group", &crumbs(), page))
        }
        changed => {
            changed?;
            tx.commit().await?;
            Ok(hx.see("/people/groups"))
        }
    }
}

fn refused(hx: &Hx, group: &Group, typed: Typed<'_>) -> Response {
    hx.refused("Error: Group", &crumbs(), view::show(&hx.csrf(), group, &typed))
}

async fn list(hx: &Hx, db: &PgPool, search: &str, page: i64, typed: &Typed<'_>) -> Result<maud::Markup, Error> {
    let (groups, total) = groups::list(db, search, page - 1).await?;
    let csrf = hx.csrf();
    Ok(view::index(&List { csrf: &csrf, now: chrono::Utc::now(), groups: &groups, total, page, search, typed }))
}

const TITLE: &str = "Groups and roles";

fn crumbs() -> [Crumb; 2] {
    [Crumb::new("People", "/people"), Crumb::new(TITLE, "/people/groups")]
}
