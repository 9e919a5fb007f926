//! What a BOM costs, as far as it is known: exact decimals, and always how many lines have no price (decision 10).
//!
//! Lines without components carry the cost; an assembly costs what its components cost. An assembly with a cost of its
//! own and not one priced component was bought whole: its own cost stands, and the lines below it count as paid.

use super::sheet::SheetLine;
use crate::Result;
use rust_decimal::Decimal;
use sqlx::PgExecutor;
use std::collections::HashMap;

/// The cost of a line with everything below it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LineCost {
    /// None when nothing in it has a price.
    pub amount: Option<Decimal>,
    /// Lines without components and without a price in it.
    pub unpriced: usize,
    /// Paid with an assembly above it.
    pub is_covered: bool,
}

/// Cost per piece of the items of a BOM; an item without a row has no price.
pub(super) async fn costs(db: impl PgExecutor<'_>, bom_id: i64) -> Result<HashMap<i32, Decimal>> {
    let rows = sqlx::query!(
        r#"
        select item_id, cost
        from item_costs
        where item_id in (select unnest(item_ids) from bom_contents where bom_id = $1)
        "#,
        bom_id,
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(|row| (row.item_id, row.cost)).collect())
}

/// Fills in the cost of every line and returns that of all.
pub(super) fn roll_up(lines: &mut [SheetLine], costs: &HashMap<i32, Decimal>) -> LineCost {
    let mut total = LineCost::default();
    for index in (0..lines.len()).rev() {
        let line = &lines[index];
        let own = costs.get(&line.item_id).and_then(|cost| cost.checked_mul(line.quantity));
        let cost = match (line.below, line.cost.amount, own) {
            (0, _, None) => LineCost { unpriced: 1, ..LineCost::default() },
            (0, _, amount) => LineCost { amount, ..LineCost::default() },
            (below, None, Some(_)) => {
                for line in &mut lines[index + 1..=index + below] {
                    line.cost = LineCost { is_covered: true, ..LineCost::default() };
                }
                LineCost { amount: own, ..LineCost::default() }
            }
            _ => line.cost,
        };
        lines[index].cost = cost;
        let above = match lines[index].parent {
            Some(parent) => &mut lines[parent as usize - 1].cost,
            None => &mut total,
        };
        above.unpriced += cost.unpriced;
        above.amount = match (above.amount, cost.amount) {
            (Some(sum), Some(amount)) => sum.checked_add(amount),
            (sum, amount) => sum.or(amount),
        };
    }
    total
}
