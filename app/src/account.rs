//! /account: what is one's own: where one is logged in, the password, the second factor, the looks of the screen.

use crate::{
    Page,
    errors::Error,
    forms::Fields,
    hx::Hx,
    routes::{Access, Routes},
    session::Signed,
};
use models::{
    sessions::{self, open},
    users::second_factors,
};
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use views::account::{self as view, Account};

mod passkeys;
pub mod second_factor;

pub fn routes() -> Routes {
    Routes::new()
        .get("/account", Access::SignedIn, show)
        .post("/account/sessions/ended", Access::SignedIn, end_others)
        .takes(&[])
        .post("/account/sessions/:mark/ended", Access::SignedIn, end_one)
        .takes(&[])
        .and(second_factor::routes())
        .and(passkeys::routes())
}

/// What somebody may do whose role needs a second factor and who has none yet: set one up, or leave.
pub fn is_open_while_enrolling(pattern: &str) -> bool {
    let sets_up = ["/account/second-factor", "/account/passkeys"];
    sets_up.iter().any(|place| pattern.starts_with(place)) || matches!(pattern, "/logout" | "/preferences")
}

#[handler]
async fn show(hx: Hx, Signed(user): Signed, Data(db): Data<&PgPool>) -> Page {
    let session = hx.session().ok_or(Error::LoginNeeded)?;
    let csrf = hx.csrf();
    let codes = second_factors::codes(db, &user).await?;
    let page = view::page(&Account {
        csrf: &csrf,
        user: &user,
        now: chrono::Utc::now(),
        sessions: &open::of(db, user.id).await?,
        here: &session.mark(),
        has_second_factor: codes.is_some_and(|factor| factor.is_confirmed),
        passkeys: models::users::passkeys::of(db, user.id).await?.len(),
        recovery_codes: second_factors::recovery_codes_left(db, user.id).await?,
        theme: &session.theme,
        density: &session.density,
        text_size: session.text_size,
    });
    Ok(hx.page("Your account", &[], page.clone(), page))
}

#[handler]
async fn end_one(hx: Hx, Signed(user): Signed, Path(mark): Path<String>, _: Fields, Data(db): Data<&PgPool>) -> Page {
    let mut tx = db.begin().await?;
    open::end_marked(&mut tx, &hx.actor(), user.id, &mark).await?;
    tx.commit().await?;
    Ok(hx.see("/account"))
}

#[handler]
async fn end_others(hx: Hx, Signed(user): Signed, _: Fields, Data(db): Data<&PgPool>) -> Page {
    let session: &sessions::Session = hx.session().ok_or(Error::LoginNeeded)?;
    let mut tx = db.begin().await?;
    open::end_every(&mut tx, &hx.actor(), user.id, Some(&session.id_hash)).await?;
    tx.commit().await?;
    Ok(hx.see("/account"))
}
