//! What kits and assemblies contain: nothing uses it, both of two choices, the wrong language, the same as another kit.

use super::{Subject, listed};
use crate::catalogue::defects::Defect;
use std::collections::HashMap;

/// Parts of which a kit should contain one, by what they are.
const ALTERNATIVES: &[(&str, &[&str])] = &[("handset button", &["DPF1K00-010006", "DPF1C00-012016"])];
const LANGUAGES: &[&str] = &["ENGLISH", "FRENCH", "SPANISH"];

pub fn check(subject: &Subject) -> Vec<Defect> {
    let mut defects = Vec::new();
    unused_parts(subject, &mut defects);
    unused_variants(subject, &mut defects);
    placeholder_quantities(subject, &mut defects);
    same_contents(subject, &mut defects);
    open_grommets(subject, &mut defects);
    no_fixed_body(subject, &mut defects);
    for position in 0..subject.draft.items.len() {
        kit(subject, position, &mut defects);
    }
    defects
}

/// A part that is no assembly and that nothing contains cannot come into any BOM.
fn unused_parts(subject: &Subject, defects: &mut Vec<Defect>) {
    for (position, item) in subject.draft.items.iter().enumerate() {
        if item.assembly_type.is_none() && subject.uses[position] == 0 {
            let message = format!("No assembly contains {} ({}).", item.number, item.name);
            defects.push(Defect::reported("unused_part", &item.number, message));
        }
    }
}

/// Same number but for its last figures, same place, one is built in and the other in nothing.
fn unused_variants(subject: &Subject, defects: &mut Vec<Defect>) {
    let mut families: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for (position, item) in subject.draft.items.iter().enumerate() {
        let stem = item.number.trim_end_matches(|c: char| c.is_ascii_digit());
        // What can be chosen by itself (a control box, a kit) need not be built into anything.
        let is_bought = item.assembly_type.as_deref() == Some("SIMPLE") && item.components.is_empty();
        if let (true, true, Some(place)) = (stem.ends_with('-') && stem != item.number, is_bought, &item.subcategory) {
            families.entry((stem, place)).or_default().push(position);
        }
    }
    let mut families: Vec<_> = families.into_values().collect();
    families.sort();
    for family in families {
        let (used, unused): (Vec<usize>, Vec<usize>) =
            family.into_iter().partition(|position| subject.uses[*position] > 0);
        for position in unused {
            let Some(sibling) = used.first() else { continue };
            let (number, other, uses) = (subject.number(position), subject.number(*sibling), subject.uses[*sibling]);
            let message = format!(
                "Nothing contains {number}, while {other} is in {uses} assemblies. Its name: {}.",
                subject.draft.items[*sibling].name
            );
            defects.push(Defect::reported("unused_variant", number, message));
        }
    }
}

/// Every quantity is 1 but in a few assemblies: nobody counted the others.
fn placeholder_quantities(subject: &Subject, defects: &mut Vec<Defect>) {
    let with_components = || subject.draft.items.iter().filter(|item| !item.components.is_empty());
    let counted: Vec<&str> = with_components()
        .filter(|item| item.components.iter().any(|component| component.quantity != 1.into()))
        .map(|item| item.number.as_str())
        .collect();
    let assemblies = with_components().count();
    let ones: usize =
        with_components().flat_map(|item| &item.components).filter(|component| component.quantity == 1.into()).count();
    if assemblies >= 20 && counted.len() * 10 <= assemblies {
        let message = format!(
            "{ones} lines have the quantity 1, and {} of {assemblies} assemblies have no other quantity at all: screws, clamps and casters were most likely never counted. Counted are {}.",
            assemblies - counted.len(),
            if counted.is_empty() { "none".into() } else { listed(&counted) }
        );
        defects.push(Defect::reported("placeholder_quantity", "assemblies.json", message));
    }
}

/// A perforated and a solid kit that differ in nothing.
fn same_contents(subject: &Subject, defects: &mut Vec<Defect>) {
    for (position, item) in subject.draft.items.iter().enumerate().filter(|(_, item)| item.number.contains("-PERF-")) {
        let other = item.number.replace("-PERF-", "-SOLID-");
        let Some(other) = subject.draft.find(&other) else { continue };
        if !item.is_derived && !item.components.is_empty() && item.components == subject.draft.items[other].components {
            let message = format!(
                "{} and {} contain the same: {}.",
                item.number,
                subject.number(other),
                listed(&subject.contents(position))
            );
            defects.push(Defect::reported("same_contents", &item.number, message));
        }
    }
}

/// Solid boards have no holes to pass anything through, yet get the open grommet; the closed one is in nothing.
fn open_grommets(subject: &Subject, defects: &mut Vec<Defect>) {
    let grommet =
        |word: &str| subject.draft.items.iter().position(|item| item.name.contains(word) && item.name.contains("GROM"));
    let Some(open) = grommet("OPEN") else { return };
    let contains_open =
        |item: &&crate::catalogue::draft::DraftItem| item.components.iter().any(|component| component.child == open);
    let solid = subject
        .draft
        .items
        .iter()
        .filter(|item| !item.is_derived && item.name.contains("SOLID"))
        .filter(contains_open)
        .count();
    if solid == 0 {
        return;
    }
    let closed = match grommet("CLOSED") {
        Some(closed) if subject.uses[closed] == 0 => {
            format!(" The closed one, {}, is in no kit.", subject.number(closed))
        }
        _ => String::new(),
    };
    let message = format!("{solid} solid pegboard kits contain the open grommet {}.{closed}", subject.number(open));
    defects.push(Defect::reported("open_grommet", subject.number(open), message));
}

/// Fixed legs are sold, but every body is height adjustable.
fn no_fixed_body(subject: &Subject, defects: &mut Vec<Defect>) {
    let items = &subject.draft.items;
    let legs: Vec<&str> =
        items.iter().filter(|item| item.name.contains("FIXED HEIGHT")).map(|item| item.number.as_str()).collect();
    let bodies: Vec<&str> =
        items.iter().filter(|item| item.number.contains("-BODY-")).map(|item| item.number.as_str()).collect();
    let all_adjust =
        items.iter().filter(|item| item.number.contains("-BODY-")).all(|item| item.name.contains("HEIGHT ADJUSTABLE"));
    if !legs.is_empty() && !bodies.is_empty() && all_adjust {
        let message = format!(
            "{} are legs of fixed height, but every body is height adjustable: {}.",
            listed(&legs),
            listed(&bodies)
        );
        defects.push(Defect::reported("no_fixed_body", legs[0], message));
    }
}

/// What can be wrong in one kit by itself.
fn kit(subject: &Subject, position: usize, defects: &mut Vec<Defect>) {
    let item = &subject.draft.items[position];
    let contents = subject.contents(position);
    if item.assembly_type.as_deref() == Some("KIT") && contents.len() == 1 {
        let message = format!(
            "{} contains only {} ({}).",
            item.number, contents[0], subject.draft.items[item.components[0].child].name
        );
        defects.push(Defect::reported("lone_component", &item.number, message));
    }
    for (what, alternatives) in ALTERNATIVES {
        let both: Vec<&str> = alternatives.iter().copied().filter(|part| contents.contains(part)).collect();
        if both.len() > 1 {
            let message = format!("{} contains {}; a sink gets one {what}.", item.number, both.join(" and "));
            defects.push(Defect::reported("both_alternatives", &item.number, message));
        }
    }
    for component in &item.components {
        let child = &subject.draft.items[component.child];
        let language = |name: &str| LANGUAGES.iter().copied().find(|language| name.contains(language));
        if let (Some(wanted), Some(found)) = (language(&item.name), language(&child.name))
            && wanted != found
        {
            let message = format!(
                "{} is the {} set but contains {} ({}).",
                item.number,
                wanted.to_lowercase(),
                child.number,
                child.name
            );
            defects.push(Defect::reported("other_language", &item.number, message));
        }
        if item.name.contains("CUSTOM DIMENSION") && has_size(&child.name) {
            let message =
                format!("{} is for boards of custom size but contains {} ({}).", item.number, child.number, child.name);
            defects.push(Defect::reported("custom_kit_with_panel", &item.number, message));
        }
    }
}

/// "120X36": figures, an X, figures.
fn has_size(name: &str) -> bool {
    name.split_whitespace().any(|word| {
        word.split_once(['X', 'x']).is_some_and(|(wide, high)| {
            let is_figures = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
            is_figures(wide) && is_figures(high)
        })
    })
}
