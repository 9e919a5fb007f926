//! Lists: columns that know how to show a row, with sorting, pages and filters around them.

use crate::components::icon;
use maud::{Markup, Render, html};

/// How a column is set: numbers and dates stand at the end, the key is the row's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    #[default]
    Text,
    Number,
    Date,
    /// The thing's own number or name, a link; one per table.
    Key,
}

/// The order a column can be sorted in.
#[derive(Debug, Clone)]
pub struct Sort {
    /// Where its heading leads.
    pub href: String,
    /// `ascending` or `descending` when it is sorted so now.
    pub now: Option<&'static str>,
}

/// A column: its heading and how it shows a row.
pub struct Column<'a, T> {
    head: &'a str,
    kind: Kind,
    priority: Option<u8>,
    sort: Option<Sort>,
    is_head_hidden: bool,
    cell: Box<dyn Fn(&T) -> Markup + 'a>,
}

impl<'a, T> Column<'a, T> {
    pub fn new(head: &'a str, cell: impl Fn(&T) -> Markup + 'a) -> Column<'a, T> {
        let cell = Box::new(cell);
        Column { head, kind: Kind::Text, priority: None, sort: None, is_head_hidden: false, cell }
    }

    /// The key column; `cell` holds the link.
    pub fn key(head: &'a str, cell: impl Fn(&T) -> Markup + 'a) -> Column<'a, T> {
        Column { kind: Kind::Key, ..Column::new(head, cell) }
    }

    pub fn number(head: &'a str, cell: impl Fn(&T) -> Markup + 'a) -> Column<'a, T> {
        Column { kind: Kind::Number, ..Column::new(head, cell) }
    }

    pub fn date(head: &'a str, cell: impl Fn(&T) -> Markup + 'a) -> Column<'a, T> {
        Column { kind: Kind::Date, ..Column::new(head, cell) }
    }

    /// For ticks and buttons: the heading is only heard.
    pub fn unnamed(head: &'a str, cell: impl Fn(&T) -> Markup + 'a) -> Column<'a, T> {
        Column { is_head_hidden: true, ..Column::new(head, cell) }
    }

    /// 3 is the first to go when it gets narrow.
    pub fn priority(self, priority: u8) -> Column<'a, T> {
        Column { priority: Some(priority), ..self }
    }

    pub fn sort(self, sort: Sort) -> Column<'a, T> {
        Column { sort: Some(sort), ..self }
    }

    fn set(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Number => Some("number"),
            Kind::Date => Some("date"),
            Kind::Text | Kind::Key => None,
        }
    }

    fn heading(&self) -> Markup {
        let now = self.sort.as_ref().and_then(|sort| sort.now);
        html! {
            th scope="col" data-kind=[self.set()] data-priority=[self.priority] aria-sort=[now] {
                @if let Some(sort) = &self.sort {
                    a href=(sort.href) {
                        (self.head)
                        @if let Some(now) = now { (icon(if now == "ascending" { "up" } else { "down" })) }
                    }
                } @else if self.is_head_hidden {
                    span .hidden { (self.head) }
                } @else {
                    (self.head)
                }
            }
        }
    }

    fn cell(&self, row: &T) -> Markup {
        let content = (self.cell)(row);
        let label = (!self.is_head_hidden && !content.0.is_empty()).then_some(self.head);
        html! {
            @if self.kind == Kind::Key { th scope="row" { (content) } }
            @else { td data-kind=[self.set()] data-priority=[self.priority] data-label=[label] { (content) } }
        }
    }
}

type RowId<'a, T> = Box<dyn Fn(&T) -> String + 'a>;

/// A list of rows. `caption` says what the list is, for who can't see it.
///
/// `(Table::new("Open orders", &columns, &orders).id("orders").pager(pager))`
pub struct Table<'a, T> {
    caption: &'a str,
    columns: &'a [Column<'a, T>],
    rows: &'a [T],
    id: Option<&'a str>,
    row_id: Option<RowId<'a, T>>,
    empty: Option<Markup>,
    pager: Option<Pager>,
    has_two_lines: bool,
}

impl<'a, T> Table<'a, T> {
    pub fn new(caption: &'a str, columns: &'a [Column<'a, T>], rows: &'a [T]) -> Table<'a, T> {
        Table { caption, columns, rows, id: None, row_id: None, empty: None, pager: None, has_two_lines: false }
    }

    /// Of the box around it: what htmx replaces.
    pub fn id(self, id: &'a str) -> Table<'a, T> {
        Table { id: Some(id), ..self }
    }

    /// Ids let a replaced list keep its rows.
    pub fn row_id(self, id: impl Fn(&T) -> String + 'a) -> Table<'a, T> {
        Table { row_id: Some(Box::new(id)), ..self }
    }

    /// Rows with a second line in most cells.
    pub fn two_lines(self) -> Table<'a, T> {
        Table { has_two_lines: true, ..self }
    }

    /// What stands there when there are no rows: why, and what helps.
    pub fn empty(self, empty: Markup) -> Table<'a, T> {
        Table { empty: Some(empty), ..self }
    }

    pub fn pager(self, pager: Pager) -> Table<'a, T> {
        Table { pager: Some(pager), ..self }
    }
}

impl<T> Render for Table<'_, T> {
    fn render(&self) -> Markup {
        html! {
            div .table id=[self.id] data-rows=[self.has_two_lines.then_some("two")] {
                table {
                    caption { (self.caption) }
                    thead { tr { @for column in self.columns { (column.heading()) } } }
                    tbody {
                        @for row in self.rows {
                            tr id=[self.row_id.as_ref().map(|id| id(row))] { @for column in self.columns { (column.cell(row)) } }
                        }
                    }
                }
                @if let (true, Some(empty)) = (self.rows.is_empty(), &self.empty) { (empty) }
                @if let (false, Some(pager)) = (self.rows.is_empty(), &self.pager) { (pager) }
            }
        }
    }
}

/// The foot of a list: "Showing 1 to 25 of 142", and the ways to its neighbours.
#[derive(Debug, Clone, Default)]
pub struct Pager {
    pub first: u64,
    pub last: u64,
    /// Missing when nobody counted.
    pub total: Option<u64>,
    pub previous: Option<String>,
    pub next: Option<String>,
}

impl Render for Pager {
    fn render(&self) -> Markup {
        html! {
            footer {
                p {
                    "Showing " (grouped(self.first)) " to " (grouped(self.last))
                    @if let Some(total) = self.total { " of " (grouped(total)) }
                }
                @if self.previous.is_some() || self.next.is_some() {
                    (turn("Previous", self.previous.as_deref(), "prev"))
                    (turn("Next", self.next.as_deref(), "next"))
                }
            }
        }
    }
}

fn turn(label: &str, href: Option<&str>, rel: &str) -> Markup {
    html! {
        @match href {
            Some(href) => a .btn href=(href) rel=(rel) { (label) },
            None => span .btn aria-disabled="true" { (label) },
        }
    }
}

/// 10421 as "10,421".
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The line above a list: a GET form, so its state is the address. `chips` are more conditions, see [`chip`].
pub fn filters(action: &str, search: (&str, &str, &str), chips: Markup, clear: bool) -> Markup {
    let (name, typed, label) = search;
    html! {
        form .filters action=(action) role="search" {
            input type="search" name=(name) value=(typed) placeholder=(label) aria-label=(label);
            (chips)
            button .btn { (icon("search")) "Search" }
            @if clear { a .btn data-kind="quiet" href=(action) { "Clear" } }
        }
    }
}

/// One condition of the filter line. `says` is its value ("Stage: in testing") when it is set.
pub fn chip(label: &str, says: Option<&str>, fields: Markup) -> Markup {
    html! {
        details .chip data-on[says.is_some()] {
            summary { @match says { Some(says) => { (says) (icon("down")) }, None => { (icon("plus")) (label) } } }
            fieldset { legend .hidden { (label) } (fields) button .btn { "Show" } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_grouped() {
        assert_eq!(
            ["7", "142", "1,042", "100,000", "1,234,567"],
            [7, 142, 1_042, 100_000, 1_234_567].map(grouped).each_ref().map(String::as_str)
        );
    }

    #[test]
    fn an_empty_cell_has_no_label() {
        let columns = [
            Column::key("Part", |row: &(&str, &str)| html! { (row.0) }),
            Column::new("Note", |row: &(&str, &str)| html! { (row.1) }),
        ];
        let table = Table::new("Parts", &columns, &[("a", "x"), ("b", "")]).render().into_string();
        assert_eq!(table.matches("data-label=\"Note\"").count(), 1);
    }
}
