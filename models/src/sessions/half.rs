//! Between the right password and the second factor: a short row that opens no page. It ends after five minutes or five
//! wrong codes, whichever comes first; then the password is asked again.

use super::{id_hash, random};
use crate::{
    Result,
    users::{Role, User},
};
use sqlx::{PgConnection, PgExecutor};

/// Minutes to find the phone.
const MINUTES: i32 = 5;
/// Codes that may be tried with one password.
pub const TRIES: i32 = 5;

/// Somebody with the right password waits for the second step. Returns the words of the cookie.
pub async fn begin(tx: &mut PgConnection, user: &User) -> Result<String> {
    let token = hex::encode(random()?);
    sqlx::query!("delete from half_logins where expires_at < now() or user_id = $1", user.id).execute(&mut *tx).await?;
    sqlx::query!(
        "insert into half_logins (token_hash, user_id, expires_at) values ($1, $2, now() + make_interval(mins => $3))",
        id_hash(&token),
        user.id,
        MINUTES,
    )
    .execute(tx)
    .await?;
    Ok(token)
}

/// Who waits behind this cookie.
pub async fn find(db: impl PgExecutor<'_>, token: &str) -> Result<Option<User>> {
    let user = sqlx::query_as!(
        User,
        r#"
        select u.id, u.email, u.name, u.initials, u.role as "role: Role"
        from half_logins h
        join users u on u.id = h.user_id
        where h.token_hash = $1 and h.expires_at > now() and h.tries < $2 and u.is_active
        "#,
        id_hash(token),
        TRIES,
    );
    Ok(user.fetch_optional(db).await?)
}

/// Notes that it was not a password but the company account that brought this person here.
pub async fn is_now_by_company(tx: &mut PgConnection, token: &str) -> Result<()> {
    sqlx::query!("update half_logins set is_by_company = true where token_hash = $1", id_hash(token))
        .execute(tx)
        .await?;
    Ok(())
}

/// Whether it was.
pub async fn is_by_company(db: impl PgExecutor<'_>, token: &str) -> Result<bool> {
    let by = sqlx::query_scalar!("select is_by_company from half_logins where token_hash = $1", id_hash(token));
    Ok(by.fetch_optional(db).await?.unwrap_or_default())
}

/// Counts a wrong code; the last one allowed ends the wait.
pub async fn failed(tx: &mut PgConnection, token: &str) -> Result<()> {
    sqlx::query!("update half_logins set tries = tries + 1 where token_hash = $1", id_hash(token)).execute(tx).await?;
    Ok(())
}

/// Ends the wait, whatever came of it. False when it had ended already: of two that finish at once only one does.
pub async fn end(tx: &mut PgConnection, token: &str) -> Result<bool> {
    let ended = sqlx::query!("delete from half_logins where token_hash = $1", id_hash(token)).execute(tx).await?;
    Ok(ended.rows_affected() == 1)
}
