//! /catalogue/import: three files are checked, the report is read, then the import is meant.

use super::crumb;
use crate::{Page, errors::Error, forms::Fields, hx::Hx, limits, routes::Upload, session::Signed};
use maud::Markup;
use models::{
    audit::{self, Entry},
    catalogue::{
        Files,
        files::{FILE_LIMIT, NAMES, too_large},
        handmade::Lost,
        import::{self, Examined, Outcome},
        revisions, uploads,
    },
    users::User,
};
use poem::{
    handler,
    web::{Data, Path},
};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;
use views::catalogue::import as view;

#[handler]
pub async fn form(hx: Hx) -> Page {
    let page = view::form(&hx.csrf(), None, None);
    Ok(hx.page("Import catalogue", &[crumb()], page.clone(), page))
}

/// The dry run: the files are judged, and kept for the import when nothing forbids it.
#[handler]
pub async fn check(hx: Hx, Signed(user): Signed, upload: Upload, Data(db): Data<&PgPool>) -> Page {
    let files = match tokio::time::timeout(limits::BODY_DEADLINE, read(upload)).await {
        Ok(Ok(files)) => files,
        Ok(Err(Refusal::Sentence(problem))) => return Ok(refused(&hx, &problem, None)),
        Ok(Err(Refusal::Broken(error))) => return Err(error),
        Err(_) => return Ok(refused(&hx, "The files took longer than a minute to arrive. Choose them again.", None)),
    };
    let (files, examined) = examine(files).await?;
    let mut tx = db.begin().await?;
    if examined.report.is_refused() {
        let refusals = examined.report.defects.len();
        let after = json!({ "digest": examined.digest, "refusals": refusals });
        let entry =
            Entry { action: "refused", noun: "catalogue", object_id: "upload", after: Some(after), ..Entry::default() };
        audit::refused(&mut tx, &hx.actor(), entry).await?;
        tx.commit().await?;
        let problem = "This catalogue cannot be imported: see the report. Nothing was saved.";
        return Ok(refused(&hx, problem, Some(&examined)));
    }
    let upload = uploads::keep(&mut tx, &files, user.id).await?;
    tx.commit().await?;
    Ok(hx.see(&format!("/catalogue/import/{upload}")))
}

#[handler]
pub async fn dry_run(hx: Hx, Signed(user): Signed, Path(upload): Path<String>, Data(db): Data<&PgPool>) -> Page {
    let upload = id(&upload)?;
    let (_, examined) = examine(uploads::find(db, upload, user.id).await?).await?;
    let lost = import::loses(&mut *db.acquire().await?, &examined).await?;
    let page = judged(&hx, db, upload, &examined, &lost, false).await?;
    Ok(hx.page("Check of the catalogue", &[crumb()], page.clone(), page))
}

/// The report with what the import would do. `unsaid` is set when nobody agreed to lose what is lost.
async fn judged(
    hx: &Hx,
    db: &PgPool,
    upload: Uuid,
    examined: &Examined,
    lost: &[Lost],
    unsaid: bool,
) -> Result<Markup, Error> {
    let next = revisions::all(db).await?.first().map_or(1, |last| last.number + 1);
    let dry = view::Dry {
        csrf: &hx.csrf(),
        action: &format!("/catalogue/import/{upload}"),
        report: &examined.report,
        known: revisions::with_digest(db, &examined.digest).await?,
        next,
        lost,
        unsaid,
    };
    Ok(view::dry_run(&dry))
}

#[handler]
pub async fn confirm(
    hx: Hx,
    Signed(user): Signed,
    Path(upload): Path<String>,
    fields: Fields,
    Data(db): Data<&PgPool>,
) -> Page {
    let upload = id(&upload)?;
    let (_, examined) = examine(uploads::find(db, upload, user.id).await?).await?;
    let mut tx = db.begin().await?;
    let label = label(&user);
    let gives_up = fields.get("gives_up").parse().unwrap_or(0);
    let outcome = import::store(&mut tx, &examined, &label, &hx.actor(), gives_up).await?;
    let place = match outcome {
        Outcome::Imported(numbers) => {
            numbers.last().map_or("/catalogue".into(), |number| format!("/catalogue/revisions/{number}"))
        }
        Outcome::Known(number) => format!("/catalogue/revisions/{number}"),
        Outcome::Refused => {
            return Ok(refused(&hx, "This catalogue cannot be imported. Nothing was saved.", Some(&examined)));
        }
        Outcome::Loses(lost) => {
            tx.rollback().await?;
            let page = judged(&hx, db, upload, &examined, &lost, true).await?;
            return Ok(hx.refused("Error: Check of the catalogue", &[crumb()], page));
        }
    };
    uploads::forget(&mut *tx, upload, user.id).await?;
    tx.commit().await?;
    Ok(hx.see(&place))
}

#[handler]
pub async fn forget(hx: Hx, Signed(user): Signed, Path(upload): Path<String>, Data(db): Data<&PgPool>) -> Page {
    uploads::forget(db, id(&upload)?, user.id).await?;
    Ok(hx.see("/catalogue"))
}

fn label(user: &User) -> String {
    format!("Uploaded by {}", user.name)
}

fn id(upload: &str) -> Result<Uuid, Error> {
    upload.parse().map_err(|_| Error::NotFound("Upload not found.".into()))
}

/// Judging the files is work for a second at the outer limit: not on the threads that answer.
async fn examine(files: Files) -> Result<(Files, Examined), Error> {
    let work = tokio::task::spawn_blocking(move || {
        let examined = import::examine(&files);
        (files, examined)
    });
    work.await.map_err(|problem| Error::Broken(problem.into()))
}

fn refused(hx: &Hx, problem: &str, examined: Option<&Examined>) -> poem::Response {
    let page = view::form(&hx.csrf(), Some(problem), examined.map(|examined| &examined.report));
    hx.refused("Error: Import catalogue", &[crumb()], page)
}

enum Refusal {
    /// For the form.
    Sentence(String),
    Broken(Error),
}

/// Takes the files out of the upload, by file name or by field name.
async fn read(mut upload: Upload) -> Result<Files, Refusal> {
    let broken =
        || Refusal::Broken(Error::Invalid("The upload broke off or is larger than 16 MB. Nothing was saved.".into()));
    let mut files = Files::default();
    let refused = |refused: Option<Error>| refused.map_or_else(broken, Refusal::Broken);
    while let Some(field) = upload.next().await.map_err(refused)? {
        let (field_name, file_name) =
            (field.name().unwrap_or_default().to_owned(), field.file_name().map(str::to_owned));
        if field_name == "csrf" {
            continue;
        }
        let bytes = field.bytes().await.map_err(|_| broken())?;
        let Some(file_name) = file_name else { continue };
        // An empty file field of a browser: nothing was chosen.
        if file_name.is_empty() && bytes.is_empty() {
            continue;
        }
        let Some(name) = which(&file_name, &field_name) else {
            let shown = models::catalogue::defects::shown(&file_name);
            return Err(Refusal::Sentence(format!(
                "\"{shown}\" is none of assemblies.json, categories.json and parts.json."
            )));
        };
        if bytes.len() > FILE_LIMIT {
            return Err(Refusal::Sentence(too_large(name).message));
        }
        if files.slot(name).replace(bytes).is_some() {
            return Err(Refusal::Sentence(format!("{name} was chosen twice. Choose each file once.")));
        }
    }
    Ok(files)
}

/// Which of the three files this is: browsers rename a second download to "parts (1).json".
fn which(file_name: &str, field_name: &str) -> Option<&'static str> {
    let stem = |name: &'static str| name.trim_end_matches(".json");
    let exact = NAMES.into_iter().find(|name| file_name.eq_ignore_ascii_case(name));
    let by_field = || NAMES.into_iter().find(|name| field_name == stem(name) || field_name == *name);
    let similar = || NAMES.into_iter().find(|name| file_name.to_lowercase().starts_with(stem(name)));
    exact.or_else(by_field).or_else(similar)
}
