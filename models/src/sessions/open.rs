//! The open sessions of one person, as that person and administrators see them. A session is called by its mark, never
//! by anything that opens it.

use crate::{Result, audit, settings::SessionLimits};
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

/// Where somebody is logged in.
#[derive(Debug, Clone)]
pub struct Open {
    /// Sixteen hex digits that stand for it on pages and in the audit trail.
    pub mark: String,
    pub peer: String,
    pub user_agent: String,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
}

/// The live sessions of a person, the latest used first.
pub async fn of(db: impl PgExecutor<'_>, user_id: i64) -> Result<Vec<Open>> {
    let rows = sqlx::query!(
        r#"
        select id_hash, peer, user_agent, created_at, last_seen_at
        from sessions
        where user_id = $1 and revoked_at is null and absolute_until > now()
          and last_seen_at > now() - make_interval(mins => coalesce(
              (select (value->>'idle_minutes')::integer from settings where name = 'sessions'), $2))
        order by last_seen_at desc, created_at desc
        limit 200
        "#,
        user_id,
        SessionLimits::default().idle_minutes,
    );
    let open = rows.fetch_all(db).await?.into_iter().map(|row| Open {
        mark: super::mark(&row.id_hash),
        peer: row.peer,
        user_agent: row.user_agent,
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
    });
    Ok(open.collect())
}

/// How many sessions are open in the house.
pub async fn count(db: impl PgExecutor<'_>) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from sessions
        where revoked_at is null and absolute_until > now()
          and last_seen_at > now() - make_interval(mins => coalesce(
              (select (value->>'idle_minutes')::integer from settings where name = 'sessions'), $1))
        "#,
        SessionLimits::default().idle_minutes,
    );
    Ok(count.fetch_one(db).await?)
}

/// Ends the session of this person that goes by this mark; false when there is none any more.
pub async fn end_marked(tx: &mut PgConnection, actor: &audit::Actor, user_id: i64, mark: &str) -> Result<bool> {
    let live = sqlx::query_scalar!("select id_hash from sessions where user_id = $1 and revoked_at is null", user_id);
    let live = live.fetch_all(&mut *tx).await?;
    let Some(id_hash) = live.iter().find(|id_hash| super::mark(id_hash) == mark) else { return Ok(false) };
    super::end(&mut *tx, id_hash).await?;
    note(tx, actor, user_id, "ended a session", serde_json::json!({ "session": mark })).await?;
    Ok(true)
}

/// Ends every session of this person, all but `kept` if one is named; how many there were.
pub async fn end_every(tx: &mut PgConnection, actor: &audit::Actor, user_id: i64, kept: Option<&[u8]>) -> Result<u64> {
    let ended = super::end_others(&mut *tx, user_id, kept.unwrap_or_default()).await?;
    note(tx, actor, user_id, "ended sessions", serde_json::json!({ "sessions": ended })).await?;
    Ok(ended)
}

async fn note(
    tx: &mut PgConnection,
    actor: &audit::Actor,
    user_id: i64,
    action: &str,
    after: serde_json::Value,
) -> Result<()> {
    let id = user_id.to_string();
    let entry = audit::Entry { action, noun: "users", object_id: &id, after: Some(after), ..Default::default() };
    audit::record(tx, actor, entry).await
}
