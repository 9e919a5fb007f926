//! /invitations and /resets: a link somebody was handed, where they choose their own password and come in.

use crate::{
    Page,
    errors::Error,
    forms::{Fields, Text, text},
    hx::Hx,
    routes::{Access, Routes},
    session::set_cookie,
    sessions::{device, entering},
};
use models::{
    company,
    users::{
        User,
        links::{self, Purpose},
        passwords,
    },
};
use poem::{
    Response, handler,
    http::{HeaderValue, header},
    web::{Data, Path},
};
use sqlx::PgPool;
use views::people::joining::{self as view, Typed};

pub fn routes() -> Routes {
    Routes::new()
        .get("/invitations/:token", Access::Public, invitation)
        .post("/invitations/:token", Access::Public, accept)
        .takes(&["username", "name", "new", "again"])
        .get("/resets/:token", Access::Public, reset)
        .post("/resets/:token", Access::Public, choose)
        .takes(&["username", "new", "again"])
}

/// Where a link leads.
pub fn path(purpose: Purpose, token: &str) -> String {
    match purpose {
        Purpose::Invitation => format!("/invitations/{token}"),
        Purpose::Reset => format!("/resets/{token}"),
    }
}

#[handler]
async fn invitation(hx: Hx, Path(token): Path<String>, Data(db): Data<&PgPool>) -> Page {
    show(hx, db, &token, Purpose::Invitation).await
}

#[handler]
async fn reset(hx: Hx, Path(token): Path<String>, Data(db): Data<&PgPool>) -> Page {
    show(hx, db, &token, Purpose::Reset).await
}

#[handler]
async fn accept(hx: Hx, Path(token): Path<String>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    take(hx, db, &token, Purpose::Invitation, &fields).await
}

#[handler]
async fn choose(hx: Hx, Path(token): Path<String>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    take(hx, db, &token, Purpose::Reset, &fields).await
}

async fn show(mut hx: Hx, db: &PgPool, token: &str, purpose: Purpose) -> Page {
    let user = holder(db, token, purpose).await?;
    opens(db, &user).await?;
    let nonce = hx.admit_stranger()?;
    let page =
        view::page(&hx.csrf(), purpose, &path(purpose, token), &user, &Typed { name: &user.name, problems: &[] });
    let mut response = quiet(hx.page(title(purpose), &[], page.clone(), page));
    let config = &hx.visitor().app.config;
    set_cookie(&mut response, config, config.anonymous_cookie_name(), &nonce);
    Ok(response)
}

async fn take(hx: Hx, db: &PgPool, token: &str, purpose: Purpose, fields: &Fields) -> Page {
    let user = holder(db, token, purpose).await?;
    opens(db, &user).await?;
    let typed = if purpose == Purpose::Invitation { fields.get("name") } else { &user.name };
    let (new, again) = (fields.get("new"), fields.get("again"));
    let name = match judged(typed, &user, new, again) {
        Ok(name) => name,
        Err((field, sentence)) => {
            let typed = Typed { name: typed, problems: &[(field, &sentence)] };
            let page = view::page(&hx.csrf(), purpose, &path(purpose, token), &user, &typed);
            return Ok(quiet(hx.refused(&format!("Error: {}", title(purpose)), &[], page)));
        }
    };
    let Ok(hash) = passwords::hash(new.to_string()).await else {
        return Err(Error::Away("too many log-ins at once".into()));
    };
    let mut tx = db.begin().await?;
    let user = links::redeem(&mut tx, &hx.actor(), (token, purpose), &name, &hash).await.map_err(used)?;
    // Whoever lost the phone too asks an administrator: a reset link alone must not pass the second factor.
    entering::after_password(&hx, tx, &user, &device::keys(&hx, &user.email), "/").await
}

/// The name as it will be kept, or the field and the sentence of what is wrong.
fn judged(name: &str, user: &User, new: &str, again: &str) -> Result<String, (&'static str, String)> {
    let name = text(name, Text { label: "The name", longest: 100, lines: false }).map_err(|told| ("name", told))?;
    if name.is_empty() {
        return Err(("name", "Type your name as it should stand beside your signature.".into()));
    }
    match passwords::check_rules(new, &user.email, &name) {
        Err(models::Error::Invalid(sentence)) => return Err(("new", sentence)),
        judged => judged.map_err(|error| ("new", error.to_string()))?,
    }
    if new != again {
        return Err(("again", "The two passwords differ. Type the same one twice.".into()));
    }
    Ok(name)
}

async fn holder(db: &PgPool, token: &str, purpose: Purpose) -> Result<User, Error> {
    let token = if token.len() == 64 { token } else { "" };
    links::holder(db, token, purpose).await?.ok_or_else(|| used(models::Error::NotFound("Link")))
}

/// Refuses a password to somebody whom it would open nothing.
async fn opens(db: &PgPool, user: &User) -> Result<(), Error> {
    if company::password_of(db, user.id).await? == company::Password::OpensNothing {
        let sentence = "People log in here with the company account, so no password is chosen. Go to the log-in page.";
        return Err(Error::Forbidden(sentence.into()));
    }
    Ok(())
}

fn used(error: models::Error) -> Error {
    match error {
        models::Error::NotFound(_) => Error::NotFound(
            "This link was used, is older than a day, or never was one. An administrator makes a new one.".into(),
        ),
        other => other.into(),
    }
}

fn title(purpose: Purpose) -> &'static str {
    if purpose == Purpose::Invitation { "Welcome" } else { "New password" }
}

/// The address holds the link's word: no request from this page may carry it on. Only the origin is told, because our
/// own forms are recognised by it.
fn quiet(mut response: Response) -> Response {
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("strict-origin"));
    response
}
