//! /login/passkey: coming in with a passkey, alone or after the password. Whatever was wrong with it, the visitor hears
//! one sentence; the trail says more.

use super::{company, device, entering, local, second, too_many};
use crate::{
    Page,
    errors::Error,
    forms::Fields,
    hx::{Hx, encode},
    passkeys::{here, holder, question},
    routes::{Access, Routes},
};
use models::{
    audit,
    sessions::{half, id_hash, throttle},
    users::{
        User,
        passkeys::{self, Answer, Outcome, Purpose, Question, Used},
    },
};
use poem::{
    Response, handler,
    http::{HeaderValue, StatusCode, header},
    web::Data,
};
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use views::sessions as view;

pub fn routes() -> Routes {
    Routes::new()
        .post("/login/passkey/question", Access::Public, ask)
        .takes(&[])
        .post("/login/passkey", Access::Public, enter)
        .takes(&["next", "passkey"])
        .post("/login/code/passkey/question", Access::Public, ask_second)
        .takes(&[])
        .post("/login/code/passkey", Access::Public, enter_second)
        .takes(&["next", "passkey"])
}

const NOT_TAKEN: &str = "This passkey was not taken. Try once more, or log in with your password.";
const NOT_TAKEN_SECOND: &str = "This passkey was not taken. Try once more, or type a code.";

#[handler]
async fn ask(hx: Hx, Data(db): Data<&PgPool>) -> Page {
    let asked = Question { purpose: Purpose::LogIn, holder: &holder(&hx)?, about: "" };
    Ok(question(&passkeys::ask(db, here(&hx)?, asked, None).await?))
}

#[handler]
async fn enter(hx: Hx, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let (site, next) = (here(&hx)?, local(fields.get("next")));
    let asked = Question { purpose: Purpose::LogIn, holder: &holder(&hx)?, about: "" };
    let asked = passkeys::collect(db, asked).await?;
    let answer = Answer::read(fields.get("passkey"));
    let owner = match &answer {
        Some(answer) => passkeys::owner_of(db, answer).await?,
        None => None,
    };
    let keys = owner.map_or_else(|| throttle::Keys::of_place(&hx.visitor().peer), |email| device::keys(&hx, &email));
    if let Some(wait) = throttle::wait(db, &keys).await? {
        note(&hx, &mut *db.acquire().await?, None, "log-in throttled", "by passkey").await?;
        return Ok(waiting(refused(&hx, &next, &too_many(wait)).await, wait));
    }
    let mut tx = db.begin().await?;
    let outcome = match &answer {
        Some(answer) => passkeys::check(&mut tx, site, asked, (answer, None)).await?,
        None => Outcome::Refused { whose: None, why: "no answer of any device" },
    };
    match outcome {
        Outcome::Taken(used) => {
            note_use(&hx, &mut tx, &used).await?;
            entering::start(&hx, tx, &used.user, &keys, &next).await
        }
        Outcome::Refused { whose, why } => {
            throttle::failed(&mut tx, &keys).await?;
            note(&hx, &mut tx, whose, "log-in refused", &format!("The passkey was not taken: {why}.")).await?;
            tx.commit().await?;
            Ok(refused(&hx, &next, NOT_TAKEN).await)
        }
    }
}

#[handler]
async fn ask_second(hx: Hx, Data(db): Data<&PgPool>) -> Page {
    let Some((user, token)) = second::waiting(&hx, db).await? else { return Err(Error::LoginNeeded) };
    let asked = Question { purpose: Purpose::SecondStep, holder: &id_hash(token), about: "" };
    Ok(question(&passkeys::ask(db, here(&hx)?, asked, Some(user.id)).await?))
}

#[handler]
async fn enter_second(hx: Hx, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let (site, next) = (here(&hx)?, local(fields.get("next")));
    let Some((user, token)) = second::waiting(&hx, db).await? else {
        return Ok(hx.see(&format!("/login?next={}", encode(&next))));
    };
    let keys = device::keys(&hx, &user.email);
    if let Some(wait) = throttle::wait(db, &keys).await? {
        let page = second::refused(&hx, db, &user, &next, StatusCode::TOO_MANY_REQUESTS, &too_many(wait)).await?;
        return Ok(waiting(page, wait));
    }
    let asked = Question { purpose: Purpose::SecondStep, holder: &id_hash(token), about: "" };
    let asked = passkeys::collect(db, asked).await?;
    let mut tx = db.begin().await?;
    let outcome = match Answer::read(fields.get("passkey")) {
        Some(answer) => passkeys::check(&mut tx, site, asked, (&answer, Some(user.id))).await?,
        None => Outcome::Refused { whose: None, why: "no answer of any device" },
    };
    match outcome {
        Outcome::Taken(used) => {
            let is_by_company = half::is_by_company(&mut *tx, token).await?;
            if !half::end(&mut tx, token).await? {
                return Ok(hx.see("/login"));
            }
            note_use(&hx, &mut tx, &used).await?;
            if is_by_company {
                return entering::start_by_company(&hx, tx, &user, &keys, &next, false).await;
            }
            entering::start(&hx, tx, &user, &keys, &next).await
        }
        Outcome::Refused { why, .. } => {
            half::failed(&mut tx, token).await?;
            throttle::failed(&mut tx, &keys).await?;
            note_second(&hx, &mut tx, &user, why).await?;
            tx.commit().await?;
            second::refused(&hx, db, &user, &next, StatusCode::UNPROCESSABLE_ENTITY, NOT_TAKEN_SECOND).await
        }
    }
}

/// Which passkey somebody comes in with, before the line that says they came in.
async fn note_use(hx: &Hx, tx: &mut PgConnection, used: &Used) -> Result<(), Error> {
    let id = used.user.id.to_string();
    let after = Some(json!({ "passkey": used.name }));
    let entry = audit::Entry { action: "used a passkey", noun: "users", object_id: &id, after, ..Default::default() };
    Ok(audit::record(tx, &entering::as_user(hx, &used.user), entry).await?)
}

/// Writes down a try that came to nothing; by nobody, because nobody was proved to be there.
async fn note(hx: &Hx, tx: &mut PgConnection, whose: Option<i64>, action: &str, reason: &str) -> Result<(), Error> {
    let object = whose.map_or("unknown".into(), |id| id.to_string());
    let entry = audit::Entry { action, noun: "users", object_id: &object, reason, ..Default::default() };
    Ok(audit::refused(tx, &hx.actor(), entry).await?)
}

async fn note_second(hx: &Hx, tx: &mut PgConnection, user: &User, why: &str) -> Result<(), Error> {
    let (id, reason) = (user.id.to_string(), format!("The second factor was wrong: {why}."));
    let entry =
        audit::Entry { action: "log-in refused", noun: "users", object_id: &id, reason: &reason, ..Default::default() };
    Ok(audit::refused(tx, &entering::as_user(hx, user), entry).await?)
}

async fn refused(hx: &Hx, next: &str, sentence: &str) -> Response {
    let ways = company::ways(hx).await;
    hx.refused("Log in", &[], view::login(&hx.csrf(), "", next, Some(sentence), ways))
}

fn waiting(mut response: Response, wait: std::time::Duration) -> Response {
    response.set_status(StatusCode::TOO_MANY_REQUESTS);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    response
}
