//! The bin: jobs that were put away, by whom and why, until they are put back or their time is over.

use super::State;
use crate::Result;
use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use uuid::Uuid;

/// How long a discarded job stays. Those of an order stay with it.
pub const DAYS: i64 = 90;

/// One job in the bin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discarded {
    pub id: Uuid,
    pub kind: String,
    pub order: Option<String>,
    pub build: Option<String>,
    pub error: Option<String>,
    /// What it was before.
    pub was: Option<State>,
    pub by: Option<String>,
    pub reason: Option<String>,
    /// Since when it lies there.
    pub at: DateTime<Utc>,
}

/// Latest jobs first. `text` is searched in arguments, errors and order numbers; `before` is the last job of the page
/// before.
pub async fn page(
    db: impl PgExecutor<'_>,
    text: Option<&str>,
    before: Option<Uuid>,
    most: i64,
) -> Result<Vec<Discarded>> {
    let pattern = text.map(|text| format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")));
    let rows = sqlx::query!(
        r#"
        select j.id, j.kind, o.number as "order?", b.number as "build?", j.error_text, j.updated_at,
               thrown.was as "was?", thrown.name as "by?", thrown.reason as "reason?"
        from jobs j
        left join order_keys o on o.order_id = j.order_id
        left join builds b on b.id = j.build_id
        left join lateral (
            select i.before ->> 'state' as was, u.name, a.reason
            from job_action_items i
            join job_actions a on a.id = i.action_id and a.action = 'discard'
            join users u on u.id = a.user_id
            where i.job_id = j.id
            order by a.created_at desc
            limit 1
        ) thrown on true
        where j.state = 'discarded'
          and ($1::uuid is null or j.id < $1)
          and ($2::text is null or o.number ilike $2 or b.number ilike $2 or exists (
                select from job_texts t where t.job_id = j.id and (t.arguments ilike $2 or t.error ilike $2)))
        order by j.id desc
        limit $3
        "#,
        before,
        pattern,
        most,
    );
    let rows = rows.fetch_all(db).await?.into_iter().map(|row| Discarded {
        id: row.id,
        kind: row.kind,
        order: row.order,
        build: row.build,
        error: row.error_text,
        was: row.was.and_then(|word| State::ALL.into_iter().find(|state| state.word() == word)),
        by: row.by,
        reason: row.reason,
        at: row.updated_at,
    });
    Ok(rows.collect())
}
