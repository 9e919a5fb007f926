//! Passkeys: a device shows that it holds a person's key, after that person opened it with a finger, a face or its PIN.
//! That is something they have and something they are or know, so it comes in without a password, and it signs.

mod answers;
mod challenges;
mod registering;
mod site;

pub use answers::{Answer, Asked, Outcome, Used, ask, ask_to_sign, check, collect, owner_of};
pub use challenges::{Purpose, Question};
pub use registering::{add, ask_to_add};
pub use site::Site;

use super::User;
use crate::{Error, Result, audit, users::second_factors};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{PgConnection, PgExecutor};

/// Passkeys of one person: a few devices and a spare one.
pub const MOST: i64 = 6;
/// Characters of a passkey's name.
pub const LONGEST_NAME: usize = 60;

/// One of a person's passkeys, as its owner and administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    pub id: i64,
    /// "Bench tablet"
    pub name: String,
    pub made_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
    /// Its counter went back, so there may be a copy of it. It opens nothing any more.
    pub is_doubted: bool,
}

/// A person's passkeys, the oldest first.
pub async fn of(db: impl PgExecutor<'_>, user_id: i64) -> Result<Vec<Passkey>> {
    let passkeys = sqlx::query_as!(
        Passkey,
        r#"
        select f.id, p.name, f.made_at, p.last_used_at, p.doubted_at is not null as "is_doubted!"
        from second_factors f
        join passkeys p on p.factor_id = f.id
        where f.user_id = $1 and f.removed_at is null
        order by f.id
        "#,
        user_id,
    );
    Ok(passkeys.fetch_all(db).await?)
}

/// Whether this person has one that opens something.
pub async fn has(db: impl PgExecutor<'_>, user_id: i64) -> Result<bool> {
    let has = sqlx::query_scalar!(
        r#"
        select exists (select from second_factors f join passkeys p on p.factor_id = f.id
            where f.user_id = $1 and f.removed_at is null and p.doubted_at is null) as "has!"
        "#,
        user_id,
    );
    Ok(has.fetch_one(db).await?)
}

/// Gives one's passkey another name.
///
/// # Errors
/// `NotFound` when this person has no such passkey.
pub async fn rename(tx: &mut PgConnection, actor: &audit::Actor, user: &User, id: i64, name: &str) -> Result<()> {
    let before = sqlx::query_scalar!(
        r#"
        select p.name from passkeys p
        join second_factors f on f.id = p.factor_id
        where f.id = $1 and f.user_id = $2 and f.removed_at is null
        for update of p
        "#,
        id,
        user.id,
    );
    let before = before.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound("Passkey"))?;
    if before == name {
        return Ok(());
    }
    sqlx::query!("update passkeys set name = $2 where factor_id = $1", id, name).execute(&mut *tx).await?;
    let entry = audit::Entry {
        action: "renamed a passkey",
        noun: "users",
        object_id: &user.id.to_string(),
        before: Some(json!({ "passkey": before })),
        after: Some(json!({ "passkey": name })),
        ..Default::default()
    };
    audit::record(tx, actor, entry).await
}

/// Takes one passkey off a person. With the last second factor go the recovery codes.
///
/// # Errors
/// `NotFound` when this person has no such passkey, `Invalid` when it is the last second factor and the role needs one.
pub async fn remove(tx: &mut PgConnection, actor: &audit::Actor, user: &User, id: i64) -> Result<()> {
    // Two that go at once wait for each other, so that neither is the last one unseen.
    sqlx::query!("select id from users where id = $1 for update", user.id).fetch_one(&mut *tx).await?;
    let left = sqlx::query_scalar!(
        r#"
        select count(*) as "left!" from second_factors
        where user_id = $1 and id <> $2 and confirmed_at is not null and removed_at is null
        "#,
        user.id,
        id,
    );
    let is_last = left.fetch_one(&mut *tx).await? == 0;
    if is_last && second_factors::is_required(&mut *tx, user).await? {
        let sentence = "Your role needs a second factor and this is the last one. Add another one first.";
        return Err(Error::Invalid(sentence.into()));
    }
    let removed = sqlx::query!(
        r#"
        update second_factors f set removed_at = now() from passkeys p
        where p.factor_id = f.id and f.id = $1 and f.user_id = $2 and f.removed_at is null
        returning p.name
        "#,
        id,
        user.id,
    );
    let removed = removed.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound("Passkey"))?;
    if is_last {
        sqlx::query!("delete from recovery_codes where user_id = $1", user.id).execute(&mut *tx).await?;
    }
    let entry = audit::Entry {
        action: "removed a passkey",
        noun: "users",
        object_id: &user.id.to_string(),
        before: Some(json!({ "passkey": removed.name })),
        ..Default::default()
    };
    audit::record(tx, actor, entry).await
}

/// Somebody's passkeys that were stopped within a week and are still there, for the alerts. Read from the trail: the
/// worker has no business with the passkeys themselves.
pub async fn doubted(db: impl PgExecutor<'_>) -> Result<Vec<(i64, String)>> {
    let rows = sqlx::query!(
        r#"
        select distinct a.user_id as "user_id!", a.user_name
        from audit_log a
        where a.action = 'stopped a passkey' and a.user_id is not null and a.at > now() - interval '7 days'
            and not exists (select from audit_log later
                where later.action in ('removed a passkey', 'removed the second factor')
                    and later.noun = a.noun and later.object_id = a.object_id and later.seq > a.seq)
        order by 1
        limit 50
        "#,
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(|row| (row.user_id, row.user_name)).collect())
}
