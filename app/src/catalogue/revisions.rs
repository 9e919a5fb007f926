//! /catalogue/revisions: the list, one with its report, two compared, and which one is active.

use super::crumb;
use crate::{
    Page,
    errors::Error,
    forms::{self, Asked, Fields},
    hx::Hx,
    session::Signed,
};
use models::{
    catalogue::{browse, compare, defects::Report, revisions},
    users::{Can, User},
};
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use views::{catalogue::revisions as view, layout::Crumb};

#[handler]
pub async fn index(hx: Hx, Signed(user): Signed, Data(db): Data<&PgPool>) -> Page {
    let page = view::index(&revisions::all(db).await?, user.may(Can::EditCatalogue));
    Ok(hx.page("Catalogue revisions", &[crumb()], page.clone(), page))
}

#[handler]
pub async fn show(hx: Hx, Signed(user): Signed, Path(number): Path<String>, Data(db): Data<&PgPool>) -> Page {
    let wanted = read(&number)?;
    let page = page(&hx, db, &user, wanted, None).await?;
    Ok(hx.page(&format!("Catalogue revision {wanted}"), &crumbs(), page.clone(), page))
}

/// The page of a revision, with a reason that was refused if there is one.
async fn page(
    hx: &Hx,
    db: &PgPool,
    user: &User,
    wanted: i32,
    refused: Option<(&str, &str)>,
) -> Result<maud::Markup, Error> {
    let all = revisions::all(db).await?;
    let revision = all.iter().find(|revision| revision.number == wanted);
    let revision = revision.ok_or(models::Error::NotFound("Catalogue revision"))?;
    let others: Vec<i32> = all.iter().map(|other| other.number).filter(|other| *other != wanted).collect();
    let report = Report { defects: browse::defects(db, revision.id).await?, ..Report::default() };
    Ok(view::show(&hx.csrf(), revision, &others, &report, user.may(Can::EditCatalogue), refused))
}

#[handler]
pub async fn activate(
    hx: Hx,
    Signed(user): Signed,
    Path(number): Path<String>,
    fields: Fields,
    Data(db): Data<&PgPool>,
) -> Page {
    let number = read(&number)?;
    let rules = forms::Text { label: "The reason", longest: 500, lines: false };
    let reason = match forms::text(fields.get("reason"), rules) {
        Ok(reason) if !reason.is_empty() => reason,
        refused => {
            let said = refused.err().unwrap_or("Say why: the reason is kept in the audit trail.".into());
            let page = page(&hx, db, &user, number, Some((fields.get("reason"), &said))).await?;
            return Ok(hx.refused(&format!("Error: Catalogue revision {number}"), &crumbs(), page));
        }
    };
    let mut tx = db.begin().await?;
    revisions::activate(&mut tx, number, &reason, &hx.actor()).await?;
    tx.commit().await?;
    Ok(hx.see(&format!("/catalogue/revisions/{number}")))
}

#[handler]
pub async fn differences(hx: Hx, Asked(asked): Asked, Data(db): Data<&PgPool>) -> Page {
    let old = revisions::find(db, read(asked.get("old"))?).await?;
    let new = revisions::find(db, read(asked.get("new"))?).await?;
    let comparison = compare::compare(db, old.id, new.id).await?;
    let page = view::compare(old.number, new.number, &comparison);
    let title = format!("Revision {} and revision {}", old.number, new.number);
    Ok(hx.page(&title, &crumbs(), page.clone(), page))
}

fn crumbs() -> [Crumb; 2] {
    [crumb(), Crumb::new("Revisions", "/catalogue/revisions")]
}

fn read(number: &str) -> Result<i32, Error> {
    number.parse().map_err(|_| Error::NotFound("Catalogue revision not found.".into()))
}
