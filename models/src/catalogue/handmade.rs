//! What people revised by hand in the catalogue in force, and what of it another import would put back.

use super::draft::Draft;
use crate::Result;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use std::collections::HashMap;
use std::fmt;

/// A line, or an item's own mark, that somebody settled and that the files say differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The item that was revised.
    pub item: String,
    /// The component whose line it is; none when the item itself was settled.
    pub component: Option<String>,
    /// What holds now, made by hand.
    pub by_hand: String,
    /// What the files say instead.
    pub in_files: String,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.component {
            Some(component) => write!(f, "{component} in {}: ", self.item)?,
            None => write!(f, "{}: ", self.item)?,
        }
        write!(f, "{} by hand, {} in the files", self.by_hand, self.in_files)
    }
}

/// What hands changed since the import the active revision comes from, as far as `draft` does not say the same.
pub(super) async fn lost(tx: &mut PgConnection, draft: &Draft) -> Result<Vec<Lost>> {
    let Some((imported, active)) = span(tx).await? else { return Ok(Vec::new()) };
    let mut lost = settled_items(tx, imported, active, draft).await?;
    lost.extend(changed_lines(tx, imported, active, draft).await?);
    Ok(lost)
}

/// The revision that was imported and the active one that came of it; none when the active one was imported itself.
async fn span(tx: &mut PgConnection) -> Result<Option<(i32, i32)>> {
    let line = sqlx::query!(
        r#"
        with recursive line as (
            select id, number, based_on, 0 as steps from catalogue_revisions where status = 'active'
            union all
            select base.id, base.number, base.based_on, steps + 1
            from line join catalogue_revisions base on base.id = line.based_on
            where not exists (
                select from audit_log
                where noun = 'catalogue' and action = 'imported' and object_id = line.number::text
            )
        )
        select id as "id!", steps as "steps!" from line order by steps
        "#
    );
    let line = line.fetch_all(tx).await?;
    let ends = line.first().zip(line.last()).filter(|(active, imported)| active.id != imported.id);
    Ok(ends.map(|(active, imported)| (imported.id, active.id)))
}

async fn settled_items(tx: &mut PgConnection, imported: i32, active: i32, draft: &Draft) -> Result<Vec<Lost>> {
    let rows = sqlx::query!(
        r#"
        select number, old.to_confirm is not null and now.to_confirm is null as "mark!",
            old.open_question is not null and now.open_question is null as "question!"
        from catalogue_items old
        join catalogue_items now on now.item_id = old.item_id and now.revision_id = $2
        join items on items.id = old.item_id
        where old.revision_id = $1
            and (old.to_confirm, old.open_question) is distinct from (now.to_confirm, now.open_question)
        order by number
        "#,
        imported,
        active,
    );
    let mut lost = Vec::new();
    for row in rows.fetch_all(tx).await? {
        let Some(item) = draft.find(&row.number).map(|position| &draft.items[position]) else { continue };
        let mut add = |by_hand: &str, in_files: &str| {
            let (by_hand, in_files) = (by_hand.into(), in_files.into());
            lost.push(Lost { item: row.number.clone(), component: None, by_hand, in_files });
        };
        if row.mark && item.to_confirm.is_some() {
            add("quantity settled", "to be confirmed");
        }
        if row.question && item.open_question.is_some() {
            add("question answered", "still open");
        }
    }
    Ok(lost)
}

async fn changed_lines(tx: &mut PgConnection, imported: i32, active: i32, draft: &Draft) -> Result<Vec<Lost>> {
    let rows = sqlx::query!(
        r#"
        select parent.number as parent, child.number as child, nth as "nth!", now.quantity,
            old.to_confirm is not null and now.to_confirm is null as "settled!"
        from (
            select *, row_number() over (partition by parent_id, child_id order by position) as nth
            from catalogue_components where revision_id = $1
        ) old
        join (
            select *, row_number() over (partition by parent_id, child_id order by position) as nth
            from catalogue_components where revision_id = $2
        ) now using (parent_id, child_id, nth)
        join items parent on parent.id = parent_id
        join items child on child.id = child_id
        where (old.quantity, old.to_confirm) is distinct from (now.quantity, now.to_confirm)
        order by parent.number, child.number
        "#,
        imported,
        active,
    );
    let rows = rows.fetch_all(tx).await?;
    let lines = lines(draft);
    let mut lost = Vec::new();
    for row in rows {
        let quantity = row.quantity.normalize();
        let in_files = match lines.get(&(row.parent.as_str(), row.child.as_str(), row.nth)) {
            None => "no such line".to_owned(),
            Some((files, _)) if files.normalize() != quantity => files.normalize().to_string(),
            Some((_, true)) if row.settled => "to be confirmed".to_owned(),
            Some(_) => continue,
        };
        lost.push(Lost { item: row.parent, component: Some(row.child), by_hand: quantity.to_string(), in_files });
    }
    Ok(lost)
}

/// Quantity and whether it is marked, by parent, child, and which of their lines it is.
fn lines(draft: &Draft) -> HashMap<(&str, &str, i64), (Decimal, bool)> {
    let mut lines = HashMap::new();
    for item in &draft.items {
        let mut seen: HashMap<usize, i64> = HashMap::new();
        for component in &item.components {
            let nth = seen.entry(component.child).and_modify(|nth| *nth += 1).or_insert(1);
            let child = draft.items[component.child].number.as_str();
            let line = (component.quantity, component.to_confirm.is_some());
            lines.insert((item.number.as_str(), child, *nth), line);
        }
    }
    lines
}
