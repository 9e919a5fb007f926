//! A table of a draft as typed.

use super::{FieldProblem, limits, problem};
use crate::rules::{Table, TableKind, TableRow, Template, tables::Tables};
use rust_decimal::Decimal;

/// A table as typed: rows of texts. Rows without anything in them are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableForm {
    pub name: String,
    pub kind: String,
    pub description: String,
    pub rows: Vec<RowForm>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowForm {
    pub low: String,
    pub high: String,
    pub key: String,
    pub value: String,
}

impl TableForm {
    pub fn of(table: &Table) -> TableForm {
        let inches = |number: Option<Decimal>| number.map(|number| number.normalize().to_string()).unwrap_or_default();
        let row = |row: &TableRow| RowForm {
            low: inches(row.low),
            high: inches(row.high),
            key: row.key.clone(),
            value: row.value.clone(),
        };
        TableForm {
            name: table.name.clone(),
            kind: table.kind.word().into(),
            description: table.description.clone(),
            rows: table.rows.iter().map(row).collect(),
        }
    }

    /// The table, or everything wrong with it; the fields of row 3 are `low-3`, `high-3`, `key-3`, `value-3`.
    pub fn read(&self, template: &Template, old: Option<&Table>) -> Result<Table, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        let kinds = [TableKind::Range, TableKind::Match, TableKind::Pattern];
        let kind = kinds.into_iter().find(|kind| kind.word() == self.kind);
        if kind.is_none() {
            problems.push(problem("kind", "Choose the kind of table from the list."));
        }
        let kind = kind.unwrap_or(TableKind::Match);
        let is_name = self.name.starts_with(|first: char| first.is_ascii_lowercase())
            && self.name.len() <= 40
            // The address of a table that does not exist yet.
            && self.name != "new"
            && self.name.chars().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '_');
        if !is_name {
            problems.push(problem(
                "name",
                "A table's name is made of small letters, figures and _, and begins with a letter.",
            ));
        }
        if template.table(&self.name).is_some_and(|same| Some(same.id) != old.map(|old| old.id)) {
            problems.push(problem("name", format!("There is already a table {}.", self.name)));
        }
        limits(&mut problems, &[("description", &self.description, 200)]);
        let mut rows = Vec::new();
        for (index, row) in self.rows.iter().enumerate() {
            if *row != RowForm::default() {
                rows.push(row.read(index + 1, kind, &mut problems));
            }
        }
        let table = Table {
            id: old.map_or(0, |old| old.id),
            name: self.name.clone(),
            kind,
            description: self.description.trim().into(),
            rows,
        };
        if problems.is_empty()
            && let Err(fault) = Tables::prepare(std::slice::from_ref(&table))
        {
            let field = if fault.row == 0 { "rows".into() } else { format!("value-{}", fault.row) };
            problems.push(problem(&field, fault.to_string()));
        }
        if problems.is_empty() { Ok(table) } else { Err(problems) }
    }
}

impl RowForm {
    fn read(&self, position: usize, kind: TableKind, problems: &mut Vec<FieldProblem>) -> TableRow {
        let mut number = |field: &str, typed: &str| {
            if kind != TableKind::Range {
                return None;
            }
            let number =
                typed.trim().parse::<Decimal>().ok().filter(|one| one.abs() <= 1_000_000.into() && one.scale() <= 6);
            if number.is_none() {
                problems.push(problem(&format!("{field}-{position}"), format!("Row {position}: a number is wanted.")));
            }
            number
        };
        let (low, high) = (number("low", &self.low), number("high", &self.high));
        limits(
            problems,
            &[(&format!("key-{position}"), &self.key, 120), (&format!("value-{position}"), &self.value, 120)],
        );
        let key = if kind == TableKind::Range { String::new() } else { self.key.trim().into() };
        TableRow { position: position as i32, low, high, key, value: self.value.trim().into() }
    }
}
