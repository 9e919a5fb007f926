//! One order with its builds and its history, as the order page shows it.

use super::Stage;
use crate::{
    Error, Result,
    configurations::{Configuration, words::key},
};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{PgExecutor, types::Json};

/// The head of an order.
#[derive(Debug, Clone)]
pub struct Order {
    pub id: i64,
    pub number: String,
    pub po_number: String,
    pub customer: String,
    pub project: String,
    pub sales_person: String,
    pub want_on: NaiveDate,
    pub language: String,
    pub priority: String,
    pub notes: String,
    pub stage: Stage,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
}

/// One sink of an order, with its BOM when it has one.
#[derive(Debug, Clone)]
pub struct Build {
    pub id: i64,
    pub order_number: String,
    pub number: String,
    pub position: i16,
    pub stage: Stage,
    pub configuration: Configuration,
    pub configuration_hash: String,
    /// Active BOM: version, lines, pieces.
    pub bom_version: Option<i32>,
    pub bom_lines: Option<i32>,
    pub bom_outdated: bool,
    /// Who approved the active BOM, and when.
    pub bom_approved: Option<(String, DateTime<Utc>)>,
    /// Who sent the active BOM back, and with which comment.
    pub bom_returned: Option<(String, String)>,
}

/// One step of the order's way. System steps have no person.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    pub at: DateTime<Utc>,
    pub who: Option<String>,
    pub build: Option<String>,
    pub from_stage: Option<Stage>,
    pub to_stage: Stage,
    pub note: String,
}

/// A checked query whose rows are builds with their active BOM. `$where` closes the statement.
macro_rules! builds {
    ($where:tt, $argument:expr) => {
        sqlx::query_as!(
            BuildRow,
            r#"
            select b.id, o.number as order_number, b.number, b.position, b.stage as "stage: Stage",
                   b.configuration as "configuration: Json<Configuration>", b.configuration_hash,
                   m.version as "bom_version?", m.line_count as "bom_lines?", m.configuration_hash as "bom_hash?",
                   s.user_name as "approved_by?", s.signed_at as "approved_at?",
                   r.name as "returned_by?", r.comment as "returned?"
            from builds b
            join order_keys o on o.order_id = b.order_id
            left join boms m on m.build_id = b.id and m.is_active
            left join signatures s on s.noun = 'boms' and s.record_id = m.id and s.meaning = 'bom_approved'
            left join lateral (
                select u.name, l.comment from bom_returns l join users u on u.id = l.returned_by
                where l.bom_id = m.id order by l.id desc limit 1
            ) r on true
            where
            "#
                + $where,
            $argument
        )
    };
}

macro_rules! orders {
    ($where:literal, $argument:expr) => {
        sqlx::query_as!(
            Order,
            r#"
            select o.id, o.number, o.po_number, c.name as customer, o.project, o.sales_person, o.want_on, o.language,
                   o.priority, o.notes, o.stage as "stage: Stage", u.name as created_by, o.created_at
            from orders o
            join customers c on c.id = o.customer_id
            join users u on u.id = o.created_by
            where
            "#
                + $where,
            $argument
        )
    };
}

impl Order {
    pub async fn find(db: impl PgExecutor<'_>, number: &str) -> Result<Order> {
        let order = orders!("o.id = (select order_id from order_keys where number = $1)", number);
        order.fetch_optional(db).await?.ok_or(Error::NotFound("Order"))
    }

    /// The order with this row.
    pub async fn by_id(db: impl PgExecutor<'_>, id: i64) -> Result<Order> {
        orders!("o.id = $1", id).fetch_optional(db).await?.ok_or(Error::NotFound("Order"))
    }

    /// Number and stage of the order with this row.
    pub async fn stage_of(db: impl PgExecutor<'_>, id: i64) -> Result<(String, Stage)> {
        let row = sqlx::query!(r#"select number, stage as "stage: Stage" from orders where id = $1"#, id);
        let row = row.fetch_optional(db).await?.ok_or(Error::NotFound("Order"))?;
        Ok((row.number, row.stage))
    }

    pub async fn builds(&self, db: impl PgExecutor<'_>) -> Result<Vec<Build>> {
        let rows = builds!("b.order_id = $1 order by b.position", self.id);
        Ok(rows.fetch_all(db).await?.into_iter().map(Build::from).collect())
    }

    /// Newest first.
    pub async fn history(&self, db: impl PgExecutor<'_>) -> Result<Vec<HistoryEntry>> {
        let entries = sqlx::query_as!(
            HistoryEntry,
            r#"
            select h.at, u.name as "who?", b.number as "build?", h.from_stage as "from_stage: Stage",
                   h.to_stage as "to_stage: Stage", h.note
            from order_history h
            left join users u on u.id = h.user_id
            left join builds b on b.id = h.build_id
            where h.order_id = $1
            order by h.id desc
            limit 500
            "#,
            self.id,
        );
        Ok(entries.fetch_all(db).await?)
    }
}

impl Build {
    /// By the number on its label, in any spelling.
    pub async fn find(db: impl PgExecutor<'_>, number: &str) -> Result<Build> {
        let row = builds!("b.number_key = $1", key(number));
        row.fetch_optional(db).await?.map(Build::from).ok_or(Error::NotFound("Build"))
    }

    /// Number and configuration document of the build with this row, the document as it is stored.
    pub async fn document(db: impl PgExecutor<'_>, id: i64) -> Result<(String, serde_json::Value)> {
        let row = sqlx::query!("select number, configuration from builds where id = $1", id);
        let row = row.fetch_optional(db).await?.ok_or(Error::NotFound("Build"))?;
        Ok((row.number, row.configuration))
    }

    /// Number and stage of the build with this row.
    pub async fn stage_of(db: impl PgExecutor<'_>, id: i64) -> Result<(String, Stage)> {
        let row = sqlx::query!(r#"select number, stage as "stage: Stage" from builds where id = $1"#, id);
        let row = row.fetch_optional(db).await?.ok_or(Error::NotFound("Build"))?;
        Ok((row.number, row.stage))
    }
}

struct BuildRow {
    id: i64,
    order_number: String,
    number: String,
    position: i16,
    stage: Stage,
    configuration: Json<Configuration>,
    configuration_hash: String,
    bom_version: Option<i32>,
    bom_lines: Option<i32>,
    bom_hash: Option<String>,
    approved_by: Option<String>,
    approved_at: Option<DateTime<Utc>>,
    returned_by: Option<String>,
    returned: Option<String>,
}

impl From<BuildRow> for Build {
    fn from(row: BuildRow) -> Build {
        Build {
            id: row.id,
            order_number: row.order_number,
            number: row.number,
            position: row.position,
            stage: row.stage,
            bom_outdated: row.bom_hash.is_some_and(|hash| hash != row.configuration_hash),
            configuration: row.configuration.0,
            configuration_hash: row.configuration_hash,
            bom_version: row.bom_version,
            bom_lines: row.bom_lines,
            bom_approved: row.approved_by.zip(row.approved_at),
            bom_returned: row.returned_by.zip(row.returned),
        }
    }
}
