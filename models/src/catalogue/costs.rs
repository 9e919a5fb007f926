//! What an item costs today. An item without a cost is unpriced, never free.

use crate::{
    Error, Result,
    audit::{self, Actor, Entry},
};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::json;
use sqlx::{PgConnection, PgExecutor};

/// Decimals of a cost, as in the table.
const DECIMALS: u32 = 4;
/// One currency for the whole shop.
pub const CURRENCY: &str = "CAD";

#[derive(Debug, Clone)]
pub struct Cost {
    /// For one piece, in `currency`.
    pub cost: Decimal,
    pub currency: String,
    pub set_by: Option<String>,
    pub set_at: DateTime<Utc>,
}

/// The cost of an item, none when it is unpriced.
pub async fn of(db: impl PgExecutor<'_>, item_id: i32) -> Result<Option<Cost>> {
    let cost = sqlx::query_as!(
        Cost,
        r#"
        select cost, currency, users.name as "set_by?", set_at
        from item_costs
        left join users on users.id = set_by
        where item_id = $1
        "#,
        item_id,
    );
    Ok(cost.fetch_optional(db).await?)
}

/// Reads a cost as people type it: "12.50", "1,240.00", "12.5 CAD", empty for unpriced.
pub fn read(text: &str) -> Result<Option<Decimal>> {
    let text = text.trim().trim_end_matches(CURRENCY).trim_start_matches('$').trim();
    if text.is_empty() {
        return Ok(None);
    }
    let wrong =
        || Error::Invalid("Write the cost as an amount such as 12.50. Leave it empty when it is not known.".into());
    // A comma separates thousands or stands for the point; which of them is only clear with three figures behind it.
    let is_grouped = text.contains(',')
        && text.split(',').skip(1).all(|group| group.split('.').next().is_some_and(|figures| figures.len() == 3));
    let plain = if is_grouped { text.replace(',', "") } else { text.replace(',', ".") };
    if plain.is_empty() || !plain.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return Err(if plain.starts_with('-') {
            Error::Invalid("A cost cannot be below zero.".into())
        } else {
            wrong()
        });
    }
    let cost: Decimal = plain.parse().map_err(|_| wrong())?;
    if cost.normalize().scale() > DECIMALS {
        return Err(Error::Invalid("A cost has at most four decimals.".into()));
    }
    if cost >= Decimal::from(1_000_000_000) {
        return Err(Error::Invalid("A cost is below 1,000,000,000.".into()));
    }
    Ok(Some(cost.normalize()))
}

/// Sets or forgets the cost of an item. Says when nothing changes.
pub async fn set(tx: &mut PgConnection, number: &str, cost: Option<Decimal>, actor: &Actor) -> Result<()> {
    let item = sqlx::query_scalar!("select id from items where number = $1 for update", number);
    let item = item.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound("Item"))?;
    let before = of(&mut *tx, item).await?.map(|cost| cost.cost);
    if before == cost {
        return Ok(());
    }
    match cost {
        Some(cost) => {
            let set = sqlx::query!(
                r#"
                insert into item_costs (item_id, cost, currency, set_by) values ($1, $2, $3, $4)
                on conflict (item_id) do update
                set cost = excluded.cost, currency = excluded.currency, set_by = excluded.set_by, set_at = now()
                "#,
                item,
                cost,
                CURRENCY,
                actor.user_id,
            );
            set.execute(&mut *tx).await?;
        }
        None => {
            sqlx::query!("delete from item_costs where item_id = $1", item).execute(&mut *tx).await?;
        }
    }
    let said =
        |cost: Option<Decimal>| json!({ "cost": cost.map(|cost| cost.normalize().to_string()), "currency": CURRENCY });
    let entry = Entry {
        action: "set cost",
        noun: "items",
        object_id: number,
        before: Some(said(before)),
        after: Some(said(cost)),
        reason: "",
    };
    audit::record(tx, actor, entry).await
}

/// Sets many costs at once where none is set yet, for demo data; numbers that do not exist are left out.
pub async fn fill(tx: &mut PgConnection, costs: &[(&str, Decimal)], actor: &Actor) -> Result<u64> {
    let numbers: Vec<&str> = costs.iter().map(|(number, _)| *number).collect();
    let amounts: Vec<Decimal> = costs.iter().map(|(_, cost)| *cost).collect();
    let filled = sqlx::query!(
        r#"
        insert into item_costs (item_id, cost, currency, set_by)
        select items.id, cost, $3, $4
        from unnest($1::text[], $2::numeric[]) as given (number, cost)
        join items using (number)
        on conflict (item_id) do nothing
        "#,
        &numbers as &[&str],
        &amounts,
        CURRENCY,
        actor.user_id,
    );
    let count = filled.execute(&mut *tx).await?.rows_affected();
    if count > 0 {
        let entry = Entry {
            action: "set costs",
            noun: "items",
            object_id: "all",
            after: Some(json!({ "items": count })),
            ..Entry::default()
        };
        audit::record(tx, actor, entry).await?;
    }
    Ok(count)
}
