//! Sessions: where somebody is logged in. The cookie holds a random token, the table only its hash.

pub mod half;
pub mod kept;
pub mod open;
pub mod throttle;

pub use open::count as open_count;

use crate::{
    Error, Result, permissions,
    settings::{BenchTablets, SessionLimits},
    users::{Can, Role, User},
};
use rand::TryRngCore;
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgExecutor};

/// A live session and the person in it.
#[derive(Debug, Clone)]
pub struct Session {
    pub id_hash: Vec<u8>,
    pub csrf_secret: Vec<u8>,
    pub user: User,
    pub theme: String,
    pub density: String,
    pub text_size: i16,
    /// The bench tablet that a badge opened it on.
    pub seat: Option<Seat>,
    /// The role has to have a second factor and this person has none yet: nothing but setting one up is open.
    pub has_to_enrol: bool,
}

/// Where a session sits that a badge opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    pub station: String,
    /// Minutes without a touch until it ends.
    pub lock_minutes: i32,
}

impl Session {
    /// Refuses with the sentence that names who may, or sends from a shared tablet to a desk.
    ///
    /// # Errors
    /// `Forbidden`, with the sentence.
    pub fn must(&self, action: Can) -> Result<()> {
        if self.seat.is_some() && permissions::needs_a_desk(action) {
            let sentence = "This is not done from a shared tablet. Log in with your password at a desk.";
            return Err(Error::Forbidden(sentence.into()));
        }
        self.user.must(action)
    }

    /// How the audit trail names a session: it tells sessions apart and leads to none of them.
    pub fn mark(&self) -> String {
        mark(&self.id_hash)
    }
}

/// The first 16 hexadecimal digits of the hash of a session's own key.
pub fn mark(id_hash: &[u8]) -> String {
    hex::encode(&Sha256::digest(id_hash)[..8])
}

/// The words of the cookie. No `Debug`: it must not reach a log.
pub struct Token(String);

impl Token {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// 256 random bits from the operating system.
pub fn random() -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    rand::rngs::OsRng.try_fill_bytes(&mut bytes).map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))?;
    Ok(bytes)
}

pub fn id_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// Opens a session for somebody who just proved who they are, with a token nobody has seen before.
pub async fn start(tx: &mut PgConnection, user: &User, peer: &str, user_agent: &str) -> Result<Token> {
    start_at(tx, user, peer, user_agent, None).await
}

/// The same at a station, whose sessions end sooner when nobody touches it.
pub async fn start_at(
    tx: &mut PgConnection,
    user: &User,
    peer: &str,
    user_agent: &str,
    station: Option<i64>,
) -> Result<Token> {
    let token = hex::encode(random()?);
    sqlx::query!(
        r#"
        insert into sessions (id_hash, user_id, csrf_secret, user_agent, peer, absolute_until, station_id)
        values (
            $1, $2, $3, $4, $5,
            now() + make_interval(hours => coalesce(
                (select (value->>'longest_hours')::integer from settings where name = 'sessions'), $6)), $7)
        "#,
        id_hash(&token),
        user.id,
        &random()?[..],
        user_agent,
        peer,
        SessionLimits::default().longest_hours,
        station,
    )
    .execute(tx)
    .await?;
    Ok(Token(token))
}

/// The same session under a new token, after what opens it has changed (OWASP ASVS 7.2.4). The old token opens nothing
/// any more, wherever a copy of it lies; how long the session may last stays.
///
/// # Errors
/// `Stale` when the session ended meanwhile.
pub async fn renew(tx: &mut PgConnection, session: &Session) -> Result<(Token, Session)> {
    let (token, csrf_secret) = (hex::encode(random()?), random()?.to_vec());
    let id_hash = id_hash(&token);
    let renewed = sqlx::query!(
        r#"
        insert into sessions
            (id_hash, user_id, csrf_secret, user_agent, peer, created_at, last_seen_at, absolute_until, station_id)
        select $2, user_id, $3, user_agent, peer, created_at, now(), absolute_until, station_id
        from sessions
        where id_hash = $1 and revoked_at is null
        "#,
        session.id_hash,
        id_hash,
        csrf_secret,
    );
    if renewed.execute(&mut *tx).await?.rows_affected() == 0 {
        return Err(Error::Stale("Your session ended meanwhile. Nothing was changed; log in and repeat it.".into()));
    }
    end(tx, &session.id_hash).await?;
    Ok((Token(token), Session { id_hash, csrf_secret, ..session.clone() }))
}

/// The session a token opens, while it is neither revoked, idle, too old, nor its person locked out. The database's
/// clock decides.
pub async fn find(db: impl PgExecutor<'_>, id_hash: &[u8]) -> Result<Option<Session>> {
    let row = sqlx::query!(
        r#"
        select s.csrf_secret, u.id, u.email, u.name, u.initials, u.role as "role: Role", u.theme, u.density, u.text_size,
            t.name as "station?",
            coalesce((select (value->>'lock_minutes')::integer from settings where name = 'bench_tablets'), $3) as "lock_minutes!",
            s.station_id is null and not s.has_company_factor -- badge and PIN are two factors already, and so may the provider's be
                and exists (select from settings where name = 'second_factor' and value->'roles' ? u.role)
                and not exists (select from second_factors f
                    where f.user_id = u.id and f.confirmed_at is not null and f.removed_at is null) as "has_to_enrol!"
        from sessions s
        join users u on u.id = s.user_id
        left join stations t on t.id = s.station_id
        where s.id_hash = $1
          and s.revoked_at is null
          and s.absolute_until > now()
          and s.last_seen_at > now() - make_interval(mins => case when s.station_id is null
              then coalesce((select (value->>'idle_minutes')::integer from settings where name = 'sessions'), $2)
              else coalesce((select (value->>'lock_minutes')::integer from settings where name = 'bench_tablets'), $3) end)
          and t.retired_at is null
          and u.is_active
        "#,
        id_hash,
        SessionLimits::default().idle_minutes,
        BenchTablets::default().lock_minutes,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Session {
        id_hash: id_hash.to_vec(),
        csrf_secret: row.csrf_secret,
        user: User { id: row.id, email: row.email, name: row.name, initials: row.initials, role: row.role },
        theme: row.theme,
        density: row.density,
        text_size: row.text_size,
        seat: row.station.map(|station| Seat { station, lock_minutes: row.lock_minutes }),
        has_to_enrol: row.has_to_enrol,
    }))
}

/// Notes that somebody is still there; written at most once a minute, at a bench tablet that locks soon every five
/// seconds, and never on an ended session.
pub async fn touch(db: impl PgExecutor<'_>, id_hash: &[u8]) -> Result<()> {
    sqlx::query!(
        r#"
        update sessions
        set last_seen_at = now()
        where id_hash = $1
          and revoked_at is null
          and last_seen_at < now() - case when station_id is null then interval '1 minute' else interval '5 s' end
        "#,
        id_hash,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ends one session, at once and for good.
pub async fn end(db: impl PgExecutor<'_>, id_hash: &[u8]) -> Result<()> {
    sqlx::query!("update sessions set revoked_at = now() where id_hash = $1 and revoked_at is null", id_hash)
        .execute(db)
        .await?;
    Ok(())
}

/// Ends every session of one person but this one; how many there were.
pub async fn end_others(db: impl PgExecutor<'_>, user_id: i64, id_hash: &[u8]) -> Result<u64> {
    let ended = sqlx::query!(
        "update sessions set revoked_at = now() where user_id = $1 and id_hash <> $2 and revoked_at is null",
        user_id,
        id_hash,
    );
    Ok(ended.execute(db).await?.rows_affected())
}

/// Ends every session of one person.
pub async fn end_all(db: impl PgExecutor<'_>, user_id: i64) -> Result<()> {
    sqlx::query!("update sessions set revoked_at = now() where user_id = $1 and revoked_at is null", user_id)
        .execute(db)
        .await?;
    Ok(())
}
