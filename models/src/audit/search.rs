//! Reading the trail: what somebody looks for, one entry, the history of a record. Months at hand and in the archive
//! alike.

use crate::Result;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgExecutor;

/// Rows of a page.
pub const PAGE: usize = 50;

/// An entry as it was written, with its link in the chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub user_id: Option<i64>,
    pub user_name: String,
    pub role: String,
    pub peer: String,
    pub session: String,
    pub request_id: String,
    pub action: String,
    pub noun: String,
    pub object_id: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub reason: String,
    pub success: bool,
    /// Its place in the chain; none only when somebody tampered.
    pub link: Option<i64>,
    /// In hexadecimal digits.
    pub hash: Option<String>,
    pub prev_hash: Option<String>,
}

/// What is looked for; nothing: everything, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// These people,
    pub people: Option<Vec<i64>>,
    /// or somebody whose name has this in it ("System", or somebody who tried to log in).
    pub name: Option<String>,
    /// One of these nouns,
    pub nouns: Option<Vec<String>>,
    /// and one of these numbers.
    pub object_ids: Option<Vec<String>>,
    pub action: Option<String>,
    /// Only what was done, or only what was refused.
    pub success: Option<bool>,
    pub from: Option<DateTime<Utc>>,
    /// Up to, and without, this time.
    pub until: Option<DateTime<Utc>>,
    /// A text within the reason.
    pub text: Option<String>,
    /// Only older than this entry.
    pub before: Option<i64>,
}

impl Filter {
    /// Everything about one record.
    pub fn about(noun: &str, object_id: &str) -> Filter {
        Filter { nouns: Some(vec![noun.into()]), object_ids: Some(vec![object_id.into()]), ..Filter::default() }
    }
}

/// The newest `rows` entries the filter finds.
pub async fn page(db: impl PgExecutor<'_>, filter: &Filter, rows: usize) -> Result<Vec<Written>> {
    let found = sqlx::query_as!(
        Written,
        r#"
        select e.seq as "seq!", e.at as "at!", e.user_id, e.user_name as "user_name!", e.role as "role!", e.peer as "peer!",
               e.session as "session!", e.request_id as "request_id!", e.action as "action!", e.noun as "noun!",
               e.object_id as "object_id!", e.before, e.after, e.reason as "reason!", e.success as "success!",
               c.seq as "link?", encode(c.hash, 'hex') as hash, encode(c.prev_hash, 'hex') as prev_hash
        from (
            select * from audit_entries
            where ($1::bigint[] is null or user_id = any($1))
              and ($2::text is null or user_name ilike '%' || $2 || '%')
              and ($3::text[] is null or noun = any($3))
              and ($4::text[] is null or object_id = any($4))
              and ($5::text is null or action = $5)
              and ($6::bool is null or ($6 and success) or (not $6 and not success))
              and ($7::timestamptz is null or at >= $7)
              and ($8::timestamptz is null or at < $8)
              and ($9::text is null or (reason <> '' and reason ilike '%' || $9 || '%'))
              and ($10::bigint is null or seq < $10)
            order by seq desc
            limit $11
        ) e
        left join audit_chain c on c.entry_seq = e.seq
        order by e.seq desc
        "#,
        filter.people.as_deref(),
        filter.name.as_deref().map(literally),
        filter.nouns.as_deref(),
        filter.object_ids.as_deref(),
        filter.action,
        filter.success,
        filter.from,
        filter.until,
        filter.text.as_deref().map(literally),
        filter.before,
        i64::try_from(rows).unwrap_or(i64::MAX),
    );
    Ok(found.fetch_all(db).await?)
}

/// What happened to a record, the newest first.
pub async fn of(db: impl PgExecutor<'_>, noun: &str, object_id: &str, rows: usize) -> Result<Vec<Written>> {
    page(db, &Filter::about(noun, object_id), rows).await
}

/// An order with its builds and their BOMs: everything that happened to any of them.
pub async fn about_order(db: impl PgExecutor<'_>, number: &str) -> Result<Filter> {
    let builds = sqlx::query_scalar!(
        "select b.number from builds b join order_keys o on o.order_id = b.order_id where o.number = $1",
        number,
    );
    let mut object_ids = builds.fetch_all(db).await?;
    object_ids.push(number.to_owned());
    let nouns = ["orders", "builds", "boms"].map(String::from).to_vec();
    Ok(Filter { nouns: Some(nouns), object_ids: Some(object_ids), ..Filter::default() })
}

/// A build with its BOM.
pub fn about_build(number: &str) -> Filter {
    let nouns = ["builds", "boms"].map(String::from).to_vec();
    Filter { nouns: Some(nouns), object_ids: Some(vec![number.into()]), ..Filter::default() }
}

/// One entry by its number.
pub async fn find(db: impl PgExecutor<'_>, seq: i64) -> Result<Option<Written>> {
    let filter = Filter { before: Some(seq.saturating_add(1)), ..Filter::default() };
    let found = page(db, &filter, 1).await?;
    Ok(found.into_iter().find(|entry| entry.seq == seq))
}

/// Ids of people whose name or address has this in it.
pub async fn people(db: impl PgExecutor<'_>, typed: &str) -> Result<Vec<i64>> {
    let typed = literally(typed);
    let ids = sqlx::query_scalar!(
        "select id from users where name ilike '%' || $1 || '%' or email ilike '%' || $1 || '%' order by id limit 1000",
        typed,
    );
    Ok(ids.fetch_all(db).await?)
}

/// The words of the trail, for the lists to choose from: nouns, and actions with their noun. Found by hopping along the
/// indexes, so that they cost the same in a long trail.
pub async fn words(db: impl PgExecutor<'_>) -> Result<Vec<String>> {
    let actions = sqlx::query_scalar!(
        r#"
        with recursive hop as (
            (select action from audit_log order by action limit 1)
            union all
            select (select action from audit_log where action > hop.action order by action limit 1)
            from hop where hop.action is not null
        )
        select action as "action!" from hop where action is not null limit 300
        "#
    );
    Ok(actions.fetch_all(db).await?)
}

/// The nouns of the trail.
pub async fn nouns(db: impl PgExecutor<'_>) -> Result<Vec<String>> {
    let nouns = sqlx::query_scalar!(
        r#"
        with recursive hop as (
            (select noun from audit_log order by noun limit 1)
            union all
            select (select noun from audit_log where noun > hop.noun order by noun limit 1)
            from hop where hop.noun is not null
        )
        select noun as "noun!" from hop where noun is not null limit 100
        "#
    );
    Ok(nouns.fetch_all(db).await?)
}

/// A text whose signs mean themselves in a pattern.
fn literally(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
