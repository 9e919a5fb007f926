//! Looking through the catalogue: the tree of categories, the search, one item with all that is known about it.

mod items;

pub use items::{Appearance, Item, Part, components, history, item, places, service_parts};

use crate::Result;
use rust_decimal::Decimal;
use sqlx::PgExecutor;

/// The category of service parts: all that the service department sees.
pub const SERVICE_CATEGORY: &str = "719";
/// Items on one page of a list.
pub const PAGE: i64 = 50;
/// Characters of a search at most.
pub const SEARCH_LIMIT: usize = 100;

/// What of a revision somebody may see.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    /// Row of `catalogue_revisions`.
    pub revision_id: i32,
    /// Service parts only.
    pub service_only: bool,
}

/// A category (without parent) or subcategory, with the items in it, second places included.
#[derive(Debug, Clone)]
pub struct Category {
    pub code: String,
    pub parent: Option<String>,
    pub name: String,
    pub description: String,
    pub items: i64,
}

/// Every category of the revision with its subcategories behind it.
pub async fn categories(db: impl PgExecutor<'_>, scope: Scope) -> Result<Vec<Category>> {
    let categories = sqlx::query_as!(
        Category,
        r#"
        with places as (
            select item_id, subcategory_code as code from catalogue_items
            where revision_id = $1 and subcategory_code is not null
            union
            select item_id, subcategory_code from catalogue_placements where revision_id = $1
        )
        select category.code, parent_code as parent, name, description,
            (select count(distinct item_id) from places
                left join catalogue_categories sub on sub.revision_id = $1 and sub.code = places.code
                where places.code = category.code or sub.parent_code = category.code) as "items!"
        from catalogue_categories category
        where revision_id = $1 and (not $2 or coalesce(parent_code, category.code) = $3)
        order by coalesce(parent_code, category.code), parent_code nulls first, category.code
        "#,
        scope.revision_id,
        scope.service_only,
        SERVICE_CATEGORY,
    );
    Ok(categories.fetch_all(db).await?)
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Number,
    Name,
    Place,
    Components,
}

impl Sort {
    pub const ALL: [Sort; 4] = [Sort::Number, Sort::Name, Sort::Place, Sort::Components];

    pub fn word(self) -> &'static str {
        match self {
            Sort::Number => "number",
            Sort::Name => "name",
            Sort::Place => "place",
            Sort::Components => "components",
        }
    }

    pub fn from_word(word: &str) -> Sort {
        Sort::ALL.into_iter().find(|sort| sort.word() == word).unwrap_or_default()
    }
}

/// What a list of items is narrowed down to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Words that must all stand in number or name, literally.
    pub search: String,
    /// Code of a category or subcategory.
    pub place: Option<String>,
    /// `part`, or an assembly type.
    pub kind: Option<String>,
    pub sort: Sort,
    pub descending: bool,
    /// From 1.
    pub page: i64,
}

/// One line of a list of items.
#[derive(Debug, Clone)]
pub struct Row {
    pub number: String,
    pub name: String,
    pub assembly_type: Option<String>,
    pub subcategory_code: Option<String>,
    pub components: i64,
    pub to_confirm: bool,
    pub open_question: bool,
    pub is_derived: bool,
    pub cost: Option<Decimal>,
    pub total: i64,
}

/// The items a filter leaves on its page, and how many there are in all.
#[derive(Debug, Clone, Default)]
pub struct Found {
    pub rows: Vec<Row>,
    pub total: i64,
}

/// Searches a page; `limit` none gives everything, for a file.
pub async fn search(db: impl PgExecutor<'_>, scope: Scope, filter: &Filter, limit: Option<i64>) -> Result<Found> {
    let words: Vec<String> = filter.search.split_whitespace().map(|word| format!("%{}%", literal(word))).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"
        select number, name, assembly_type, subcategory_code, to_confirm is not null as "to_confirm!",
            open_question is not null as "open_question!", is_derived, cost as "cost?",
            (select count(*) from catalogue_components where revision_id = $1 and parent_id = item.item_id)
                as "components!",
            count(*) over () as "total!"
        from catalogue_items item
        join items on items.id = item.item_id
        left join item_costs on item_costs.item_id = item.item_id
        where item.revision_id = $1
            and (not $2 or category_code = $3 or exists (
                select from catalogue_placements place
                where place.revision_id = $1 and place.item_id = item.item_id
                    and starts_with(place.subcategory_code, $3 || '.')))
            and not exists (select from unnest($4::text[]) word where number not ilike word and name not ilike word)
            and ($5::text is null or $5 in (category_code, subcategory_code) or exists (
                select from catalogue_placements place
                join catalogue_categories sub on sub.revision_id = $1 and sub.code = place.subcategory_code
                where place.revision_id = $1 and place.item_id = item.item_id and $5 in (sub.code, sub.parent_code)))
            and ($6::text is null or coalesce(assembly_type, 'part') = $6)
        order by
            case when $8 = 'number' and not $9 then lower(number) <> lower($7) end,
            case when $8 = 'number' and not $9 then not starts_with(lower(number), lower($7)) end,
            case when $8 = 'name' and not $9 then name when $8 = 'place' and not $9 then subcategory_code end,
            case when $8 = 'name' and $9 then name when $8 = 'place' and $9 then subcategory_code end desc nulls last,
            case when $8 = 'components' then
                (select count(*) from catalogue_components where revision_id = $1 and parent_id = item.item_id)
                * case when $9 then -1 else 1 end end,
            case when $8 = 'number' and $9 then number end desc,
            number
        limit $10 offset $11
        "#,
        scope.revision_id,
        scope.service_only,
        SERVICE_CATEGORY,
        &words,
        filter.place.as_deref(),
        filter.kind.as_deref(),
        filter.search.trim(),
        filter.sort.word(),
        filter.descending,
        limit,
        limit.map_or(0, |limit| (filter.page.max(1) - 1).saturating_mul(limit)),
    );
    let rows = rows.fetch_all(db).await?;
    Ok(Found { total: rows.first().map_or(0, |row| row.total), rows })
}

/// A text that `like` takes literally.
fn literal(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// The active revision: its row and its number. None before the first import.
pub async fn active_revision(db: impl PgExecutor<'_>) -> Result<Option<(i32, i32)>> {
    let row =
        sqlx::query!("select id, number from catalogue_revisions where status = 'active'").fetch_optional(db).await?;
    Ok(row.map(|row| (row.id, row.number)))
}

/// What the importer reported when it made the revision.
pub async fn defects(db: impl PgExecutor<'_>, revision_id: i32) -> Result<Vec<super::defects::Defect>> {
    let defects = sqlx::query_as!(
        super::defects::Defect,
        r#"
        select code, severity as "severity: super::defects::Severity", subject, message
        from catalogue_defects
        where revision_id = $1
        order by position
        "#,
        revision_id,
    );
    Ok(defects.fetch_all(db).await?)
}
