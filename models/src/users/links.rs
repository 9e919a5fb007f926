//! Links that let somebody choose a password: an invitation to a new account, a reset for a lost one. Single use, a day
//! long, handed over by an administrator; the table holds a hash only (21 CFR 11.10(d), ASVS 6.4.1, 6.4.6).

use super::{Role, User, accounts::initials};
use crate::{Error, Result, audit, sessions};
use sqlx::{PgConnection, PgExecutor};

/// Hours a link works.
pub const HOURS: i32 = 24;

#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Purpose {
    Invitation,
    Reset,
}

/// The words of a link. No `Debug`: it must not reach a log.
pub struct Token(String);

impl Token {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Makes a link for this person; one made before works no more.
pub async fn make(tx: &mut PgConnection, actor: &audit::Actor, user: &User, purpose: Purpose) -> Result<Token> {
    withdraw(&mut *tx, user.id).await?;
    let token = hex::encode(sessions::random()?);
    sqlx::query!(
        r#"
        insert into account_links (token_hash, purpose, user_id, made_by, expires_at)
        values ($1, $2, $3, $4, now() + make_interval(hours => $5))
        "#,
        sessions::id_hash(&token),
        purpose as Purpose,
        user.id,
        actor.user_id,
        HOURS,
    )
    .execute(&mut *tx)
    .await?;
    let action = if purpose == Purpose::Invitation { "invited" } else { "made a reset link" };
    let id = user.id.to_string();
    audit::record(tx, actor, audit::Entry { action, noun: "users", object_id: &id, ..Default::default() }).await?;
    Ok(Token(token))
}

/// Ends the open link of a person, if there is one.
pub async fn withdraw(tx: impl PgExecutor<'_>, user_id: i64) -> Result<()> {
    sqlx::query!(
        "update account_links set withdrawn_at = now() where user_id = $1 and used_at is null and withdrawn_at is null",
        user_id,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Whose link this is, while it works: unused, not a day old, and for an account that is not locked out.
pub async fn holder(db: impl PgExecutor<'_>, token: &str, purpose: Purpose) -> Result<Option<User>> {
    let user = sqlx::query_as!(
        User,
        r#"
        select u.id, u.email, u.name, u.initials, u.role as "role: Role"
        from account_links l
        join users u on u.id = l.user_id
        where l.token_hash = $1 and l.purpose = $2
          and l.used_at is null and l.withdrawn_at is null and l.expires_at > now() and u.is_active
        "#,
        sessions::id_hash(token),
        purpose as Purpose,
    );
    Ok(user.fetch_optional(db).await?)
}

/// Spends the link: the person gets this name and password, every session of theirs ends.
///
/// # Errors
/// `NotFound` when the link was used meanwhile or works no more.
pub async fn redeem(
    tx: &mut PgConnection,
    actor: &audit::Actor,
    (token, purpose): (&str, Purpose),
    name: &str,
    password_hash: &str,
) -> Result<User> {
    let spent = sqlx::query_scalar!(
        r#"
        update account_links l
        set used_at = now()
        from users u
        where u.id = l.user_id and l.token_hash = $1 and l.purpose = $2
          and l.used_at is null and l.withdrawn_at is null and l.expires_at > now() and u.is_active
        returning l.user_id
        "#,
        sessions::id_hash(token),
        purpose as Purpose,
    );
    let user_id = spent.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound("Link"))?;
    let user = sqlx::query_as!(
        User,
        r#"
        update users
        set name = $2, initials = $3, password_hash = $4, revision = revision + 1
        where id = $1
        returning id, email, name, initials, role as "role: Role"
        "#,
        user_id,
        name,
        initials(name),
        password_hash,
    );
    let user = user.fetch_one(&mut *tx).await?;
    sessions::end_all(&mut *tx, user.id).await?;
    let action = if purpose == Purpose::Invitation { "accepted the invitation" } else { "reset the password" };
    let (id, own) = (
        user.id.to_string(),
        audit::Actor { peer: actor.peer.clone(), request_id: actor.request_id.clone(), ..(&user).into() },
    );
    audit::record(tx, &own, audit::Entry { action, noun: "users", object_id: &id, ..Default::default() }).await?;
    Ok(user)
}
