//! Validating a draft, and putting it in force.

use super::{Version, crumbs, find};
use crate::{Page, errors::Error, forms::Fields, hx::Hx, routes::Routes};
use jobs::Job;
use models::{
    jobs::Links,
    rules::{Status, Template, templates, validation::Report},
    users::Can,
};
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use views::rules::{Shown, publishing as view};

pub fn routes() -> Routes {
    Routes::new().get("/rules/:family/:version/publication", Can::EditRules, validate).post(
        "/rules/:family/:version/publication",
        Can::EditRules,
        publish,
    )
}

#[handler]
async fn validate(hx: Hx, Path(path): Path<Version>, Data(db): Data<&PgPool>) -> Page {
    let template = find(db, &path).await?;
    let report = templates::validate(db, &template).await?;
    let page = page(&hx, db, &template, &report, false).await?;
    Ok(hx.page("Validation", &crumbs(&template), page.clone(), page))
}

#[handler]
async fn publish(hx: Hx, Path(path): Path<Version>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let template = find(db, &path).await?;
    let seen: i32 = fields.get("lock_version").parse().unwrap_or(0);
    // The lock makes sure that what was validated here is what was shown, and what is published below.
    if template.status == Status::Draft && template.lock_version != seen {
        let said = "Somebody changed this version after you saw its validation. Look at it again.";
        return Err(Error::from(models::Error::Stale(said.into())));
    }
    let report = templates::validate(db, &template).await?;
    if !report.may_publish() || !fields.has("seen") {
        let page = page(&hx, db, &template, &report, report.may_publish()).await?;
        return Ok(hx.refused("Validation", &crumbs(&template), page));
    }
    let mut tx = db.begin().await?;
    templates::publish(&mut tx, &hx.actor(), &template, seen).await?;
    let links = Links {
        requested_by: hx.session().map(|session| session.user.id),
        trace_id: hx.request_id().into(),
        ..Links::default()
    };
    Job::ReplayGolden { template_id: Some(template.id) }.enqueue(&mut tx, links).await?;
    tx.commit().await?;
    Ok(hx.see(&views::rules::href(&template.family, template.version)))
}

async fn page(hx: &Hx, db: &PgPool, template: &Template, report: &Report, unseen: bool) -> Result<maud::Markup, Error> {
    let versions = templates::all(db).await?;
    let active = versions.iter().find(|one| one.family == template.family && one.status == Status::Active);
    let csrf = hx.csrf();
    let shown = Shown { template, csrf: &csrf, may_edit: true };
    Ok(view::report(&shown, active.map(|one| one.version), report, unseen))
}
