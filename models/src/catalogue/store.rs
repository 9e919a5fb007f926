//! Writing a draft as a revision: a handful of bulk statements, whatever the size of the catalogue.

use super::{
    defects::Defect,
    draft::{Draft, DraftItem},
    revisions::{Made, Making},
};
use crate::Result;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use std::collections::HashMap;

/// Between the source ids of one item on their way into the database; refused in ids.
const SEPARATOR: &str = "\u{1f}";

/// Stores the draft as the next revision, not yet active.
pub(super) async fn draft(
    tx: &mut PgConnection,
    draft: &Draft,
    defects: &[Defect],
    making: &Making<'_>,
) -> Result<Made> {
    let made = making.insert(tx).await?;
    categories(tx, made.id, draft).await?;
    let ids = item_ids(tx, draft).await?;
    items(tx, made.id, draft, &ids).await?;
    components(tx, made.id, draft, &ids).await?;
    placements(tx, made.id, draft, &ids).await?;
    write_defects(tx, made.id, defects).await?;
    Ok(made)
}

async fn categories(tx: &mut PgConnection, revision: i32, draft: &Draft) -> Result<()> {
    let codes: Vec<&str> = draft.categories.iter().map(|category| category.code.as_str()).collect();
    let parents: Vec<Option<&str>> = draft.categories.iter().map(|category| category.parent.as_deref()).collect();
    let names: Vec<&str> = draft.categories.iter().map(|category| category.name.as_str()).collect();
    let descriptions: Vec<&str> = draft.categories.iter().map(|category| category.description.as_str()).collect();
    sqlx::query!(
        r#"
        insert into catalogue_categories (revision_id, code, parent_code, name, description)
        select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::text[])
        "#,
        revision,
        &codes as &[&str],
        &parents as &[Option<&str>],
        &names as &[&str],
        &descriptions as &[&str],
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// The row of `items` behind each item of the draft, made where a number is new.
async fn item_ids(tx: &mut PgConnection, draft: &Draft) -> Result<Vec<i32>> {
    let numbers: Vec<&str> = draft.items.iter().map(|item| item.number.as_str()).collect();
    sqlx::query!(
        "insert into items (number) select * from unnest($1::text[]) on conflict (number) do nothing",
        &numbers as &[&str],
    )
    .execute(&mut *tx)
    .await?;
    let rows = sqlx::query!("select id, number from items where number = any($1::text[])", &numbers as &[&str]);
    let ids: HashMap<String, i32> =
        rows.fetch_all(&mut *tx).await?.into_iter().map(|row| (row.number, row.id)).collect();
    let found: Vec<i32> = numbers.iter().filter_map(|number| ids.get(*number).copied()).collect();
    if found.len() != numbers.len() {
        return Err(crate::Error::Stale(
            "Items were removed while the catalogue was imported. Import it again.".into(),
        ));
    }
    Ok(found)
}

async fn items(tx: &mut PgConnection, revision: i32, draft: &Draft, ids: &[i32]) -> Result<()> {
    let all = &draft.items;
    fn texts<'a>(all: &'a [DraftItem], of: impl Fn(&'a DraftItem) -> Option<&'a str>) -> Vec<Option<&'a str>> {
        all.iter().map(of).collect()
    }
    let source_ids: Vec<String> = all.iter().map(|item| item.source_ids.join(SEPARATOR)).collect();
    sqlx::query!(
        r#"
        insert into catalogue_items
            (revision_id, item_id, name, kind, assembly_type, category_code, subcategory_code, source_ids, maker,
             maker_number, is_derived, prints_flat, to_confirm, open_question)
        select $1, item_id, name, case when assembly_type is null then 'part' else 'assembly' end, assembly_type,
            category, subcategory, string_to_array(source_ids, $14), maker, maker_number, is_derived, prints_flat,
            to_confirm, open_question
        from unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::bool[], $11::bool[], $12::text[], $13::text[])
            as item (item_id, name, assembly_type, category, subcategory, source_ids, maker, maker_number, is_derived,
                prints_flat, to_confirm, open_question)
        "#,
        revision,
        ids,
        &texts(all, |item| Some(&item.name)) as &[Option<&str>],
        &texts(all, |item| item.assembly_type.as_deref()) as &[Option<&str>],
        &texts(all, |item| item.category.as_deref()) as &[Option<&str>],
        &texts(all, |item| item.subcategory.as_deref()) as &[Option<&str>],
        &source_ids,
        &texts(all, |item| item.maker.as_deref()) as &[Option<&str>],
        &texts(all, |item| item.maker_number.as_deref()) as &[Option<&str>],
        &all.iter().map(|item| item.is_derived).collect::<Vec<_>>(),
        &all.iter().map(|item| item.prints_flat).collect::<Vec<_>>(),
        &texts(all, |item| item.to_confirm.as_deref()) as &[Option<&str>],
        &texts(all, |item| item.open_question.as_deref()) as &[Option<&str>],
        SEPARATOR,
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

async fn components(tx: &mut PgConnection, revision: i32, draft: &Draft, ids: &[i32]) -> Result<()> {
    let (mut parents, mut positions, mut children) = (Vec::new(), Vec::new(), Vec::new());
    let (mut quantities, mut notes, mut marks) =
        (Vec::<Decimal>::new(), Vec::<&str>::new(), Vec::<Option<&str>>::new());
    for (parent, item) in draft.items.iter().enumerate() {
        for (position, component) in (1..).zip(&item.components) {
            parents.push(ids[parent]);
            positions.push(position);
            children.push(ids[component.child]);
            quantities.push(component.quantity);
            notes.push(&component.note);
            marks.push(component.to_confirm.as_deref());
        }
    }
    sqlx::query!(
        r#"
        insert into catalogue_components (revision_id, parent_id, position, child_id, quantity, note, to_confirm)
        select $1, * from unnest($2::int[], $3::int[], $4::int[], $5::numeric[], $6::text[], $7::text[])
        "#,
        revision,
        &parents,
        &positions as &[i32],
        &children,
        &quantities,
        &notes as &[&str],
        &marks as &[Option<&str>],
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

async fn placements(tx: &mut PgConnection, revision: i32, draft: &Draft, ids: &[i32]) -> Result<()> {
    let codes: Vec<&str> = draft.placements.iter().map(|(code, _)| code.as_str()).collect();
    let items: Vec<i32> = draft.placements.iter().map(|(_, item)| ids[*item]).collect();
    sqlx::query!(
        r#"
        insert into catalogue_placements (revision_id, subcategory_code, item_id)
        select $1, * from unnest($2::text[], $3::int[])
        "#,
        revision,
        &codes as &[&str],
        &items,
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

async fn write_defects(tx: &mut PgConnection, revision: i32, defects: &[Defect]) -> Result<()> {
    let codes: Vec<&str> = defects.iter().map(|defect| defect.code.as_str()).collect();
    let severities: Vec<&str> = defects.iter().map(|defect| defect.severity.word()).collect();
    let subjects: Vec<&str> = defects.iter().map(|defect| defect.subject.as_str()).collect();
    let messages: Vec<&str> = defects.iter().map(|defect| defect.message.as_str()).collect();
    sqlx::query!(
        r#"
        insert into catalogue_defects (revision_id, position, code, severity, subject, message)
        select $1, position, code, severity, subject, message
        from unnest($2::text[], $3::text[], $4::text[], $5::text[])
            with ordinality as defect (code, severity, subject, message, position)
        "#,
        revision,
        &codes as &[&str],
        &severities as &[&str],
        &subjects as &[&str],
        &messages as &[&str],
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}
