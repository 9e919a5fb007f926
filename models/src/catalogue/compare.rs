//! What changed between two revisions: items and components that came, went or are different.

use crate::Result;
use rust_decimal::Decimal;
use sqlx::PgExecutor;

/// A difference in one item's own facts. A side that is none does not have the item.
#[derive(Debug, Clone)]
pub struct ItemDifference {
    pub number: String,
    pub old_name: Option<String>,
    pub new_name: Option<String>,
    /// Which facts differ, in words, when both sides have the item.
    pub facts: Vec<String>,
}

/// A difference in one component of an item. A side that is none does not have the line.
#[derive(Debug, Clone)]
pub struct ComponentDifference {
    pub parent: String,
    pub child: String,
    pub old_quantity: Option<Decimal>,
    pub new_quantity: Option<Decimal>,
    /// The note or the mark differs.
    pub text_differs: bool,
}

#[derive(Debug, Clone, Default)]
pub struct Comparison {
    pub items: Vec<ItemDifference>,
    pub components: Vec<ComponentDifference>,
}

/// Compares by row ids of the revisions, old first.
pub async fn compare(db: impl PgExecutor<'_> + Copy, old: i32, new: i32) -> Result<Comparison> {
    Ok(Comparison { items: items(db, old, new).await?, components: components(db, old, new).await? })
}

async fn items(db: impl PgExecutor<'_>, old: i32, new: i32) -> Result<Vec<ItemDifference>> {
    let rows = sqlx::query!(
        r#"
        select number as "number!", old.name as "old_name?", new.name as "new_name?",
            old.name is distinct from new.name as "name!",
            (old.kind, old.assembly_type) is distinct from (new.kind, new.assembly_type) as "kind!",
            (old.category_code, old.subcategory_code) is distinct from (new.category_code, new.subcategory_code)
                as "place!",
            (old.maker, old.maker_number) is distinct from (new.maker, new.maker_number) as "maker!",
            old.to_confirm is distinct from new.to_confirm as "mark!",
            old.open_question is distinct from new.open_question as "question!"
        from (select * from catalogue_items where revision_id = $1) old
        full join (select * from catalogue_items where revision_id = $2) new using (item_id)
        join items on items.id = item_id
        where (old.name, old.kind, old.assembly_type, old.category_code, old.subcategory_code, old.maker,
                old.maker_number, old.to_confirm, old.open_question)
            is distinct from (new.name, new.kind, new.assembly_type, new.category_code, new.subcategory_code, new.maker,
                new.maker_number, new.to_confirm, new.open_question)
        order by number
        "#,
        old,
        new,
    );
    let differences = rows.fetch_all(db).await?.into_iter().map(|row| {
        let facts = [
            (row.name, "name"),
            (row.kind, "type"),
            (row.place, "place in the tree"),
            (row.maker, "maker"),
            (row.mark, "quantity to be confirmed"),
            (row.question, "open question"),
        ];
        let facts = facts.into_iter().filter(|(differs, _)| *differs).map(|(_, word)| word.to_owned()).collect();
        ItemDifference { number: row.number, old_name: row.old_name, new_name: row.new_name, facts }
    });
    Ok(differences.collect())
}

async fn components(db: impl PgExecutor<'_>, old: i32, new: i32) -> Result<Vec<ComponentDifference>> {
    let differences = sqlx::query_as!(
        ComponentDifference,
        r#"
        select parent.number as "parent!", child.number as "child!", old.quantity as "old_quantity?",
            new.quantity as "new_quantity?",
            (old.parent_id is not null and new.parent_id is not null
                and (old.note, old.to_confirm) is distinct from (new.note, new.to_confirm)) as "text_differs!"
        from (
            select *, row_number() over (partition by parent_id, child_id order by position) as nth
            from catalogue_components where revision_id = $1
        ) old
        full join (
            select *, row_number() over (partition by parent_id, child_id order by position) as nth
            from catalogue_components where revision_id = $2
        ) new using (parent_id, child_id, nth)
        join items parent on parent.id = parent_id
        join items child on child.id = child_id
        where (old.quantity, old.note, old.to_confirm) is distinct from (new.quantity, new.note, new.to_confirm)
        order by parent.number, child.number
        "#,
        old,
        new,
    );
    Ok(differences.fetch_all(db).await?)
}
