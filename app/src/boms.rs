//! /builds/…/bom: the BOM of a build, its versions, what they differ in, and asking for the next one.

use crate::{
    Page,
    boms::query::Asking,
    budgets,
    errors::Error,
    forms::{Asked, Fields},
    hx::Hx,
    limits,
    routes::Routes,
    session::Signed,
};
use chrono::Utc;
use jobs::{Job, Kind};
use models::{
    audit::{self, Entry},
    boms::{
        approval::{self as approval_model, Review},
        causes,
        sheet::Sheet,
        versions::{Book, Version},
    },
    jobs::{Links, Run, Standing, State},
    users::{Can, User},
};
use poem::{
    Response, handler,
    web::{Data, Path},
};
use serde_json::json;
use sqlx::PgPool;
use views::{boms as view, jobs::Hand, layout::Crumb};

mod approval;
mod export;
mod query;

pub use approval::{unproven, waiting};

pub fn routes() -> Routes {
    Routes::new()
        .get("/builds/:number/bom", Can::SeeBoms, in_force)
        .post("/builds/:number/bom", Can::GenerateBoms, generate)
        .takes(&["after"])
        .get("/builds/:number/bom/regenerate", Can::GenerateBoms, ask)
        .get("/builds/:number/bom/job", Can::SeeBoms, progress)
        .get("/builds/:number/bom/compare", Can::SeeBoms, compare)
        .get("/builds/:number/bom/:version", Can::SeeBoms, numbered)
        .deadline(limits::EXPORT)
        .get("/builds/:number/bom/:version/print", Can::SeeBoms, print)
        .deadline(limits::EXPORT)
        .get("/builds/:number/bom/:version/approval", Can::ApproveBoms, approval::show)
        .post("/builds/:number/bom/:version/approval", Can::ApproveBoms, approval::approve)
        .takes(&["meaning", "content", "reason", "password", "passkey"])
        .post("/builds/:number/bom/:version/return", Can::SendBackBoms, approval::send_back)
        .takes(&["content", "comment"])
}

#[handler]
async fn in_force(
    hx: Hx,
    Signed(user): Signed,
    Path(number): Path<String>,
    asked: Asked,
    Data(db): Data<&PgPool>,
) -> Page {
    let book = open(db, &user, &number).await?;
    match book.active() {
        Some(version) => show(&hx, &user, db, &book, version, &asked).await,
        None => {
            let standing = standing(db, &book).await?;
            let csrf = hx.csrf();
            let (address, may_generate) = (view::address::base(&book.build), user.may(Can::GenerateBoms));
            let hand = hand(&user, &csrf, &address);
            let page = view::none_yet(&book, standing.as_ref(), may_generate, hand, &csrf, Utc::now());
            Ok(hx.page(&format!("BOM of build {}", book.build), &crumbs(&book), page.clone(), page))
        }
    }
}

#[handler]
async fn numbered(
    hx: Hx,
    Signed(user): Signed,
    Path((number, version)): Path<(String, String)>,
    asked: Asked,
    Data(db): Data<&PgPool>,
) -> Page {
    let book = open(db, &user, &number).await?;
    if let Some(version) = version.strip_suffix(".csv") {
        let version = find(&book, version)?;
        let sheet = Sheet::load(db, version).await?;
        return Ok(export::csv(&book, version, &sheet, view::View::from_word(asked.0.get("view"))));
    }
    show(&hx, &user, db, &book, find(&book, &version)?, &asked).await
}

#[handler]
async fn print(
    hx: Hx,
    Signed(user): Signed,
    Path((number, version)): Path<(String, String)>,
    Data(db): Data<&PgPool>,
) -> Page {
    let book = open(db, &user, &number).await?;
    let version = find(&book, &version)?;
    let sheet = Sheet::load(db, version).await?;
    let asking = Asking::default();
    let review = Review::of(db, &user, &book, version).await?;
    let page = page_of((&book, version, &sheet), &review, &asking, None, (&user, "", ""));
    let paper = view::paper::page(&page, &user.name);
    let title = format!("BOM of build {}, version {}", book.build, version.version);
    Ok(hx.page(&title, &crumbs(&book), paper.clone(), paper))
}

#[handler]
async fn compare(
    hx: Hx,
    Signed(user): Signed,
    Path(number): Path<String>,
    asked: Asked,
    Data(db): Data<&PgPool>,
) -> Page {
    let book = open(db, &user, &number).await?;
    let (one, other) = (find(&book, asked.0.get("from"))?, find(&book, asked.0.get("to"))?);
    let (old, new) = if one.version <= other.version { (one, other) } else { (other, one) };
    let comparison = causes::compare(db, old, new).await?;
    let page = view::compare::page(&book, old, new, &comparison);
    let title = format!("Version {} to {}", old.version, new.version);
    let mut crumbs = crumbs(&book);
    crumbs.push(Crumb::new(format!("BOM of build {}", book.build), view::address::base(&book.build)));
    Ok(hx.page(&title, &crumbs, page.clone(), page))
}

/// The job alone, for the part of a page that fetches itself.
#[handler]
async fn progress(
    hx: Hx,
    Signed(user): Signed,
    Path(number): Path<String>,
    asked: Asked,
    Data(db): Data<&PgPool>,
) -> Page {
    let book = open(db, &user, &number).await?;
    let seen = asked.0.get("seen").parse().ok().filter(|seen| *seen > 0);
    let standing = standing(db, &book).await?;
    let (csrf, address) = (hx.csrf(), view::address::base(&book.build));
    let part = view::progress(&book, seen, standing.as_ref(), hand(&user, &csrf, &address), Utc::now());
    Ok(hx.page(&format!("BOM of build {}", book.build), &crumbs(&book), views::layout::main(part.clone()), part))
}

#[handler]
async fn ask(hx: Hx, Signed(user): Signed, Path(number): Path<String>, Data(db): Data<&PgPool>) -> Page {
    let book = open(db, &user, &number).await?;
    let page = view::regenerate::page(&book, &hx.csrf());
    Ok(hx.page(&format!("Regenerate the BOM of build {}", book.build), &crumbs(&book), page.clone(), page))
}

/// Asks for the version after the one the person saw. Who asks too late finds the version somebody else asked for.
#[handler]
async fn generate(
    hx: Hx,
    Signed(user): Signed,
    Path(number): Path<String>,
    fields: Fields,
    Data(db): Data<&PgPool>,
) -> Page {
    let book = open(db, &user, &number).await?;
    let seen = fields.get("after").parse().unwrap_or(0);
    let mut tx = db.begin().await?;
    let active = book.hold(&mut tx).await?;
    user.must_now(Can::GenerateBoms, &approval_model::stage_states(&mut *tx, book.build_id).await?)?;
    if active == seen {
        let links = Links {
            order_id: Some(book.order_id),
            build_id: Some(book.build_id),
            requested_by: Some(user.id),
            trace_id: hx.request_id().into(),
            ..Links::default()
        };
        budgets::room_for_job(&mut tx, &user).await?;
        let run = Job::GenerateBom { build_id: book.build_id }.enqueue(&mut tx, links).await?;
        // While an earlier request's job lives, this one asked for nothing new.
        if run.trace_id == hx.request_id() {
            let after = json!({ "job": run.id, "after_version": active });
            let entry = Entry {
                action: "asked for",
                noun: "boms",
                object_id: &book.build,
                after: Some(after),
                ..Entry::default()
            };
            audit::record(&mut tx, &hx.actor(), entry).await?;
        }
    }
    tx.commit().await?;
    Ok(hx.see(&view::address::base(&book.build)))
}

/// The build's book, for somebody who may read it.
async fn open(db: &PgPool, user: &User, number: &str) -> Result<Book, Error> {
    let book = Book::find(db, number).await?;
    book.must_show(user)?;
    Ok(book)
}

fn find<'a>(book: &'a Book, version: &str) -> Result<&'a Version, Error> {
    let number = version
        .parse()
        .map_err(|_| Error::NotFound(format!("The BOM of build {} has no version {version}.", book.build)))?;
    Ok(book.version(number)?)
}

async fn show(hx: &Hx, user: &User, db: &PgPool, book: &Book, version: &Version, asked: &Asked) -> Page {
    let sheet = Sheet::load(db, version).await?;
    let standing = standing(db, book).await?;
    let asking = Asking::read(&asked.0, sheet.lines.len());
    let csrf = hx.csrf();
    let address = view::address::base(&book.build);
    let review = Review::of(db, user, book, version).await?;
    let hand = (user, csrf.as_str(), address.as_str());
    let page = view::page(&page_of((book, version, &sheet), &review, &asking, standing.as_ref(), hand));
    Ok(hx.page(&format!("BOM of build {}", book.build), &crumbs(book), page.clone(), page))
}

fn page_of<'a>(
    (book, version, sheet): (&'a Book, &'a Version, &'a Sheet),
    review: &'a Review,
    asking: &'a Asking,
    standing: Option<&'a Standing>,
    (user, csrf, address): (&'a User, &'a str, &'a str),
) -> view::Page<'a> {
    let (may_generate, hand) = (user.may_now(Can::GenerateBoms, &review.states), hand(user, csrf, address));
    let (view, wish) = (asking.view, &asking.wish);
    view::Page { book, version, sheet, review, user, view, wish, standing, may_generate, hand, csrf, now: Utc::now() }
}

/// What the person may do with the BOM's jobs.
fn hand<'a>(user: &User, csrf: &'a str, address: &'a str) -> Hand<'a> {
    Hand { may_see: user.may(Can::SeeJobs), csrf: user.may(Can::SteerJobs).then_some(csrf), address }
}

/// The latest job for this BOM, unless it ended well.
async fn standing(db: &PgPool, book: &Book) -> Result<Option<Standing>, Error> {
    let runs = Run::of_build(db, book.build_id).await?;
    let latest = runs.into_iter().find(|run| run.kind == Kind::GenerateBom.word());
    match latest {
        Some(run) if !matches!(run.state, State::Done | State::Discarded) => Ok(Some(Standing::of(db, run).await?)),
        _ => Ok(None),
    }
}

fn crumbs(book: &Book) -> Vec<Crumb> {
    vec![
        Crumb::new("Orders", "/orders"),
        Crumb::new(&book.order, format!("/orders/{}", view::address::encode(&book.order))),
    ]
}

/// Saves a file; named by the build and the version.
fn file(book: &Book, version: &Version, writer: crate::csv::Writer, what: &str) -> Response {
    writer.attachment(&format!("BOM-{}-v{}-{what}.csv", book.build, version.version))
}
