//! /login/code: the second step of logging in, between the right password and the session. The passkey's way through it
//! is next door.

use super::{device, entering, local, too_many};
use crate::{
    Page,
    account::second_factor::secret_of,
    errors::Error,
    forms::{Asked, Fields},
    hx::{Hx, encode},
    passkeys,
    routes::{Access, Routes},
    session::set_cookie,
};
use models::{
    audit,
    sessions::{half, throttle},
    users::{
        User,
        second_factors::{self, Answer},
    },
};
use poem::{
    handler,
    http::{HeaderValue, StatusCode, header},
    web::Data,
};
use sqlx::PgPool;
use views::sessions::{self as view, SecondWays};

pub fn routes() -> Routes {
    Routes::new()
        .get("/login/code", Access::Public, ask)
        .post("/login/code", Access::Public, check)
        .takes(&["code", "next"])
}

#[handler]
async fn ask(mut hx: Hx, asked: Asked, Data(db): Data<&PgPool>) -> Page {
    let next = local(asked.0.get("next"));
    let user = waiting(&hx, db).await?.map(|(user, _)| user);
    let Some(user) = user else {
        return Ok(hx.see(&format!("/login?next={}", encode(&next))));
    };
    let nonce = hx.admit_stranger()?;
    let ways = ways(&hx, db, &user).await?;
    let page = view::code(&hx.csrf(), &next, None, ways);
    let mut response = hx.page("Second step", &[], page.clone(), page);
    let config = &hx.visitor().app.config;
    set_cookie(&mut response, config, config.anonymous_cookie_name(), &nonce);
    Ok(response)
}

#[handler]
async fn check(hx: Hx, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let next = local(fields.get("next"));
    let Some((user, token)) = waiting(&hx, db).await? else {
        return Ok(hx.see(&format!("/login?next={}", encode(&next))));
    };
    let keys = device::keys(&hx, &user.email);
    if let Some(wait) = throttle::wait(db, &keys).await? {
        let mut response = refused(&hx, db, &user, &next, StatusCode::TOO_MANY_REQUESTS, &too_many(wait)).await?;
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        return Ok(response);
    }
    let secret = secret_of(db, &hx.visitor().app.config, &user).await?;
    let mut tx = db.begin().await?;
    let answer = second_factors::answer(&mut tx, &user, &secret, fields.get("code")).await?;
    if answer == Answer::Wrong {
        half::failed(&mut tx, token).await?;
        throttle::failed(&mut tx, &keys).await?;
        let id = user.id.to_string();
        let reason = "The second factor was wrong.";
        let entry =
            audit::Entry { action: "log-in refused", noun: "users", object_id: &id, reason, ..Default::default() };
        audit::refused(&mut tx, &entering::as_user(&hx, &user), entry).await?;
        tx.commit().await?;
        let sentence = "This is not the code of now, or it was used already. Wait for the next one and type that.";
        return refused(&hx, db, &user, &next, StatusCode::UNPROCESSABLE_ENTITY, sentence).await;
    }
    let is_by_company = half::is_by_company(&mut *tx, token).await?;
    if !half::end(&mut tx, token).await? {
        return Ok(hx.see("/login"));
    }
    if let Answer::Recovered { left } = answer {
        let id = user.id.to_string();
        let after = Some(serde_json::json!({ "recovery codes left": left }));
        let entry =
            audit::Entry { action: "used a recovery code", noun: "users", object_id: &id, after, ..Default::default() };
        audit::record(&mut tx, &entering::as_user(&hx, &user), entry).await?;
    }
    if is_by_company {
        return entering::start_by_company(&hx, tx, &user, &keys, &next, false).await;
    }
    entering::start(&hx, tx, &user, &keys, &next).await
}

/// Who is between the steps, and the words that say so.
pub async fn waiting<'a>(hx: &'a Hx, db: &PgPool) -> Result<Option<(User, &'a str)>, Error> {
    let Some(token) = hx.visitor().half.as_deref() else { return Ok(None) };
    Ok(half::find(db, token).await?.map(|user| (user, token)))
}

/// What this person can show besides the password.
async fn ways<'a>(hx: &'a Hx, db: &PgPool, user: &User) -> Result<SecondWays<'a>, Error> {
    let codes = second_factors::codes(db, user).await?.is_some_and(|factor| factor.is_confirmed);
    Ok(SecondWays { codes, passkeys: passkeys::place_of(hx, db, user).await? })
}

/// The page again with a sentence.
pub async fn refused(hx: &Hx, db: &PgPool, user: &User, next: &str, status: StatusCode, sentence: &str) -> Page {
    let page = view::code(&hx.csrf(), next, Some(sentence), ways(hx, db, user).await?);
    let mut response = hx.refused("Error: Second step", &[], page);
    response.set_status(status);
    Ok(response)
}
