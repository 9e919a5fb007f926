//! /system/settings: what administrators decide while the product runs.

use crate::{Page, errors::Error, forms::Fields, hx::Hx, routes::Routes};
use maud::Markup;
use models::{
    settings::{self, BenchTablets, SecondFactorRoles, SessionLimits, Setting, Wrong},
    users::{Can, Role},
};
use poem::{handler, web::Data};
use sqlx::PgPool;
use views::{
    layout::Crumb,
    settings::{self as view, Settings, Typed},
};

pub fn routes() -> Routes {
    Routes::new()
        .get("/system/settings", Can::ManageSettings, show)
        .post("/system/settings/sessions", Can::ManageSettings, sessions)
        .takes(&["revision", "idle_minutes", "longest_hours", "reason"])
        .post("/system/settings/second_factor", Can::ManageSettings, second_factor)
        .takes(&["revision", "roles+", "reason"])
        .post("/system/settings/bench_tablets", Can::ManageSettings, bench_tablets)
        .takes(&["revision", "lock_minutes", "reason"])
}

#[handler]
async fn show(hx: Hx, Data(db): Data<&PgPool>) -> Page {
    let page = page(&hx, db, None).await?;
    Ok(hx.page("Settings", &crumbs(), page.clone(), page))
}

#[handler]
async fn sessions(hx: Hx, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let limits = whole(&fields, "idle_minutes", "30").and_then(|idle_minutes| {
        let longest_hours = whole(&fields, "longest_hours", "12")?;
        Ok(SessionLimits { idle_minutes, longest_hours })
    });
    keep(&hx, db, &fields, limits).await
}

#[handler]
async fn second_factor(hx: Hx, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let roles: Result<Vec<Role>, Wrong> = fields.all("roles").map(role).collect();
    keep(&hx, db, &fields, roles.map(|roles| SecondFactorRoles { roles })).await
}

#[handler]
async fn bench_tablets(hx: Hx, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let lock = whole(&fields, "lock_minutes", "5").map(|lock_minutes| BenchTablets { lock_minutes });
    keep(&hx, db, &fields, lock).await
}

fn whole(fields: &Fields, name: &'static str, like: &str) -> Result<i32, Wrong> {
    let typed = fields.get(name).trim();
    typed.parse().map_err(|_| (name, format!("\"{typed}\" is no whole number. Type one like {like}.")))
}

/// A role as forms carry it.
pub fn role(word: &str) -> Result<Role, Wrong> {
    serde_json::from_value(word.into())
        .map_err(|_| ("roles", format!("\"{word}\" is no role. Choose one of those shown.")))
}

/// Keeps what was decided, or shows the form again with what is wrong.
async fn keep<T: Setting>(hx: &Hx, db: &PgPool, fields: &Fields, new: Result<T, Wrong>) -> Page {
    let new = new.and_then(|new| new.check().map(|()| new));
    let new = match new {
        Ok(_) if fields.get("reason").trim().is_empty() => {
            Err(("reason", "Say why. The reason is kept with the change.".to_string()))
        }
        judged => judged,
    };
    let new = match new {
        Ok(new) => new,
        Err((field, sentence)) => {
            let typed = Typed { name: T::NAME, fields: &fields.0, problems: &[(field, &sentence)] };
            let page = page(hx, db, Some(typed)).await?;
            return Ok(hx.refused("Error: Settings", &crumbs(), page));
        }
    };
    let seen = fields.get("revision").parse().unwrap_or(-1);
    let mut tx = db.begin().await?;
    match settings::change(&mut tx, &hx.actor(), &new, seen, fields.get("reason")).await {
        Err(models::Error::Stale(sentence)) => {
            drop(tx);
            let typed = Typed { name: T::NAME, fields: &fields.0, problems: &[("reason", &sentence)] };
            let page = page(hx, db, Some(typed)).await?;
            Ok(hx.conflict("Error: Settings", &crumbs(), page))
        }
        changed => {
            changed?;
            tx.commit().await?;
            Ok(hx.see("/system/settings"))
        }
    }
}

async fn page(hx: &Hx, db: &PgPool, typed: Option<Typed<'_>>) -> Result<Markup, Error> {
    let csrf = hx.csrf();
    Ok(view::page(&Settings {
        csrf: &csrf,
        sessions: settings::read(db).await?,
        second_factor: settings::read(db).await?,
        bench_tablets: settings::read(db).await?,
        typed,
    }))
}

fn crumbs() -> [Crumb; 1] {
    [Crumb::new("System", "/system")]
}
