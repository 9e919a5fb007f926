//! A catalogue in the making: one item per business number, joined from the files by the twin rule, before it is stored.

use super::{
    defects::{Counts, Defect, shown},
    source::{Assembly, Source},
};
use rust_decimal::Decimal;
use std::collections::HashMap;

/// What the files put before a number that is both a part and an assembly. An artefact: business numbers never carry it.
pub const PREFIX: &str = "ASSY-";

/// The business number of an id of the files.
pub fn number(id: &str) -> &str {
    id.strip_prefix(PREFIX).unwrap_or(id)
}

/// Items by position; components and placements point at positions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    pub items: Vec<DraftItem>,
    pub categories: Vec<DraftCategory>,
    /// Second places: subcategory code and item.
    pub placements: Vec<(String, usize)>,
    index: HashMap<String, usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DraftCategory {
    pub code: String,
    pub parent: Option<String>,
    pub name: String,
    pub description: String,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DraftItem {
    pub number: String,
    pub name: String,
    /// None for a part.
    pub assembly_type: Option<String>,
    pub category: Option<String>,
    pub subcategory: Option<String>,
    pub source_ids: Vec<String>,
    pub maker: Option<String>,
    pub maker_number: Option<String>,
    pub is_derived: bool,
    pub prints_flat: bool,
    pub to_confirm: Option<String>,
    pub open_question: Option<String>,
    pub components: Vec<DraftComponent>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DraftComponent {
    pub child: usize,
    pub quantity: Decimal,
    pub note: String,
    pub to_confirm: Option<String>,
}

impl Draft {
    /// Joins the files into items. Refuses what would leave a number, component or category without its thing.
    pub fn join(source: &Source) -> (Draft, Vec<Defect>) {
        let mut draft = Draft::default();
        let mut defects = Vec::new();
        draft.take_categories(source, &mut defects);
        for assembly in &source.assemblies {
            draft.take_assembly(assembly, &mut defects);
        }
        draft.take_parts(source, &mut defects);
        draft.refuse_case_only(&mut defects);
        for assembly in &source.assemblies {
            draft.take_components(assembly, &mut defects);
        }
        draft.take_placements(source, &mut defects);
        (draft, defects)
    }

    pub fn find(&self, number: &str) -> Option<usize> {
        self.index.get(number).copied()
    }

    /// Adds an item that the files lack.
    pub fn add(&mut self, item: DraftItem) -> usize {
        let position = self.items.len();
        self.index.insert(item.number.clone(), position);
        self.items.push(item);
        position
    }

    pub fn counts(&self, source: &Source) -> Counts {
        Counts {
            categories: self.categories.iter().filter(|category| category.parent.is_none()).count(),
            subcategories: self.categories.iter().filter(|category| category.parent.is_some()).count(),
            assemblies: source.assemblies.len(),
            parts: source.parts.len(),
            items: self.items.len(),
            derived: self.items.iter().filter(|item| item.is_derived).count(),
            components: self.items.iter().map(|item| item.components.len()).sum(),
            placements: self.placements.len(),
        }
    }

    fn take_categories(&mut self, source: &Source, defects: &mut Vec<Defect>) {
        let mut seen = std::collections::HashSet::new();
        let mut take = |code: &str, parent: Option<&str>, name: &str, description: &str| {
            if !seen.insert(code.to_owned()) {
                let message = format!(
                    "categories.json: the code {code} stands twice, once here and once elsewhere in the tree. Give one of them another code."
                );
                defects.push(Defect::refused("doubled_key", code, message));
                return;
            }
            self.categories.push(DraftCategory {
                code: code.into(),
                parent: parent.map(Into::into),
                name: name.into(),
                description: description.into(),
            });
        };
        for category in &source.categories {
            take(&category.code, None, &category.name, &category.description);
            for sub in &category.subcategories {
                take(&sub.code, Some(&category.code), &sub.name, &sub.description);
            }
        }
    }

    fn take_assembly(&mut self, assembly: &Assembly, defects: &mut Vec<Defect>) {
        let number = number(&assembly.id);
        if self.find(number).is_some() {
            let message =
                format!("assemblies.json: {number} stands there with and without {PREFIX}. Keep one of them.");
            defects.push(Defect::refused("number_twice", number, message));
            return;
        }
        let place = self.categories.iter().find(|category| category.code == assembly.subcategory);
        let is_placed = place.is_some_and(|place| place.parent.as_deref() == Some(&assembly.category));
        // An empty code has its own refusal already.
        if !is_placed && !assembly.category.is_empty() && !assembly.subcategory.is_empty() {
            let (category, sub) = (shown(&assembly.category), shown(&assembly.subcategory));
            let message = format!(
                "assemblies.json: {}: categories.json has no subcategory {sub} in category {category}.",
                assembly.id
            );
            defects.push(Defect::refused("unknown_category", &assembly.id, message));
        }
        self.add(DraftItem {
            number: number.into(),
            name: assembly.name.clone(),
            assembly_type: Some(assembly.kind.clone()),
            category: Some(assembly.category.clone()),
            subcategory: Some(assembly.subcategory.clone()),
            source_ids: vec![assembly.id.clone()],
            ..DraftItem::default()
        });
    }

    /// A part either is the twin of an assembly, whose facts it completes, or an item of its own.
    fn take_parts(&mut self, source: &Source, defects: &mut Vec<Defect>) {
        for part in &source.parts {
            let Some(position) = self.find(&part.id) else {
                self.add(DraftItem {
                    number: part.id.clone(),
                    name: part.name.clone(),
                    source_ids: vec![part.id.clone()],
                    maker: part.maker.clone(),
                    maker_number: part.maker_number.clone(),
                    ..DraftItem::default()
                });
                continue;
            };
            let item = &mut self.items[position];
            if item.source_ids[0] == part.id {
                let message = format!(
                    "{} is an assembly and a part under the same id. An assembly that has a part of its own is called {PREFIX}{}.",
                    part.id, part.id
                );
                defects.push(Defect::refused("number_twice", &part.id, message));
                continue;
            }
            item.source_ids.push(part.id.clone());
            item.maker = part.maker.clone();
            item.maker_number = part.maker_number.clone();
        }
    }

    fn refuse_case_only(&self, defects: &mut Vec<Defect>) {
        let mut by_lower: HashMap<String, &str> = HashMap::new();
        for item in &self.items {
            if let Some(other) = by_lower.insert(item.number.to_lowercase(), &item.number) {
                let message = format!(
                    "{other} and {} differ only in capitals. People will take them for one; rename one of them.",
                    item.number
                );
                defects.push(Defect::refused("case_only", &item.number, message));
            }
        }
    }

    fn take_components(&mut self, assembly: &Assembly, defects: &mut Vec<Defect>) {
        let parent_number = number(&assembly.id);
        let Some(parent) = self.find(parent_number) else { return };
        let mut components: Vec<DraftComponent> = Vec::with_capacity(assembly.components.len());
        for component in &assembly.components {
            let Some(child) = self.find(&component.part).or_else(|| self.find(number(&component.part))) else {
                let message = format!(
                    "assemblies.json: {} lists {}, which is neither in parts.json nor an assembly.",
                    assembly.id,
                    shown(&component.part)
                );
                defects.push(Defect::refused("unknown_part", &assembly.id, message));
                continue;
            };
            // The part an assembly is named after, listed in it: the twin rule would put the assembly into itself.
            if child == parent && assembly.id != component.part {
                let message = format!(
                    "{} lists its own part {}. With the twin rule it would contain itself, so this line was left out.",
                    assembly.id, component.part
                );
                defects.push(Defect::repaired("self_edge", parent_number, message));
                continue;
            }
            if components.iter().any(|other| other.child == child && other.note == component.note) {
                let message = format!(
                    "assemblies.json: {} lists {} twice. Add the quantities up in one line.",
                    assembly.id, component.part
                );
                defects.push(Defect::refused("doubled_component", &assembly.id, message));
                continue;
            }
            let quantity = Decimal::from(component.quantity);
            components.push(DraftComponent { child, quantity, note: component.note.clone(), to_confirm: None });
        }
        self.items[parent].components = components;
    }

    fn take_placements(&mut self, source: &Source, defects: &mut Vec<Defect>) {
        let mut seen = std::collections::HashSet::new();
        for sub in source.categories.iter().flat_map(|category| &category.subcategories) {
            for id in &sub.references {
                let Some(position) = self.find(number(id)) else {
                    let message = format!(
                        "Subcategory {} refers to {}, which is no assembly. The reference was left out.",
                        sub.code,
                        shown(id)
                    );
                    defects.push(Defect::reported("unknown_reference", &sub.code, message));
                    continue;
                };
                if seen.insert((sub.code.clone(), position)) {
                    self.placements.push((sub.code.clone(), position));
                }
            }
        }
    }
}
