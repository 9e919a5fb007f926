//! /jobs/views: filters with a name.

use super::{crumbs, read};
use crate::{
    Page,
    errors::Error,
    forms::{self, Fields, Text},
    hx::Hx,
    routes::Routes,
    session::Signed,
};
use models::{
    jobs::views::{Change, LONGEST_NAME, LONGEST_QUERY, View},
    users::{Can, User},
};
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use views::{
    jobs::{
        list::query,
        saved::{self as view, Refused},
    },
    layout,
};

pub fn routes() -> Routes {
    Routes::new()
        .get("/jobs/views", Can::SeeJobs, index)
        .post("/jobs/views", Can::SeeJobs, save)
        .takes(&["query", "name", "shared"])
        .post("/jobs/views/:id", Can::SeeJobs, rename)
        .takes(&["name", "shared", "usual"])
        .post("/jobs/views/:id/delete", Can::SeeJobs, delete)
        .takes(&[])
}

#[handler]
async fn index(hx: Hx, Signed(user): Signed, Data(db): Data<&PgPool>) -> Page {
    show(&hx, &user, db, None).await
}

async fn show(hx: &Hx, user: &User, db: &PgPool, refused: Option<Refused<'_>>) -> Page {
    let views = View::all(db, user).await?;
    let main = layout::main(view::page(&views, user, &hx.csrf(), refused));
    if refused.is_some() {
        return Ok(hx.refused("Saved views", &crumbs(), main));
    }
    Ok(hx.page("Saved views", &crumbs(), main.clone(), main))
}

#[handler]
async fn save(hx: Hx, Signed(user): Signed, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let typed = fields.get("query");
    let asked = Fields(forms::parse(typed.trim_start_matches('?').as_bytes())?);
    let (filter, problems) = read(&asked);
    // What is kept is what was understood, written our way.
    let query = query(&filter.from_the_top());
    let kept = query.trim_start_matches('?');
    let name = match name(&fields) {
        _ if kept.is_empty() || kept.len() > LONGEST_QUERY => {
            Err("Filter: set a filter on the list of jobs first.".into())
        }
        _ if !problems.is_empty() => {
            Err(problems.into_iter().map(|problem| problem.sentence).collect::<Vec<_>>().join(" "))
        }
        name => name,
    };
    let name = match name {
        Ok(name) => name,
        Err(sentence) => {
            let refused = Refused { id: 0, name: fields.get("name"), sentence: &sentence };
            return show(&hx, &user, db, Some(refused)).await;
        }
    };
    let change = Change { name: &name, is_shared: fields.has("shared"), is_default: false };
    let mut tx = db.begin().await?;
    match View::save(&mut tx, &user, &hx.actor(), kept, change).await {
        Err(models::Error::Invalid(sentence)) => {
            drop(tx);
            show(&hx, &user, db, Some(Refused { id: 0, name: &name, sentence: &sentence })).await
        }
        saved => {
            saved?;
            tx.commit().await?;
            Ok(hx.see(&format!("/jobs/list?{kept}")))
        }
    }
}

#[handler]
async fn rename(hx: Hx, Signed(user): Signed, Path(id): Path<i64>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let found = find(db, &user, id).await?;
    let typed = fields.get("name");
    let name = match name(&fields) {
        Ok(name) => name,
        Err(sentence) => return show(&hx, &user, db, Some(Refused { id, name: typed, sentence: &sentence })).await,
    };
    let change = Change { name: &name, is_shared: fields.has("shared"), is_default: fields.has("usual") };
    let mut tx = db.begin().await?;
    match found.change(&mut tx, &user, &hx.actor(), change).await {
        Err(models::Error::Invalid(sentence)) => {
            drop(tx);
            show(&hx, &user, db, Some(Refused { id, name: typed, sentence: &sentence })).await
        }
        changed => {
            changed?;
            tx.commit().await?;
            Ok(hx.see("/jobs/views"))
        }
    }
}

#[handler]
async fn delete(hx: Hx, Signed(user): Signed, Path(id): Path<i64>, Data(db): Data<&PgPool>) -> Page {
    let found = find(db, &user, id).await?;
    let mut tx = db.begin().await?;
    found.delete(&mut tx, &user, &hx.actor()).await?;
    tx.commit().await?;
    Ok(hx.see("/jobs/views"))
}

/// One's own view or a shared one; others' private views are not there.
async fn find(db: &PgPool, user: &User, id: i64) -> Result<View, Error> {
    let views = View::all(db, user).await?;
    match views.into_iter().find(|view| view.id == id) {
        Some(view) => Ok(view),
        None if View::is_there(db, id).await? => Err(models::Error::Hidden("View").into()),
        None => Err(models::Error::NotFound("View").into()),
    }
}

fn name(fields: &Fields) -> Result<String, String> {
    let name = forms::text(fields.get("name"), Text { label: "Name", longest: LONGEST_NAME, lines: false })?;
    if name.is_empty() { Err("Name: type what the view is called.".into()) } else { Ok(name) }
}
