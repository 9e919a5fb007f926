//! /jobs/list: every job there is, found by anything that is known about it.

use crate::{
    Page,
    errors::Error,
    forms::{Asked, Fields},
    hx::Hx,
    routes::Routes,
    session::Signed,
};
use chrono::{DateTime, Utc};
use models::{
    jobs::{
        queues::Queue,
        search::{self, Filter},
        views::View,
    },
    users::Can,
};
use poem::{handler, web::Data};
use sqlx::PgPool;
use uuid::Uuid;
use views::{
    jobs::list::{self as view, Board},
    layout::{self, Crumb},
};

mod export;
mod failures;
mod saved;

/// Jobs of a page whose changes are asked for.
const SHOWN: usize = 100;

pub fn routes() -> Routes {
    Routes::new()
        .get("/jobs/list", Can::SeeJobs, index)
        .get("/jobs/list/changes", Can::SeeJobs, changes)
        .and(export::routes())
        .and(failures::routes())
        .and(saved::routes())
}

pub(super) fn crumbs() -> [Crumb; 1] {
    [Crumb::new("Jobs", "/jobs")]
}

#[handler]
async fn index(hx: Hx, Signed(user): Signed, Asked(asked): Asked, Data(db): Data<&PgPool>) -> Page {
    let views = View::all(db, &user).await?;
    // Asked for without a word, the list opens as this person likes it; a link to everything says so.
    if let (true, Some(usual)) = (asked.0.is_empty(), views.iter().find(|view| view.is_default)) {
        return Ok(hx.see(&format!("/jobs/list?{}", usual.query)));
    }
    let (filter, mut problems) = read(&asked);
    let (mut page, queues) = tokio::try_join!(search::page(db, &filter), Queue::all(db))?;
    problems.append(&mut page.problems);
    page.problems = problems;
    let queues: Vec<(String, String)> = queues.into_iter().map(|queue| (queue.name, queue.title)).collect();
    let kinds: Vec<&str> = jobs::Kind::ALL.iter().map(|kind| kind.word()).collect();
    let csrf = hx.csrf();
    let board = Board {
        filter: &filter,
        page: &page,
        kinds: &kinds,
        queues: &queues,
        views: &views,
        from: asked.get("from_row").parse().unwrap_or(1).clamp(1, 1_000_000_000),
        now: Utc::now(),
        is_live: asked.get("live") != "off",
        csrf: user.may(Can::SteerJobs).then_some(csrf.as_str()),
        own_csrf: &csrf,
    };
    let main = layout::main(view::page(&board));
    if hx.wants_fragment() {
        return Ok(hx.page("Jobs", &crumbs(), main, view::list(&board)));
    }
    Ok(hx.page("List of jobs", &crumbs(), main.clone(), main))
}

/// The filter of an address.
pub(super) fn read(asked: &Fields) -> (Filter, Vec<search::Problem>) {
    Filter::read(asked.0.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

/// How many of the jobs shown have changed since, and how many came on top of them.
#[handler]
async fn changes(hx: Hx, Asked(asked): Asked, Data(db): Data<&PgPool>) -> Page {
    let (filter, _) = read(&asked);
    let as_of: DateTime<Utc> =
        asked.get("as_of").parse().map_err(|_| Error::Invalid("As of: this is no time.".into()))?;
    let shown: Vec<Uuid> =
        asked.get("shown").split(',').take(SHOWN).filter_map(|id| Uuid::try_parse(id).ok()).collect();
    let changed = search::changed(db, &shown, as_of).await?;
    let newest = shown.iter().max().copied().unwrap_or(Uuid::nil());
    let new = if asked.get("top") == "1" { search::newer(db, &filter, newest).await? } else { 0 };
    let query = view::query(&filter);
    let address = format!("/jobs/list{}", if query.is_empty() { "?state=" } else { &query });
    let said = view::changed(changed, new, &address);
    Ok(hx.page("List of jobs", &crumbs(), layout::main(said.clone()), said))
}
