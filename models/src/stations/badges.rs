//! Badges: what somebody carries to a station. A badge alone opens nothing; its PIN goes with it.

use crate::audit::{self, Actor, Entry};
use crate::sessions::{id_hash, random};
use crate::users::{Role, User};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

/// What every badge of ours begins with, so that a scanned part label is told apart.
const MARK: &str = "TB";

/// The code of a new badge, told once. Capital letters and digits only: scanners type them alike on every keyboard.
/// No `Debug`: it must not reach a log.
pub struct Code(String);

impl Code {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whose badge this is, and the hash of the PIN that goes with it; none while no PIN is set.
pub struct Holder {
    pub user: User,
    pub pin_hash: Option<String>,
}

/// Since when somebody has the present badge; none without one.
pub async fn held_since(db: impl PgExecutor<'_>, user_id: i64) -> Result<Option<DateTime<Utc>>> {
    let since = sqlx::query_scalar!("select issued_at from badges where user_id = $1 and revoked_at is null", user_id);
    Ok(since.fetch_optional(db).await?)
}

/// Gives somebody a new badge; the one until now opens nothing more.
///
/// # Errors
/// NotFound when there is no such active person.
pub async fn issue(tx: &mut PgConnection, actor: &Actor, user_id: i64) -> Result<Code> {
    let known = sqlx::query_scalar!("select id from users where id = $1 and is_active for update", user_id);
    known.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound("Person"))?;
    sqlx::query!("update badges set revoked_at = now() where user_id = $1 and revoked_at is null", user_id)
        .execute(&mut *tx)
        .await?;
    let code = format!("{MARK}{}", hex::encode_upper(&random()?[..16]));
    sqlx::query!(
        "insert into badges (user_id, code_hash, issued_by) values ($1, $2, $3)",
        user_id,
        id_hash(&code),
        actor.user_id,
    )
    .execute(&mut *tx)
    .await?;
    note(tx, actor, "gave a badge", user_id).await?;
    Ok(Code(code))
}

/// Takes the badge back: lost, or no longer needed.
///
/// # Errors
/// Stale when there is none.
pub async fn revoke(tx: &mut PgConnection, actor: &Actor, user_id: i64) -> Result<()> {
    let revoked =
        sqlx::query!("update badges set revoked_at = now() where user_id = $1 and revoked_at is null", user_id);
    if revoked.execute(&mut *tx).await?.rows_affected() == 0 {
        return Err(Error::Stale("This badge was taken back already.".into()));
    }
    note(tx, actor, "took back the badge", user_id).await
}

/// Who carries this code. Deactivated people carry none.
pub async fn holder(db: impl PgExecutor<'_>, code: &str) -> Result<Option<Holder>> {
    let row = sqlx::query!(
        r#"
        select u.id, u.email, u.name, u.initials, u.role as "role: Role", p.hash as "pin_hash?"
        from badges b
        join users u on u.id = b.user_id and u.is_active
        left join pins p on p.user_id = u.id
        where b.code_hash = $1 and b.revoked_at is null
        "#,
        id_hash(code.trim()),
    );
    Ok(row.fetch_optional(db).await?.map(|row| Holder {
        user: User { id: row.id, email: row.email, name: row.name, initials: row.initials, role: row.role },
        pin_hash: row.pin_hash,
    }))
}

async fn note(tx: &mut PgConnection, actor: &Actor, action: &str, user_id: i64) -> Result<()> {
    let entry = Entry { action, noun: "users", object_id: &user_id.to_string(), ..Entry::default() };
    audit::record(tx, actor, entry).await
}
