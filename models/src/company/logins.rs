//! Between being sent to the provider and coming back: a row for one browser, for ten minutes, spent once.

use super::hash;
use crate::{Result, sessions::random};
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

/// Minutes to log in at the provider.
pub const MINUTES: i32 = 10;

/// What somebody was sent there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Purpose {
    LogIn,
    /// To prove anew, within a session, who they are.
    Prove,
}

/// One way to the provider and back.
#[derive(Clone)]
pub struct Begun {
    /// The ID token has to repeat it.
    pub nonce: String,
    /// Proves to the provider that whoever redeems the code is who asked for it (RFC 7636).
    pub verifier: String,
    pub purpose: Purpose,
    /// The session that asked, when somebody proves anew who they are.
    pub session: Option<Vec<u8>>,
    /// Where to go on to.
    pub next: String,
    pub begun_at: DateTime<Utc>,
}

/// What is known before.
pub struct Beginning<'a> {
    pub nonce: &'a str,
    pub verifier: &'a str,
    pub purpose: Purpose,
    pub session: Option<&'a [u8]>,
    pub next: &'a str,
}

/// Begins, for the browser that holds this word. Returns the word that the provider hands back.
pub async fn begin(tx: &mut PgConnection, browser: &str, new: Beginning<'_>) -> Result<String> {
    let state = hex::encode(random()?);
    sqlx::query!("delete from company_logins where expires_at < now()").execute(&mut *tx).await?;
    sqlx::query!(
        r#"
        insert into company_logins (state_hash, browser_hash, nonce, verifier, purpose, session, next, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(mins => $8))
        "#,
        hash(&state),
        hash(browser),
        new.nonce,
        new.verifier,
        new.purpose as Purpose,
        new.session,
        new.next,
        MINUTES,
    )
    .execute(tx)
    .await?;
    Ok(state)
}

/// Spends it. None when it was spent, is over, or belongs to another browser, which spends nothing.
pub async fn spend(db: impl PgExecutor<'_>, state: &str, browser: &str) -> Result<Option<Begun>> {
    let begun = sqlx::query_as!(
        Begun,
        r#"
        delete from company_logins
        where state_hash = $1 and browser_hash = $2 and expires_at > now()
        returning nonce, verifier, purpose as "purpose: Purpose", session, next, begun_at
        "#,
        hash(state),
        hash(browser),
    );
    Ok(begun.fetch_optional(db).await?)
}

/// The database's clock, by which tokens are judged too.
pub async fn now(db: impl PgExecutor<'_>) -> Result<DateTime<Utc>> {
    Ok(sqlx::query_scalar!(r#"select now() as "now!""#).fetch_one(db).await?)
}
