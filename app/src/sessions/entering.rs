//! Coming in: after the right password to the second factor, and from there into a session.

use super::device;
use crate::{Page, hx::Hx, hx::encode, session::set_cookie};
use models::{
    audit,
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

/// A session with a token nobody has seen before; one that this browser had ends.
pub async fn start(hx: &Hx, mut tx: Transaction<'_, Postgres>, user: &User, keys: &throttle::Keys, next: &str) -> Page {
    throttle::succeeded(&mut tx, keys).await?;
    if let Some(earlier) = hx.session() {
        sessions::end(&mut *tx, &earlier.id_hash).await?;
    }
    let token = sessions::start(&mut tx, user, &hx.visitor().peer, hx.visitor().user_agent()).await?;
    let id = user.id.to_string();
    let entry = audit::Entry { action: "logged in", noun: "users", object_id: &id, ..Default::default() };
    let session = sessions::mark(&sessions::id_hash(token.as_str()));
    audit::record(&mut tx, &audit::Actor { session, ..as_user(hx, user) }, entry).await?;
    tx.commit().await?;
    let mut response = hx.reload(next);
    let config = &hx.visitor().app.config;
    set_cookie(&mut response, config, config.cookie_name(), token.as_str());
    set_cookie(&mut response, config, config.anonymous_cookie_name(), "");
    set_cookie(&mut response, config, config.half_cookie_name(), "");
    device::remember(hx, &mut response, &user.email)?;
    Ok(response)
}

/// The person who is coming in, from where this request came.
pub fn as_user(hx: &Hx, user: &User) -> audit::Actor {
    let actor = hx.actor();
    audit::Actor { peer: actor.peer, request_id: actor.request_id, ..audit::Actor::from(user) }
}
