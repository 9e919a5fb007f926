//! The lines of a BOM as a tree that folds.

use super::address::Address;
use super::figures::{money, quantity};
use super::{pager, tools};
use crate::components::{Tone, badge};
use maud::{Markup, html};
use models::boms::cost::LineCost;
use models::boms::outline::{Outline, Row, SMALL, WINDOW, Wish};
use models::boms::sheet::{Mark, Sheet, SheetLine};

pub(super) fn tree(sheet: &Sheet, wish: &Wish, address: &Address<'_>) -> Markup {
    let outline = sheet.outline(wish);
    html! {
        (tools(address, wish, beside(sheet, wish, address)))
        div #bom-lines {
            @if outline.hits == Some(0) { (no_hit(wish, address)) }
            @else { (table(sheet, &outline, wish, address)) }
        }
    }
}

/// The fold, and how many lines somebody has to look at.
fn beside(sheet: &Sheet, wish: &Wish, address: &Address<'_>) -> Markup {
    let to = |fold| address.wish(&Wish { fold, search: wish.search.clone(), ..Wish::default() });
    let is_plain = wish.open.is_empty() && wish.shut.is_empty() && wish.search.is_empty();
    let fold = |fold, label| {
        html! {
            a href=(to(fold)) aria-current=[(is_plain && wish.fold == fold).then_some("true")] { (label) }
        }
    };
    let to_confirm = sheet.marked(Mark::ToConfirm(String::new()).title());
    let unknown = sheet.marked(Mark::NotInRevision(0).title());
    html! {
        span .fold-to role="group" aria-label="Fold to level" { "Fold to level " (fold(Some(0), "0")) (fold(Some(1), "1")) (fold(None, "all")) }
        @if to_confirm > 0 { (badge(Tone::Held, &format!("{to_confirm} to confirm"))) }
        @if unknown > 0 { (badge(Tone::Waiting, &format!("{unknown} not in catalogue"))) }
    }
}

fn no_hit(wish: &Wish, address: &Address<'_>) -> Markup {
    let all = address.wish(&Wish { search: String::new(), from: 0, ..wish.clone() });
    html! { div .empty { p { "No line of this BOM has “" (wish.search) "” in its number or name." } p { a href=(all) { "Show all lines" } } } }
}

fn table(sheet: &Sheet, outline: &Outline<'_>, wish: &Wish, address: &Address<'_>) -> Markup {
    let is_search = outline.hits.is_some();
    // Without these two rows a screen reader counts only what a window shows.
    let first = outline.from + 2;
    html! {
        div .table.bom data-keep data-rows="two" data-folds[!is_search && sheet.lines.len() <= SMALL] {
            div .scroll {
                table aria-rowcount=(outline.visible + 1) {
                    caption { "Lines of the BOM, level 0 first, components below their assembly" }
                    thead { (head()) }
                    tbody {
                        @if !outline.above.is_empty() { (way(&outline.above)) }
                        @for (position, row) in outline.rows.iter().enumerate() { (line(row, first + position, is_search, wish, address)) }
                    }
                }
            }
            @if let Some(hits) = outline.hits { footer { p { (quantity(hits.into())) @if hits == 1 { " line found" } @else { " lines found" } ", with the assemblies they are in" } } }
            @if outline.visible > outline.shown() { (pager(address, outline.shown(), outline.from, outline.visible, WINDOW, "lines")) }
            @else if !is_search { (total(sheet)) }
        }
    }
}

fn head() -> Markup {
    html! {
        tr aria-rowindex="1" {
            th scope="col" { "Item" }
            th scope="col" data-kind="number" { "Quantity" }
            th scope="col" data-kind="number" data-priority="3" { "Per parent" }
            th scope="col" { "Why" }
            th scope="col" data-kind="number" { "Cost" }
        }
    }
}

/// Where a window begins when it begins inside an assembly.
fn way(above: &[&SheetLine]) -> Markup {
    html! {
        tr .way { td colspan="5" { "Continues in " @for (position, line) in above.iter().enumerate() { @if position > 0 { " › " } code { (line.number) } } } }
    }
}

fn line(row: &Row<'_>, index: usize, is_search: bool, wish: &Wish, address: &Address<'_>) -> Markup {
    let line = row.line;
    html! {
        tr id={ "line-" (line.line) } data-level=(line.level) aria-rowindex=(index) hidden[row.is_hidden] data-hit[row.is_hit] {
            th scope="row" {
                div .lead {
                    @for _ in 0..line.level { i {} }
                    @if line.below > 0 && !is_search { (fold(row, wish, address)) } @else { span .leaf {} }
                    span .item {
                        span .hidden { "Level " (line.level) " " }
                        (item(&line.number))
                        small { (line.name) }
                    }
                }
            }
            td data-kind="number" { (quantity(line.quantity)) }
            td data-kind="number" data-priority="3" { @if line.level > 0 && line.per_parent != line.quantity { (quantity(line.per_parent)) } }
            td .why { (why(line)) (marks(line.marks.iter())) }
            td data-kind="number" { (amount(&line.cost)) }
        }
    }
}

fn fold(row: &Row<'_>, wish: &Wish, address: &Address<'_>) -> Markup {
    let verb = if row.is_open { "Fold" } else { "Unfold" };
    html! {
        a .fold href={ (address.wish(&wish.toggled(row.line))) "#line-" (row.line.line) } aria-expanded=(row.is_open) aria-label={ (verb) " " (row.line.number) ", " (row.line.below) " lines" } {}
    }
}

/// A number with the way to what the catalogue says about it.
pub(super) fn item(number: &str) -> Markup {
    html! { a href={ "/catalogue/items/" (super::address::encode(number)) } hx-boost="false" { code { (number) } } }
}

pub(super) fn why(line: &SheetLine) -> Markup {
    html! {
        (line.reason)
        @if !line.note.is_empty() { small { (line.note) } }
    }
}

pub(super) fn marks<'a>(marks: impl Iterator<Item = &'a Mark>) -> Markup {
    html! {
        @for mark in marks {
            @let tone = if matches!(mark, Mark::MadeToSize(_)) { Tone::Waiting } else { Tone::Held };
            (badge(tone, mark.title()))
            small { (mark.reason()) }
        }
    }
}

/// What a line costs with all below it; what has no price says so once, where it is.
pub(super) fn amount(cost: &LineCost) -> Markup {
    html! {
        @match (cost.amount, cost.unpriced) {
            _ if cost.is_covered => small { "in the assembly’s" },
            (Some(amount), 0) => (money(amount)),
            (Some(amount), unpriced) => { (money(amount)) small { (unpriced) " unpriced" } },
            (None, 1) => small { "unpriced" },
            (None, unpriced) => small { (unpriced) " unpriced" },
        }
    }
}

fn total(sheet: &Sheet) -> Markup {
    html! {
        footer {
            p { (quantity(sheet.lines.len().into())) " lines" }
            span .number { (super::cost(&sheet.cost)) }
        }
    }
}
