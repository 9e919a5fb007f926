//! /again: what somebody had typed when their session ended, to be sent once more after logging in.

use crate::{
    Page, csrf,
    errors::Error,
    forms,
    hx::Hx,
    routes::{Access, Routes},
    session::{Signed, Visitor},
};
use models::sessions::kept::{self, Form};
use poem::{
    Request, handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use views::sessions as view;

pub fn routes() -> Routes {
    Routes::new()
        .get("/again/:token", Access::SignedIn, show)
        .post("/again/:token/discarded", Access::SignedIn, discard)
        .takes(&[])
}

/// Places whose forms are about accounts: nothing of them is kept.
const NEVER: [&str; 9] =
    ["/account", "/again", "/invitations", "/login", "/logout", "/password", "/people", "/preferences", "/resets"];
/// Fields that are typed anew every time, whatever form they stand in.
const SECRETS: [&str; 9] = ["again", "code", "csrf", "new", "old", "passkey", "pin", "secret", "token"];

/// Keeps the form of a request whose session ended, and says where it waits. Nothing is kept of strangers, of forms that
/// are not from a page of that very session, of uploads, and of what is too large.
pub async fn keep(req: &mut Request, visitor: &Visitor, pattern: &str) -> Option<String> {
    if forms::kind(req) != forms::Kind::Fields || NEVER.iter().any(|place| pattern.starts_with(place)) {
        return None;
    }
    let db = &visitor.app.db;
    let ended = kept::ended(db, visitor.token_hash()?).await.ok()??;
    let bytes = forms::read(req).await.ok()?;
    let mut fields = forms::parse(&bytes).ok()?;
    if !csrf::is_from(req, &fields, &ended.csrf_secret, &ended.id_hash) {
        return None;
    }
    fields.retain(|(name, _)| !is_secret(name));
    let path = req.uri().path_and_query()?.to_string();
    let mut tx = db.begin().await.ok()?;
    let token = kept::keep(&mut tx, &ended, &Form { path, fields }).await.ok()?;
    tx.commit().await.ok()?;
    Some(format!("/again/{token}"))
}

fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    name.contains("password") || SECRETS.contains(&name.as_str())
}

#[handler]
async fn show(hx: Hx, Signed(user): Signed, Path(token): Path<String>, Data(db): Data<&PgPool>) -> Page {
    let gone = "Nothing waits here for you. What was typed is kept for an hour, for the person who typed it.";
    let form = kept::find(db, user.id, &token).await?.ok_or_else(|| Error::NotFound(gone.into()))?;
    let page = view::again(&hx.csrf(), &token, &form.path, &form.fields);
    Ok(hx.page("Send again", &[], page.clone(), page))
}

#[handler]
async fn discard(
    hx: Hx,
    Signed(user): Signed,
    Path(token): Path<String>,
    _: forms::Fields,
    Data(db): Data<&PgPool>,
) -> Page {
    kept::forget(db, user.id, &token).await?;
    Ok(hx.see("/"))
}

#[cfg(test)]
mod tests {
    use super::is_secret;

    #[test]
    fn what_opens_something_is_never_kept() {
        assert!(["password", "new_password", "Password2", "old", "csrf", "pin", "code"].into_iter().all(is_secret));
        assert!(!["customer", "notes", "reason", "build"].into_iter().any(is_secret));
    }
}
