//! /password/new: whoever logs in with the company account chooses the password they sign with. That one opens no door;
//! it is the second of the two components of a signature (21 CFR 11.200(a)), works while the provider is away, and takes
//! a moment on a tablet. The provider says anew who they are before it is chosen.

use super::company::provider;
use crate::{
    Page,
    errors::Error,
    forms::Fields,
    hx::Hx,
    routes::{Access, Routes},
    session::Signed,
};
use models::{company, users, users::passwords};
use poem::{handler, web::Data};
use sqlx::PgPool;
use views::sessions::{self as view, company::signing_password};

pub fn routes() -> Routes {
    Routes::new()
        .get("/password/new", Access::SignedIn, show)
        .post("/password/new", Access::SignedIn, choose)
        .takes(&["new", "again"])
}

#[handler]
async fn show(hx: Hx, Data(db): Data<&PgPool>) -> Page {
    let host = provider(&hx.visitor().app)?.settings.host().to_owned();
    let session = hx.session().ok_or(Error::LoginNeeded)?;
    let is_proved = company::has_proved(db, &session.id_hash).await?;
    let page = signing_password(&hx.csrf(), &host, is_proved, &[]);
    Ok(hx.page("Password for signatures", &[], page.clone(), page))
}

#[handler]
async fn choose(hx: Hx, Signed(user): Signed, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let host = provider(&hx.visitor().app)?.settings.host().to_owned();
    let session = hx.session().ok_or(Error::LoginNeeded)?;
    let refused = |is_proved: bool, field: &str, sentence: &str| {
        let page = signing_password(&hx.csrf(), &host, is_proved, &[(field, sentence)]);
        hx.refused("Error: Password for signatures", &[], page)
    };
    if !company::has_proved(db, &session.id_hash).await? {
        return Ok(refused(false, "new", "Show first that it is you. That lasts ten minutes and for one password."));
    }
    let (new, again) = (fields.get("new"), fields.get("again"));
    if let Err(models::Error::Invalid(sentence)) = passwords::check_rules(new, &user.email, &user.name) {
        return Ok(refused(true, "new", &sentence));
    }
    if new != again {
        return Ok(refused(true, "again", "The two new passwords differ. Type the new one twice."));
    }
    let Ok(hash) = passwords::hash(new.to_string()).await else {
        return Err(Error::Away("too many log-ins at once".into()));
    };
    let mut tx = db.begin().await?;
    users::set_password(&mut tx, &hx.actor(), &user, &hash, &session.id_hash).await?;
    company::forget_proof(&mut tx, &session.id_hash).await?;
    tx.commit().await?;
    let page = view::password_changed("You sign with it from now on. You still log in with the company account.");
    Ok(hx.page("Password kept", &[], page.clone(), page))
}
