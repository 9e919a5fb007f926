//! Two BOMs side by side: which lines were removed, changed, moved or added.
//!
//! Lines are matched by their place, the numbers from level 0 down. Equal numbers under one parent, such as two equal
//! bowls, are matched by note and quantity first and then in order. A line that came or went takes the lines below it
//! along; they are counted, not listed. A line whose quantity only follows its parent's counts as unchanged.

use super::explode::number;
use super::sheet::{Edges, Sheet, below};
use super::{ChosenLine, Line, LineItem};
use crate::catalogue::Catalogue;
use rust_decimal::Decimal;
use std::collections::HashMap;

/// A line as it is compared, in print order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub number: String,
    pub level: i16,
    /// Pieces per one parent; at level 0 the pieces of the BOM.
    pub per_parent: Decimal,
    pub quantity: Decimal,
    pub note: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Removed,
    Changed,
    Moved,
    Added,
}

/// One difference between the older and the newer BOM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub kind: Kind,
    /// Numbers from level 0 to the line, where it is now or was before it went.
    pub path: Vec<String>,
    /// Where a moved line was.
    pub from: Vec<String>,
    pub old: Option<Node>,
    pub new: Option<Node>,
    /// Lines below it that came or went with it.
    pub below: usize,
}

impl Difference {
    pub fn number(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// Removed, changed, moved, added; each in print order.
    pub all: Vec<Difference>,
    pub unchanged: usize,
}

/// The lines of a kept BOM.
pub fn nodes(sheet: &Sheet) -> Vec<Node> {
    let node = |line: &super::sheet::SheetLine| Node {
        number: line.number.clone(),
        level: line.level,
        per_parent: line.per_parent,
        quantity: line.quantity,
        note: line.note.clone(),
    };
    sheet.lines.iter().map(node).collect()
}

/// The lines of a BOM that was expanded just now.
pub fn expanded(catalogue: &Catalogue, chosen: &[ChosenLine], lines: &[Line]) -> Vec<Node> {
    let mut edges = Edges::new(catalogue);
    let node = |line: &Line| {
        let index = match line.item {
            LineItem::Catalogue(index) => Some(index),
            LineItem::Custom(_) => None,
        };
        let component = edges.next(line.level.into(), index);
        let chosen_line = line.chosen.map(|position| &chosen[position as usize]);
        let note = chosen_line.map(|chosen| &chosen.note).filter(|note| !note.is_empty());
        let own = chosen_line.map_or(line.quantity, |chosen| chosen.quantity);
        Node {
            number: number(catalogue, chosen, line).to_string(),
            level: line.level.into(),
            per_parent: component.map_or(own, |component| component.quantity).normalize(),
            quantity: line.quantity.normalize(),
            note: note.or_else(|| component.map(|component| &component.note)).cloned().unwrap_or_default(),
        }
    };
    lines.iter().map(node).collect()
}

/// Compares an older with a newer BOM.
pub fn compare(old: &[Node], new: &[Node]) -> Differences {
    let (old, new) = (Tree::new(old), Tree::new(new));
    let mut comparison = Comparison { old: &old, new: &new, path: Vec::new(), found: Differences::default() };
    comparison.siblings(old.children(None), new.children(None));
    let mut found = comparison.found;
    pair_moves(&mut found.all);
    found.all.sort_by_key(|difference| difference.kind);
    found
}

struct Tree<'a> {
    nodes: &'a [Node],
    below: Vec<usize>,
}

impl<'a> Tree<'a> {
    fn new(nodes: &'a [Node]) -> Tree<'a> {
        Tree { nodes, below: below(nodes.iter().map(|node| node.level)) }
    }

    /// Positions of the lines directly under a line, or of level 0.
    fn children(&self, parent: Option<usize>) -> Vec<usize> {
        let (mut at, end) =
            parent.map_or((0, self.nodes.len()), |parent| (parent + 1, parent + 1 + self.below[parent]));
        let mut children = Vec::new();
        while at < end {
            children.push(at);
            at += 1 + self.below[at];
        }
        children
    }
}

struct Comparison<'a> {
    old: &'a Tree<'a>,
    new: &'a Tree<'a>,
    path: Vec<String>,
    found: Differences,
}

impl Comparison<'_> {
    /// At most as deep as a BOM is.
    fn siblings(&mut self, old: Vec<usize>, new: Vec<usize>) {
        let mut waiting: HashMap<&str, Vec<usize>> = HashMap::new();
        for at in &old {
            waiting.entry(&self.old.nodes[*at].number).or_default().push(*at);
        }
        let mut partners = vec![None; new.len()];
        for exactly in [true, false] {
            for (place, at) in
                new.iter().enumerate().filter(|(place, _)| partners[*place].is_none()).collect::<Vec<_>>()
            {
                let node = &self.new.nodes[*at];
                let Some(candidates) = waiting.get_mut(node.number.as_str()) else { continue };
                let fits = |candidate: &usize| !exactly || is_same(&self.old.nodes[*candidate], node);
                if let Some(index) = candidates.iter().position(fits) {
                    partners[place] = Some(candidates.remove(index));
                }
            }
        }
        for at in old.into_iter().filter(|at| !partners.contains(&Some(*at))) {
            self.push(Kind::Removed, Some(at), None);
        }
        for (at, partner) in new.into_iter().zip(partners) {
            match partner {
                Some(before) => self.pair(before, at),
                None => self.push(Kind::Added, None, Some(at)),
            }
        }
    }

    fn pair(&mut self, old: usize, new: usize) {
        if is_same(&self.old.nodes[old], &self.new.nodes[new]) {
            self.found.unchanged += 1;
        } else {
            self.push(Kind::Changed, Some(old), Some(new));
        }
        self.path.push(self.new.nodes[new].number.clone());
        self.siblings(self.old.children(Some(old)), self.new.children(Some(new)));
        self.path.pop();
    }

    fn push(&mut self, kind: Kind, old: Option<usize>, new: Option<usize>) {
        let before = old.map(|at| self.old.nodes[at].clone());
        let after = new.map(|at| self.new.nodes[at].clone());
        let mut path = self.path.clone();
        path.extend(after.as_ref().or(before.as_ref()).map(|node| node.number.clone()));
        let below = match kind {
            Kind::Removed => old.map_or(0, |at| self.old.below[at]),
            Kind::Added => new.map_or(0, |at| self.new.below[at]),
            Kind::Changed | Kind::Moved => 0,
        };
        self.found.all.push(Difference { kind, path, from: Vec::new(), old: before, new: after, below });
    }
}

fn is_same(old: &Node, new: &Node) -> bool {
    old.per_parent == new.per_parent && old.note == new.note
}

/// A number that went in one place and came in another, with as much below it, has moved.
fn pair_moves(all: &mut Vec<Difference>) {
    let mut came: HashMap<(String, usize), Vec<usize>> = HashMap::new();
    for (at, difference) in all.iter().enumerate().filter(|(_, difference)| difference.kind == Kind::Added) {
        came.entry((difference.number().to_string(), difference.below)).or_default().push(at);
    }
    let mut gone = Vec::new();
    for at in 0..all.len() {
        if all[at].kind != Kind::Removed {
            continue;
        }
        let Some(places) = came.get_mut(&(all[at].number().to_string(), all[at].below)) else { continue };
        if places.is_empty() {
            continue;
        }
        let place = places.remove(0);
        all[place].kind = Kind::Moved;
        all[place].from = all[at].path.clone();
        all[place].old = all[at].old.clone();
        gone.push(at);
    }
    let mut at = 0;
    all.retain(|_| {
        at += 1;
        !gone.contains(&(at - 1))
    });
}
