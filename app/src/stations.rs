//! /stations and /station: tablets that several people share, and changing over with badge and PIN.

mod badges;

use crate::{
    Page,
    config::STATION_COOKIE,
    errors::{Error, spoken},
    forms::{Asked, Fields, Text, text},
    hx::{Hx, encode},
    routes::{Access, Routes},
    session::{Signed, cookie, keep_cookie, set_cookie},
    sessions::local,
};
use chrono::Utc;
use models::{
    audit::{self, Actor, Entry},
    sessions::{self, throttle},
    stations::{Station, badges as badge_rows},
    users::{Can, User, passwords},
};
use poem::{
    Request, Response, handler,
    http::StatusCode,
    web::{Data, Path},
};
use sqlx::PgPool;
use std::time::Duration;
use views::{layout::Crumb, stations as view};

/// Browsers keep no cookie longer than 400 days.
const KEPT: Duration = Duration::from_secs(399 * 24 * 3600);

pub fn routes() -> Routes {
    Routes::new()
        .get("/stations", Can::ManagePeople, index)
        .post("/stations", Can::ManagePeople, open)
        .takes(&["name"])
        .get("/stations/:id/retire", Can::ManagePeople, ask_to_retire)
        .post("/stations/:id/retire", Can::ManagePeople, retire)
        .takes(&["reason"])
        .get("/station", Access::Public, lock_screen)
        .post("/station", Access::Public, enter)
        .takes(&["badge", "pin", "next"])
        .post("/station/lock", Access::SignedIn, put_down)
        .takes(&["next"])
        .and(badges::routes())
}

/// The station that this device is.
pub async fn here(db: &PgPool, req: &Request) -> Result<Option<Station>, Error> {
    match cookie(req, STATION_COOKIE).filter(|token| token.len() == 64) {
        Some(token) => Ok(Station::of_token(db, &token).await?),
        None => Ok(None),
    }
}

#[handler]
async fn index(hx: Hx, req: &Request, Data(db): Data<&PgPool>) -> Page {
    let page = list(&hx, db, req, "", "").await?;
    Ok(hx.page("Bench tablets", &crumbs(), page.clone(), page))
}

#[handler]
async fn open(hx: Hx, req: &Request, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let typed = fields.get("name");
    let name = text(typed, Text { label: "Name", longest: 60, lines: false });
    let mut tx = db.begin().await?;
    let opened = match name {
        Ok(name) => match Station::open(&mut tx, &hx.actor(), &name).await {
            Err(models::Error::Invalid(sentence)) => Err(sentence),
            opened => Ok(opened?),
        },
        Err(sentence) => Err(sentence),
    };
    let (_, token) = match opened {
        Ok(opened) => opened,
        Err(sentence) => {
            drop(tx);
            let page = list(&hx, db, req, typed, &sentence).await?;
            return Ok(hx.refused("Error: Bench tablets", &crumbs(), page));
        }
    };
    // Whoever set it up leaves: the tablet belongs to the bench from now on.
    if let Some(session) = hx.session() {
        sessions::end(&mut *tx, &session.id_hash).await?;
    }
    tx.commit().await?;
    let mut response = hx.reload("/station");
    let config = &hx.visitor().app.config;
    set_cookie(&mut response, config, config.cookie_name(), "");
    keep_cookie(&mut response, config, (STATION_COOKIE, &token), Some(KEPT));
    Ok(response)
}

#[handler]
async fn ask_to_retire(hx: Hx, Path(id): Path<i64>, Data(db): Data<&PgPool>) -> Page {
    let station = Station::find(db, id).await?;
    let page = view::retire(&hx.csrf(), &station, "", "");
    Ok(hx.page(&format!("Retire {}", station.name), &crumbs(), page.clone(), page))
}

#[handler]
async fn retire(hx: Hx, Path(id): Path<i64>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let station = Station::find(db, id).await?;
    let typed = fields.get("reason");
    let reason = text(typed, Text { label: "Reason", longest: 300, lines: false });
    let mut tx = db.begin().await?;
    let retired = match reason {
        Ok(reason) => station.retire(&mut tx, &hx.actor(), &reason).await,
        Err(sentence) => Err(models::Error::Invalid(sentence)),
    };
    match retired {
        Err(models::Error::Invalid(sentence)) => {
            let page = view::retire(&hx.csrf(), &station, typed, &sentence);
            Ok(hx.refused(&format!("Error: Retire {}", station.name), &crumbs(), page))
        }
        retired => {
            retired?;
            tx.commit().await?;
            Ok(hx.see("/stations"))
        }
    }
}

#[handler]
async fn lock_screen(mut hx: Hx, req: &Request, asked: Asked, Data(db): Data<&PgPool>) -> Page {
    let next = local(asked.0.get("next"));
    if hx.session().is_some() {
        return Ok(hx.see(&next));
    }
    let Some(station) = here(db, req).await? else {
        let mut response = hx.see(&format!("/login?next={}", encode(&next)));
        set_cookie(&mut response, &hx.visitor().app.config, STATION_COOKIE, "");
        return Ok(response);
    };
    let nonce = hx.admit_stranger()?;
    let page =
        view::lock(&view::Lock { csrf: &hx.csrf(), station: &station.name, next: &next, badge: "", problem: "" });
    let mut response = hx.page(&station.name, &[], page.clone(), page);
    let config = &hx.visitor().app.config;
    set_cookie(&mut response, config, config.anonymous_cookie_name(), &nonce);
    Ok(response)
}

#[handler]
async fn enter(hx: Hx, req: &Request, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let Some(station) = here(db, req).await? else { return Ok(hx.see("/login")) };
    let (badge, pin, next) = (fields.get("badge").trim(), fields.get("pin"), local(fields.get("next")));
    let again = |badge: &str, problem: &str, status: StatusCode| {
        let screen = view::Lock { csrf: &hx.csrf(), station: &station.name, next: &next, badge, problem };
        let mut response = hx.refused(&station.name, &[], view::lock(&screen));
        response.set_status(status);
        response
    };
    if badge.is_empty() || badge.len() > 64 {
        return Ok(again("", "Scan your badge.", StatusCode::UNPROCESSABLE_ENTITY));
    }
    if pin.is_empty() {
        return Ok(again(badge, "", StatusCode::OK));
    }
    let holder = badge_rows::holder(db, badge).await?;
    // Wrong PINs count against the badge at this tablet, known or not.
    let keys = throttle::Keys::new(&format!("badge {badge}"), &format!("station {}", station.id));
    if let Some(wait) = throttle::wait(db, &keys).await? {
        let sentence = format!("Too many wrong PINs. Try again in {}.", spoken(wait));
        return Ok(again("", &sentence, StatusCode::TOO_MANY_REQUESTS));
    }
    let hash = holder.as_ref().and_then(|holder| holder.pin_hash.clone());
    let pin = if pin.chars().count() > passwords::LONGEST { "" } else { pin };
    let Ok(is_right) = passwords::matches(hash, pin.to_string()).await else {
        return Err(Error::Away("too many log-ins at once".into()));
    };
    match holder.filter(|_| is_right) {
        Some(holder) => let_in(&hx, db, &station, holder.user, &keys, &next).await,
        None => {
            note_failure(&hx, db, &station, &keys, badge).await?;
            let sentence =
                "This badge and PIN do not go together. Scan the badge again. Without a PIN, set one under My account.";
            Ok(again("", sentence, StatusCode::UNPROCESSABLE_ENTITY))
        }
    }
}

async fn let_in(hx: &Hx, db: &PgPool, station: &Station, user: User, keys: &throttle::Keys, next: &str) -> Page {
    let mut tx = db.begin().await?;
    throttle::succeeded(&mut tx, keys).await?;
    if let Some(earlier) = hx.session() {
        sessions::end(&mut *tx, &earlier.id_hash).await?;
    }
    let visitor = hx.visitor();
    let token = sessions::start_at(&mut tx, &user, &visitor.peer, visitor.user_agent(), Some(station.id)).await?;
    station.used(&mut tx).await?;
    let actor = Actor { session: sessions::mark(&sessions::id_hash(token.as_str())), ..acting(hx, &user) };
    let id = user.id.to_string();
    let after = Some(serde_json::json!({"station": station.name}));
    let entry = Entry { action: "logged in by badge", noun: "users", object_id: &id, after, ..Entry::default() };
    audit::record(&mut tx, &actor, entry).await?;
    tx.commit().await?;
    let mut response = hx.reload(next);
    let config = &visitor.app.config;
    set_cookie(&mut response, config, config.cookie_name(), token.as_str());
    set_cookie(&mut response, config, config.anonymous_cookie_name(), "");
    Ok(response)
}

async fn note_failure(
    hx: &Hx,
    db: &PgPool,
    station: &Station,
    keys: &throttle::Keys,
    badge: &str,
) -> Result<(), Error> {
    let mut tx = db.begin().await?;
    throttle::failed(&mut tx, keys).await?;
    let known = badge_rows::holder(&mut *tx, badge).await?;
    let object = known.map_or("unknown".into(), |holder| holder.user.id.to_string());
    let after = Some(serde_json::json!({"station": station.name}));
    let entry =
        Entry { action: "log-in by badge refused", noun: "users", object_id: &object, after, ..Entry::default() };
    audit::refused(&mut tx, &hx.actor(), entry).await?;
    Ok(tx.commit().await?)
}

/// The tablet is put down: the person is out, the tablet asks for the next badge.
#[handler]
async fn put_down(hx: Hx, Signed(user): Signed, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let mut tx = db.begin().await?;
    if let Some(session) = hx.session() {
        sessions::end(&mut *tx, &session.id_hash).await?;
    }
    let id = user.id.to_string();
    let entry = Entry { action: "locked the tablet", noun: "users", object_id: &id, ..Entry::default() };
    audit::record(&mut tx, &hx.actor(), entry).await?;
    tx.commit().await?;
    let mut response: Response = hx.reload(&format!("/station?next={}", encode(&local(fields.get("next")))));
    let config = &hx.visitor().app.config;
    set_cookie(&mut response, config, config.cookie_name(), "");
    Ok(response)
}

fn acting(hx: &Hx, user: &User) -> Actor {
    let actor = hx.actor();
    Actor { peer: actor.peer, request_id: actor.request_id, ..Actor::from(user) }
}

async fn list(hx: &Hx, db: &PgPool, req: &Request, name: &str, problem: &str) -> Result<maud::Markup, Error> {
    let (stations, here, csrf) = (Station::all(db).await?, here(db, req).await?, hx.csrf());
    let here = here.as_ref().map(|station| station.name.as_str());
    Ok(view::page(&view::Stations { csrf: &csrf, stations: &stations, here, now: Utc::now(), name, problem }))
}

fn crumbs() -> [Crumb; 2] {
    [Crumb::new("People", "/people"), Crumb::new("Bench tablets", "/stations")]
}
