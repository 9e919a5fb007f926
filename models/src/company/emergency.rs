//! The emergency account: the one password that opens the door when everybody else has to use the company account. Each
//! use is reported at once, and somebody has to say afterwards why it was needed.

use crate::{
    Error, Result,
    audit::{self, Actor, Entry},
    users::{Role, User},
};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{PgConnection, PgExecutor};

/// One use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    pub id: i64,
    pub user_name: String,
    pub used_at: DateTime<Utc>,
    pub peer: String,
    pub reason: String,
    pub explained_by: Option<String>,
}

/// Notes that the emergency account was used. The alert follows from the row.
pub async fn used(tx: &mut PgConnection, actor: &Actor, user: &User) -> Result<()> {
    sqlx::query!("insert into emergency_uses (user_id, peer) values ($1, $2)", user.id, actor.peer)
        .execute(&mut *tx)
        .await?;
    let id = user.id.to_string();
    let entry = Entry { action: "used the emergency account", noun: "users", object_id: &id, ..Entry::default() };
    audit::record(tx, actor, entry).await
}

/// The latest uses; those without a reason first.
pub async fn uses(db: impl PgExecutor<'_>) -> Result<Vec<Use>> {
    let uses = sqlx::query_as!(
        Use,
        r#"
        select e.id, u.name as user_name, e.used_at, e.peer, e.reason, x.name as "explained_by?"
        from emergency_uses e
        join users u on u.id = e.user_id
        left join users x on x.id = e.explained_by
        order by e.explained_at is not null, e.id desc
        limit 50
        "#,
    );
    Ok(uses.fetch_all(db).await?)
}

/// Uses that nobody has explained yet, for the alerts.
pub async fn unexplained(db: impl PgExecutor<'_>) -> Result<Vec<Use>> {
    let uses = sqlx::query_as!(
        Use,
        r#"
        select e.id, u.name as user_name, e.used_at, e.peer, e.reason, null as "explained_by?: String"
        from emergency_uses e join users u on u.id = e.user_id
        where e.explained_at is null
        order by e.id
        limit 50
        "#,
    );
    Ok(uses.fetch_all(db).await?)
}

/// Says why the emergency account was used.
///
/// # Errors
/// `Invalid` without a reason, `NotFound` for no such use, `Stale` when somebody explained it before.
pub async fn explain(tx: &mut PgConnection, actor: &Actor, id: i64, reason: &str) -> Result<()> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Error::Invalid("Say why the emergency account was needed. The reason is kept.".into()));
    }
    let known = sqlx::query!("select user_id, explained_at from emergency_uses where id = $1 for update", id);
    let known = known.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound("Use of the emergency account"))?;
    if known.explained_at.is_some() {
        return Err(Error::Stale("Somebody has explained this use already.".into()));
    }
    sqlx::query!(
        "update emergency_uses set reason = $2, explained_at = now(), explained_by = $3 where id = $1",
        id,
        reason,
        actor.user_id,
    )
    .execute(&mut *tx)
    .await?;
    let object_id = known.user_id.to_string();
    let after = Some(json!({ "use": id }));
    let action = "explained a use of the emergency account";
    let entry = Entry { action, noun: "users", object_id: &object_id, after, reason, ..Entry::default() };
    audit::record(tx, actor, entry).await
}

/// The account with this address, when it may be the one that keeps its password.
///
/// # Errors
/// `Invalid` with the sentence of what it lacks.
pub async fn candidate(db: impl PgExecutor<'_>, email: &str) -> Result<i64> {
    let row = sqlx::query!(
        r#"
        select u.id, u.is_active, u.password_hash <> '' as "has_password!", u.role as "role: Role",
            exists (select from company_accounts c where c.user_id = u.id) as "is_linked!"
        from users u where u.email_key = $1
        "#,
        crate::users::accounts::key(email),
    );
    let wrong = |why: &str| Err(Error::Invalid(format!("{} {why}", email.trim())));
    match row.fetch_optional(db).await? {
        None => wrong("has no account. Invite somebody under this address first."),
        Some(row) if !row.is_active => wrong("is deactivated. Reactivate the account first."),
        Some(row) if row.role != Role::Administrator => wrong("is no administrator. Only one can let the others in."),
        Some(row) if !row.has_password => wrong("has no password yet. Accept its invitation first."),
        Some(row) if row.is_linked => {
            wrong("logs in with the company account. The emergency account must not depend on the provider.")
        }
        Some(row) => Ok(row.id),
    }
}

/// Who it is: name and address.
pub async fn holder(db: impl PgExecutor<'_>, id: Option<i64>) -> Result<Option<(String, String)>> {
    let row = sqlx::query!("select name, email from users where id = $1", id).fetch_optional(db).await?;
    Ok(row.map(|row| (row.name, row.email)))
}
