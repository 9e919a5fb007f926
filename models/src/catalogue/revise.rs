//! Revising one item: its quantities and marks change in a new revision, everything else is copied.

use super::revisions::{self, Made, Making};
use crate::{
    Error, Result,
    audit::{self, Actor, Entry},
};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::PgConnection;

/// Pieces per parent at most, and decimals at most, as in the table.
const QUANTITY_LIMIT: i64 = 1_000_000;
const DECIMALS: u32 = 6;

/// What an administrator decided about one item.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Number of the revision the form showed: another one may be active by now.
    pub revision: i32,
    pub item: String,
    /// The quantity of the item itself is settled: its mark goes.
    pub settles_item: bool,
    /// The open question is answered: it goes.
    pub answers_question: bool,
    pub components: Vec<ComponentChange>,
    pub reason: String,
}

#[derive(Debug, Clone)]
pub struct ComponentChange {
    /// Position in the item, from 1.
    pub position: i32,
    pub quantity: Decimal,
    /// The quantity is settled: its mark goes.
    pub settled: bool,
}

/// Reads a quantity as people type it: "4", "1.5". Above 0, at most 1,000,000, at most six decimals.
pub fn quantity(text: &str) -> Result<Decimal> {
    let wrong =
        || Error::Invalid("Write the quantity as a number above 0 and up to 1,000,000, such as 4 or 1.5.".into());
    let text = text.trim();
    if text.is_empty() || text.len() > 20 || !text.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return Err(wrong());
    }
    let quantity: Decimal = text.parse().map_err(|_| wrong())?;
    let quantity = quantity.normalize();
    if quantity <= Decimal::ZERO || quantity > QUANTITY_LIMIT.into() || quantity.scale() > DECIMALS {
        return Err(wrong());
    }
    Ok(quantity)
}

/// Makes and activates the revision with the change in it. Returns its number.
pub async fn revise(tx: &mut PgConnection, change: &Change, actor: &Actor) -> Result<i32> {
    if change.reason.trim().is_empty() {
        return Err(Error::Invalid("Say why: the reason is kept with the revision.".into()));
    }
    revisions::lock(tx).await?;
    let active = sqlx::query!("select id, number, digest from catalogue_revisions where status = 'active'");
    let active = active.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound("Catalogue revision"))?;
    if active.number != change.revision {
        let message = format!(
            "Revision {} was made active meanwhile. Your change was not saved; look at it first.",
            active.number
        );
        return Err(Error::Stale(message));
    }
    let label = format!("{} revised", change.item);
    let making = Making { label: &label, digest: &active.digest, based_on: Some(active.id), actor };
    let made = making.insert(tx).await?;
    copy(tx, active.id, made).await?;
    let (before, after) = apply(tx, made.id, change).await?;
    if before == after {
        return Err(Error::Invalid("Nothing was changed.".into()));
    }
    let entry = Entry {
        action: "revised",
        noun: "items",
        object_id: &change.item,
        before: Some(before),
        after: Some(after),
        reason: change.reason.trim(),
    };
    audit::record(tx, actor, entry).await?;
    revisions::activate(tx, made.number, &format!("{} revised: {}", change.item, change.reason.trim()), actor).await?;
    Ok(made.number)
}

/// Copies everything of a revision but its import report.
async fn copy(tx: &mut PgConnection, from: i32, made: Made) -> Result<()> {
    sqlx::query!(
        r#"
        insert into catalogue_categories (revision_id, code, parent_code, name, description)
        select $2, code, parent_code, name, description from catalogue_categories where revision_id = $1
        "#,
        from,
        made.id,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        r#"
        insert into catalogue_items
            (revision_id, item_id, name, kind, assembly_type, category_code, subcategory_code, source_ids, maker,
             maker_number, is_derived, prints_flat, to_confirm, open_question)
        select $2, item_id, name, kind, assembly_type, category_code, subcategory_code, source_ids, maker,
            maker_number, is_derived, prints_flat, to_confirm, open_question
        from catalogue_items where revision_id = $1
        "#,
        from,
        made.id,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        r#"
        insert into catalogue_components (revision_id, parent_id, position, child_id, quantity, note, to_confirm)
        select $2, parent_id, position, child_id, quantity, note, to_confirm
        from catalogue_components where revision_id = $1
        "#,
        from,
        made.id,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        r#"
        insert into catalogue_placements (revision_id, subcategory_code, item_id)
        select $2, subcategory_code, item_id from catalogue_placements where revision_id = $1
        "#,
        from,
        made.id,
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Writes the change into the copy; returns the item before and after for the audit trail.
async fn apply(tx: &mut PgConnection, revision: i32, change: &Change) -> Result<(Value, Value)> {
    let item = sqlx::query_scalar!(
        "select item_id from catalogue_items join items on id = item_id where revision_id = $1 and number = $2",
        revision,
        change.item,
    );
    let item = item.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound("Item"))?;
    let before = picture(tx, revision, item).await?;
    sqlx::query!(
        r#"
        update catalogue_items
        set to_confirm = case when $3 then null else to_confirm end,
            open_question = case when $4 then null else open_question end
        where revision_id = $1 and item_id = $2
        "#,
        revision,
        item,
        change.settles_item,
        change.answers_question,
    )
    .execute(&mut *tx)
    .await?;
    let positions: Vec<i32> = change.components.iter().map(|component| component.position).collect();
    let quantities: Vec<Decimal> = change.components.iter().map(|component| component.quantity).collect();
    let settled: Vec<bool> = change.components.iter().map(|component| component.settled).collect();
    sqlx::query!(
        r#"
        update catalogue_components component
        set quantity = change.quantity, to_confirm = case when change.settled then null else to_confirm end
        from unnest($3::int[], $4::numeric[], $5::bool[]) as change (position, quantity, settled)
        where revision_id = $1 and parent_id = $2 and component.position = change.position
        "#,
        revision,
        item,
        &positions,
        &quantities,
        &settled,
    )
    .execute(&mut *tx)
    .await?;
    Ok((before, picture(tx, revision, item).await?))
}

async fn picture(tx: &mut PgConnection, revision: i32, item: i32) -> Result<Value> {
    let facts = sqlx::query!(
        "select to_confirm, open_question from catalogue_items where revision_id = $1 and item_id = $2",
        revision,
        item,
    );
    let facts = facts.fetch_one(&mut *tx).await?;
    let components = sqlx::query!(
        r#"
        select number, quantity, component.to_confirm
        from catalogue_components component
        join items on items.id = child_id
        where revision_id = $1 and parent_id = $2
        order by position
        "#,
        revision,
        item,
    );
    let components: Vec<Value> = components
        .fetch_all(&mut *tx)
        .await?
        .into_iter()
        .map(|row| json!({ "item": row.number, "quantity": row.quantity.normalize().to_string(), "to confirm": row.to_confirm }))
        .collect();
    Ok(json!({ "to confirm": facts.to_confirm, "open question": facts.open_question, "components": components }))
}
