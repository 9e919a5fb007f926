//! Changes of a draft. Each takes the draft's lock version, so that nobody overwrites what they have not seen.

use super::take;
use crate::Result;
use crate::audit::{self, Actor, Entry};
use crate::rules::{ChoiceRow, Severity, Table, TableKind, Template, TemplateLine};
use serde_json::{Value, json};
use sqlx::PgConnection;

/// Writes a line: a new one when its id is 0.
pub async fn save_line(
    tx: &mut PgConnection,
    actor: &Actor,
    template: &Template,
    lock: i32,
    line: &TemplateLine,
) -> Result<()> {
    take(tx, template, lock).await?;
    let old = template.lines.iter().find(|old| old.id == line.id);
    let level = level(template, line);
    sqlx::query!(
        r#"
        insert into bom_template_items (template_id, line_number, parent_item_id, level, role, repeat_for, item,
            item_expression, base_quantity, condition, quantity_formula, reason, note, source, omits)
        select $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16
        where $1 = 0
        "#,
        line.id,
        template.id,
        line.line_number,
        line.parent_item_id,
        level,
        line.role,
        line.repeat_for,
        line.item,
        line.item_expression,
        line.base_quantity,
        line.condition,
        line.quantity_formula,
        line.reason,
        line.note,
        line.source,
        line.omits,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        r#"
        update bom_template_items
        set line_number = $3, parent_item_id = $4, level = $5, role = $6, repeat_for = $7, item = $8,
            item_expression = $9, base_quantity = $10, condition = $11, quantity_formula = $12, reason = $13, note = $14,
            source = $15, omits = $16
        where id = $1 and template_id = $2
        "#,
        line.id, template.id, line.line_number, line.parent_item_id, level, line.role, line.repeat_for, line.item,
        line.item_expression, line.base_quantity, line.condition, line.quantity_formula, line.reason, line.note,
        line.source, line.omits,
    )
    .execute(&mut *tx)
    .await?;
    record(tx, actor, template, "changed", old.map(line_said), Some(line_said(line))).await
}

fn level(template: &Template, line: &TemplateLine) -> i16 {
    let (mut level, mut parent) = (0, line.parent_item_id);
    while let Some(above) = template.lines.iter().find(|above| Some(above.id) == parent).filter(|_| level < 32) {
        level += 1;
        parent = above.parent_item_id;
    }
    level
}

/// Removes a line, and with it the lines that stand under it.
pub async fn remove_line(
    tx: &mut PgConnection,
    actor: &Actor,
    template: &Template,
    lock: i32,
    line: &TemplateLine,
) -> Result<()> {
    take(tx, template, lock).await?;
    sqlx::query!("delete from bom_template_items where id = $1 and template_id = $2", line.id, template.id)
        .execute(&mut *tx)
        .await?;
    record(tx, actor, template, "removed", Some(line_said(line)), None).await
}

/// Writes a table with its rows: a new one when its id is 0.
pub async fn save_table(
    tx: &mut PgConnection,
    actor: &Actor,
    template: &Template,
    lock: i32,
    table: &Table,
) -> Result<()> {
    take(tx, template, lock).await?;
    let old = template.tables.iter().find(|old| old.id == table.id);
    sqlx::query!("delete from bom_template_tables where id = $1 and template_id = $2", table.id, template.id)
        .execute(&mut *tx)
        .await?;
    let id = sqlx::query_scalar!(
        "insert into bom_template_tables (template_id, name, kind, description) values ($1, $2, $3, $4) returning id",
        template.id,
        table.name,
        table.kind as TableKind,
        table.description,
    );
    let id = id.fetch_one(&mut *tx).await?;
    let rows = || table.rows.iter();
    sqlx::query!(
        r#"
        insert into bom_template_table_rows (table_id, position, low, high, key, value)
        select $1, row.position, row.low, row.high, row.key, row.value
        from unnest($2::int[], $3::numeric[], $4::numeric[], $5::text[], $6::text[])
            as row (position, low, high, key, value)
        "#,
        id,
        &rows().map(|row| row.position).collect::<Vec<_>>(),
        &rows().map(|row| row.low).collect::<Vec<_>>() as &[Option<rust_decimal::Decimal>],
        &rows().map(|row| row.high).collect::<Vec<_>>() as &[Option<rust_decimal::Decimal>],
        &rows().map(|row| row.key.clone()).collect::<Vec<_>>(),
        &rows().map(|row| row.value.clone()).collect::<Vec<_>>(),
    )
    .execute(&mut *tx)
    .await?;
    record(tx, actor, template, "changed", old.map(table_said), Some(table_said(table))).await
}

/// Writes a choice. `old` is the position of the one it replaces; none for a new one.
pub async fn save_choice(
    tx: &mut PgConnection,
    actor: &Actor,
    template: &Template,
    lock: i32,
    old: Option<i32>,
    choice: &ChoiceRow,
) -> Result<()> {
    take(tx, template, lock).await?;
    delete_choice(tx, template, old).await?;
    sqlx::query!(
        r#"
        insert into bom_template_choices (template_id, position, group_code, item, requirement, severity, message)
        values ($1, $2, $3, $4, $5, $6, $7)
        "#,
        template.id,
        choice.position,
        choice.group_code,
        choice.item,
        choice.requirement,
        choice.severity as Severity,
        choice.message,
    )
    .execute(&mut *tx)
    .await?;
    let before = template.choices.iter().find(|one| Some(one.position) == old);
    record(tx, actor, template, "changed", before.map(choice_said), Some(choice_said(choice))).await
}

/// Removes the choice at a position.
pub async fn remove_choice(
    tx: &mut PgConnection,
    actor: &Actor,
    template: &Template,
    lock: i32,
    choice: &ChoiceRow,
) -> Result<()> {
    take(tx, template, lock).await?;
    delete_choice(tx, template, Some(choice.position)).await?;
    record(tx, actor, template, "removed", Some(choice_said(choice)), None).await
}

async fn delete_choice(tx: &mut PgConnection, template: &Template, position: Option<i32>) -> Result<()> {
    sqlx::query!("delete from bom_template_choices where template_id = $1 and position = $2", template.id, position)
        .execute(&mut *tx)
        .await?;
    Ok(())
}

async fn record(
    tx: &mut PgConnection,
    actor: &Actor,
    template: &Template,
    action: &str,
    before: Option<Value>,
    after: Option<Value>,
) -> Result<()> {
    let object_id = format!("{}-{}", template.family, template.version);
    audit::record(tx, actor, Entry { action, noun: "rules", object_id: &object_id, before, after, ..Entry::default() })
        .await
}

fn line_said(line: &TemplateLine) -> Value {
    json!({ "line": {
        "number": line.line_number, "role": line.role, "repeats_for": line.repeat_for, "item": line.item,
        "item_expression": line.item_expression, "base_quantity": line.base_quantity.normalize(),
        "condition": line.condition, "quantity": line.quantity_formula, "reason": line.reason, "note": line.note,
        "source": line.source, "omits": line.omits,
    } })
}

fn table_said(table: &Table) -> Value {
    let row = |row: &crate::rules::TableRow| json!([row.low, row.high, row.key, row.value]);
    json!({ "table": { "name": table.name, "kind": table.kind.word(), "rows": table.rows.iter().map(row).collect::<Vec<_>>() } })
}

fn choice_said(choice: &ChoiceRow) -> Value {
    json!({ "choice": {
        "position": choice.position, "group": choice.group_code, "item": choice.item, "requirement": choice.requirement,
        "refuses": choice.severity == Severity::Error, "message": choice.message,
    } })
}
