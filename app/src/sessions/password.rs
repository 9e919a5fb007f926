//! /password: a person changes their own password. The old one is asked, every other session ends.

use crate::{
    Page,
    errors::{Error, spoken},
    forms::Fields,
    hx::Hx,
    routes::{Access, Routes},
    session::Signed,
};
use models::{
    audit,
    sessions::{self, throttle},
    users::{self, User, passwords},
};
use poem::{Response, handler, web::Data};
use sqlx::PgPool;
use views::sessions as view;

pub fn routes() -> Routes {
    Routes::new()
        .get("/password", Access::SignedIn, show)
        .post("/password", Access::SignedIn, change)
        .takes(&["old", "new", "again"])
}

#[handler]
async fn show(hx: Hx, Signed(user): Signed, Data(db): Data<&PgPool>) -> Page {
    if hx.visitor().app.company.is_some() && !users::passwords::has_one(db, user.id).await? {
        return Ok(hx.see("/password/new"));
    }
    let page = view::password(&hx.csrf(), &[]);
    Ok(hx.page("Change password", &[], page.clone(), page))
}

#[handler]
async fn change(hx: Hx, Signed(user): Signed, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let session = hx.session().ok_or(Error::LoginNeeded)?;
    let (old, new) = (fields.get("old"), fields.get("new"));
    // Wrong words here count like wrong words at the door: an unlocked screen is no place to guess.
    let keys = throttle::Keys::within_session(&user.email, &hx.visitor().peer);
    if let Some(wait) = throttle::wait(db, &keys).await? {
        let sentence = format!("Too many wrong passwords. Try again in {}.", spoken(wait));
        return Ok(refused(&hx, &[("old", &sentence)]));
    }
    let is_owner = match is_right(db, &user, old).await? {
        Some(is_right) => is_right,
        None => return Err(Error::Away("too many log-ins at once".into())),
    };
    if !is_owner {
        let mut tx = db.begin().await?;
        throttle::failed(&mut tx, &keys).await?;
        let id = user.id.to_string();
        let action = "password change refused";
        let entry = audit::Entry { action, noun: "users", object_id: &id, ..Default::default() };
        audit::refused(&mut tx, &hx.actor(), entry).await?;
        tx.commit().await?;
        return Ok(refused(&hx, &[("old", "This is not your password until now. Type it again.")]));
    }
    if let Some(problem) = problem(&user, old, new, fields.get("again")) {
        return Ok(refused(&hx, &[(problem.0, &problem.1)]));
    }
    let Ok(hash) = passwords::hash(new.to_string()).await else {
        return Err(Error::Away("too many log-ins at once".into()));
    };
    let mut tx = db.begin().await?;
    let ended = users::set_password(&mut tx, &hx.actor(), &user, &hash, &session.id_hash).await?;
    throttle::succeeded(&mut tx, &keys).await?;
    let renewed = sessions::renew(&mut tx, session).await?;
    tx.commit().await?;
    hx.visitor().go_on_as(renewed);
    let others = match ended {
        0 => "You were logged in nowhere else.".to_string(),
        1 => "One other session was ended.".to_string(),
        ended => format!("{ended} other sessions were ended."),
    };
    let page = view::password_changed(&others);
    Ok(hx.page("Password changed", &[], page.clone(), page))
}

/// Whether this is the person's password; none when too many wait for an answer.
async fn is_right(db: &PgPool, user: &User, old: &str) -> Result<Option<bool>, Error> {
    let old = if old.chars().count() > passwords::LONGEST { "" } else { old };
    Ok(users::authenticate(db, &user.email, old).await?.ok().map(|found| found.is_some()))
}

/// The field and the sentence of what is wrong with the new password.
fn problem(user: &User, old: &str, new: &str, again: &str) -> Option<(&'static str, String)> {
    if let Err(models::Error::Invalid(sentence)) = passwords::check_rules(new, &user.email, &user.name) {
        return Some(("new", sentence));
    }
    if new == old {
        return Some(("new", "This is your password already. Choose another one.".into()));
    }
    (new != again).then(|| ("again", "The two new passwords differ. Type the new one twice.".into()))
}

fn refused(hx: &Hx, problems: &[(&str, &str)]) -> Response {
    hx.refused("Error: Change password", &[], view::password(&hx.csrf(), problems))
}
