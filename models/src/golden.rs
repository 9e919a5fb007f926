//! Reference cases: configurations whose BOM is known, replayed against the catalogue and the rules in force.
//!
//! Tab-separated, no quoting, a header row. `CASE` rows carry a configuration, `LINE` rows the lines expected, `ABSENT`
//! rows lines that must be there although the source of the case lacks them. A line asserted `N` is never expected.

mod wording;

pub use wording::configuration;

use crate::boms::{ChosenLine, Line, explode};
use crate::catalogue::Catalogue;
use crate::configurations::Configuration;
use crate::rules::Rules;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// One case of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    pub name: String,
    /// Line of the file its `CASE` row stands on.
    pub row: usize,
    /// The configuration, or why it cannot be read.
    pub configuration: Result<Configuration, String>,
    pub expected: Vec<Expected>,
}

/// What a line is compared by; quantities are extended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Expected {
    pub level: u8,
    /// `-` at level 0.
    pub parent: String,
    pub item: String,
    pub quantity: Decimal,
}

/// A row that is not of the form, by its line in the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {row}: {message}")]
pub struct Unreadable {
    pub row: usize,
    pub message: String,
}

/// One way in which a BOM is not what its case says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The case cannot be generated at all.
    NoBom(String),
    Missing(Expected),
    Unexpected(Expected),
    Quantity {
        expected: Expected,
        found: Decimal,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::NoBom(why) => write!(f, "no BOM: {why}"),
            Difference::Missing(line) => write!(f, "missing: {line}"),
            Difference::Unexpected(line) => write!(f, "unexpected: {line}"),
            Difference::Quantity { expected, found } => write!(f, "quantity: {expected}, found {}", found.normalize()),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Expected { level, parent, item, quantity } = self;
        write!(f, "level {level}, {item} under {parent}, quantity {}", quantity.normalize())
    }
}

/// Reads a file of cases.
pub fn read(text: &str) -> Result<Vec<Case>, Unreadable> {
    let mut rows = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim_end_matches('\r')));
    let columns = rows.find(|(_, line)| !line.trim().is_empty()).map(|(row, line)| Columns::read(row, line));
    let Some(columns) = columns.transpose()? else {
        return Err(Unreadable { row: 1, message: "the file is empty.".into() });
    };
    let mut cases: Vec<Case> = Vec::new();
    for (row, line) in rows.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#')) {
        let cells = Cells { row, columns: &columns, cells: line.split('\t').collect() };
        let name = cells.needed("case")?;
        let known = cases.iter_mut().find(|case| case.name == name);
        match (cells.get("record").to_uppercase().as_str(), known) {
            ("CASE", None) => {
                let configuration = configuration(cells.get("config"));
                cases.push(Case { name: name.into(), row, configuration, expected: Vec::new() });
            }
            ("CASE", Some(_)) => return Err(cells.refuse(format!("the case {name} stands twice."))),
            ("LINE" | "ABSENT", Some(case)) => {
                let line = cells.expected()?;
                if !cells.get("assert").eq_ignore_ascii_case("N") {
                    case.expected.push(line);
                }
            }
            ("LINE" | "ABSENT", None) => return Err(cells.refuse(format!("the case {name} is not known yet."))),
            (other, _) => return Err(cells.refuse(format!("\"{other}\" is not CASE, LINE or ABSENT."))),
        }
    }
    Ok(cases)
}

/// Where each column stands, by the header row.
struct Columns(HashMap<String, usize>);

impl Columns {
    fn read(row: usize, line: &str) -> Result<Columns, Unreadable> {
        let names = line.trim_start_matches('\u{feff}').split('\t').enumerate();
        let columns = Columns(names.map(|(index, name)| (name.trim().to_lowercase(), index)).collect());
        let needed = ["record", "case", "level", "parent_item", "item", "quantity", "config"];
        match needed.into_iter().find(|name| !columns.0.contains_key(*name)) {
            Some(name) => Err(Unreadable { row, message: format!("the header row has no column {name}.") }),
            None => Ok(columns),
        }
    }
}

struct Cells<'a> {
    row: usize,
    columns: &'a Columns,
    cells: Vec<&'a str>,
}

impl<'a> Cells<'a> {
    fn get(&self, column: &str) -> &'a str {
        let index = self.columns.0.get(column).copied();
        index.and_then(|index| self.cells.get(index)).map_or("", |cell| cell.trim())
    }

    fn needed(&self, column: &str) -> Result<&'a str, Unreadable> {
        Some(self.get(column)).filter(|cell| !cell.is_empty()).ok_or_else(|| self.refuse(format!("{column} is empty.")))
    }

    fn expected(&self) -> Result<Expected, Unreadable> {
        let (level, quantity) = (self.needed("level")?, self.needed("quantity")?);
        let parent = self.get("parent_item").trim_start_matches("ASSY-");
        Ok(Expected {
            level: level.parse().map_err(|_| self.refuse(format!("the level \"{level}\" is not a number.")))?,
            parent: if parent.is_empty() { "-".into() } else { parent.into() },
            item: self.needed("item")?.trim_start_matches("ASSY-").into(),
            quantity: quantity
                .parse::<Decimal>()
                .map_err(|_| self.refuse(format!("the quantity \"{quantity}\" is not a number.")))?
                .normalize(),
        })
    }

    fn refuse(&self, message: String) -> Unreadable {
        Unreadable { row: self.row, message }
    }
}

/// Generates the case's BOM and compares it, line by line, without regard to their order.
pub fn replay(case: &Case, catalogue: &Catalogue, rules: &Rules) -> Vec<Difference> {
    let generated = case.configuration.clone().and_then(|configuration| generate(&configuration, catalogue, rules));
    match generated {
        Ok(found) => compare(case.expected.clone(), found),
        Err(why) => vec![Difference::NoBom(why)],
    }
}

/// The BOM of a configuration as lines to compare.
pub fn generate(configuration: &Configuration, catalogue: &Catalogue, rules: &Rules) -> Result<Vec<Expected>, String> {
    let chosen = rules.lines(configuration).map_err(|error| error.to_string())?;
    let lines = explode::explode(catalogue, &chosen).map_err(|error| error.to_string())?;
    Ok(comparable(catalogue, &chosen, &lines))
}

/// Generated lines in the form of a case.
pub fn comparable(catalogue: &Catalogue, chosen: &[ChosenLine], lines: &[Line]) -> Vec<Expected> {
    let number = |line: &Line| explode::number(catalogue, chosen, line).to_string();
    let line = |line: &Line| Expected {
        level: line.level,
        parent: line.parent.map_or("-".into(), |parent| number(&lines[parent as usize - 1])),
        item: number(line),
        quantity: line.quantity.normalize(),
    };
    lines.iter().map(line).collect()
}

/// Everything in which two sets of lines differ, in the order level, parent, item.
pub fn compare(expected: Vec<Expected>, found: Vec<Expected>) -> Vec<Difference> {
    let mut sides: BTreeMap<(u8, String, String), [Vec<Decimal>; 2]> = BTreeMap::new();
    for (side, lines) in [expected, found].into_iter().enumerate() {
        for line in lines {
            sides.entry((line.level, line.parent, line.item)).or_default()[side].push(line.quantity);
        }
    }
    let mut differences = Vec::new();
    for ((level, parent, item), [mut expected, mut found]) in sides {
        let line = |quantity| Expected { level, parent: parent.clone(), item: item.clone(), quantity };
        expected.retain(|quantity| match found.iter().position(|one| one == quantity) {
            Some(same) => {
                found.swap_remove(same);
                false
            }
            None => true,
        });
        let (mut expected, mut found) = (expected.into_iter(), found.into_iter());
        loop {
            differences.push(match (expected.next(), found.next()) {
                (Some(expected), Some(found)) => Difference::Quantity { expected: line(expected), found },
                (Some(expected), None) => Difference::Missing(line(expected)),
                (None, Some(found)) => Difference::Unexpected(line(found)),
                (None, None) => break,
            });
        }
    }
    differences
}

#[cfg(test)]
mod tests;
