//! A BOM summed by number: what to lay out, and on which lines it stands.

use super::sheet::{Mark, Sheet, SheetLine};
use rust_decimal::Decimal;
use std::collections::HashMap;

/// One number with all its lines.
#[derive(Debug, Clone)]
pub struct FlatLine<'a> {
    pub number: &'a str,
    pub name: &'a str,
    pub quantity: Decimal,
    /// Where it stands, in print order.
    pub lines: Vec<&'a SheetLine>,
    pub marks: Vec<&'a Mark>,
    /// Made of other lines: listed, and not counted among the pieces.
    pub has_components: bool,
    /// Sum of its priced lines; none when no line has a price.
    pub amount: Option<Decimal>,
    pub unpriced: usize,
    /// Every line of it is paid with an assembly above.
    pub is_covered: bool,
}

impl Sheet {
    /// Every number once, in the order of the numbers.
    pub fn flat(&self) -> Vec<FlatLine<'_>> {
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut flat: Vec<FlatLine<'_>> = Vec::new();
        for line in &self.lines {
            let place = *places.entry(&line.number).or_insert_with(|| {
                flat.push(FlatLine::new(line));
                flat.len() - 1
            });
            flat[place].add(line);
        }
        flat.sort_by(|one, other| one.number.cmp(other.number));
        flat
    }
}

impl<'a> FlatLine<'a> {
    fn new(line: &'a SheetLine) -> FlatLine<'a> {
        FlatLine {
            number: &line.number,
            name: &line.name,
            quantity: Decimal::ZERO,
            lines: Vec::new(),
            marks: Vec::new(),
            has_components: false,
            amount: None,
            unpriced: 0,
            is_covered: true,
        }
    }

    fn add(&mut self, line: &'a SheetLine) {
        self.quantity += line.quantity;
        self.lines.push(line);
        for mark in &line.marks {
            if !self.marks.contains(&mark) {
                self.marks.push(mark);
            }
        }
        self.has_components |= line.below > 0;
        self.is_covered &= line.cost.is_covered;
        self.unpriced += line.cost.unpriced;
        self.amount = match (self.amount, line.cost.amount) {
            (Some(sum), Some(amount)) => sum.checked_add(amount),
            (sum, amount) => sum.or(amount),
        };
    }

    pub fn matches(&self, search: &str) -> bool {
        contains(self.number, search) || contains(self.name, search)
    }
}

/// Whether a text holds what somebody searches, in any case. `search` is lower case.
pub(super) fn contains(text: &str, search: &str) -> bool {
    text.to_lowercase().contains(search)
}
