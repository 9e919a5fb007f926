//! /people/…/badge and /account/pin: what opens a bench tablet.

use crate::{
    Page,
    errors::{Error, spoken},
    forms::Fields,
    hx::Hx,
    qr,
    routes::{Access, Routes},
    session::Signed,
};
use chrono::Utc;
use models::{
    audit::{self, Entry},
    sessions::{self, throttle},
    stations::{badges, pins},
    users::{self, Can, User, passwords, people},
};
use poem::{
    Response, handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use views::{layout::Crumb, stations as view};

pub fn routes() -> Routes {
    Routes::new()
        .get("/people/:id/badge", Can::ManagePeople, show)
        .post("/people/:id/badge", Can::ManagePeople, give)
        .takes(&["do"])
        .get("/account/pin", Access::SignedIn, ask)
        .post("/account/pin", Access::SignedIn, set)
        .takes(&["password", "pin", "again"])
}

#[handler]
async fn show(hx: Hx, Path(id): Path<i64>, Data(db): Data<&PgPool>) -> Page {
    let person = person(db, id).await?;
    let (since, has_pin) = (badges::held_since(db, id).await?, pins::is_set(db, id).await?);
    let csrf = hx.csrf();
    let badge = badge(&csrf, &person, since.as_ref(), has_pin);
    let page = view::badge(&badge);
    Ok(hx.page(&format!("Badge of {}", person.name), &crumbs(&person), page.clone(), page))
}

#[handler]
async fn give(hx: Hx, Path(id): Path<i64>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let person = person(db, id).await?;
    let mut tx = db.begin().await?;
    let code = match fields.get("do") {
        "issue" => Some(badges::issue(&mut tx, &hx.actor(), id).await?),
        "revoke" => {
            badges::revoke(&mut tx, &hx.actor(), id).await?;
            None
        }
        other => return Err(Error::Invalid(format!("Do is \"{other}\". It is issue or revoke."))),
    };
    tx.commit().await?;
    let Some(code) = code else { return Ok(hx.see(&format!("/people/{id}/badge"))) };
    let (csrf, drawn) = (hx.csrf(), qr::draw(code.as_str())?);
    let page = view::printed(&badge(&csrf, &person, None, true), &drawn);
    Ok(hx.page(&format!("Badge of {}", person.name), &crumbs(&person), page.clone(), page))
}

fn badge<'a>(
    csrf: &'a str,
    person: &'a User,
    since: Option<&'a chrono::DateTime<Utc>>,
    has_pin: bool,
) -> view::Badge<'a> {
    let (id, role) = (person.id, person.role.title());
    view::Badge { csrf, person: &person.name, role, id, since, has_pin, now: Utc::now() }
}

#[handler]
async fn ask(hx: Hx, Signed(user): Signed, Data(db): Data<&PgPool>) -> Page {
    let page = view::pin(&hx.csrf(), pins::is_set(db, user.id).await?, &[]);
    Ok(hx.page("PIN for bench tablets", &[], page.clone(), page))
}

#[handler]
async fn set(hx: Hx, Signed(user): Signed, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let session = hx.session().ok_or(Error::LoginNeeded)?;
    let is_set = pins::is_set(db, user.id).await?;
    let keys = throttle::Keys::new(&user.email, &hx.visitor().peer);
    if let Some(wait) = throttle::wait(db, &keys).await? {
        let sentence = format!("Too many wrong passwords. Try again in {}.", spoken(wait));
        return Ok(refused(&hx, is_set, "password", &sentence));
    }
    let password = fields.get("password");
    let password = if password.chars().count() > passwords::LONGEST { "" } else { password };
    let Ok(owner) = users::authenticate(db, &user.email, password).await? else {
        return Err(Error::Away("too many log-ins at once".into()));
    };
    if owner.is_none() {
        let mut tx = db.begin().await?;
        throttle::failed(&mut tx, &keys).await?;
        let id = user.id.to_string();
        let entry = Entry { action: "PIN refused", noun: "users", object_id: &id, ..Entry::default() };
        audit::refused(&mut tx, &hx.actor(), entry).await?;
        tx.commit().await?;
        return Ok(refused(&hx, is_set, "password", "This is not your password. Type it again."));
    }
    let pin = fields.get("pin");
    if let Err(models::Error::Invalid(sentence)) = pins::check_rules(pin) {
        return Ok(refused(&hx, is_set, "pin", &sentence));
    }
    if pin != fields.get("again") {
        return Ok(refused(&hx, is_set, "again", "The two PINs differ. Type the new one twice."));
    }
    let Ok(hash) = passwords::hash(pin.to_string()).await else {
        return Err(Error::Away("too many log-ins at once".into()));
    };
    let mut tx = db.begin().await?;
    pins::set(&mut tx, &hx.actor(), user.id, &hash).await?;
    throttle::succeeded(&mut tx, &keys).await?;
    let renewed = sessions::renew(&mut tx, session).await?;
    tx.commit().await?;
    hx.visitor().go_on_as(renewed);
    Ok(hx.see("/account"))
}

fn refused(hx: &Hx, is_set: bool, field: &str, sentence: &str) -> Response {
    hx.refused("Error: PIN for bench tablets", &[], view::pin(&hx.csrf(), is_set, &[(field, sentence)]))
}

async fn person(db: &PgPool, id: i64) -> Result<User, Error> {
    Ok(people::find(db, id).await?.user)
}

fn crumbs(person: &User) -> [Crumb; 2] {
    [Crumb::new("People", "/people"), Crumb::new(person.name.clone(), format!("/people/{}", person.id))]
}
