//! Where an item is used, read off a catalogue in memory: directly, and at the top of what is sold.

use super::graph::{Catalogue, ItemIndex};
use rust_decimal::Decimal;

/// An assembly that holds the item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    pub number: String,
    pub name: String,
    /// Pieces per one of the assembly, all lines added up; none for a use further up.
    pub quantity: Option<Decimal>,
}

/// Direct uses, and the assemblies at the top that hold the item at any level and that nothing holds.
#[derive(Debug, Clone, Default)]
pub struct Uses {
    pub direct: Vec<Use>,
    pub top: Vec<Use>,
}

/// One line of an item's tree, children behind their parent.
#[derive(Debug, Clone)]
pub struct Branch {
    pub level: u8,
    pub number: String,
    pub name: String,
    /// Pieces per one parent.
    pub quantity: Decimal,
    pub note: String,
    pub to_confirm: Option<String>,
    pub children: Vec<Branch>,
}

/// Levels a page shows at most; an imported catalogue is never deeper.
const DEPTH: u8 = 32;

/// The tree below an item, and whether it was cut after `limit` lines. A box that prints flat has no grandchildren.
pub fn tree(catalogue: &Catalogue, item: ItemIndex, limit: usize) -> (Vec<Branch>, bool) {
    let mut room = limit;
    let branches = branches(catalogue, item, 1, &mut room);
    (branches, room == 0)
}

fn branches(catalogue: &Catalogue, item: ItemIndex, level: u8, room: &mut usize) -> Vec<Branch> {
    let is_open = !catalogue.item(item).prints_flat && level < DEPTH;
    let mut branches = Vec::new();
    for component in catalogue.components(item) {
        if *room == 0 {
            break;
        }
        *room -= 1;
        let child = catalogue.item(component.child);
        branches.push(Branch {
            level,
            number: child.number.clone(),
            name: child.name.clone(),
            quantity: component.quantity,
            note: component.note.clone(),
            to_confirm: component.to_confirm.clone(),
            children: if is_open { self::branches(catalogue, component.child, level + 1, room) } else { Vec::new() },
        });
    }
    branches
}

/// Finds the uses of an item in one pass over the edges and a walk upwards.
pub fn uses(catalogue: &Catalogue, item: ItemIndex) -> Uses {
    let count = catalogue.len();
    let mut parents: Vec<Vec<(u32, Decimal)>> = vec![Vec::new(); count];
    for parent in 0..count as u32 {
        for component in catalogue.components(ItemIndex(parent)) {
            parents[component.child.0 as usize].push((parent, component.quantity));
        }
    }
    let named = |position: u32, quantity| {
        let item = catalogue.item(ItemIndex(position));
        Use { number: item.number.clone(), name: item.name.clone(), quantity }
    };
    let mut direct: Vec<Use> = Vec::new();
    for (parent, quantity) in &parents[item.0 as usize] {
        match direct.last_mut() {
            Some(last) if last.number == catalogue.item(ItemIndex(*parent)).number => {
                last.quantity = last.quantity.map(|before| before + quantity);
            }
            _ => direct.push(named(*parent, Some(*quantity))),
        }
    }
    let mut seen = vec![false; count];
    let mut waiting = vec![item.0];
    let mut top = Vec::new();
    while let Some(position) = waiting.pop() {
        for (parent, _) in &parents[position as usize] {
            if std::mem::replace(&mut seen[*parent as usize], true) {
                continue;
            }
            if parents[*parent as usize].is_empty() {
                top.push(named(*parent, None));
            }
            waiting.push(*parent);
        }
    }
    direct.sort_by(|a, b| a.number.cmp(&b.number));
    top.sort_by(|a, b| a.number.cmp(&b.number));
    Uses { direct, top }
}
