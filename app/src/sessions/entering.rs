//! Coming in: after the right password to the second factor, and from there into a session.

use super::device;
use crate::{Page, errors::Error, hx::Hx, hx::encode, session::set_cookie};
use models::{
    audit,
    company::{self, Password, emergency},
    sessions::{self, half, throttle},
    users::{User, second_factors},
};
use sqlx::{Postgres, Transaction};

/// The password was right. Whoever has a second factor shows it next; everybody else is in.
pub async fn after_password(
    hx: &Hx,
    mut tx: Transaction<'_, Postgres>,
    user: &User,
    keys: &throttle::Keys,
    next: &str,
) -> Page {
    if !second_factors::is_asked(&mut *tx, user.id).await? {
        return start(hx, tx, user, keys, next).await;
    }
    // The counter of wrong words is forgotten at the very end only: codes are guessed by whoever knows the password.
    let half = half::begin(&mut tx, user).await?;
    tx.commit().await?;
    let mut response = hx.reload(&format!("/login/code?next={}", encode(next)));
    let config = &hx.visitor().app.config;
    set_cookie(&mut response, config, config.half_cookie_name(), &half);
    Ok(response)
}

/// After what this house asked for itself, a password before all. Where the company account has to be used, that opens
/// the emergency account alone, and its use is reported.
pub async fn start(hx: &Hx, mut tx: Transaction<'_, Postgres>, user: &User, keys: &throttle::Keys, next: &str) -> Page {
    match company::password_of(&mut *tx, user.id).await? {
        Password::Opens => {}
        Password::OpensInEmergency => emergency::used(&mut tx, &as_user(hx, user), user).await?,
        Password::OpensNothing => {
            let sentence = "People log in here with the company account. A password opens the emergency account only.";
            return Err(Error::Forbidden(sentence.into()));
        }
    }
    open(hx, tx, user, keys, next, By::Us).await
}

/// After the company's provider vouched for somebody; `has_factor` says that it asked for a second factor too.
pub async fn start_by_company(
    hx: &Hx,
    tx: Transaction<'_, Postgres>,
    user: &User,
    keys: &throttle::Keys,
    next: &str,
    has_factor: bool,
) -> Page {
    open(hx, tx, user, keys, next, By::Company { has_factor }).await
}

/// Who said that it is this person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Us,
    Company { has_factor: bool },
}

/// A session with a token nobody has seen before; one that this browser had ends.
async fn open(
    hx: &Hx,
    mut tx: Transaction<'_, Postgres>,
    user: &User,
    keys: &throttle::Keys,
    next: &str,
    by: By,
) -> Page {
    throttle::succeeded(&mut tx, keys).await?;
    if let Some(earlier) = hx.session() {
        sessions::end(&mut *tx, &earlier.id_hash).await?;
    }
    let token = sessions::start(&mut tx, user, &hx.visitor().peer, hx.visitor().user_agent()).await?;
    let id = user.id.to_string();
    if let By::Company { has_factor } = by {
        company::mark_session(&mut tx, &sessions::id_hash(token.as_str()), has_factor).await?;
    }
    let after = (by != By::Us).then(|| serde_json::json!({ "by": "company account" }));
    let entry = audit::Entry { action: "logged in", after, noun: "users", object_id: &id, ..Default::default() };
    let session = sessions::mark(&sessions::id_hash(token.as_str()));
    audit::record(&mut tx, &audit::Actor { session, ..as_user(hx, user) }, entry).await?;
    tx.commit().await?;
    let mut response = hx.reload(next);
    let config = &hx.visitor().app.config;
    set_cookie(&mut response, config, config.cookie_name(), token.as_str());
    set_cookie(&mut response, config, config.anonymous_cookie_name(), "");
    set_cookie(&mut response, config, config.half_cookie_name(), "");
    match by {
        By::Us => device::remember(hx, &mut response, &[&user.email])?,
        By::Company { .. } => device::remember(hx, &mut response, &[&user.email, device::COMPANY])?,
    }
    Ok(response)
}

/// The person who is coming in, from where this request came.
pub fn as_user(hx: &Hx, user: &User) -> audit::Actor {
    let actor = hx.actor();
    audit::Actor { peer: actor.peer, request_id: actor.request_id, ..audit::Actor::from(user) }
}
