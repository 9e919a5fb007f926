//! /people: who has an account, and what administrators do about it. They invite, change, lock out and help; nobody
//! chooses another's password.

use crate::{
    Page,
    errors::Error,
    forms::{Asked, Fields, Text, text},
    hx::Hx,
    routes::Routes,
    session::Signed,
    settings::role,
};
use models::{
    sessions::open,
    users::{
        Can, NewUser, Role,
        links::{self, Purpose},
        passkeys::{self, Passkey},
        people::{self, Changes, Filter, Person, State},
        second_factors,
    },
};
use poem::{
    Response, handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use views::{
    layout::Crumb,
    people::{self as view, List, Typed},
};

pub mod groups;
pub mod joining;

pub fn routes() -> Routes {
    Routes::new()
        .get("/people", Can::ManagePeople, index)
        .get("/people/new", Can::ManagePeople, blank)
        .post("/people", Can::ManagePeople, invite)
        .takes(&["name", "email", "role"])
        .get("/people/:id", Can::ManagePeople, show)
        .post("/people/:id", Can::ManagePeople, change)
        .takes(&["revision", "name", "email", "role", "reason"])
        .post("/people/:id/invitation", Can::ManagePeople, invite_again)
        .takes(&[])
        .post("/people/:id/reset-link", Can::ManagePeople, make_reset)
        .takes(&[])
        .post("/people/:id/deactivation", Can::ManagePeople, deactivate)
        .takes(&["revision", "reason"])
        .post("/people/:id/reactivation", Can::ManagePeople, reactivate)
        .takes(&["revision", "reason"])
        .post("/people/:id/second-factor/removal", Can::ManagePeople, remove_second_factor)
        .takes(&["reason"])
        .post("/people/:id/sessions/ended", Can::ManagePeople, end_sessions)
        .takes(&[])
        .post("/people/:id/sessions/:mark/ended", Can::ManagePeople, end_session)
        .takes(&[])
        .and(groups::routes())
        .and(joining::routes())
}

#[handler]
async fn index(hx: Hx, asked: Asked, Data(db): Data<&PgPool>) -> Page {
    let asked = asked.0;
    let filter = Filter {
        search: asked.get("search"),
        role: role(asked.get("role")).ok(),
        state: State::ALL.into_iter().find(|state| state.word() == asked.get("state")),
    };
    let page = asked.get("page").parse::<i64>().unwrap_or(1).clamp(1, 10_000);
    let (people, total) = people::list(db, &filter, page - 1).await?;
    let list = List { now: chrono::Utc::now(), people: &people, total, page, filter: &filter };
    Ok(hx.page("People", &[], view::index(&list), view::index(&list)))
}

#[handler]
async fn blank(hx: Hx) -> Page {
    let page = view::new(&hx.csrf(), &Typed::default());
    Ok(hx.page("Invite somebody", &crumbs(), page.clone(), page))
}

#[handler]
async fn invite(hx: Hx, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let typed =
        Typed { name: fields.get("name"), email: fields.get("email"), role: fields.get("role"), ..Typed::default() };
    let wrong = |field: &str, sentence: &str| {
        let page = view::new(&hx.csrf(), &Typed { problems: &[(field, sentence)], ..typed });
        hx.refused("Error: Invite somebody", &crumbs(), page)
    };
    let name = match text(typed.name, Text { label: "The name", longest: 100, lines: false }) {
        Ok(name) => name,
        Err(sentence) => return Ok(wrong("name", &sentence)),
    };
    let Ok(role) = role(typed.role) else { return Ok(wrong("role", "Choose a role.")) };
    let mut tx = db.begin().await?;
    match people::invite(&mut tx, &hx.actor(), NewUser { email: typed.email, name: &name, role }).await {
        Err(models::Error::Invalid(sentence)) => {
            Ok(wrong(if sentence.starts_with("A name") { "name" } else { "email" }, &sentence))
        }
        invited => {
            let (user, token) = invited?;
            tx.commit().await?;
            Ok(handed_over(&hx, Purpose::Invitation, user.id, &user.name, &token))
        }
    }
}

#[handler]
async fn show(hx: Hx, Signed(_): Signed, Path(id): Path<i64>, Data(db): Data<&PgPool>) -> Page {
    let person = people::find(db, id).await?;
    let page = person_page(&hx, db, &person, &Typed::default()).await?;
    Ok(hx.page(&person.user.name, &crumbs(), page.clone(), page))
}

#[handler]
async fn change(hx: Hx, Path(id): Path<i64>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let person = people::find(db, id).await?;
    let typed = Typed {
        name: fields.get("name"),
        email: fields.get("email"),
        role: fields.get("role"),
        reason: fields.get("reason"),
        is_typed: true,
        ..Typed::default()
    };
    let name = text(typed.name, Text { label: "The name", longest: 100, lines: false });
    let name = match name {
        Ok(name) => name,
        Err(sentence) => return refused(&hx, db, &person, typed, "name", &sentence).await,
    };
    let new_role: Role = match role(typed.role) {
        Ok(role) => role,
        Err(_) => return refused(&hx, db, &person, typed, "role", "Choose a role.").await,
    };
    let seen = fields.get("revision").parse().unwrap_or_default();
    let new = Changes { name: &name, email: typed.email, role: new_role, seen, reason: typed.reason };
    let mut tx = db.begin().await?;
    let changed = people::change(&mut tx, &hx.actor(), &person.user, new).await;
    if let Err(models::Error::Invalid(sentence)) = &changed {
        drop(tx);
        let field = match sentence.as_str() {
            told if told.starts_with("Say why") => "reason",
            told if told.contains("administrator") => "role",
            told if told.starts_with("A name") => "name",
            _ => "email",
        };
        return refused(&hx, db, &person, typed, field, sentence).await;
    }
    settle(&hx, db, tx, id, changed).await
}

#[handler]
async fn invite_again(hx: Hx, Path(id): Path<i64>, _: Fields, Data(db): Data<&PgPool>) -> Page {
    link(&hx, db, id, Purpose::Invitation, State::Invited).await
}

#[handler]
async fn make_reset(hx: Hx, Path(id): Path<i64>, _: Fields, Data(db): Data<&PgPool>) -> Page {
    link(&hx, db, id, Purpose::Reset, State::Active).await
}

/// A link for somebody who is in the state it is for; shown once.
async fn link(hx: &Hx, db: &PgPool, id: i64, purpose: Purpose, state: State) -> Page {
    let person = people::find(db, id).await?;
    if person.state != state {
        let sentence = format!(
            "{} is {}. This link is for people who are {}.",
            person.user.name,
            person.state.word(),
            state.word()
        );
        return refused(hx, db, &person, Typed::default(), "state", &sentence).await;
    }
    let mut tx = db.begin().await?;
    let token = links::make(&mut tx, &hx.actor(), &person.user, purpose).await?;
    tx.commit().await?;
    Ok(handed_over(hx, purpose, id, &person.user.name, &token))
}

#[handler]
async fn deactivate(hx: Hx, Path(id): Path<i64>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    set_active(&hx, db, id, false, &fields).await
}

#[handler]
async fn reactivate(hx: Hx, Path(id): Path<i64>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    set_active(&hx, db, id, true, &fields).await
}

async fn set_active(hx: &Hx, db: &PgPool, id: i64, is_active: bool, fields: &Fields) -> Page {
    let mut person = people::find(db, id).await?;
    person.revision = fields.get("revision").parse().unwrap_or_default();
    let reason = fields.get("reason");
    let mut tx = db.begin().await?;
    let changed = people::set_active(&mut tx, &hx.actor(), &person, is_active, reason).await;
    if let Err(models::Error::Invalid(sentence)) = &changed {
        drop(tx);
        return refused(hx, db, &person, Typed::default(), "state", sentence).await;
    }
    settle(hx, db, tx, id, changed).await
}

#[handler]
async fn remove_second_factor(hx: Hx, Path(id): Path<i64>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let person = people::find(db, id).await?;
    let reason = fields.get("reason").trim();
    if reason.is_empty() {
        let sentence = "Say why. The reason is kept.";
        return refused(&hx, db, &person, Typed::default(), "factor", sentence).await;
    }
    let mut tx = db.begin().await?;
    let removed = second_factors::remove(&mut tx, &hx.actor(), &person.user, reason).await;
    settle(&hx, db, tx, id, removed).await
}

#[handler]
async fn end_sessions(hx: Hx, Path(id): Path<i64>, _: Fields, Data(db): Data<&PgPool>) -> Page {
    let person = people::find(db, id).await?;
    let mut tx = db.begin().await?;
    // One's own session is ended by logging out.
    let here = hx.session().map(|session| session.id_hash.clone()).filter(|_| is_self(&hx, id));
    let ended = open::end_every(&mut tx, &hx.actor(), person.user.id, here.as_deref()).await;
    settle(&hx, db, tx, id, ended.map(drop)).await
}

#[handler]
async fn end_session(hx: Hx, Path((id, mark)): Path<(i64, String)>, _: Fields, Data(db): Data<&PgPool>) -> Page {
    let person = people::find(db, id).await?;
    let mut tx = db.begin().await?;
    let ended = open::end_marked(&mut tx, &hx.actor(), person.user.id, &mark).await;
    settle(&hx, db, tx, id, ended.map(drop)).await
}

fn is_self(hx: &Hx, id: i64) -> bool {
    hx.session().is_some_and(|session| session.user.id == id)
}

/// Keeps what was changed and shows the person; a change that came too late shows how things stand.
async fn settle(
    hx: &Hx,
    db: &PgPool,
    tx: sqlx::Transaction<'_, sqlx::Postgres>,
    id: i64,
    changed: models::Result<()>,
) -> Page {
    match changed {
        Err(models::Error::Stale(sentence)) => {
            drop(tx);
            let person = people::find(db, id).await?;
            let typed = Typed { problems: &[("state", &sentence)], ..Typed::default() };
            let page = person_page(hx, db, &person, &typed).await?;
            Ok(hx.conflict("Error: Person", &crumbs(), page))
        }
        changed => {
            changed?;
            tx.commit().await?;
            Ok(hx.see(&format!("/people/{id}")))
        }
    }
}

async fn refused(hx: &Hx, db: &PgPool, person: &Person, typed: Typed<'_>, field: &str, sentence: &str) -> Page {
    let page = person_page(hx, db, person, &Typed { problems: &[(field, sentence)], ..typed }).await?;
    Ok(hx.refused("Error: Person", &crumbs(), page))
}

async fn person_page(hx: &Hx, db: &PgPool, person: &Person, typed: &Typed<'_>) -> Result<maud::Markup, Error> {
    let sessions = open::of(db, person.user.id).await?;
    let here = hx.session().map(models::sessions::Session::mark).unwrap_or_default();
    let factors = factors(db, person).await?;
    Ok(view::show(&hx.csrf(), chrono::Utc::now(), person, &sessions, &here, (&factors, typed)))
}

/// What this person shows besides the password, in words.
async fn factors(db: &PgPool, person: &Person) -> Result<Vec<String>, Error> {
    let codes = second_factors::codes(db, &person.user).await?.filter(|factor| factor.is_confirmed);
    let codes = codes.map(|_| "Codes".to_owned());
    let passkeys = passkeys::of(db, person.user.id).await?.into_iter();
    let told = |one: Passkey| format!("Passkey {}{}", one.name, if one.is_doubted { " (stopped)" } else { "" });
    Ok(codes.into_iter().chain(passkeys.map(told)).collect())
}

/// The link, shown this once: only its hash is kept.
fn handed_over(hx: &Hx, purpose: Purpose, id: i64, name: &str, token: &links::Token) -> Response {
    let path = joining::path(purpose, token.as_str());
    let page = view::link(purpose, id, name, &format!("{}{path}", hx.visitor().site()));
    hx.page(if purpose == Purpose::Invitation { "Invitation" } else { "Reset link" }, &crumbs(), page.clone(), page)
}

fn crumbs() -> [Crumb; 1] {
    [Crumb::new("People", "/people")]
}
