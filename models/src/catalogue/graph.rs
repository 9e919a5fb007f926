//! One catalogue revision in memory: items and their components as flat arrays, ready for expansion.

use rust_decimal::Decimal;
use std::collections::HashMap;

/// Position of an item in its [`Catalogue`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemIndex(pub u32);

/// One number as this revision describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Row of `items`: the same number has the same id in every revision.
    pub id: i32,
    pub number: String,
    pub name: String,
    /// Printed flat: its components are listed but not expanded further (control boxes).
    pub prints_flat: bool,
    /// Why the quantity is not settled when the item stands at level 0.
    pub to_confirm: Option<String>,
}

/// One edge: pieces of the child per one parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    pub child: ItemIndex,
    pub quantity: Decimal,
    pub note: String,
    pub to_confirm: Option<String>,
}

/// A whole revision. Components of one item lie side by side (compressed rows).
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    /// Row of `catalogue_revisions`.
    pub revision_id: i32,
    /// The number people say ("revision 14").
    pub revision: i32,
    items: Vec<Item>,
    by_number: HashMap<String, ItemIndex>,
    by_id: HashMap<i32, ItemIndex>,
    first: Vec<u32>,
    components: Vec<Component>,
}

impl Catalogue {
    /// Builds the arrays. `edges` are (parent, component), in the order they are to be listed per parent.
    ///
    /// # Panics
    /// When an edge names an index outside `items`: the loader maps numbers to indices itself.
    pub fn new(revision_id: i32, revision: i32, items: Vec<Item>, edges: Vec<(ItemIndex, Component)>) -> Catalogue {
        let mut first = vec![0u32; items.len() + 1];
        for (parent, component) in &edges {
            assert!((component.child.0 as usize) < items.len(), "component outside the catalogue");
            first[parent.0 as usize + 1] += 1;
        }
        for index in 1..first.len() {
            first[index] += first[index - 1];
        }
        let mut slots: Vec<Option<Component>> = vec![None; edges.len()];
        let mut next = first.clone();
        for (parent, component) in edges {
            let slot = &mut next[parent.0 as usize];
            slots[*slot as usize] = Some(component);
            *slot += 1;
        }
        let components = slots.into_iter().flatten().collect();
        let by_number =
            items.iter().enumerate().map(|(index, item)| (item.number.clone(), ItemIndex(index as u32))).collect();
        let by_id = items.iter().enumerate().map(|(index, item)| (item.id, ItemIndex(index as u32))).collect();
        Catalogue { revision_id, revision, items, by_number, by_id, first, components }
    }

    /// The item with this business number (no `ASSY-` prefix).
    pub fn find(&self, number: &str) -> Option<ItemIndex> {
        self.by_number.get(number).copied()
    }

    /// The item with this row id of `items`; none when this revision does not hold it.
    pub fn find_id(&self, id: i32) -> Option<ItemIndex> {
        self.by_id.get(&id).copied()
    }

    pub fn item(&self, index: ItemIndex) -> &Item {
        &self.items[index.0 as usize]
    }

    /// What one piece of the item is made of, in catalogue order.
    pub fn components(&self, index: ItemIndex) -> &[Component] {
        let from = self.first[index.0 as usize] as usize;
        let to = self.first[index.0 as usize + 1] as usize;
        &self.components[from..to]
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}
