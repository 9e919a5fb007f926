//! The audit trail: who did what to which record, written in the transaction of the change itself.

pub mod anchor;
mod canonical;
pub mod chain;
pub mod differences;
pub mod months;
pub mod search;

pub use search::{Written, of};

use crate::Result;
use crate::users::{Role, User};
use serde_json::Value;
use sqlx::PgConnection;

/// One entry: the action as a verb ("submitted"), the noun and its number, and what changed.
#[derive(Debug, Default)]
pub struct Entry<'a> {
    pub action: &'a str,
    pub noun: &'a str,
    pub object_id: &'a str,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub reason: &'a str,
}

/// Who acts, and from where. Jobs act for the person who asked for them.
#[derive(Debug, Clone)]
pub struct Actor {
    pub user_id: Option<i64>,
    pub name: String,
    pub role: String,
    pub peer: String,
    pub request_id: String,
    /// Which of the person's sessions, see [`crate::sessions::Session::mark`]; empty for jobs.
    pub session: String,
}

impl Actor {
    /// The person with this row, acting through a job; the system when nobody asked. `request_id` is that of the request
    /// that asked.
    pub async fn of(tx: &mut PgConnection, user_id: Option<i64>, request_id: &str) -> Result<Actor> {
        let person = sqlx::query_as!(
            User,
            r#"select id, email, name, initials, role as "role: Role" from users where id = $1"#,
            user_id,
        );
        let actor = person.fetch_optional(&mut *tx).await?.map_or_else(Actor::system, |user| Actor::from(&user));
        Ok(Actor { request_id: request_id.into(), ..actor })
    }

    /// The system itself, for what nobody asked for.
    pub fn system() -> Actor {
        Actor {
            user_id: None,
            name: "System".into(),
            role: "system".into(),
            peer: String::new(),
            request_id: String::new(),
            session: String::new(),
        }
    }
}

impl From<&User> for Actor {
    fn from(user: &User) -> Actor {
        Actor {
            user_id: Some(user.id),
            name: user.name.clone(),
            role: user.role.title().into(),
            peer: String::new(),
            request_id: String::new(),
            session: String::new(),
        }
    }
}

/// Writes the entry and announces the noun to every open page. Call it inside the change's transaction.
pub async fn record(tx: &mut PgConnection, actor: &Actor, entry: Entry<'_>) -> Result<()> {
    write(tx, actor, &entry, true).await?;
    announce(tx, entry.noun, entry.object_id).await
}

/// One of many records that an action changed alike.
#[derive(Debug)]
pub struct Compared {
    pub object_id: String,
    pub before: Value,
    pub after: Value,
}

/// Writes one entry per record for an action on many, in one statement, and announces the noun once.
pub async fn record_each(
    tx: &mut PgConnection,
    actor: &Actor,
    action: &str,
    noun: &str,
    reason: &str,
    changed: &[Compared],
) -> Result<()> {
    let ids: Vec<String> = changed.iter().map(|one| one.object_id.clone()).collect();
    let befores: Vec<Value> = changed.iter().map(|one| one.before.clone()).collect();
    let afters: Vec<Value> = changed.iter().map(|one| one.after.clone()).collect();
    sqlx::query!(
        r#"
        insert into audit_log
            (user_id, user_name, role, peer, request_id, session, action, noun, object_id, before, after, reason)
        select $1, $2, $3, $4, $5, $6, $7, $8, c.object_id, c.before, c.after, $9
        from unnest($10::text[], $11::jsonb[], $12::jsonb[]) as c(object_id, before, after)
        "#,
        actor.user_id,
        actor.name,
        actor.role,
        actor.peer,
        actor.request_id,
        actor.session,
        action,
        noun,
        reason,
        &ids,
        &befores,
        &afters,
    )
    .execute(&mut *tx)
    .await?;
    announce(tx, noun, ids.first().map_or("", String::as_str)).await
}

/// Writes a refusal or a failed try: kept like a success, announced to nobody.
pub async fn refused(tx: &mut PgConnection, actor: &Actor, entry: Entry<'_>) -> Result<()> {
    write(tx, actor, &entry, false).await
}

/// Tells open pages that a thing changed: a fixed word and an id, never content. Lists listen to `noun:all`.
pub async fn announce(tx: &mut PgConnection, noun: &str, object_id: &str) -> Result<()> {
    let (one, all) = (format!("{noun}:{object_id}"), format!("{noun}:all"));
    sqlx::query!("select pg_notify('changes', $1), pg_notify('changes', $2)", one, all).execute(&mut *tx).await?;
    Ok(())
}

async fn write(tx: &mut PgConnection, actor: &Actor, entry: &Entry<'_>, success: bool) -> Result<()> {
    sqlx::query!(
        r#"
        insert into audit_log
            (user_id, user_name, role, peer, request_id, session, action, noun, object_id, before, after, reason,
             success)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        "#,
        actor.user_id,
        actor.name,
        actor.role,
        actor.peer,
        actor.request_id,
        actor.session,
        entry.action,
        entry.noun,
        entry.object_id,
        entry.before,
        entry.after,
        entry.reason,
        success,
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}
