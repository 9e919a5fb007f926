//! /catalogue/items/…/drawings: what an item looks like on paper, brought, handed out and taken off.

use super::items::{Problems, known, page, visible};
use crate::{
    App, Page, documents,
    errors::Error,
    forms::{Fields, Text, text},
    hx::Hx,
    routes::Upload,
    session::Signed,
};
use models::documents::{Kind, drawings::Drawing};
use models::users::User;
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use std::sync::Arc;
use uuid::Uuid;
use views::catalogue::item_href;

/// Takes one file. What cannot be kept is said on the item's page.
#[handler]
pub async fn upload(
    hx: Hx,
    Signed(user): Signed,
    Path(number): Path<String>,
    Data(db): Data<&PgPool>,
    Data(app): Data<&Arc<App>>,
    form: Upload,
) -> Page {
    let number = known(&number)?;
    let (_, _, item) = visible(db, &user, number).await?;
    let file = match documents::arrive(&app.config.files, form, Kind::ItemDrawing).await {
        Ok(file) => file,
        Err(Error::Invalid(sentence)) => return refused(&hx, &user, db, number, &sentence).await,
        Err(error) => return Err(error),
    };
    let mut tx = db.begin().await?;
    match Drawing::keep(&mut tx, &user, &hx.actor(), &item, &file).await {
        Ok(()) => tx.commit().await?,
        Err(error) => {
            tx.rollback().await?;
            app.config.files.forget(file.id).await;
            let models::Error::Invalid(sentence) = error else { return Err(error.into()) };
            return refused(&hx, &user, db, number, &sentence).await;
        }
    }
    Ok(hx.see(&format!("{}#drawings", item_href(number))))
}

#[handler]
pub async fn remove(
    hx: Hx,
    Signed(user): Signed,
    Path((number, drawing)): Path<(String, Uuid)>,
    fields: Fields,
    Data(db): Data<&PgPool>,
) -> Page {
    let number = known(&number)?;
    let (_, _, item) = visible(db, &user, number).await?;
    let drawing = Drawing::find(db, &item, drawing).await?;
    let reason = match text(fields.get("reason"), Text { label: "The reason", longest: 300, lines: false }) {
        Ok(reason) => reason,
        Err(sentence) => return refused(&hx, &user, db, number, &sentence).await,
    };
    let mut tx = db.begin().await?;
    match drawing.remove(&mut tx, &user, &hx.actor(), &item, &reason).await {
        Err(models::Error::Invalid(sentence)) => {
            tx.rollback().await?;
            return refused(&hx, &user, db, number, &sentence).await;
        }
        removed => removed?,
    }
    tx.commit().await?;
    Ok(hx.see(&format!("{}#drawings", item_href(number))))
}

/// For whoever sees the item, as a file to save.
#[handler]
pub async fn download(
    Signed(user): Signed,
    Path((number, drawing)): Path<(String, Uuid)>,
    Data(db): Data<&PgPool>,
    Data(app): Data<&Arc<App>>,
) -> Page {
    let (_, _, item) = visible(db, &user, known(&number)?).await?;
    let drawing = Drawing::find(db, &item, drawing).await?;
    let about = (drawing.file_name.as_str(), drawing.media_type.as_str(), drawing.size_bytes);
    documents::hand_out(&app.config.files, drawing.id, about).await
}

async fn refused(hx: &Hx, user: &User, db: &PgPool, number: &str, sentence: &str) -> Page {
    let problems = Problems::with_drawing(sentence);
    let (crumbs, main) = page(hx, user, db, number, &problems).await?;
    Ok(hx.refused(&format!("Error: {number}"), &crumbs, main))
}
