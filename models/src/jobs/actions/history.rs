//! What was done to jobs, by whom, why, and whether it was undone: for the history, for one action and for one job.

use super::{Action, Left};
use crate::jobs::State;
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use uuid::Uuid;

/// One action in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub id: Uuid,
    pub action: Action,
    pub by: String,
    pub reason: String,
    /// "to 24 Nov 2026 06:00", or nothing.
    pub detail: String,
    /// Where it was done from.
    pub address: String,
    pub at: DateTime<Utc>,
    pub undone_at: Option<DateTime<Utc>>,
    pub undone_by: Option<String>,
    /// Jobs that were changed, and those that were left alone.
    pub done: i64,
    pub left: i64,
}

/// One job of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub job_id: Uuid,
    pub kind: Option<String>,
    pub build: Option<String>,
    pub before: Option<State>,
    pub now: Option<State>,
    /// Why an undo left it as it is.
    pub not_undone: Option<String>,
}

/// What was done to one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acted {
    pub action_id: Uuid,
    pub action: Action,
    pub by: String,
    pub reason: String,
    pub detail: String,
    pub at: DateTime<Utc>,
    pub undone_at: Option<DateTime<Utc>>,
    pub undone_by: Option<String>,
    /// An undo that left this job as it is.
    pub not_undone: bool,
}

struct Row {
    id: Uuid,
    action: String,
    by: String,
    reason: String,
    detail: String,
    address: String,
    at: DateTime<Utc>,
    undone_at: Option<DateTime<Utc>>,
    undone_by: Option<String>,
    done: i64,
    left: i64,
}

impl From<Row> for Record {
    fn from(row: Row) -> Record {
        let Row { id, action, by, reason, detail, address, at, undone_at, undone_by, done, left } = row;
        Record { id, action: known(&action), by, reason, detail, address, at, undone_at, undone_by, done, left }
    }
}

/// The table holds no other words.
fn known(word: &str) -> Action {
    Action::from_word(word).unwrap_or(Action::Retry)
}

/// A checked query whose rows are whole records: `$after` the joins.
macro_rules! records {
    ($after:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"
            select a.id, a.action, u.name as by, a.reason, a.detail, a.address, a.created_at as at, a.undone_at,
                   n.name as "undone_by?",
                   (select count(*) from job_action_items i where i.action_id = a.id) as "done!",
                   (select count(*) from job_action_left l where l.action_id = a.id) as "left!"
            from job_actions a
            join users u on u.id = a.user_id
            left join users n on n.id = a.undone_by
            "#
                + $after
            $(, $argument)*
        )
    };
}

impl Record {
    pub async fn find(db: impl PgExecutor<'_>, id: Uuid) -> Result<Record> {
        let record = records!("where a.id = $1", id).fetch_optional(db).await?;
        record.map(Record::from).ok_or(Error::NotFound("Action"))
    }

    /// The latest ones, or those before a time.
    pub async fn latest(db: impl PgExecutor<'_>, before: Option<DateTime<Utc>>, most: i64) -> Result<Vec<Record>> {
        let records = records!(
            "where ($1::timestamptz is null or a.created_at < $1) order by a.created_at desc, a.id limit $2",
            before,
            most,
        );
        Ok(records.fetch_all(db).await?.into_iter().map(Record::from).collect())
    }

    /// The jobs it changed; those an undo left first.
    pub async fn items(&self, db: impl PgExecutor<'_>, most: i64) -> Result<Vec<Item>> {
        let items = sqlx::query!(
            r#"
            select i.job_id, j.kind as "kind?", b.number as "build?", i.before ->> 'state' as before,
                   j.state as "now?: State", i.not_undone
            from job_action_items i
            left join jobs j on j.id = i.job_id
            left join builds b on b.id = j.build_id
            where i.action_id = $1
            order by i.not_undone is null, i.job_id desc
            limit $2
            "#,
            self.id,
            most,
        );
        let items = items.fetch_all(db).await?.into_iter().map(|row| Item {
            job_id: row.job_id,
            kind: row.kind,
            build: row.build,
            before: row.before.and_then(|word| State::ALL.into_iter().find(|state| state.word() == word)),
            now: row.now,
            not_undone: row.not_undone,
        });
        Ok(items.collect())
    }

    /// The jobs it left alone, and why.
    pub async fn left_alone(&self, db: impl PgExecutor<'_>, most: i64) -> Result<Vec<Left>> {
        let left = sqlx::query_as!(
            Left,
            "select job_id as id, why from job_action_left where action_id = $1 order by job_id desc limit $2",
            self.id,
            most,
        );
        Ok(left.fetch_all(db).await?)
    }
}

impl Acted {
    /// What was done to a job, latest first.
    pub async fn to_job(db: impl PgExecutor<'_>, job_id: Uuid) -> Result<Vec<Acted>> {
        let acted = sqlx::query!(
            r#"
            select a.id, a.action, u.name as by, a.reason, a.detail, a.created_at, a.undone_at,
                   n.name as "undone_by?", i.not_undone is not null as "not_undone!"
            from job_action_items i
            join job_actions a on a.id = i.action_id
            join users u on u.id = a.user_id
            left join users n on n.id = a.undone_by
            where i.job_id = $1
            order by a.created_at desc
            limit 200
            "#,
            job_id,
        );
        let acted = acted.fetch_all(db).await?.into_iter().map(|row| Acted {
            action_id: row.id,
            action: known(&row.action),
            by: row.by,
            reason: row.reason,
            detail: row.detail,
            at: row.created_at,
            undone_at: row.undone_at,
            undone_by: row.undone_by,
            not_undone: row.not_undone,
        });
        Ok(acted.collect())
    }
}
