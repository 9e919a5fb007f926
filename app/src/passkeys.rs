//! Passkeys on the pages: whether this browser can use them here, and the questions its script fetches. A question is
//! asked by a change of its own, because reading a page writes nothing.

use crate::{Page, config::Config, errors::Error, forms::Fields, hx::Hx};
use models::{
    signatures::{self, Meaning, Proof, Record, Refused},
    users::{
        User,
        passkeys::{self, Site},
    },
};
use poem::{Response, http::StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use views::components::passkeys::Place;

/// The site as the settings call it.
///
/// # Errors
/// When they call it by something passkeys can't hold for.
pub fn site(config: &Config) -> anyhow::Result<Option<Site>> {
    let told = config.public_address.as_deref();
    told.map(|told| Site::new(told).map_err(|right| anyhow::anyhow!("PUBLIC_ADDRESS is {told:?}. {right}"))).transpose()
}

/// The site, for a route that can do nothing without it.
///
/// # Errors
/// `NotFound` while passkeys are off.
pub fn here(hx: &Hx) -> Result<&Site, Error> {
    let off = || Error::NotFound("Passkeys are not set up here. Log in with your password.".into());
    hx.visitor().app.passkeys.as_ref().ok_or_else(off)
}

/// What the pages say about passkeys in this browser.
pub fn place(hx: &Hx) -> Place<'_> {
    match &hx.visitor().app.passkeys {
        None => Place::Off,
        Some(site) if site.is_called(&hx.visitor().site()) => Place::Here,
        Some(site) => Place::Elsewhere(site.address()),
    }
}

/// The same for somebody who signs; off without a passkey of theirs.
pub async fn place_of<'a>(hx: &'a Hx, db: &PgPool, user: &User) -> Result<Place<'a>, Error> {
    Ok(if passkeys::has(db, user.id).await? { place(hx) } else { Place::Off })
}

/// This browser, to which a question is bound.
///
/// # Errors
/// `Forbidden` for a visitor without any cookie of ours.
pub fn holder(hx: &Hx) -> Result<Vec<u8>, Error> {
    hx.holder().ok_or_else(|| Error::Forbidden("Open the log-in page again, then use your passkey.".into()))
}

/// A question for the page's script.
pub fn question(options: &Value) -> Response {
    answer(StatusCode::OK, options)
}

/// Why there is none; the script puts it beside the button.
pub fn told(status: StatusCode, sentence: &str) -> Response {
    answer(status, &json!({ "sentence": sentence }))
}

fn answer(status: StatusCode, body: &Value) -> Response {
    Response::builder().status(status).content_type("application/json").body(body.to_string())
}

/// The question about something that is to be signed: the page knows the sixty-four digits that stand for it, and what is
/// signed in the end has to be the same.
pub async fn ask_to_sign(hx: &Hx, db: &PgPool, user: &User, about: &str) -> Page {
    if about.len() != 64 || !about.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(told(StatusCode::UNPROCESSABLE_ENTITY, "The page did not say what is signed. Open it again."));
    }
    let options = passkeys::ask_to_sign(db, here(hx)?, &holder(hx)?, user, about).await?;
    Ok(question(&options))
}

/// Proves who signs, by what the form carries: a passkey's answer, or else the password.
pub async fn prove(
    hx: &Hx,
    db: &PgPool,
    user: &User,
    fields: &Fields,
    (meaning, record): (Meaning, Record<'_>),
) -> Result<Result<Proof, Refused>, Error> {
    let answer = fields.get("passkey");
    if answer.is_empty() {
        return Ok(signatures::prove(db, &hx.actor(), user, fields.get("password"), meaning, record).await?);
    }
    let (site, holder, seen) = (here(hx)?, holder(hx)?, fields.get("content"));
    Ok(signatures::prove_by_passkey(db, &hx.actor(), user, (site, &holder, answer), (meaning, record, seen)).await?)
}
