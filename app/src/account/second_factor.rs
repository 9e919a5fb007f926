//! /account/second-factor: codes of an app on one's phone, set up with a picture, proved with the first code.

use crate::{
    Page,
    config::Config,
    csrf,
    errors::{Error, spoken},
    forms::Fields,
    hx::Hx,
    routes::{Access, Routes},
    session::Signed,
};
use maud::Markup;
use models::{
    audit,
    sessions::{self, throttle},
    users::{
        self, User, passwords,
        second_factors::{self, Factor},
    },
};
use poem::{Response, handler, http::header, web::Data};
use qrcode::{EcLevel, QrCode, render::svg};
use sqlx::PgPool;
use views::{
    account::second_factor::{self as view, Stage},
    layout::Crumb,
};

pub fn routes() -> Routes {
    Routes::new()
        .get("/account/second-factor", Access::SignedIn, show)
        .post("/account/second-factor", Access::SignedIn, begin)
        .takes(&[])
        .get("/account/second-factor/picture.svg", Access::SignedIn, picture)
        .post("/account/second-factor/confirmation", Access::SignedIn, confirm)
        .takes(&["code"])
        .post("/account/second-factor/recovery-codes", Access::SignedIn, renew)
        .takes(&["password"])
        .post("/account/second-factor/removal", Access::SignedIn, remove)
        .takes(&["password"])
}

/// The secret of this person's codes: made from the salt in the table and the server's key, so that neither alone gives
/// a code. Twenty bytes, as RFC 4226 wants. Empty salt for whoever has none: the same work, and no code fits.
pub async fn secret_of(db: &PgPool, config: &Config, user: &User) -> Result<Vec<u8>, Error> {
    let salt = second_factors::codes(db, user).await?.map(|factor| factor.salt).unwrap_or_default();
    Ok(secret(config, &salt))
}

fn secret(config: &Config, salt: &[u8]) -> Vec<u8> {
    let text = format!("second factor:{}", hex::encode(salt));
    let signed = hex::decode(csrf::sign(config.session_key.bytes(), text.as_bytes())).unwrap_or_default();
    signed.into_iter().take(20).collect()
}

#[handler]
async fn show(hx: Hx, Signed(user): Signed, Data(db): Data<&PgPool>) -> Page {
    let page = page(&hx, db, &user, &[]).await?;
    Ok(hx.page("Second factor", &crumbs(), page.clone(), page))
}

#[handler]
async fn begin(hx: Hx, Signed(user): Signed, _: Fields, Data(db): Data<&PgPool>) -> Page {
    let mut tx = db.begin().await?;
    second_factors::begin(&mut tx, &user).await?;
    tx.commit().await?;
    Ok(hx.see("/account/second-factor"))
}

/// What the app on the phone takes in with its camera. Shown while it is being set up, never afterwards.
#[handler]
async fn picture(hx: Hx, Signed(user): Signed, Data(db): Data<&PgPool>) -> Page {
    let factor = begun(db, &user).await?;
    let (address, _) = Factor::offer(&user, &secret(&hx.visitor().app.config, &factor.salt))?;
    let code = QrCode::with_error_correction_level(address, EcLevel::M).map_err(|error| anyhow::anyhow!("{error}"))?;
    let drawn = code.render::<svg::Color<'_>>().min_dimensions(240, 240).quiet_zone(true).build();
    Ok(Response::builder().content_type("image/svg+xml").header(header::CACHE_CONTROL, "no-store").body(drawn))
}

#[handler]
async fn confirm(hx: Hx, Signed(user): Signed, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let session = hx.session().ok_or(Error::LoginNeeded)?;
    let factor = begun(db, &user).await?;
    let secret = secret(&hx.visitor().app.config, &factor.salt);
    let typed: String = fields.get("code").chars().filter(char::is_ascii_digit).collect();
    let mut tx = db.begin().await?;
    match second_factors::confirm(&mut tx, &hx.actor(), &user, &secret, &typed).await {
        Err(models::Error::Invalid(sentence)) => {
            drop(tx);
            refused(&hx, db, &user, &[("code", &sentence)]).await
        }
        codes => {
            let codes = codes?;
            let renewed = sessions::renew(&mut tx, session).await?;
            tx.commit().await?;
            hx.visitor().go_on_as(renewed);
            Ok(shown_once(&hx, "Second factor set up", &codes))
        }
    }
}

#[handler]
async fn renew(hx: Hx, Signed(user): Signed, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    if let Some(problem) = doubt(&hx, db, &user, fields.get("password")).await? {
        return refused(&hx, db, &user, &[("renew-password", &problem)]).await;
    }
    if !second_factors::is_asked(db, user.id).await? {
        return Err(Error::Invalid("There is no second factor to recover.".into()));
    }
    let mut tx = db.begin().await?;
    let codes = second_factors::new_recovery_codes(&mut tx, &user).await?;
    let id = user.id.to_string();
    let entry = audit::Entry { action: "made new recovery codes", noun: "users", object_id: &id, ..Default::default() };
    audit::record(&mut tx, &hx.actor(), entry).await?;
    tx.commit().await?;
    Ok(shown_once(&hx, "New recovery codes", &codes))
}

#[handler]
async fn remove(hx: Hx, Signed(user): Signed, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let session = hx.session().ok_or(Error::LoginNeeded)?;
    if second_factors::is_required(db, &user).await? {
        let sentence = "Your role needs a second factor. An administrator takes it off when the phone is lost.";
        return refused(&hx, db, &user, &[("remove-password", sentence)]).await;
    }
    if let Some(problem) = doubt(&hx, db, &user, fields.get("password")).await? {
        return refused(&hx, db, &user, &[("remove-password", &problem)]).await;
    }
    let mut tx = db.begin().await?;
    second_factors::remove(&mut tx, &hx.actor(), &user, "").await?;
    let renewed = sessions::renew(&mut tx, session).await?;
    tx.commit().await?;
    hx.visitor().go_on_as(renewed);
    Ok(hx.see("/account"))
}

/// Why this is not the person who logged in, if so. Wrong words count like wrong words at the door: an unlocked screen
/// is no place to guess.
pub async fn doubt(hx: &Hx, db: &PgPool, user: &User, password: &str) -> Result<Option<String>, Error> {
    let keys = throttle::Keys::within_session(&user.email, &hx.visitor().peer);
    if let Some(wait) = throttle::wait(db, &keys).await? {
        return Ok(Some(format!("Too many wrong passwords. Try again in {}.", spoken(wait))));
    }
    let password = if password.chars().count() > passwords::LONGEST { "" } else { password };
    let known = users::authenticate(db, &user.email, password).await?;
    let Ok(known) = known else { return Err(Error::Away("too many log-ins at once".into())) };
    if known.is_some() {
        return Ok(None);
    }
    let mut tx = db.begin().await?;
    throttle::failed(&mut tx, &keys).await?;
    let id = user.id.to_string();
    let entry =
        audit::Entry { action: "password question failed", noun: "users", object_id: &id, ..Default::default() };
    audit::refused(&mut tx, &hx.actor(), entry).await?;
    tx.commit().await?;
    Ok(Some("This is not your password. Type it again.".into()))
}

/// The codes being set up.
async fn begun(db: &PgPool, user: &User) -> Result<Factor, Error> {
    let factor = second_factors::codes(db, user).await?.filter(|factor| !factor.is_confirmed);
    factor.ok_or_else(|| Error::NotFound("Nothing is being set up.".into()))
}

async fn page(hx: &Hx, db: &PgPool, user: &User, problems: &[(&str, &str)]) -> Result<Markup, Error> {
    let csrf = hx.csrf();
    let factor = second_factors::codes(db, user).await?;
    let in_use = factor.as_ref().is_some_and(|factor| factor.is_confirmed);
    // A passkey satisfies the role too.
    let is_missing = in_use || !second_factors::is_asked(db, user.id).await?;
    let is_required = is_missing && second_factors::is_required(db, user).await?;
    let typed_by_hand;
    let stage = match factor {
        Some(factor) if !factor.is_confirmed => {
            typed_by_hand = Factor::offer(user, &secret(&hx.visitor().app.config, &factor.salt))?.1;
            Stage::Begun { secret: &typed_by_hand }
        }
        Some(_) => Stage::InUse { recovery_codes: second_factors::recovery_codes_left(db, user.id).await? },
        None => Stage::None,
    };
    Ok(view::page(&csrf, stage, is_required, problems))
}

async fn refused(hx: &Hx, db: &PgPool, user: &User, problems: &[(&str, &str)]) -> Page {
    let page = page(hx, db, user, problems).await?;
    Ok(hx.refused("Error: Second factor", &crumbs(), page))
}

fn shown_once(hx: &Hx, title: &str, codes: &[String]) -> Response {
    let page = view::recovery_codes(title, codes);
    hx.page(title, &crumbs(), page.clone(), page)
}

fn crumbs() -> [Crumb; 1] {
    [Crumb::new("Your account", "/account")]
}
