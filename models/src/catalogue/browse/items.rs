//! One item with all that is known about it: its facts, its parts, its places, its history.

use super::{SERVICE_CATEGORY, Scope};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::{PgExecutor, PgPool};

/// One item as a revision describes it.
#[derive(Debug, Clone)]
pub struct Item {
    /// Row of `items`.
    pub id: i32,
    pub number: String,
    pub name: String,
    pub assembly_type: Option<String>,
    pub category_code: Option<String>,
    pub category_name: Option<String>,
    pub subcategory_code: Option<String>,
    pub subcategory_name: Option<String>,
    pub source_ids: Vec<String>,
    pub maker: Option<String>,
    pub maker_number: Option<String>,
    pub is_derived: bool,
    pub prints_flat: bool,
    pub to_confirm: Option<String>,
    pub open_question: Option<String>,
}

/// The item with this number, unless it is not there or not for these eyes.
pub async fn item(db: &PgPool, scope: Scope, number: &str) -> Result<Item> {
    let item = sqlx::query_as!(
        Item,
        r#"
        select items.id, number, item.name, assembly_type, category_code, category.name as "category_name?",
            subcategory_code, sub.name as "subcategory_name?", source_ids, maker, maker_number, is_derived,
            prints_flat, to_confirm, open_question
        from catalogue_items item
        join items on items.id = item_id
        left join catalogue_categories category
            on category.revision_id = item.revision_id and category.code = category_code
        left join catalogue_categories sub on sub.revision_id = item.revision_id and sub.code = subcategory_code
        where item.revision_id = $1 and number = $2
            and (not $3 or category_code = $4 or exists (
                select from catalogue_placements place
                where place.revision_id = $1 and place.item_id = item.item_id
                    and starts_with(place.subcategory_code, $4 || '.')))
        "#,
        scope.revision_id,
        number,
        scope.service_only,
        SERVICE_CATEGORY,
    );
    match item.fetch_optional(db).await? {
        Some(item) => Ok(item),
        None if scope.service_only && is_there(db, scope, number).await? => Err(Error::Hidden("Item")),
        None => Err(Error::NotFound("Item")),
    }
}

async fn is_there(db: &PgPool, scope: Scope, number: &str) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"
        select exists (select from catalogue_items item join items on items.id = item_id
            where item.revision_id = $1 and number = $2) as "found!"
        "#,
        scope.revision_id,
        number,
    );
    Ok(found.fetch_one(db).await?)
}

/// A component as the item's page lists it.
#[derive(Debug, Clone)]
pub struct Part {
    pub position: i32,
    pub number: String,
    pub name: String,
    pub quantity: Decimal,
    pub note: String,
    pub to_confirm: Option<String>,
}

/// The direct components of an item, in order.
pub async fn components(db: impl PgExecutor<'_>, revision_id: i32, item_id: i32) -> Result<Vec<Part>> {
    let components = sqlx::query_as!(
        Part,
        r#"
        select position, number, item.name, quantity, note, component.to_confirm
        from catalogue_components component
        join items on items.id = child_id
        join catalogue_items item on item.revision_id = component.revision_id and item.item_id = child_id
        where component.revision_id = $1 and parent_id = $2
        order by position
        "#,
        revision_id,
        item_id,
    );
    Ok(components.fetch_all(db).await?)
}

/// Second places of an item: code and name of each subcategory.
pub async fn places(db: impl PgExecutor<'_>, scope: Scope, item_id: i32) -> Result<Vec<(String, String)>> {
    let places = sqlx::query!(
        r#"
        select code, name
        from catalogue_placements place
        join catalogue_categories sub on sub.revision_id = place.revision_id and sub.code = place.subcategory_code
        where place.revision_id = $1 and item_id = $2 and (not $3 or parent_code = $4)
        order by code
        "#,
        scope.revision_id,
        item_id,
        scope.service_only,
        SERVICE_CATEGORY,
    );
    Ok(places.fetch_all(db).await?.into_iter().map(|row| (row.code, row.name)).collect())
}

/// Numbers of all service parts: what the service department may open.
pub async fn service_parts(db: impl PgExecutor<'_>, revision_id: i32) -> Result<std::collections::HashSet<String>> {
    let numbers = sqlx::query_scalar!(
        r#"
        select number
        from catalogue_items item
        join items on items.id = item_id
        where revision_id = $1
            and (category_code = $2 or exists (
                select from catalogue_placements place
                where place.revision_id = $1 and place.item_id = item.item_id
                    and starts_with(place.subcategory_code, $2 || '.')))
        "#,
        revision_id,
        SERVICE_CATEGORY,
    );
    Ok(numbers.fetch_all(db).await?.into_iter().collect())
}

/// One revision in the history of an item.
#[derive(Debug, Clone)]
pub struct Appearance {
    pub revision: i32,
    pub label: String,
    pub created_at: DateTime<Utc>,
    pub created_by: Option<String>,
    pub is_active: bool,
    /// Its facts or components differ from the revision before.
    pub differs: bool,
    /// The first revision that has it.
    pub is_first: bool,
}

/// The revisions that have the item, newest first.
pub async fn history(db: impl PgExecutor<'_>, item_id: i32) -> Result<Vec<Appearance>> {
    let history = sqlx::query_as!(
        Appearance,
        r#"
        with pictures as (
            select revision.number, label, revision.created_at, users.name as created_by, status = 'active' as is_active,
                md5(row(item.name, kind, assembly_type, subcategory_code, maker, maker_number, to_confirm,
                    open_question,
                    (select array_agg((child_id, trim_scale(quantity), note, component.to_confirm)::text order by position)
                        from catalogue_components component
                        where component.revision_id = revision.id and parent_id = item_id))::text) as picture
            from catalogue_items item
            join catalogue_revisions revision on revision.id = item.revision_id
            left join users on users.id = revision.created_by
            where item_id = $1
        )
        select number as revision, label, created_at, created_by as "created_by?", is_active as "is_active!",
            (picture is distinct from lag(picture) over (order by number)) as "differs!",
            (lag(number) over (order by number) is null) as "is_first!"
        from pictures
        order by number desc
        "#,
        item_id,
    );
    Ok(history.fetch_all(db).await?)
}
