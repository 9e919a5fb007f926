//! /rules: the versions of the BOM rules, and one version with its lines, tables and choices.

mod drafts;
mod publishing;

use crate::{Page, errors::Error, hx::Hx, routes::Routes, session::Signed};
use models::{
    rules::{Rules, Template, signing, templates},
    users::Can,
};
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use views::{
    layout::Crumb,
    rules::{self as view, Part, Shown},
};

pub fn routes() -> Routes {
    Routes::new()
        .get("/rules", Can::SeeRules, index)
        .get("/rules/:family/:version", Can::SeeRules, lines)
        .get("/rules/:family/:version/tables", Can::SeeRules, tables)
        .get("/rules/:family/:version/choices", Can::SeeRules, choices)
        .get("/rules/:family/:version/language", Can::SeeRules, language)
        .post("/rules/:family/:version/copies", Can::CopyRules, copy)
        .takes(&[])
        .and(drafts::routes())
        .and(publishing::routes())
}

#[handler]
async fn index(hx: Hx, Data(db): Data<&PgPool>) -> Page {
    let page = view::index(&templates::all(db).await?);
    Ok(hx.page("BOM rules", &[], page.clone(), page))
}

#[handler]
async fn lines(hx: Hx, Signed(user): Signed, Path(path): Path<Version>, Data(db): Data<&PgPool>) -> Page {
    show(hx, user.may(Can::EditRules), path, db, Part::Lines).await
}

#[handler]
async fn tables(hx: Hx, Signed(user): Signed, Path(path): Path<Version>, Data(db): Data<&PgPool>) -> Page {
    show(hx, user.may(Can::EditRules), path, db, Part::Tables).await
}

#[handler]
async fn choices(hx: Hx, Signed(user): Signed, Path(path): Path<Version>, Data(db): Data<&PgPool>) -> Page {
    show(hx, user.may(Can::EditRules), path, db, Part::Choices).await
}

#[handler]
async fn language(hx: Hx, Signed(user): Signed, Path(path): Path<Version>, Data(db): Data<&PgPool>) -> Page {
    show(hx, user.may(Can::EditRules), path, db, Part::Language).await
}

#[handler]
async fn copy(hx: Hx, Path(path): Path<Version>, Data(db): Data<&PgPool>) -> Page {
    let template = find(db, &path).await?;
    let mut tx = db.begin().await?;
    let version = templates::copy(&mut tx, &hx.actor(), &template).await?;
    tx.commit().await?;
    Ok(hx.see(&view::href(&template.family, version)))
}

/// Family and version in the address.
type Version = (String, String);

async fn show(hx: Hx, may_edit: bool, path: Version, db: &PgPool, part: Part) -> Page {
    let template = find(db, &path).await?;
    let problems = Rules::compile(template.clone()).err().unwrap_or_default();
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let signed = signing::signed(db, &template).await?;
    let csrf = hx.csrf();
    let page = view::show(&Shown { template: &template, csrf: &csrf, may_edit }, part, &problems, &signed);
    Ok(hx.page(&view::title(&template.family, template.version), &[crumb()], page.clone(), page))
}

fn crumb() -> Crumb {
    Crumb::new("BOM rules", "/rules")
}

/// The way to a page below a version.
fn crumbs(template: &Template) -> [Crumb; 2] {
    let href = view::href(&template.family, template.version);
    [crumb(), Crumb::new(format!("Version {}", template.version), href)]
}

async fn find(db: &PgPool, (family, version): &Version) -> Result<Template, Error> {
    let missing = || Error::NotFound("Version of the BOM rules not found.".into());
    let version = version.parse().map_err(|_| missing())?;
    Ok(templates::find(db, family, version).await?)
}
