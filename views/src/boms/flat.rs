//! The lines of a BOM summed by number.

use super::address::Address;
use super::figures::{money, quantity};
use super::{pager, tools, tree};
use maud::{Markup, html};
use models::boms::flat::FlatLine;
use models::boms::outline::{SMALL, WINDOW, Wish};
use models::boms::sheet::Sheet;
use rust_decimal::Decimal;

/// Parents named per number; the rest is counted.
const MOST_PLACES: usize = 4;

pub(super) fn flat(sheet: &Sheet, wish: &Wish, address: &Address<'_>) -> Markup {
    let search = wish.search.trim().to_lowercase();
    let items: Vec<FlatLine<'_>> = sheet.flat().into_iter().filter(|item| item.matches(&search)).collect();
    let is_windowed = items.len() > SMALL;
    let from = if is_windowed { wish.from.min(items.len() - 1) / WINDOW * WINDOW } else { 0 };
    let window = if is_windowed { WINDOW } else { items.len() };
    let shown = &items[from..(from + window).min(items.len())];
    html! {
        (tools(address, wish, html! {}))
        div #bom-lines {
            @if items.is_empty() {
                div .empty { p { "No item of this BOM has “" (wish.search) "” in its number or name." } p { a href=(address.wish(&Wish::default())) { "Show all items" } } }
            } @else {
                div .table.bom data-keep data-rows="two" {
                    div .scroll {
                        table aria-rowcount=(items.len() + 1) {
                            caption { "Items of the BOM with their quantities summed" }
                            thead { (head()) }
                            tbody { @for (position, item) in shown.iter().enumerate() { (row(sheet, item, from + position + 2)) } }
                        }
                    }
                    (pager(address, shown.len(), from, items.len(), WINDOW, "items"))
                }
            }
        }
    }
}

fn head() -> Markup {
    html! {
        tr aria-rowindex="1" {
            th scope="col" { "Item" }
            th scope="col" data-kind="number" { "Quantity" }
            th scope="col" { "Where" }
            th scope="col" data-kind="number" { "Cost" }
        }
    }
}

fn row(sheet: &Sheet, item: &FlatLine<'_>, index: usize) -> Markup {
    html! {
        tr aria-rowindex=(index) {
            th scope="row" { (tree::item(item.number)) small { (item.name) @if item.has_components { " · assembly, its components are listed too" } } }
            td data-kind="number" { (quantity(item.quantity)) }
            td .why { (places(sheet, item)) (tree::marks(item.marks.iter().copied())) }
            td data-kind="number" {
                @match (item.amount, item.unpriced) {
                    _ if item.is_covered => small { "in the assembly’s" },
                    (Some(amount), 0) => (money(amount)),
                    (Some(amount), unpriced) => { (money(amount)) small { (unpriced) " unpriced" } },
                    (None, _) => small { "unpriced" },
                }
            }
        }
    }
}

/// "Level 0; T2-PWRBAR-KIT: 4 on 2 lines".
fn places(sheet: &Sheet, item: &FlatLine<'_>) -> Markup {
    let places = grouped(sheet, item);
    let more = places.len().saturating_sub(MOST_PLACES);
    html! {
        @for (position, (place, quantity_there)) in places.iter().take(MOST_PLACES).enumerate() {
            @if position > 0 { ", " }
            @match place { Some(parent) => code { (parent) }, None => "level 0" }
            @if places.len() > 1 { " " (quantity(*quantity_there)) }
        }
        @if more > 0 { " and " (more) " more" }
    }
}

fn grouped<'a>(sheet: &'a Sheet, item: &FlatLine<'_>) -> Vec<(Option<&'a str>, Decimal)> {
    let mut places: Vec<(Option<&str>, Decimal)> = Vec::new();
    for line in &item.lines {
        let parent = line.parent.and_then(|parent| sheet.line(parent)).map(|parent| parent.number.as_str());
        match places.iter_mut().find(|(place, _)| *place == parent) {
            Some((_, sum)) => *sum += line.quantity,
            None => places.push((parent, line.quantity)),
        }
    }
    places
}
