//! A BOM as a file for a spreadsheet: every line, or summed by number.

use crate::csv::Writer;
use models::boms::{
    cost::LineCost,
    sheet::{Mark, Sheet},
    versions::{Book, Version},
};
use poem::Response;
use views::boms::View;

pub fn csv(book: &Book, version: &Version, sheet: &Sheet, view: View) -> Response {
    let writer = match view {
        View::Tree => tree(sheet),
        View::Flat => flat(sheet),
    };
    super::file(book, version, writer, view.word())
}

/// Plain figures without groups: these are for a program.
fn tree(sheet: &Sheet) -> Writer {
    let mut writer = Writer::new(&[
        "line",
        "level",
        "parent_line",
        "parent",
        "item",
        "name",
        "quantity",
        "per_parent",
        "why",
        "note",
        "marks",
        "cost",
        "unpriced_lines",
    ]);
    for line in &sheet.lines {
        let parent = line.parent.and_then(|parent| sheet.line(parent));
        writer.row([
            line.line.to_string(),
            line.level.to_string(),
            line.parent.map_or(String::new(), |parent| parent.to_string()),
            parent.map_or(String::new(), |parent| parent.number.clone()),
            line.number.clone(),
            line.name.clone(),
            line.quantity.to_string(),
            line.per_parent.to_string(),
            line.reason.clone(),
            line.note.clone(),
            marks(line.marks.iter()),
            amount(&line.cost),
            line.cost.unpriced.to_string(),
        ]);
    }
    writer
}

fn flat(sheet: &Sheet) -> Writer {
    let mut writer =
        Writer::new(&["item", "name", "quantity", "lines", "has_components", "marks", "cost", "unpriced_lines"]);
    for item in sheet.flat() {
        let cost = LineCost { amount: item.amount, unpriced: item.unpriced, is_covered: item.is_covered };
        writer.row([
            item.number.to_string(),
            item.name.to_string(),
            item.quantity.normalize().to_string(),
            item.lines.len().to_string(),
            if item.has_components { "yes" } else { "no" }.to_string(),
            marks(item.marks.iter().copied()),
            amount(&cost),
            item.unpriced.to_string(),
        ]);
    }
    writer
}

/// Empty is unknown or paid elsewhere, never zero.
fn amount(cost: &LineCost) -> String {
    cost.amount.map_or(String::new(), |amount| amount.normalize().to_string())
}

fn marks<'a>(marks: impl Iterator<Item = &'a Mark>) -> String {
    marks.map(|mark| format!("{}: {}", mark.title(), mark.reason())).collect::<Vec<_>>().join("; ")
}
