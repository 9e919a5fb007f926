//! /drafts: entering an order in five steps, each saved as it is typed.

mod accessories;
mod desk;
mod steps;
mod submit;
mod typed;

use crate::{Page, documents, hx::Hx, limits, routes::Routes, session::Signed};
use desk::Desk;
use models::configurations::Severity;
use models::drafts::{Draft, OrderAnswers};
use models::users::Can;
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use typed::Typed;
use views::configurator as view;
use views::configurator::Step;
use views::layout::Crumb;

pub fn routes() -> Routes {
    let may = Can::EnterOrders;
    Routes::new()
        .get("/drafts", may, index)
        .post("/drafts", may, create)
        .takes(&[])
        .get("/drafts/:id", may, open)
        .get("/drafts/:id/customer", may, steps::show_customer)
        .post("/drafts/:id/customer", may, steps::save_customer)
        .takes(&typed::CUSTOMER)
        .limit(limits::CONFIGURATION)
        .get("/drafts/:id/family", may, steps::show_family)
        .post("/drafts/:id/family", may, steps::save_family)
        .takes(&typed::FAMILY)
        .get("/drafts/:id/builds/:position", may, steps::show_build)
        .post("/drafts/:id/builds/:position", may, steps::save_build)
        .takes(&typed::BUILD)
        .limit(limits::CONFIGURATION)
        .post("/drafts/:id/builds/:position/copy", may, steps::copy)
        .takes(&["editor", "version", "from"])
        .post("/drafts/:id/builds/:position/override", Can::OverrideGeometry, steps::allow)
        .takes(&["reason"])
        .get("/drafts/:id/builds/:position/accessories", may, accessories::show)
        .post("/drafts/:id/builds/:position/accessories", may, accessories::save)
        .takes(&["editor", "version", "go", "search", "accessory-*"])
        .limit(limits::CONFIGURATION)
        .get("/drafts/:id/review", may, submit::show)
        .post("/drafts/:id/submit", may, submit::create)
        .takes(&[])
        .get("/drafts/:id/discard", may, ask_discard)
        .post("/drafts/:id/discard", may, discard)
        .takes(&[])
        .and(documents::routes())
}

#[handler]
async fn index(hx: Hx, Signed(user): Signed, Data(db): Data<&PgPool>) -> Page {
    let drafts = Draft::open(db, &user).await?;
    let list = view::whole(&view::drafts::list(&drafts, &user.name, &hx.csrf(), &chrono::Utc::now()));
    Ok(hx.page("Drafts", &[orders()], list.clone(), list))
}

#[handler]
async fn create(hx: Hx, Signed(user): Signed, Data(db): Data<&PgPool>) -> Page {
    let mut tx = db.begin().await?;
    let id = Draft::create(&mut tx, &user, &OrderAnswers::default()).await?;
    tx.commit().await?;
    Ok(hx.see(&Step::Customer.path(id)))
}

/// The first step with something open, or the review.
#[handler]
async fn open(hx: Hx, Signed(user): Signed, Path(id): Path<i64>, Data(db): Data<&PgPool>) -> Page {
    let desk = Desk::open(db, &user, id).await?;
    let sheet = desk.sheet(&hx, &user, Step::Customer);
    let builds = 1..=sheet.sheet().builds();
    let steps = [Step::Customer, Step::Family].into_iter();
    let steps = steps.chain(builds.clone().map(Step::Build)).chain(builds.map(Step::Accessories));
    let first = steps.into_iter().find(|step| {
        let problems = sheet.sheet().problems(*step);
        problems.iter().any(|problem| matches!(problem.severity, Severity::Missing | Severity::Error))
    });
    Ok(hx.see(&first.unwrap_or(Step::Review).path(id)))
}

#[handler]
async fn ask_discard(hx: Hx, Signed(user): Signed, Path(id): Path<i64>, Data(db): Data<&PgPool>) -> Page {
    let draft = Draft::find(db, &user, id).await?;
    let name = draft.answers.customer.trim();
    let name = if name.is_empty() { format!("order {id}") } else { name.chars().take(100).collect() };
    let question = view::whole(&view::drafts::discard(id, &name, &hx.csrf()));
    Ok(hx.page("Discard draft", &crumbs(), question.clone(), question))
}

#[handler]
async fn discard(hx: Hx, Signed(user): Signed, Path(id): Path<i64>, Data(db): Data<&PgPool>) -> Page {
    let mut tx = db.begin().await?;
    Draft::discard(&mut tx, &user, &hx.actor(), id).await?;
    tx.commit().await?;
    Ok(hx.see("/drafts"))
}

fn orders() -> Crumb {
    Crumb::new("Orders", "/orders")
}

/// Above every step.
fn crumbs() -> [Crumb; 2] {
    [orders(), Crumb::new("Drafts", "/drafts")]
}

/// Step 1 again, with the sentence about a document that could not be kept.
pub async fn refuse_document(hx: Hx, user: models::users::User, db: &PgPool, id: i64, sentence: &str) -> Page {
    let desk = Desk::open(db, &user, id).await?;
    let table = desk.sheet(&hx, &user, Step::Customer);
    let mut response = steps::show(&hx, db, &desk, &table, None, &Typed::of("upload", sentence)).await?;
    response.set_status(poem::http::StatusCode::UNPROCESSABLE_ENTITY);
    Ok(response)
}
