//! Step 5: the review, and the one moment in which a draft becomes an order.

use super::{Desk, desk::Table};
use crate::{Page, errors::Error, hx::Hx, session::Signed};
use jobs::Job;
use models::configurations::Family;
use models::documents::Document;
use models::drafts::{Draft, review};
use models::jobs::Links;
use models::orders::submit::{NewOrder, Submission, submit};
use models::rules;
use models::users::User;
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::{PgConnection, PgPool};
use views::configurator::{Step, review as view};

#[handler]
pub async fn show(hx: Hx, Signed(user): Signed, Path(id): Path<i64>, Data(db): Data<&PgPool>) -> Page {
    let desk = Desk::open(db, &user, id).await?;
    if let Some(number) = &desk.draft.order_number {
        return Ok(hx.see(&format!("/orders/{number}")));
    }
    let table = desk.sheet(&hx, &user, Step::Review);
    page(&hx, db, &desk, &table).await
}

/// Order, builds, history, audit rows and one BOM job per build, together or not at all.
#[handler]
pub async fn create(hx: Hx, Signed(user): Signed, Path(id): Path<i64>, Data(db): Data<&PgPool>) -> Page {
    let rules = rules::active(db, Family::Mdrd.word()).await?;
    let mut tx = db.begin().await?;
    let done = submit(&mut tx, &user, &hx.actor(), id, models::site::zone().name(), |answers, house| {
        review(answers, house, Some(&rules))
    })
    .await;
    let sentence = match done {
        Ok(Submission::Created(order)) => {
            ask_for_boms(&mut tx, &hx, &user, &order).await?;
            tx.commit().await?;
            return Ok(hx.see(&format!("/orders/{}", order.number)));
        }
        Ok(Submission::Existing(number)) => return Ok(hx.see(&format!("/orders/{number}"))),
        Ok(Submission::Refused(_)) => None,
        Err(models::Error::Stale(sentence)) => Some(sentence),
        Err(error) => return Err(error.into()),
    };
    tx.rollback().await?;
    refused(&hx, db, &user, id, sentence).await
}

async fn ask_for_boms(tx: &mut PgConnection, hx: &Hx, user: &User, order: &NewOrder) -> Result<(), Error> {
    for (build_id, _) in &order.builds {
        let links = Links {
            order_id: Some(order.id),
            build_id: Some(*build_id),
            requested_by: Some(user.id),
            trace_id: hx.request_id().to_string(),
            ..Links::default()
        };
        Job::GenerateBom { build_id: *build_id }.enqueue(tx, links).await?;
    }
    Ok(())
}

/// The review again, with everything that stops the order.
async fn refused(hx: &Hx, db: &PgPool, user: &User, id: i64, sentence: Option<String>) -> Page {
    let desk = Desk::judge(db, Draft::find(db, user, id).await?).await?;
    let mut table = desk.sheet(hx, user, Step::Review);
    table.asked = true;
    table.stale = sentence;
    page(hx, db, &desk, &table).await
}

async fn page(hx: &Hx, db: &PgPool, desk: &Desk, table: &Table<'_>) -> Page {
    let documents = Document::of_draft(db, desk.draft.id).await?;
    let previews: Vec<_> = desk.review.builds.iter().map(|build| desk.preview(build.position, None)).collect();
    table.answer(hx, "Review the order", view::review(&table.sheet(), &documents, &previews))
}
