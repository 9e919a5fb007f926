//! How the house is guarded right now: who is logged in, who failed to, what was refused. For administrators.

use crate::Result;
use crate::settings::SessionLimits;
use crate::users::Role;
use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

/// Counts of people, and of what went wrong in the last 24 hours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts {
    pub people: i64,
    pub with_second_factor: i64,
    pub failed_log_ins: i64,
    /// Permissions refused, failed log-ins not among them.
    pub refused: i64,
    pub failed_signatures: i64,
}

pub async fn facts(db: impl PgExecutor<'_>) -> Result<Facts> {
    let facts = sqlx::query_as!(
        Facts,
        r#"
        select (select count(*) from users where is_active) as "people!",
               (select count(distinct f.user_id) from second_factors f join users u on u.id = f.user_id and u.is_active
                where f.confirmed_at is not null and f.removed_at is null) as "with_second_factor!",
               count(*) filter (where action like 'log-in %') as "failed_log_ins!",
               count(*) filter (where action not like 'log-in %') as "refused!",
               count(*) filter (where noun = 'signatures') as "failed_signatures!"
        from audit_log
        where not success and at > now() - interval '1 day'
        "#
    );
    Ok(facts.fetch_one(db).await?)
}

/// Somebody who is logged in somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedIn {
    pub user_id: i64,
    pub name: String,
    pub role: Role,
    pub peer: String,
    pub user_agent: String,
    /// The bench tablet, when a badge opened it.
    pub station: Option<String>,
    pub since: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
}

/// Who is logged in, the latest used first, at most `most`.
pub async fn logged_in(db: impl PgExecutor<'_>, most: i64) -> Result<Vec<LoggedIn>> {
    let people = sqlx::query_as!(
        LoggedIn,
        r#"
        select u.id as user_id, u.name, u.role as "role: Role", s.peer, s.user_agent, t.name as "station?",
               s.created_at as since, s.last_seen_at
        from sessions s
        join users u on u.id = s.user_id
        left join stations t on t.id = s.station_id
        where s.revoked_at is null and s.absolute_until > now()
          and s.last_seen_at > now() - make_interval(mins => coalesce(
              (select (value->>'idle_minutes')::integer from settings where name = 'sessions'), $1))
        order by s.last_seen_at desc, s.created_at desc
        limit $2
        "#,
        SessionLimits::default().idle_minutes,
        most,
    );
    Ok(people.fetch_all(db).await?)
}

/// A try that did not get in, or a word that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    pub seq: i64,
    pub at: DateTime<Utc>,
    /// Who tried, as far as that is known.
    pub who: String,
    pub action: String,
    pub noun: String,
    pub peer: String,
}

/// What failed in the last 24 hours, the latest first, at most `most`.
pub async fn failed(db: impl PgExecutor<'_>, most: i64) -> Result<Vec<Failed>> {
    let failed = sqlx::query_as!(
        Failed,
        r#"
        select a.seq, a.at, coalesce(u.name, a.user_name) as "who!", a.action, a.noun, a.peer
        from audit_log a
        left join users u on a.noun = 'users' and u.id::text = a.object_id
        where not a.success and a.at > now() - interval '1 day'
        order by a.at desc, a.seq desc
        limit $1
        "#,
        most,
    );
    Ok(failed.fetch_all(db).await?)
}
