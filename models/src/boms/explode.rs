//! Expansion: chosen lines down to the last washer. A pure function of the catalogue and the lines; nothing is skipped
//! silently.

use super::{ChosenLine, Line, LineItem};
use crate::catalogue::{Catalogue, Component, ItemIndex};
use rust_decimal::{Decimal, RoundingStrategy};

/// Deepest level a BOM may reach.
pub const DEEPEST: u8 = 32;
/// Most lines a BOM may have.
pub const MOST_LINES: usize = 20_000;
/// Largest extended quantity of a line, pieces.
pub const MOST_PIECES: u64 = 1_000_000_000;
/// Decimals of a quantity, as the database keeps it.
const DECIMALS: u32 = 6;

/// Why there is no BOM. Each names the way from level 0 to the item it stopped at; a second try ends the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{} contains itself: {}.", last(path), arrows(path))]
    Cycle { path: Vec<String> },
    #[error("{} is not in the catalogue. Way to it: {}.", last(path), arrows(path))]
    Missing { path: Vec<String> },
    #[error("The quantity of {} is more than {MOST_PIECES}. Way to it: {}.", last(path), arrows(path))]
    Overflow { path: Vec<String> },
    #[error("The BOM is deeper than {DEEPEST} levels. Way to the last: {}.", arrows(path))]
    TooDeep { path: Vec<String> },
    #[error("The BOM has more than {MOST_LINES} lines. Way to the first one too many: {}.", arrows(path))]
    TooManyLines { path: Vec<String> },
}

fn arrows(path: &[String]) -> String {
    path.join(" → ")
}

fn last(path: &[String]) -> &str {
    path.last().map_or("", String::as_str)
}

impl Error {
    /// The numbers from level 0 down to where it stopped.
    pub fn path(&self) -> &[String] {
        match self {
            Error::Cycle { path }
            | Error::Missing { path }
            | Error::Overflow { path }
            | Error::TooDeep { path }
            | Error::TooManyLines { path } => path,
        }
    }
}

/// Expands chosen lines, depth first, in print order. Chosen lines that stand under another follow its components.
pub fn explode(catalogue: &Catalogue, chosen: &[ChosenLine]) -> Result<Vec<Line>, Error> {
    let mut expansion = Expansion { catalogue, chosen, lines: Vec::with_capacity(512), open: Vec::with_capacity(16) };
    let has_children = chosen.iter().any(|line| line.parent.is_some());
    for (position, line) in chosen.iter().enumerate() {
        if line.parent.is_none() {
            expansion.root(position, has_children)?;
        }
    }
    Ok(expansion.lines)
}

struct Expansion<'a> {
    catalogue: &'a Catalogue,
    chosen: &'a [ChosenLine],
    lines: Vec<Line>,
    /// The way from level 0 to where we are.
    open: Vec<Open<'a>>,
}

/// A line whose components are being listed.
struct Open<'a> {
    /// Its line number.
    line: u32,
    item: Option<ItemIndex>,
    quantity: Decimal,
    rest: &'a [Component],
    /// Components are listed but not expanded.
    is_flat: bool,
    omits: Option<ItemIndex>,
    /// Chosen lines still to be printed under it.
    chosen: Vec<usize>,
}

impl<'a> Expansion<'a> {
    fn root(&mut self, position: usize, has_children: bool) -> Result<(), Error> {
        self.chosen_line(position, has_children)?;
        while let Some(open) = self.open.last_mut() {
            if let Some((component, rest)) = open.rest.split_first() {
                open.rest = rest;
                if open.omits != Some(component.child) {
                    self.component(component)?;
                }
            } else if let Some(child) = open.chosen.pop() {
                self.chosen_line(child, has_children)?;
            } else {
                self.open.pop();
            }
        }
        Ok(())
    }

    /// A line the rules chose: at level 0, or under the line that is open.
    fn chosen_line(&mut self, position: usize, has_children: bool) -> Result<(), Error> {
        let line = &self.chosen[position];
        let known = self.catalogue.find(&line.number);
        let item = match known {
            Some(index) => LineItem::Catalogue(index),
            None if line.custom_group.is_some() => LineItem::Custom(position as u32),
            None => return Err(Error::Missing { path: self.path(&line.number) }),
        };
        let quantity = match self.open.last() {
            Some(parent) => times(parent.quantity, line.quantity),
            None => Some(line.quantity).filter(|quantity| *quantity <= Decimal::from(MOST_PIECES)),
        };
        let quantity = quantity.ok_or_else(|| Error::Overflow { path: self.path(&line.number) })?;
        if let Some(index) = known {
            self.refuse_cycle(index)?;
        }
        let number = self.push(item, quantity, Some(position as u32), &line.number)?;
        let under = |child: &usize| self.chosen[*child].parent == Some(position);
        self.open.push(Open {
            line: number,
            item: known,
            quantity,
            rest: known.map_or(&[], |index| self.catalogue.components(index)),
            is_flat: known.is_some_and(|index| self.catalogue.item(index).prints_flat),
            omits: line.omits.as_deref().and_then(|omitted| self.catalogue.find(omitted)),
            chosen: if has_children { (0..self.chosen.len()).rev().filter(under).collect() } else { Vec::new() },
        });
        Ok(())
    }

    #[inline]
    fn component(&mut self, component: &'a Component) -> Result<(), Error> {
        let catalogue = self.catalogue;
        // The caller is working on the open line, so there is one.
        let Some(parent) = self.open.last() else { return Ok(()) };
        let is_flat = parent.is_flat;
        let Some(quantity) = times(parent.quantity, component.quantity) else {
            return Err(Error::Overflow { path: self.path(&catalogue.item(component.child).number) });
        };
        let below = if is_flat { &[] } else { catalogue.components(component.child) };
        if !below.is_empty() || is_flat {
            self.refuse_cycle(component.child)?;
        }
        let number = &catalogue.item(component.child).number;
        let line = self.push(LineItem::Catalogue(component.child), quantity, None, number)?;
        if !below.is_empty() {
            self.open.push(Open {
                line,
                item: Some(component.child),
                quantity,
                rest: below,
                is_flat: catalogue.item(component.child).prints_flat,
                omits: None,
                chosen: Vec::new(),
            });
        }
        Ok(())
    }

    #[inline]
    fn push(&mut self, item: LineItem, quantity: Decimal, chosen: Option<u32>, number: &'a str) -> Result<u32, Error> {
        if self.lines.len() == MOST_LINES {
            return Err(Error::TooManyLines { path: self.path(number) });
        }
        let level = self.open.len() as u8;
        if level > DEEPEST {
            return Err(Error::TooDeep { path: self.path(number) });
        }
        let parent = self.open.last().map(|open| open.line);
        self.lines.push(Line { parent, level, item, quantity, chosen });
        Ok(self.lines.len() as u32)
    }

    /// An item inside itself would never end. The way is at most 33 long, so looking along it is quick.
    #[inline]
    fn refuse_cycle(&self, item: ItemIndex) -> Result<(), Error> {
        if self.open.iter().any(|open| open.item == Some(item)) {
            return Err(Error::Cycle { path: self.path(&self.catalogue.item(item).number) });
        }
        Ok(())
    }

    #[cold]
    fn path(&self, number: &str) -> Vec<String> {
        let numbers = self.open.iter().map(|open| match self.lines[open.line as usize - 1].item {
            LineItem::Catalogue(index) => self.catalogue.item(index).number.clone(),
            LineItem::Custom(position) => self.chosen[position as usize].number.clone(),
        });
        numbers.chain([number.to_string()]).collect()
    }
}

/// The parent's pieces times the pieces per parent, to a millionth; nothing when that is beyond all sense.
#[inline]
fn times(parent: Decimal, per_parent: Decimal) -> Option<Decimal> {
    if per_parent == Decimal::ONE {
        return Some(parent);
    }
    let product = parent.checked_mul(per_parent)?;
    let product = if product.scale() > DECIMALS { rounded(product) } else { product };
    (product <= Decimal::from(MOST_PIECES)).then_some(product)
}

#[cold]
fn rounded(product: Decimal) -> Decimal {
    let exact = product.normalize();
    exact.round_dp_with_strategy(DECIMALS, RoundingStrategy::MidpointAwayFromZero)
}

/// The number a line shows.
pub fn number<'a>(catalogue: &'a Catalogue, chosen: &'a [ChosenLine], line: &Line) -> &'a str {
    match line.item {
        LineItem::Catalogue(index) => &catalogue.item(index).number,
        LineItem::Custom(position) => &chosen[position as usize].number,
    }
}

/// A BOM summed by number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// In the order the numbers first stand in the BOM.
    pub totals: Vec<Total>,
    /// Extended quantities of the lines without components: what somebody must lay hands on.
    pub pieces: Decimal,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    pub item: LineItem,
    pub quantity: Decimal,
    /// Lines it stands on.
    pub lines: u32,
    /// Whether any of its lines has components below it.
    pub has_components: bool,
}

/// Sums the lines of one BOM by number. Custom lines of the same number are one total.
pub fn summarize(lines: &[Line], chosen: &[ChosenLine]) -> Summary {
    let mut totals: Vec<Total> = Vec::with_capacity(lines.len());
    let mut pieces = Decimal::ZERO;
    let mut places = Places::new(lines, chosen);
    for (index, line) in lines.iter().enumerate() {
        let has_components = lines.get(index + 1).is_some_and(|next| next.level > line.level);
        if !has_components {
            pieces += line.quantity;
        }
        let place = places.of(line.item, chosen);
        match totals.get_mut(*place as usize) {
            Some(total) => {
                total.quantity += line.quantity;
                total.lines += 1;
                total.has_components |= has_components;
            }
            None => {
                *place = totals.len() as u32;
                totals.push(Total { item: line.item, quantity: line.quantity, lines: 1, has_components });
            }
        }
    }
    Summary { totals, pieces }
}

/// Where the total of each item stands: by the item's index, because looking up ten thousand hashes takes longer than
/// everything else.
struct Places {
    catalogue: Vec<u32>,
    custom: Vec<u32>,
}

impl Places {
    fn new(lines: &[Line], chosen: &[ChosenLine]) -> Places {
        let index = |line: &Line| match line.item {
            LineItem::Catalogue(index) => index.0 as usize + 1,
            LineItem::Custom(_) => 0,
        };
        let items = lines.iter().map(index).max().unwrap_or(0);
        Places { catalogue: vec![u32::MAX; items], custom: vec![u32::MAX; chosen.len()] }
    }

    fn of(&mut self, item: LineItem, chosen: &[ChosenLine]) -> &mut u32 {
        match item {
            LineItem::Catalogue(index) => &mut self.catalogue[index.0 as usize],
            LineItem::Custom(position) => &mut self.custom[first_of_number(chosen, position) as usize],
        }
    }
}

fn first_of_number(chosen: &[ChosenLine], position: u32) -> u32 {
    let number = &chosen[position as usize].number;
    chosen.iter().position(|line| line.number == *number).map_or(position, |first| first as u32)
}

#[cfg(test)]
#[path = "explode_tests.rs"]
mod tests;
