//! /account/passkeys: one's own passkeys. Adding and removing one asks for the password again: an unlocked screen is no
//! place to leave a key behind.

use super::second_factor::doubt;
use crate::{
    Page,
    errors::Error,
    forms::{Fields, Text, text},
    hx::Hx,
    passkeys::{self, holder, told},
    routes::{Access, Routes},
    session::Signed,
};
use maud::Markup;
use models::users::{
    User,
    passkeys::{self as model, LONGEST_NAME},
    second_factors,
};
use poem::{
    handler,
    http::StatusCode,
    web::{Data, Path},
};
use sqlx::PgPool;
use views::{
    account::{
        passkeys::{self as view, Typed},
        second_factor::recovery_codes,
    },
    layout::Crumb,
};

pub fn routes() -> Routes {
    Routes::new()
        .get("/account/passkeys", Access::SignedIn, show)
        .post("/account/passkeys", Access::SignedIn, add)
        .takes(&["name", "password", "passkey"])
        .post("/account/passkeys/question", Access::SignedIn, ask_to_add)
        .takes(&["name", "password"])
        .post("/account/passkeys/signing", Access::SignedIn, ask_to_sign)
        .takes(&["about"])
        .post("/account/passkeys/:id/name", Access::SignedIn, rename)
        .takes(&["name"])
        .post("/account/passkeys/:id/removal", Access::SignedIn, remove)
        .takes(&["password"])
}

#[handler]
async fn show(hx: Hx, Signed(user): Signed, Data(db): Data<&PgPool>) -> Page {
    let page = page(&hx, db, &user, Typed::default()).await?;
    Ok(hx.page("Passkeys", &crumbs(), page.clone(), page))
}

/// The name and the password are judged before the device is asked, so that no device keeps a key that nobody took.
#[handler]
async fn ask_to_add(hx: Hx, Signed(user): Signed, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let no = |sentence: &str| Ok(told(StatusCode::UNPROCESSABLE_ENTITY, sentence));
    if let Err(sentence) = name(&fields) {
        return no(&sentence);
    }
    if let Some(sentence) = doubt(&hx, db, &user, fields.get("password")).await? {
        return no(&sentence);
    }
    match model::ask_to_add(db, passkeys::here(&hx)?, &user, &holder(&hx)?).await {
        Err(models::Error::Invalid(sentence)) => no(&sentence),
        options => Ok(passkeys::question(&options?)),
    }
}

#[handler]
async fn add(hx: Hx, Signed(user): Signed, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let typed = Typed { name: fields.get("name"), ..Typed::default() };
    let name = match name(&fields) {
        Ok(name) => name,
        Err(sentence) => return refused(&hx, db, &user, Typed { problems: &[("name", &sentence)], ..typed }).await,
    };
    if fields.get("passkey").is_empty() {
        let sentence = "Passkeys need JavaScript, and this browser did not run it. Codes of an app work without.";
        return refused(&hx, db, &user, Typed { problems: &[("name", sentence)], ..typed }).await;
    }
    let who = (&hx.actor(), &user);
    match model::add(db, passkeys::here(&hx)?, who, (&name, fields.get("passkey")), &holder(&hx)?).await {
        Err(models::Error::Invalid(sentence)) => {
            refused(&hx, db, &user, Typed { problems: &[("name", &sentence)], ..typed }).await
        }
        codes => {
            let codes = codes?;
            if codes.is_empty() {
                return Ok(hx.see("/account/passkeys"));
            }
            let page = recovery_codes("Passkey added", &codes);
            Ok(hx.page("Passkey added", &crumbs(), page.clone(), page))
        }
    }
}

#[handler]
async fn rename(hx: Hx, Signed(user): Signed, Path(id): Path<i64>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let name = match name(&fields) {
        Ok(name) => name,
        Err(sentence) => {
            let field = format!("name-{id}");
            let typed = Typed { renamed: fields.get("name"), problems: &[(&field, &sentence)], ..Typed::default() };
            return refused(&hx, db, &user, typed).await;
        }
    };
    let mut tx = db.begin().await?;
    model::rename(&mut tx, &hx.actor(), &user, id, &name).await?;
    tx.commit().await?;
    Ok(hx.see("/account/passkeys"))
}

#[handler]
async fn remove(hx: Hx, Signed(user): Signed, Path(id): Path<i64>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let field = format!("password-{id}");
    if let Some(sentence) = doubt(&hx, db, &user, fields.get("password")).await? {
        return refused(&hx, db, &user, Typed { problems: &[(&field, &sentence)], ..Typed::default() }).await;
    }
    let mut tx = db.begin().await?;
    if let Err(error) = model::remove(&mut tx, &hx.actor(), &user, id).await {
        drop(tx);
        let models::Error::Invalid(sentence) = &error else { return Err(error.into()) };
        return refused(&hx, db, &user, Typed { problems: &[(&field, sentence)], ..Typed::default() }).await;
    }
    tx.commit().await?;
    Ok(hx.see("/account/passkeys"))
}

#[handler]
async fn ask_to_sign(hx: Hx, Signed(user): Signed, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    passkeys::ask_to_sign(&hx, db, &user, fields.get("about")).await
}

/// # Errors
/// With the sentence for the field.
fn name(fields: &Fields) -> Result<String, String> {
    let name = text(fields.get("name"), Text { label: "The name", longest: LONGEST_NAME, lines: false })?;
    if name.is_empty() { Err("Give it a name you know it by, such as Laptop.".into()) } else { Ok(name) }
}

async fn page(hx: &Hx, db: &PgPool, user: &User, typed: Typed<'_>) -> Result<Markup, Error> {
    let is_asked = second_factors::is_asked(db, user.id).await?;
    Ok(view::page(&view::Shown {
        csrf: &hx.csrf(),
        now: chrono::Utc::now(),
        passkeys: &model::of(db, user.id).await?,
        place: passkeys::place(hx),
        is_missing: !is_asked && second_factors::is_required(db, user).await?,
        typed,
    }))
}

async fn refused(hx: &Hx, db: &PgPool, user: &User, typed: Typed<'_>) -> Page {
    let page = page(hx, db, user, typed).await?;
    Ok(hx.refused("Error: Passkeys", &crumbs(), page))
}

fn crumbs() -> [Crumb; 1] {
    [Crumb::new("Your account", "/account")]
}
