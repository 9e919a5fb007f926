//! The catalogue: its tree of categories, the search, and the list of what was found.

pub mod drawings;
pub mod import;
pub mod items;
pub mod revisions;

use crate::{
    components::{Tone, badge},
    layout::stylesheet,
};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use models::catalogue::browse::{Category, Filter, Found, PAGE, Row, Sort};
use rust_decimal::Decimal;

/// Everything the list page shows.
pub struct Index<'a> {
    /// Number of the active revision.
    pub revision: i32,
    pub categories: &'a [Category],
    pub filter: &'a Filter,
    pub found: &'a Found,
    /// Shows the ways to revisions and import.
    pub sees_revisions: bool,
    pub may_import: bool,
}

/// Address of an item: a number may hold anything, so everything but letters and figures is encoded.
pub fn item_href(number: &str) -> String {
    format!("/catalogue/items/{}", crate::links::encode(number))
}

pub fn category_href(code: &str) -> String {
    format!("/catalogue/categories/{}", crate::links::encode(code))
}

/// Before the first import: what is missing and who brings it.
pub fn nothing_yet(may_import: bool) -> Markup {
    html! {
        main #main tabindex="-1" {
            (stylesheet("catalogue.css"))
            h1 { "Catalogue" }
            p .empty {
                "There is no catalogue yet. "
                @if may_import { a href="/catalogue/import" { "Import the catalogue" } } @else { "An administrator imports it." }
            }
        }
    }
}

pub fn index(page: &Index<'_>) -> Markup {
    html! {
        main #main tabindex="-1" {
            (stylesheet("catalogue.css"))
            header .page-head {
                h1 { "Catalogue" }
                p {
                    @if page.sees_revisions { a href={ "/catalogue/revisions/" (page.revision) } { "Revision " (page.revision) } }
                    @else { "Revision " (page.revision) }
                }
                div .actions {
                    @if page.sees_revisions { a .btn href="/catalogue/revisions" { "Show revisions" } }
                    @if page.may_import { a .btn href="/catalogue/import" { "Import catalogue" } }
                }
            }
            (search(page.filter, page.categories))
            div .with-aside {
                (list(page.filter, page.found))
                (tree(page.categories, page.filter.place.as_deref()))
            }
        }
    }
}

/// The list as found, for htmx.
pub fn list(filter: &Filter, found: &Found) -> Markup {
    html! {
        div #items {
            @if found.rows.is_empty() { (nothing_found(filter)) } @else {
                div .table data-rows="two" {
                    table {
                        caption { "Items of the catalogue" }
                        thead { tr {
                            (head(filter, Sort::Number, "Item", false))
                            (head(filter, Sort::Place, "Place", false))
                            th scope="col" { "Type" }
                            (head(filter, Sort::Components, "Components", true))
                            th scope="col" data-kind="number" { "Cost, CAD" }
                            th scope="col" { "Marks" }
                        } }
                        tbody { @for item in &found.rows { (row(item)) } }
                    }
                    (pages(filter, found))
                }
            }
        }
    }
}

fn row(item: &Row) -> Markup {
    html! {
        tr {
            th scope="row" {
                a href=(item_href(&item.number)) { code { (item.number) } }
                small { (item.name) }
            }
            td data-label="Place" { @if let Some(code) = &item.subcategory_code { a href=(category_href(code)) { (code) } } }
            td data-label="Type" { (kind(item.assembly_type.as_deref())) }
            td data-kind="number" data-label=[(item.components > 0).then_some("Components")] { @if item.components > 0 { (item.components) } }
            td data-kind="number" data-label=[item.cost.map(|_| "Cost, CAD")] { @if let Some(cost) = item.cost { (money(cost)) } }
            td {
                @if item.to_confirm { (badge(Tone::Held, "quantity to be confirmed")) }
                @if item.open_question { (badge(Tone::Held, "open question")) }
                @if item.is_derived { (badge(Tone::Idle, "made by the import")) }
            }
        }
    }
}

fn nothing_found(filter: &Filter) -> Markup {
    let narrowed = filter.place.is_some() || filter.kind.is_some();
    html! {
        p .empty {
            @if filter.search.trim().is_empty() { "Nothing is here. " a href="/catalogue" { "Show all items" } }
            @else {
                "No item's number or name has \"" (filter.search.trim()) "\""
                @if narrowed {
                    " here. "
                    a href={ "/catalogue?search=" (crate::links::encode(filter.search.trim())) } { "Search the whole catalogue" }
                } @else { ". " a href="/catalogue" { "Show all items" } }
            }
        }
    }
}

fn search(filter: &Filter, categories: &[Category]) -> Markup {
    html! {
        form .filters action="/catalogue" hx-get="/catalogue" hx-target="#items" hx-swap="outerHTML" hx-sync="this:replace"
            hx-replace-url="true" hx-trigger="input delay:200ms, change, submit" role="search" {
            input type="search" name="search" value=(filter.search) maxlength="100" placeholder="Number or name" aria-label="Search number or name";
            select name="place" aria-label="Category" {
                option value="" { "All categories" }
                @for category in categories {
                    option value=(category.code) selected[filter.place.as_deref() == Some(&category.code)] {
                        @if category.parent.is_some() { "\u{2003}" }
                        (category.code) " " (category.name)
                    }
                }
            }
            select name="kind" aria-label="Type" {
                option value="" { "All types" }
                @for (value, word) in KINDS {
                    option value=(value) selected[filter.kind.as_deref() == Some(value)] { (word) }
                }
            }
            input type="hidden" name="sort" value=(filter.sort.word());
            @if filter.descending { input type="hidden" name="down" value="1"; }
            button .btn { "Search" }
            @if !filter.search.is_empty() || filter.place.is_some() || filter.kind.is_some() { a href="/catalogue" { "Clear" } }
        }
    }
}

/// The categories with how much is in each; the one shown is open.
fn tree(categories: &[Category], place: Option<&str>) -> Markup {
    let shown = place.and_then(|place| place.split('.').next());
    html! {
        nav .categories aria-label="Categories" {
            h2 { "Categories" }
            @for category in categories.iter().filter(|category| category.parent.is_none()) {
                details open[shown == Some(&category.code)] {
                    summary { (category.code) " " (category.name) " " small { (category.items) } }
                    ul {
                        li { a href=(category_href(&category.code)) { "All of " (category.code) } }
                        @for sub in categories.iter().filter(|sub| sub.parent.as_ref() == Some(&category.code)) {
                            li {
                                a href=(category_href(&sub.code)) aria-current=[(place == Some(&sub.code)).then_some("page")] {
                                    (sub.code) " " (sub.name)
                                }
                                " " small { (sub.items) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// One category with its subcategories and its items.
pub fn category(page: &Index<'_>, category: &Category) -> Markup {
    html! {
        main #main tabindex="-1" {
            (stylesheet("catalogue.css"))
            header .page-head {
                h1 { (category.code) " " (category.name) }
                @if !category.description.is_empty() { p { (category.description) } }
            }
            (search(page.filter, page.categories))
            div .with-aside {
                (list(page.filter, page.found))
                (tree(page.categories, Some(&category.code)))
            }
        }
    }
}

/// A column head that sorts: the arrow shows only where the list is sorted.
fn head(filter: &Filter, sort: Sort, label: &str, is_number: bool) -> Markup {
    let is_sorted = filter.sort == sort;
    let direction = is_sorted.then_some(if filter.descending { "descending" } else { "ascending" });
    let href = href(&Filter { sort, descending: is_sorted && !filter.descending, page: 1, ..filter.clone() });
    html! {
        th scope="col" data-kind=[is_number.then_some("number")] aria-sort=[direction] {
            a href=(href) {
                (label)
                @if is_sorted { span aria-hidden="true" { @if filter.descending { " ↓" } @else { " ↑" } } }
            }
        }
    }
}

fn pages(filter: &Filter, found: &Found) -> Markup {
    let from = (filter.page - 1) * PAGE + 1;
    let to = from + found.rows.len() as i64 - 1;
    let at = |page: i64| href(&Filter { page, ..filter.clone() });
    html! {
        footer {
            p { "Showing " (from) " to " (to) " of " (found.total) }
            a .btn data-kind="quiet" href=(csv_href(filter)) download { "Export CSV" }
            @if filter.page > 1 { a .btn rel="prev" href=(at(filter.page - 1)) { "Previous" } }
            @if to < found.total { a .btn rel="next" href=(at(filter.page + 1)) { "Next" } }
        }
    }
}

fn csv_href(filter: &Filter) -> String {
    href(&Filter { page: 1, ..filter.clone() }).replacen("/catalogue", "/catalogue.csv", 1)
}

/// The address that shows this list.
pub fn href(filter: &Filter) -> String {
    let page = if filter.page > 1 { filter.page.to_string() } else { String::new() };
    let sort = if filter.sort == Sort::default() { "" } else { filter.sort.word() };
    let fields = [
        ("search", filter.search.trim()),
        ("place", filter.place.as_deref().unwrap_or_default()),
        ("kind", filter.kind.as_deref().unwrap_or_default()),
        ("sort", sort),
        ("down", if filter.descending { "1" } else { "" }),
        ("page", &page),
    ];
    let query: Vec<String> = fields
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", crate::links::encode(value)))
        .collect();
    if query.is_empty() { "/catalogue".into() } else { format!("/catalogue?{}", query.join("&")) }
}

/// Types of items, by the word in addresses.
pub const KINDS: [(&str, &str); 5] = [
    ("KIT", "Kit"),
    ("COMPLEX", "Assembly"),
    ("SIMPLE", "Single item"),
    ("SERVICE_PART", "Service part"),
    ("part", "Part"),
];

/// What an item is, as people say it.
pub fn kind(assembly_type: Option<&str>) -> &'static str {
    let word = assembly_type.unwrap_or("part");
    KINDS.iter().find(|(value, _)| *value == word).map_or("Part", |(_, word)| word)
}

/// An amount with two decimals, or as many as it has.
pub fn money(amount: Decimal) -> String {
    let amount = amount.normalize();
    let text = if amount.scale() > 2 { amount.to_string() } else { format!("{amount:.2}") };
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let mut grouped = String::new();
    for (index, figure) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(figure);
    }
    format!("{grouped}.{decimals}")
}

fn time(at: DateTime<Utc>) -> Markup {
    html! {
        time datetime=(at.to_rfc3339()) title=(at.format("%-d %B %Y, %H:%M:%S UTC")) { (at.format("%-d %b %Y, %H:%M")) }
    }
}
