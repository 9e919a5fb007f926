//! /login/company: to the company's provider and back, and what comes of it.

use super::{device, entering, local};
use crate::{
    App, Page,
    company::{Company, token},
    errors::Error,
    forms::{Asked, Fields},
    hx::{Hx, encode},
    routes::{Access, Routes},
    session::{Signed, cookie, set_cookie},
};
use models::{
    audit::{self, Entry},
    company::{
        self as rows, CompanyAccount,
        admitting::{self, Told},
        logins::{self, Beginning, Begun, Purpose},
    },
    sessions::{half, throttle},
    settings,
    users::{User, second_factors},
};
use poem::{
    Request, Response, handler,
    http::{HeaderName, HeaderValue, StatusCode, header},
    web::Data,
};
use sqlx::PgPool;
use views::sessions::company as view;

pub fn routes() -> Routes {
    Routes::new()
        .post("/login/company", Access::Public, leave)
        .takes(&["next"])
        .get(crate::config::company::RETURN, Access::Public, come_back)
        .get("/login/company/ended", Access::Public, ended)
        .post("/password/company", Access::SignedIn, prove)
        .takes(&[])
}

/// The provider, where there is one.
///
/// # Errors
/// `NotFound` where people log in with passwords only.
pub fn provider(app: &App) -> Result<&Company, Error> {
    app.company.as_ref().ok_or_else(Error::not_found)
}

#[handler]
async fn leave(hx: Hx, req: &Request, fields: Fields) -> Page {
    let next = local(fields.get("next"));
    send(&hx, req, Purpose::LogIn, None, &next).await
}

/// Somebody logged in proves anew who they are, to choose the password they sign with.
#[handler]
async fn prove(hx: Hx, req: &Request, Signed(_): Signed, _: Fields) -> Page {
    let session = hx.session().ok_or(Error::LoginNeeded)?.id_hash.clone();
    send(&hx, req, Purpose::Prove, Some(&session), "/password/new").await
}

/// Sends somebody to the provider. A form may lead to this site only, so the way out is a page that goes on by itself.
async fn send(hx: &Hx, req: &Request, purpose: Purpose, session: Option<&[u8]>, next: &str) -> Page {
    let app = &hx.visitor().app;
    let company = provider(app)?;
    let config = &app.config;
    let browser = cookie(req, config.company_cookie_name()).filter(|word| word.len() == 64);
    let browser = browser.map_or_else(crate::csrf::nonce, Ok)?;
    let kept = token::secrets();
    // The provider is asked before anything is kept: while it is away nothing is.
    if let Err(away) = company.metadata().await {
        return Ok(away_page(hx, company, next, &away));
    }
    let mut tx = app.db.begin().await?;
    let (nonce, verifier) = (kept.nonce.as_str(), kept.verifier.as_str());
    let state = logins::begin(&mut tx, &browser, Beginning { nonce, verifier, purpose, session, next }).await?;
    tx.commit().await?;
    let address = match company.address(state, kept, purpose).await {
        Ok(address) => address,
        Err(away) => return Ok(away_page(hx, company, next, &away)),
    };
    let page = view::going(company.settings.host(), &address);
    let mut response = hx.page("Company account", &[], page.clone(), page);
    if let Ok(value) = HeaderValue::from_str(&format!("0;url={address}")) {
        response.headers_mut().insert(HeaderName::from_static("refresh"), value);
    }
    set_cookie(&mut response, config, config.company_cookie_name(), &browser);
    Ok(response)
}

#[handler]
async fn come_back(hx: Hx, req: &Request, asked: Asked, Data(db): Data<&PgPool>) -> Page {
    let company = provider(&hx.visitor().app)?;
    let keys = device::company_keys(&hx);
    if let Some(wait) = throttle::wait(db, &keys).await? {
        return Err(Error::TooMany(wait));
    }
    let browser = cookie(req, hx.visitor().app.config.company_cookie_name()).unwrap_or_default();
    let asked = &asked.0;
    let Some(begun) = logins::spend(db, asked.get("state"), &browser).await? else {
        note(&hx, db, Some(&keys), "the state was spent, over or another browser's").await?;
        return Ok(refused(&hx, view::OVER, "/"));
    };
    // Who answers says who it is, where the provider can (RFC 9207).
    let is_other =
        asked.has("iss") && !company.metadata().await.is_ok_and(|known| known.issuer().as_str() == asked.get("iss"));
    if is_other || !asked.get("error").is_empty() || asked.get("code").is_empty() {
        let why = if is_other { "another issuer answered" } else { "the provider refused" };
        note(&hx, db, is_other.then_some(&keys), why).await?;
        return Ok(refused(&hx, view::REFUSED, &begun.next));
    }
    let setting = settings::read::<CompanyAccount>(db).await?.value;
    let now = logins::now(db).await?;
    match company.redeem(asked.get("code"), &begun, now, &setting.groups_claim).await {
        Ok(told) => arrive(&hx, db, &begun, &told, &setting, &keys).await,
        Err(token::Trouble::Away(away)) => Ok(away_page(&hx, company, &begun.next, &away)),
        Err(token::Trouble::Wrong(why)) => {
            tracing::warn!(request_id = hx.request_id(), why, "the company's provider did not vouch for anybody");
            note(&hx, db, Some(&keys), "what came back did not fit").await?;
            Ok(refused(&hx, view::UNFIT, &begun.next))
        }
    }
}

/// The provider vouches for somebody.
async fn arrive(
    hx: &Hx,
    db: &PgPool,
    begun: &Begun,
    told: &Told,
    setting: &CompanyAccount,
    keys: &throttle::Keys,
) -> Page {
    if begun.purpose == Purpose::Prove {
        return proved(hx, db, begun, told).await;
    }
    let mut tx = db.begin().await?;
    let actor = audit::Actor { name: "Company account".into(), ..system(hx) };
    let user = match admitting::admit(&mut tx, &actor, told).await? {
        Ok(user) => user,
        Err(refusal) => {
            tx.commit().await?;
            return Ok(refused(hx, refusal.sentence(), &begun.next));
        }
    };
    let trusts = setting.trusts_second_factor && told.has_second_factor;
    if !trusts && second_factors::is_asked(&mut *tx, user.id).await? {
        let half = half::begin(&mut tx, &user).await?;
        half::is_now_by_company(&mut tx, &half).await?;
        tx.commit().await?;
        let mut response = hx.reload(&format!("/login/code?next={}", encode(&begun.next)));
        let config = &hx.visitor().app.config;
        set_cookie(&mut response, config, config.half_cookie_name(), &half);
        return Ok(response);
    }
    entering::start_by_company(hx, tx, &user, keys, &begun.next, trusts).await
}

/// The same person, in the same session, a moment ago.
async fn proved(hx: &Hx, db: &PgPool, begun: &Begun, told: &Told) -> Page {
    let session = hx.session().ok_or(Error::LoginNeeded)?;
    let is_here = begun.session.as_deref() == Some(session.id_hash.as_slice());
    if !is_here || !admitting::is_of(db, told, session.user.id).await? {
        note(hx, db, None, "somebody else proved who they are").await?;
        return Ok(refused(hx, view::OTHER, "/"));
    }
    let id = session.user.id.to_string();
    let entry = Entry { action: "proved who they are", noun: "users", object_id: &id, ..Entry::default() };
    let mut tx = db.begin().await?;
    rows::prove(&mut tx, &session.id_hash).await?;
    audit::record(&mut tx, &hx.actor(), entry).await?;
    tx.commit().await?;
    Ok(hx.reload(&begun.next))
}

/// After logging out here: the provider's own session is another matter.
#[handler]
async fn ended(hx: Hx) -> Page {
    let company = provider(&hx.visitor().app)?;
    let page = view::ended(company.settings.host(), company.end_session().as_deref());
    Ok(hx.page("Logged out", &[], page.clone(), page))
}

/// Where logging out leads: whoever came by the company account may want to end that session too.
pub fn after_leaving(hx: &Hx, by_company: bool) -> &'static str {
    let is_there = hx.visitor().app.company.is_some();
    if is_there && by_company { "/login/company/ended" } else { "/login" }
}

fn system(hx: &Hx) -> audit::Actor {
    let actor = hx.actor();
    audit::Actor { peer: actor.peer, request_id: actor.request_id, ..audit::Actor::system() }
}

/// Writes down a way back that led nowhere; with `keys` it counts towards the wait.
async fn note(hx: &Hx, db: &PgPool, keys: Option<&throttle::Keys>, why: &str) -> Result<(), Error> {
    let mut tx = db.begin().await?;
    if let Some(keys) = keys {
        throttle::failed(&mut tx, keys).await?;
    }
    let action = "log-in refused";
    let entry = Entry { action, noun: "users", object_id: "unknown", reason: why, ..Entry::default() };
    audit::refused(&mut tx, &hx.actor(), entry).await?;
    Ok(tx.commit().await?)
}

fn refused(hx: &Hx, sentence: &str, next: &str) -> Response {
    hx.refused("Not logged in", &[], view::refused(sentence, next))
}

fn away_page(hx: &Hx, company: &Company, next: &str, away: &crate::company::Away) -> Response {
    tracing::warn!(request_id = hx.request_id(), error = %away, "the company's provider is away");
    let mut response = hx.refused("Company account away", &[], view::away(company.settings.host(), next));
    response.set_status(StatusCode::SERVICE_UNAVAILABLE);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
    response
}

/// Whether somebody with the right password may come in by it, when the company account is there.
///
/// # Errors
/// Only what the database says.
pub async fn password_opens(db: &PgPool, user: Option<User>) -> Result<Option<User>, Error> {
    let Some(user) = user else { return Ok(None) };
    let opens = rows::password_of(db, user.id).await? != rows::Password::OpensNothing;
    Ok(opens.then_some(user))
}

/// What the log-in page offers. The database being away is no reason to show no page.
pub async fn ways(hx: &Hx) -> views::sessions::Ways<'_> {
    let app = &hx.visitor().app;
    let passkeys = crate::passkeys::place(hx);
    let Some(company) = &app.company else { return views::sessions::Ways { passkeys, ..Default::default() } };
    let setting = settings::read::<CompanyAccount>(&app.db).await;
    let is_required = setting.is_ok_and(|setting| setting.value.is_required);
    // Where the company account has to be used, no passkey leads past it.
    let passkeys = if is_required { views::components::passkeys::Place::Off } else { passkeys };
    views::sessions::Ways { company: Some(company.settings.host()), is_required, passkeys }
}
