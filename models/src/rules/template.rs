//! One version of a family's BOM rules, as kept: lines, the tables they look up, and what step 4 offers.

use crate::{Error, Result};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;

/// A version of the rules. Published versions never change; a draft does until it is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub id: i32,
    pub family: String,
    pub version: i32,
    pub name: String,
    pub status: Status,
    pub effective_on: Option<NaiveDate>,
    pub notes: String,
    pub lock_version: i32,
    pub published_at: Option<DateTime<Utc>>,
    pub lines: Vec<TemplateLine>,
    pub tables: Vec<Table>,
    pub choices: Vec<ChoiceRow>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Status {
    Draft,
    Active,
    Retired,
}

impl Status {
    pub fn word(self) -> &'static str {
        match self {
            Status::Draft => "draft",
            Status::Active => "active",
            Status::Retired => "retired",
        }
    }
}

/// One rule: when it holds, which number, how many, and why in plain words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TemplateLine {
    pub id: i32,
    pub line_number: i32,
    /// Row id of the line this one stands under.
    pub parent_item_id: Option<i32>,
    pub role: String,
    /// `basin`, `faucet`, `sprayer`, `accessory`, `drawer`; empty: once.
    pub repeat_for: String,
    /// A literal number; empty when `item_expression` yields it.
    pub item: String,
    pub item_expression: String,
    pub base_quantity: Decimal,
    pub condition: String,
    pub quantity_formula: String,
    pub reason: String,
    pub note: String,
    pub source: String,
    /// A component of the item that this line goes without; empty: none (decision 3, custom boards).
    pub omits: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub id: i32,
    pub name: String,
    pub kind: TableKind,
    pub description: String,
    pub rows: Vec<TableRow>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum TableKind {
    /// Rows of low..high, both included.
    Range,
    /// Rows of exact keys.
    Match,
    /// One row: the group code as key, the pattern of the custom number as value.
    Pattern,
}

impl TableKind {
    pub fn word(self) -> &'static str {
        match self {
            TableKind::Range => "range",
            TableKind::Match => "match",
            TableKind::Pattern => "pattern",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableRow {
    pub position: i32,
    pub low: Option<Decimal>,
    pub high: Option<Decimal>,
    pub key: String,
    pub value: String,
}

/// A number step 4 offers, and what it wants from the rest of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceRow {
    pub position: i32,
    pub group_code: String,
    pub item: String,
    /// Expression that must hold; empty: none.
    pub requirement: String,
    pub severity: Severity,
    /// The sentence when the requirement does not hold.
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Severity {
    /// Said, and allowed.
    Warning,
    /// Refused.
    Error,
}

impl Template {
    /// Reads a version with everything in it.
    pub async fn find(db: &PgPool, id: i32) -> Result<Template> {
        let head = sqlx::query!(
            r#"
            select id, family, version, name, status as "status: Status", effective_on, notes, lock_version, published_at
            from bom_templates
            where id = $1
            "#,
            id
        );
        let head = head.fetch_optional(db).await?.ok_or(Error::NotFound("Version of the BOM rules"))?;
        Ok(Template {
            id: head.id,
            family: head.family,
            version: head.version,
            name: head.name,
            status: head.status,
            effective_on: head.effective_on,
            notes: head.notes,
            lock_version: head.lock_version,
            published_at: head.published_at,
            lines: lines(db, id).await?,
            tables: tables(db, id).await?,
            choices: choices(db, id).await?,
        })
    }

    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}

async fn lines(db: &PgPool, template_id: i32) -> Result<Vec<TemplateLine>> {
    let lines = sqlx::query_as!(
        TemplateLine,
        r#"
        select id, line_number, parent_item_id, role, repeat_for, item, item_expression, base_quantity, condition,
               quantity_formula, reason, note, source, omits
        from bom_template_items
        where template_id = $1
        order by line_number
        "#,
        template_id
    );
    let mut lines = lines.fetch_all(db).await?;
    // The database gives every digit of the column: 1.000000.
    lines.iter_mut().for_each(|line| line.base_quantity = line.base_quantity.normalize());
    Ok(lines)
}

async fn tables(db: &PgPool, template_id: i32) -> Result<Vec<Table>> {
    let heads = sqlx::query!(
        r#"
        select id, name, kind as "kind: TableKind", description
        from bom_template_tables
        where template_id = $1
        order by name
        "#,
        template_id
    );
    let heads = heads.fetch_all(db).await?;
    let rows = sqlx::query!(
        r#"
        select r.table_id, r.position, r.low, r.high, r.key, r.value
        from bom_template_table_rows r
        join bom_template_tables t on t.id = r.table_id
        where t.template_id = $1
        order by r.table_id, r.position
        "#,
        template_id
    );
    let rows = rows.fetch_all(db).await?;
    let table = |id, name, kind, description| {
        let own = rows.iter().filter(|row| row.table_id == id);
        let own = own.map(|row| TableRow {
            position: row.position,
            low: row.low.map(|low| low.normalize()),
            high: row.high.map(|high| high.normalize()),
            key: row.key.clone(),
            value: row.value.clone(),
        });
        Table { id, name, kind, description, rows: own.collect() }
    };
    Ok(heads.into_iter().map(|head| table(head.id, head.name, head.kind, head.description)).collect())
}

async fn choices(db: &PgPool, template_id: i32) -> Result<Vec<ChoiceRow>> {
    let choices = sqlx::query_as!(
        ChoiceRow,
        r#"
        select position, group_code, item, requirement, severity as "severity: Severity", message
        from bom_template_choices
        where template_id = $1
        order by position
        "#,
        template_id
    );
    Ok(choices.fetch_all(db).await?)
}
