//! /catalogue: what we order, make and install, and what it is made of.

pub mod command;
pub mod demo;

mod drawings;
mod import;
mod items;
mod revisions;

use crate::{
    Page,
    csv::Writer,
    errors::Error,
    forms::{Asked, Fields},
    hx::Hx,
    limits,
    routes::Routes,
    session::Signed,
};
use models::{
    catalogue::browse::{self, Category, Filter, Found, PAGE, SEARCH_LIMIT, Scope, Sort},
    users::{Can, Role, User},
};
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use views::{catalogue as view, layout::Crumb};

pub fn routes() -> Routes {
    Routes::new()
        .get("/catalogue", Can::SeeCatalogue, index)
        .get("/catalogue.csv", Can::SeeCatalogue, export)
        .deadline(limits::EXPORT)
        .get("/catalogue/categories/:code", Can::SeeCatalogue, category)
        .get("/catalogue/items/:number", Can::SeeCatalogue, items::show)
        .post("/catalogue/items/:number/cost", Can::SetCosts, items::set_cost)
        .takes(&["cost"])
        .post("/catalogue/items/:number/revise", Can::EditCatalogue, items::revise_item)
        .takes(&["revision", "settles", "answers", "quantity-*", "settled-*", "reason"])
        .post("/catalogue/items/:number/drawings", Can::EditCatalogue, drawings::upload)
        .takes_files(&["file"])
        .limit(limits::DOCUMENT)
        .get("/catalogue/items/:number/drawings/:drawing", Can::SeeCatalogue, drawings::download)
        .post("/catalogue/items/:number/drawings/:drawing/removal", Can::EditCatalogue, drawings::remove)
        .takes(&["reason"])
        .get("/catalogue/revisions", Can::SeeRevisions, revisions::index)
        .get("/catalogue/revisions/:number", Can::SeeRevisions, revisions::show)
        .post("/catalogue/revisions/:number/activate", Can::EditCatalogue, revisions::activate)
        .takes(&["reason"])
        .get("/catalogue/compare", Can::SeeRevisions, revisions::differences)
        .get("/catalogue/import", Can::EditCatalogue, import::form)
        .post("/catalogue/import", Can::EditCatalogue, import::check)
        .takes_files(&["files+", "assemblies", "categories", "parts"])
        .limit(limits::CATALOGUE)
        .deadline(limits::EXPORT)
        .get("/catalogue/import/:upload", Can::EditCatalogue, import::dry_run)
        .deadline(limits::EXPORT)
        .post("/catalogue/import/:upload", Can::EditCatalogue, import::confirm)
        .deadline(limits::EXPORT)
        .takes(&["gives_up"])
        .post("/catalogue/import/:upload/forget", Can::EditCatalogue, import::forget)
        .takes(&["gives_up"])
}

fn crumb() -> Crumb {
    Crumb::new("Catalogue", "/catalogue")
}

/// The active revision through this person's eyes, and its number. None before the first import.
async fn scope(db: &PgPool, user: &User) -> models::Result<Option<(Scope, i32)>> {
    let active = browse::active_revision(db).await?;
    let service_only = user.role == Role::Service;
    Ok(active.map(|(revision_id, number)| (Scope { revision_id, service_only }, number)))
}

#[handler]
async fn index(hx: Hx, Signed(user): Signed, Asked(asked): Asked, Data(db): Data<&PgPool>) -> Page {
    let Some((scope, revision)) = scope(db, &user).await? else {
        let page = view::nothing_yet(user.may(Can::EditCatalogue));
        return Ok(hx.page("Catalogue", &[], page.clone(), page));
    };
    let mut filter = filter(&asked)?;
    let found = found(db, scope, &mut filter).await?;
    let list = view::list(&filter, &found);
    if hx.wants_fragment() {
        return Ok(hx.page("Catalogue", &[], list.clone(), list));
    }
    let categories = browse::categories(db, scope).await?;
    let page = page(&user, revision, &categories, &filter, &found);
    Ok(hx.page("Catalogue", &[], view::index(&page), list))
}

#[handler]
async fn category(
    hx: Hx,
    Signed(user): Signed,
    Path(code): Path<String>,
    Asked(asked): Asked,
    Data(db): Data<&PgPool>,
) -> Page {
    let (scope, revision) = scope(db, &user).await?.ok_or_else(Error::not_found)?;
    let categories = browse::categories(db, scope).await?;
    let shown = categories.iter().find(|category| category.code == code);
    let shown = shown.ok_or_else(|| Error::NotFound("Category not found.".into()))?;
    let mut filter = Filter { place: Some(code.clone()), ..filter(&asked)? };
    let found = found(db, scope, &mut filter).await?;
    let mut crumbs = vec![crumb()];
    if let Some(parent) = &shown.parent {
        crumbs.push(Crumb::new(parent.as_str(), view::category_href(parent)));
    }
    let page = page(&user, revision, &categories, &filter, &found);
    let title = format!("{} {}", shown.code, shown.name);
    Ok(hx.page(&title, &crumbs, view::category(&page, shown), view::list(&filter, &found)))
}

/// Everything a search finds, as a file.
#[handler]
async fn export(Signed(user): Signed, Asked(asked): Asked, Data(db): Data<&PgPool>) -> Page {
    let (scope, revision) = scope(db, &user).await?.ok_or_else(Error::not_found)?;
    let found = browse::search(db, scope, &filter(&asked)?, None).await?;
    let mut file = Writer::new(&["number", "name", "type", "subcategory", "components", "cost_cad", "marks"]);
    for row in &found.rows {
        let marks = [
            (row.to_confirm, "quantity to be confirmed"),
            (row.open_question, "open question"),
            (row.is_derived, "made by the import"),
        ];
        let marks: Vec<&str> = marks.into_iter().filter(|(is_set, _)| *is_set).map(|(_, mark)| mark).collect();
        file.row([
            row.number.as_str(),
            &row.name,
            view::kind(row.assembly_type.as_deref()),
            row.subcategory_code.as_deref().unwrap_or_default(),
            &row.components.to_string(),
            &row.cost.map(|cost| cost.normalize().to_string()).unwrap_or_default(),
            &marks.join("; "),
        ]);
    }
    Ok(file.attachment(&format!("catalogue-revision-{revision}.csv")))
}

fn page<'a>(
    user: &User,
    revision: i32,
    categories: &'a [Category],
    filter: &'a Filter,
    found: &'a Found,
) -> view::Index<'a> {
    view::Index {
        revision,
        categories,
        filter,
        found,
        sees_revisions: user.may(Can::SeeRevisions),
        may_import: user.may(Can::EditCatalogue),
    }
}

/// One page of what the filter leaves; a page behind the end becomes the first.
async fn found(db: &PgPool, scope: Scope, filter: &mut Filter) -> models::Result<Found> {
    let found = browse::search(db, scope, filter, Some(PAGE)).await?;
    if found.rows.is_empty() && filter.page > 1 {
        filter.page = 1;
        return browse::search(db, scope, filter, Some(PAGE)).await;
    }
    Ok(found)
}

/// The filter of an address. What is no filter is left out rather than refused: addresses are typed and shortened.
fn filter(asked: &Fields) -> Result<Filter, Error> {
    let search = asked.get("search");
    if search.chars().count() > SEARCH_LIMIT || search.contains('\0') {
        return Err(Error::Invalid(format!("A search has at most {SEARCH_LIMIT} characters. Shorten it.")));
    }
    let chosen = |name: &str| Some(asked.get(name)).filter(|value| !value.is_empty()).map(str::to_owned);
    Ok(Filter {
        search: search.to_owned(),
        place: chosen("place"),
        kind: chosen("kind").filter(|kind| view::KINDS.iter().any(|(known, _)| known == kind)),
        sort: Sort::from_word(asked.get("sort")),
        descending: asked.get("down") == "1",
        page: asked.get("page").parse().unwrap_or(1).clamp(1, 1_000_000),
    })
}
