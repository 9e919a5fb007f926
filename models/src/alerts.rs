//! Alerts: what somebody has to know about the jobs, raised once per cause and object, cleared by themselves when it is
//! over. Workers and the web process both look, so that "nobody works" is noticed when nobody works.

use crate::audit::{self, Actor, Entry};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor, PgPool};
use std::time::Duration;

pub use causes::Cause;
pub use findings::{Finding, decide};

mod causes;
pub mod facts;
mod findings;

/// A kind of job as the checks know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watched {
    /// The word of the ledger.
    pub kind: &'static str,
    pub title: &'static str,
    pub queue: &'static str,
    /// How long one attempt may take.
    pub timeout: Duration,
}

/// One alert, open until it is cleared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    pub id: i64,
    /// A word of [`Cause`], or of a newer build.
    pub cause: String,
    /// The queue, schedule, worker or error group it is about; empty when it is about all of it.
    pub object: String,
    pub text: String,
    pub raised_at: DateTime<Utc>,
    pub seen_at: Option<DateTime<Utc>>,
    pub seen_by: Option<String>,
    pub cleared_at: Option<DateTime<Utc>>,
}

impl Alert {
    /// What is wrong right now, the most urgent first.
    pub async fn open(db: impl PgExecutor<'_>) -> Result<Vec<Alert>> {
        let alerts = sqlx::query_as!(
            Alert,
            r#"
            select a.id, a.cause, a.object, a.text, a.raised_at, a.seen_at, u.name as "seen_by?", a.cleared_at
            from alerts a left join users u on u.id = a.seen_by
            where a.cleared_at is null
            order by a.raised_at desc, a.id desc
            limit 200
            "#,
        );
        let mut alerts = alerts.fetch_all(db).await?;
        alerts.sort_by_key(|alert| Cause::from_word(&alert.cause).map_or(usize::MAX, Cause::urgency));
        Ok(alerts)
    }

    /// What is over, the latest first, from before `before`.
    pub async fn past(db: impl PgExecutor<'_>, before: Option<i64>, limit: i64) -> Result<Vec<Alert>> {
        let alerts = sqlx::query_as!(
            Alert,
            r#"
            select a.id, a.cause, a.object, a.text, a.raised_at, a.seen_at, u.name as "seen_by?", a.cleared_at
            from alerts a left join users u on u.id = a.seen_by
            where a.cleared_at is not null and ($1::bigint is null or a.id < $1)
            order by a.id desc
            limit $2
            "#,
            before,
            limit,
        );
        Ok(alerts.fetch_all(db).await?)
    }

    /// How many are open and not seen by anybody yet.
    pub async fn unseen(db: impl PgExecutor<'_>) -> Result<i64> {
        let unseen = sqlx::query_scalar!(
            r#"select count(*) as "count!" from alerts where cleared_at is null and seen_at is null"#
        );
        Ok(unseen.fetch_one(db).await?)
    }
}

/// Notes that somebody has seen the alert; it stays open until its cause is gone.
///
/// # Errors
/// `NotFound` when there is no such alert, `Stale` when somebody saw it before.
pub async fn see(tx: &mut PgConnection, actor: &Actor, id: i64) -> Result<()> {
    let alert = sqlx::query!(
        r#"select a.cause, a.object, u.name as "seen_by?", a.seen_at from alerts a left join users u on u.id = a.seen_by where a.id = $1 for update of a"#,
        id
    );
    let alert = alert.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound("Alert"))?;
    if alert.seen_at.is_some() {
        let who = alert.seen_by.unwrap_or_else(|| "Somebody".into());
        return Err(Error::Stale(format!("{who} has seen this alert already.")));
    }
    sqlx::query!("update alerts set seen_at = now(), seen_by = $2 where id = $1", id, actor.user_id)
        .execute(&mut *tx)
        .await?;
    let about = serde_json::json!({ "cause": alert.cause, "object": alert.object });
    let id = id.to_string();
    let entry = Entry { action: "saw", noun: "alerts", object_id: &id, after: Some(about), ..Entry::default() };
    audit::record(tx, actor, entry).await
}

/// Looks at everything and brings the open alerts in line with it. Does nothing while another process looks.
pub async fn check(db: &PgPool, watched: &[Watched]) -> Result<()> {
    let mut tx = db.begin().await?;
    let mine = sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock(hashtextextended('alerts', 0)) as "mine!""#);
    if !mine.fetch_one(&mut *tx).await? {
        return Ok(());
    }
    let facts = facts::look(&mut tx, watched).await?;
    keep(&mut tx, &decide(&facts, watched)).await?;
    Ok(tx.commit().await?)
}

/// Raises what is new, renews the words of what goes on, clears what is over.
async fn keep(tx: &mut PgConnection, findings: &[Finding]) -> Result<()> {
    let causes: Vec<String> = findings.iter().map(|finding| finding.cause.word().to_owned()).collect();
    let objects: Vec<String> = findings.iter().map(|finding| finding.object.clone()).collect();
    let texts: Vec<String> = findings.iter().map(|finding| finding.text.clone()).collect();
    let raised = sqlx::query!(
        r#"
        insert into alerts (cause, object, text) select * from unnest($1::text[], $2::text[], $3::text[])
        on conflict (cause, object) where cleared_at is null do update set text = excluded.text
            where alerts.text <> excluded.text
        "#,
        &causes,
        &objects,
        &texts,
    );
    let raised = raised.execute(&mut *tx).await?.rows_affected();
    let cleared = sqlx::query!(
        r#"
        update alerts set cleared_at = now()
        where cleared_at is null
            and (cause, object) not in (select * from unnest($1::text[], $2::text[]))
        "#,
        &causes,
        &objects,
    );
    let cleared = cleared.execute(&mut *tx).await?.rows_affected();
    if raised + cleared > 0 {
        sqlx::query!("select pg_notify('changes', 'alerts:all')").execute(&mut *tx).await?;
    }
    Ok(())
}
