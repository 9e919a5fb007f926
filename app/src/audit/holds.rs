//! /audit/holds: records that must stay as they are, and why.

use super::crumb;
use crate::{
    Page,
    errors::Error,
    forms::{Asked, Fields},
    hx::Hx,
};
use chrono::Utc;
use models::holds::{self, Hold};
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use views::audit::holds::{self as view, Typed};

#[handler]
pub async fn index(hx: Hx, Asked(asked): Asked, Data(db): Data<&PgPool>) -> Page {
    let typed = Typed { noun: asked.get("noun").into(), record: asked.get("record").into(), ..Typed::default() };
    let page = view::page(&Hold::all(db).await?, &typed, &hx.csrf(), Utc::now());
    Ok(hx.page("Holds", &[crumb()], page.clone(), page))
}

#[handler]
pub async fn place(hx: Hx, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let get = |name: &str| fields.get(name).trim().to_owned();
    let mut tx = db.begin().await?;
    let (noun, record) = (get("noun"), get("record"));
    match holds::place(&mut tx, &hx.actor(), &noun, &record, fields.get("reason")).await {
        Err(models::Error::Invalid(problem)) => {
            drop(tx);
            let typed = Typed { noun, record, reason: fields.get("reason").into(), problem };
            let page = view::page(&Hold::all(db).await?, &typed, &hx.csrf(), Utc::now());
            return Ok(hx.refused("Error: Holds", &[crumb()], page));
        }
        placed => placed?,
    }
    tx.commit().await?;
    Ok(hx.see("/audit/holds"))
}

#[handler]
pub async fn lift(hx: Hx, Path(id): Path<String>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let id = id.parse().map_err(|_| Error::NotFound("Hold not found.".into()))?;
    let mut tx = db.begin().await?;
    holds::lift(&mut tx, &hx.actor(), id, fields.get("reason")).await?;
    tx.commit().await?;
    Ok(hx.see("/audit/holds"))
}
