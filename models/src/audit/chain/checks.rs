//! What the checks of the chain found, for pages, alerts and the next check.

use super::{Finding, Report};
use crate::Result;
use crate::audit::anchor::Mark;
use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

/// A whole check older than this many hours is no ground to check only what came since.
const WHOLE_HOURS: i32 = 36;

/// How the trail stands, for pages.
#[derive(Debug, Clone, Default)]
pub struct State {
    pub head_seq: i64,
    /// In hexadecimal digits.
    pub head_hash: String,
    pub last: Option<Check>,
    /// When the whole trail was last looked at, from its first link.
    pub whole_at: Option<DateTime<Utc>>,
}

/// One check that was done.
#[derive(Debug, Clone)]
pub struct Check {
    pub at: DateTime<Utc>,
    pub entries: i64,
    /// The link after which it began; 0 when it looked at the whole trail.
    pub since: i64,
    pub took_ms: i32,
    /// The first bad entry as a sentence; empty when all was well.
    pub finding: String,
}

/// Where the chain ends, and what the last check found.
pub async fn state(db: impl PgExecutor<'_>) -> Result<State> {
    let row = sqlx::query!(
        r#"
        select h.seq, encode(h.hash, 'hex') as "hash!", c.checked_at as "checked_at?", c.entries as "entries?",
               c.since_seq as "since?", c.took_ms as "took_ms?", c.finding as "finding?",
               (select checked_at from audit_checks where since_seq = 0 order by id desc limit 1) as whole_at
        from audit_head h left join (select * from audit_checks order by id desc limit 1) c on true
        order by h.seq desc limit 1
        "#
    );
    let Some(row) = row.fetch_optional(db).await? else { return Ok(State::default()) };
    let last = row.checked_at.map(|at| Check {
        at,
        entries: row.entries.unwrap_or_default(),
        since: row.since.unwrap_or_default(),
        took_ms: row.took_ms.unwrap_or_default(),
        finding: row.finding.unwrap_or_default(),
    });
    Ok(State { head_seq: row.seq, head_hash: row.hash, last, whole_at: row.whole_at })
}

/// Where the next check may go on: where the last one ended, when it found nothing and the whole trail was looked at
/// within a day and a half. A trail that was tampered with is looked at as a whole until it is as it was written.
pub async fn trusted(db: impl PgExecutor<'_>) -> Result<Option<Mark>> {
    let row = sqlx::query!(
        r#"
        select c.head_seq, encode(c.head_hash, 'hex') as "hash!", c.checked_at
        from (select * from audit_checks order by id desc limit 1) c
        where c.finding = '' and c.head_seq > 0
            and exists (select from audit_checks w where w.since_seq = 0 and w.checked_at > now() - make_interval(hours => $1))
        "#,
        WHOLE_HOURS,
    );
    let row = row.fetch_optional(db).await?;
    Ok(row.map(|row| Mark { seq: row.head_seq, hash: row.hash, at: row.checked_at }))
}

/// Keeps what a check saw, for pages, alerts and the next check.
pub async fn note(tx: impl PgExecutor<'_>, report: &Report) -> Result<()> {
    sqlx::query!(
        r#"
        insert into audit_checks (took_ms, entries, since_seq, head_seq, head_hash, finding)
        values ($1, $2, $3, $4, decode($5, 'hex'), $6)
        "#,
        report.took_ms,
        report.entries,
        report.since,
        report.head.seq,
        report.head.hash,
        report.finding.as_ref().map(Finding::to_string).unwrap_or_default(),
    )
    .execute(tx)
    .await?;
    Ok(())
}
