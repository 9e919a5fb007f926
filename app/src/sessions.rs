//! /login, /logout and how somebody likes the screen.

pub mod company;
pub mod device;
pub mod entering;
pub mod kept;
mod passkey;
mod password;
mod second;
mod signing_password;

use crate::{
    Page,
    errors::{Error, spoken},
    forms::Fields,
    hx::Hx,
    routes::{Access, Routes},
    session::{Signed, set_cookie},
};
use models::{
    audit,
    sessions::{self, throttle},
    users::{self, Preferences, User},
};
use poem::{
    Response, handler,
    http::{HeaderName, HeaderValue, StatusCode, header},
    web::Data,
};
use sqlx::{PgConnection, PgPool};
use views::sessions as view;

pub fn routes() -> Routes {
    Routes::new()
        .get("/login", Access::Public, login)
        .post("/login", Access::Public, enter)
        .takes(&["email", "password", "next"])
        .post("/logout", Access::SignedIn, leave)
        .takes(&[])
        .post("/preferences", Access::SignedIn, prefer)
        .takes(&["theme", "density", "text_size", "next"])
        .and(password::routes())
        .and(signing_password::routes())
        .and(company::routes())
        .and(second::routes())
        .and(passkey::routes())
        .and(kept::routes())
}

#[handler]
async fn login(mut hx: Hx, asked: crate::forms::Asked) -> Page {
    let next = local(asked.0.get("next"));
    if hx.session().is_some() {
        return Ok(hx.see(&next));
    }
    let nonce = hx.admit_stranger()?;
    let page = view::login(&hx.csrf(), "", &next, None, company::ways(&hx).await);
    let mut response = hx.page("Log in", &[], page.clone(), page);
    let config = &hx.visitor().app.config;
    set_cookie(&mut response, config, config.anonymous_cookie_name(), &nonce);
    Ok(response)
}

#[handler]
async fn enter(hx: Hx, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let (email, next) = (fields.get("email"), local(fields.get("next")));
    let keys = device::keys(&hx, email);
    if let Some(wait) = throttle::wait(db, &keys).await? {
        note(&hx, &mut *db.acquire().await?, email, "log-in throttled").await?;
        let ways = company::ways(&hx).await;
        let (status, wait) = (StatusCode::TOO_MANY_REQUESTS, (too_many(wait), Some(wait.as_secs())));
        return Ok(refused(&hx, (email, &next, ways), status, (&wait.0, wait.1)));
    }
    let password = fields.get("password");
    // Longer than any password of ours: hashing it would only cost time.
    let password = if password.chars().count() > users::passwords::LONGEST { "" } else { password };
    let user = match users::authenticate(db, email, password).await? {
        // Nobody learns here whether a password was right that opens nothing.
        Ok(user) => company::password_opens(db, user).await?,
        Err(users::passwords::Busy) => return Err(Error::Away("too many log-ins at once".into())),
    };
    let Some(user) = user else {
        let mut tx = db.begin().await?;
        throttle::failed(&mut tx, &keys).await?;
        note(&hx, &mut tx, email, "log-in refused").await?;
        tx.commit().await?;
        let sentence = "This address and password do not go together. Type both again, or ask an administrator.";
        let ways = company::ways(&hx).await;
        return Ok(refused(&hx, (email, &next, ways), StatusCode::UNPROCESSABLE_ENTITY, (sentence, None)));
    };
    users::accounts::renew_hash(db, &user, password).await?;
    entering::after_password(&hx, db.begin().await?, &user, &keys, &next).await
}

#[handler]
async fn leave(hx: Hx, Signed(user): Signed) -> Page {
    let mut tx = hx.visitor().db().begin().await?;
    let mut door = "/login";
    if let Some(session) = hx.session() {
        door = company::after_leaving(&hx, models::company::opened(&mut *tx, &session.id_hash).await?);
        sessions::end(&mut *tx, &session.id_hash).await?;
    }
    let id = user.id.to_string();
    let entry = audit::Entry { action: "logged out", noun: "users", object_id: &id, ..Default::default() };
    audit::record(&mut tx, &hx.actor(), entry).await?;
    tx.commit().await?;
    let mut response = hx.reload(door);
    let config = &hx.visitor().app.config;
    set_cookie(&mut response, config, config.cookie_name(), "");
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}

#[handler]
async fn prefer(hx: Hx, Signed(user): Signed, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let session = hx.session().ok_or(Error::LoginNeeded)?;
    let text_size = match fields.get("text_size") {
        "" => session.text_size,
        size => size.parse().unwrap_or_default(),
    };
    let or = |name: &str, kept: &str| if fields.has(name) { fields.get(name).to_string() } else { kept.to_string() };
    let (theme, density) = (or("theme", &session.theme), or("density", &session.density));
    let mut tx = db.begin().await?;
    user.prefer(&mut tx, Preferences { theme: &theme, density: &density, text_size }).await?;
    tx.commit().await?;
    Ok(hx.reload(&local(fields.get("next"))))
}

/// Writes down a log-in that came to nothing, whether or not the account exists.
async fn note(hx: &Hx, tx: &mut PgConnection, email: &str, action: &str) -> Result<(), Error> {
    let known = User::find_by_email(&mut *tx, email).await?;
    let object = known.map_or("unknown".into(), |user| user.id.to_string());
    let entry = audit::Entry { action, noun: "users", object_id: &object, ..Default::default() };
    Ok(audit::refused(tx, &hx.actor(), entry).await?)
}

pub fn too_many(wait: std::time::Duration) -> String {
    format!("Too many wrong passwords. Try again in {}.", spoken(wait))
}

/// The log-in page again with a sentence; the address typed stays.
fn refused(
    hx: &Hx,
    (email, next, ways): (&str, &str, view::Ways<'_>),
    status: StatusCode,
    (sentence, wait): (&str, Option<u64>),
) -> Response {
    let page = view::login(&hx.csrf(), email, next, Some(sentence), ways);
    let mut response = hx.refused("Log in", &[], page);
    response.set_status(status);
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    }
    response
}

/// A place of ours to go on to: a path from the root and nothing a browser could read as another site.
pub fn local(next: &str) -> String {
    let decoded = crate::forms::decode(next.as_bytes(), false).unwrap_or_default();
    let is_local = |path: &str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && !path.contains(['\\'])
            && !path.chars().any(char::is_control)
    };
    let is_ascii = next.bytes().all(|byte| byte.is_ascii_graphic());
    let first = decoded.split(['?', '#']).next().unwrap_or_default();
    if is_ascii && is_local(next) && is_local(&decoded) && !first.contains("//") && !first.starts_with("/log") {
        next.to_string()
    } else {
        "/".into()
    }
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn after_logging_in_nobody_is_sent_to_another_site() {
        for evil in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/%09/evil",
            "javascript:alert(1)",
            "",
            "evil",
            "/%2f/evil.example",
            "/%5cevil.example",
            "/\t/evil.example",
            "/a\r\nSet-Cookie: x=y",
            "/%2fevil.example",
            "/login",
            "/logout",
        ] {
            assert_eq!(local(evil), "/", "{evil}");
        }
        for ours in ["/", "/orders", "/orders/TOR-2026-0042?tab=bom&sort=due", "/find?q=a%20b"] {
            assert_eq!(local(ours), ours);
        }
    }
}
