//! Looking things up in a template's tables: by range, by key, and numbers made from dimensions.

use super::template::{Table, TableKind, TableRow};
use rust_decimal::Decimal;
use std::collections::HashMap;

/// The tables of one template, ready to be looked up.
#[derive(Debug, Default)]
pub struct Tables(HashMap<String, Lookup>);

#[derive(Debug)]
enum Lookup {
    Range(Vec<(Decimal, Decimal, String)>),
    Match(HashMap<String, String>),
    Pattern { group: String, pattern: String },
}

/// A value no row of the table holds, or a table that is no such table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    pub table: String,
    pub value: String,
}

impl Tables {
    /// Prepares the tables, or says which row is wrong: ranges must not overlap, keys must differ, a pattern is one row.
    pub fn prepare(tables: &[Table]) -> Result<Tables, TableProblem> {
        let prepared = tables.iter().map(|table| Ok((table.name.clone(), prepare(table)?)));
        Ok(Tables(prepared.collect::<Result<_, _>>()?))
    }

    pub fn kind(&self, table: &str) -> Option<TableKind> {
        Some(match self.0.get(table)? {
            Lookup::Range(_) => TableKind::Range,
            Lookup::Match(_) => TableKind::Match,
            Lookup::Pattern { .. } => TableKind::Pattern,
        })
    }

    /// The value of the row that holds the number.
    pub fn range(&self, table: &str, value: Decimal) -> Result<&str, Gap> {
        self.row(table, value).map(|(_, _, found)| found.as_str())
    }

    /// The bounds of the row that holds the number, as people say them: "61 to 72".
    pub fn span(&self, table: &str, value: Decimal) -> Result<String, Gap> {
        self.row(table, value).map(|(low, high, _)| format!("{} to {}", low.normalize(), high.normalize()))
    }

    fn row(&self, table: &str, value: Decimal) -> Result<&(Decimal, Decimal, String), Gap> {
        let gap = || Gap { table: table.into(), value: value.normalize().to_string() };
        let Some(Lookup::Range(rows)) = self.0.get(table) else { return Err(gap()) };
        // Rows are sorted and do not overlap, so the last one that starts at or below the value is the only candidate.
        let after = rows.partition_point(|(low, ..)| *low <= value);
        after.checked_sub(1).map(|at| &rows[at]).filter(|(_, high, _)| value <= *high).ok_or_else(gap)
    }

    pub fn pick(&self, table: &str, key: &str) -> Result<&str, Gap> {
        let found = match self.0.get(table) {
            Some(Lookup::Match(rows)) => rows.get(key),
            _ => None,
        };
        found.map(String::as_str).ok_or_else(|| Gap { table: table.into(), value: key.into() })
    }

    /// A number made from dimensions: `{W}`, `{L}` and `{D}` become 24 or 24.5, never 24.0.
    pub fn pattern(&self, table: &str, dimensions: &[Decimal]) -> Result<String, Gap> {
        let gap = || Gap { table: table.into(), value: "its pattern".into() };
        let Some(Lookup::Pattern { pattern, .. }) = self.0.get(table) else { return Err(gap()) };
        let mut number = pattern.clone();
        for (place, dimension) in PLACES.iter().zip(dimensions) {
            number = number.replace(place, &dimension.normalize().to_string());
        }
        Ok(number)
    }

    /// The group code of the numbers a pattern makes.
    pub fn group(&self, table: &str) -> Option<&str> {
        match self.0.get(table)? {
            Lookup::Pattern { group, .. } => Some(group),
            _ => None,
        }
    }

    /// How many dimensions a pattern takes.
    pub fn dimensions(&self, table: &str) -> Option<usize> {
        match self.0.get(table)? {
            Lookup::Pattern { pattern, .. } => Some(PLACES.iter().filter(|place| pattern.contains(*place)).count()),
            _ => None,
        }
    }
}

/// Places of a pattern, in the order the dimensions are given.
const PLACES: [&str; 3] = ["{W}", "{L}", "{D}"];

/// Why a table cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Table {table}, row {row}: {message}")]
pub struct TableProblem {
    pub table: String,
    /// Position of the row, 0 for the table itself.
    pub row: i32,
    pub message: String,
}

fn prepare(table: &Table) -> Result<Lookup, TableProblem> {
    let problem = |row: i32, message: String| TableProblem { table: table.name.clone(), row, message };
    for row in &table.rows {
        if row.value.trim().is_empty() {
            return Err(problem(row.position, "the value is empty.".into()));
        }
    }
    match table.kind {
        TableKind::Range => ranges(&table.rows).map_err(|(row, message)| problem(row, message)),
        TableKind::Match => keys(&table.rows).map_err(|(row, message)| problem(row, message)),
        TableKind::Pattern => match table.rows.as_slice() {
            [row] if is_pattern(&row.value) && !row.key.is_empty() => {
                Ok(Lookup::Pattern { group: row.key.clone(), pattern: row.value.clone() })
            }
            [row] if row.key.is_empty() => Err(problem(row.position, "the group code is missing.".into())),
            [row] => Err(problem(row.position, "a pattern names {W}, then {L}, then {D}.".into())),
            _ => Err(problem(0, "a pattern table has exactly one row.".into())),
        },
    }
}

/// Dimensions are given in order, so a pattern may leave out the last ones but not the first.
fn is_pattern(value: &str) -> bool {
    let named = PLACES.map(|place| value.contains(place));
    named[0] && (named[1] || !named[2])
}

fn ranges(rows: &[TableRow]) -> Result<Lookup, (i32, String)> {
    let mut sorted = Vec::with_capacity(rows.len());
    for row in rows {
        let (Some(low), Some(high)) = (row.low, row.high) else {
            return Err((row.position, "a range has a lowest and a highest value.".into()));
        };
        if low > high {
            return Err((row.position, format!("{} is above {}.", low.normalize(), high.normalize())));
        }
        sorted.push((low, high, row.value.clone(), row.position));
    }
    sorted.sort_by_key(|row| row.0);
    for pair in sorted.windows(2) {
        if pair[1].0 <= pair[0].1 {
            let message = format!("{} is already held by row {}.", pair[1].0.normalize(), pair[0].3);
            return Err((pair[1].3, message));
        }
    }
    Ok(Lookup::Range(sorted.into_iter().map(|(low, high, value, _)| (low, high, value)).collect()))
}

fn keys(rows: &[TableRow]) -> Result<Lookup, (i32, String)> {
    let mut keys = HashMap::with_capacity(rows.len());
    for row in rows {
        if keys.insert(row.key.clone(), row.value.clone()).is_some() {
            return Err((row.position, format!("the key \"{}\" stands twice.", row.key)));
        }
    }
    Ok(Lookup::Match(keys))
}
