//! What the files do not say, say everywhere alike, or say wrongly about themselves.

use super::{Subject, listed};
use crate::catalogue::{defects::Defect, draft::number};
use std::collections::{BTreeMap, BTreeSet};

/// Numbers the business uses elsewhere: the number, what it is, and what stands for it here when something does.
const EXPECTED: &[(&str, &str, Option<&str>)] = &[
    ("T-OA-PB-COLOR", "the pegboard colour of the configuration text", Some("708.77")),
    ("IFU.T2.SinkInstUser", "a manual of the packaging checklist", None),
    ("IFU.T2.SinkInstUserFR", "a manual of the packaging checklist", None),
    ("IFU.T2.ESinkInstUserFR", "a manual of the packaging checklist", None),
];
/// Items that have no known number, by words of which one has to stand in some name.
const EXPECTED_NAMES: &[(&str, &[&str])] = &[("anti-fatigue mat", &["FATIGUE", "MAT "])];
/// What an item should have, and the names its field might bear.
const WANTED: &[(&str, &[&str])] = &[
    ("price", &["price", "cost", "unit_price", "unit_cost"]),
    ("stock", &["stock", "quantity_on_hand", "inventory"]),
    ("unit of measure", &["unit", "uom", "unit_of_measure"]),
    ("lead time", &["lead_time", "lead_time_days"]),
    ("supplier", &["supplier", "suppliers"]),
    ("weight", &["weight"]),
    ("photo", &["photo", "image", "photo_url"]),
    ("drawing", &["drawing", "drawing_url", "technical_drawing"]),
    ("revision", &["revision", "rev"]),
];
/// Counts that other documents of the business claim: what, how many.
const CLAIMED: &[(&str, usize)] = &[("categories", 19), ("assemblies", 219), ("sub-assemblies", 481), ("parts", 1000)];

pub fn check(subject: &Subject) -> Vec<Defect> {
    let mut defects = Vec::new();
    expected_numbers(subject, &mut defects);
    missing_information(subject, &mut defects);
    uniform_fields(subject, &mut defects);
    other_shapes(subject, &mut defects);
    kit_flags(subject, &mut defects);
    wrong_counts(subject, &mut defects);
    defects
}

fn expected_numbers(subject: &Subject, defects: &mut Vec<Defect>) {
    for (number, what, stand_in) in EXPECTED {
        if subject.draft.find(number).is_none() {
            let stand_in = match stand_in.filter(|other| subject.draft.find(other).is_some()) {
                Some(other) => format!("Only {other} stands for it."),
                None => "Nothing stands for it.".into(),
            };
            defects.push(Defect::reported(
                "expected_number",
                *number,
                format!("{number}, {what}, is not in the files. {stand_in}"),
            ));
        }
    }
    for (what, words) in EXPECTED_NAMES {
        if !subject.draft.items.iter().any(|item| words.iter().any(|word| item.name.contains(word))) {
            defects.push(Defect::reported(
                "expected_number",
                *what,
                format!("No item is an {what}, although every sink is packed with one."),
            ));
        }
    }
}

fn missing_information(subject: &Subject, defects: &mut Vec<Defect>) {
    let assemblies = subject.source.assemblies.iter().flat_map(|assembly| &assembly.fields);
    let fields: BTreeSet<&str> =
        assemblies.chain(subject.source.parts.iter().flat_map(|part| &part.fields)).map(String::as_str).collect();
    let missing: Vec<&str> = WANTED
        .iter()
        .filter(|(_, names)| !names.iter().any(|name| fields.contains(name)))
        .map(|(what, _)| *what)
        .collect();
    if !missing.is_empty() {
        let message =
            format!("No item has a {}. Costs can be set in the catalogue; the rest is unknown.", missing.join(", "));
        defects.push(Defect::reported("no_information", "all items", message));
    }
}

/// A field that says the same of everything tells nothing; no rule may rest on it.
fn uniform_fields(subject: &Subject, defects: &mut Vec<Defect>) {
    let assemblies = &subject.source.assemblies;
    let parts = &subject.source.parts;
    let mut judge = |what: &str, values: Vec<String>| {
        if values.len() > 10 && values.iter().all(|value| value == &values[0]) {
            let message =
                format!("{what} is {} on all {}: it says nothing yet, and no rule uses it.", values[0], values.len());
            defects.push(Defect::reported("uniform_field", what, message));
        }
    };
    judge(
        "can_order of assemblies",
        assemblies.iter().filter_map(|assembly| Some(assembly.can_order?.to_string())).collect(),
    );
    judge("status of assemblies", assemblies.iter().filter_map(|assembly| assembly.status.clone()).collect());
    judge("type of parts", parts.iter().filter_map(|part| part.kind.clone()).collect());
    judge("status of parts", parts.iter().filter_map(|part| part.status.clone()).collect());
}

/// Entries whose fields differ from nearly all others of their file.
fn other_shapes(subject: &Subject, defects: &mut Vec<Defect>) {
    let assemblies: Vec<_> =
        subject.source.assemblies.iter().map(|assembly| (assembly.id.as_str(), &assembly.fields)).collect();
    let parts: Vec<_> = subject.source.parts.iter().map(|part| (part.id.as_str(), &part.fields)).collect();
    for (file, entries) in [("assemblies.json", assemblies), ("parts.json", parts)] {
        let mut shapes: BTreeMap<&Vec<String>, Vec<&str>> = BTreeMap::new();
        for (id, fields) in &entries {
            shapes.entry(fields).or_default().push(id);
        }
        let Some((usual, _)) = shapes.iter().max_by_key(|(_, ids)| ids.len()) else { continue };
        let usual: &Vec<String> = usual;
        for (fields, ids) in shapes.iter().filter(|(fields, ids)| **fields != usual && ids.len() * 10 <= entries.len())
        {
            let lacking: Vec<&str> = usual.iter().filter(|field| !fields.contains(field)).map(String::as_str).collect();
            let extra: Vec<&str> = fields.iter().filter(|field| !usual.contains(field)).map(String::as_str).collect();
            let said = |what: &str, fields: &[&str]| {
                if fields.is_empty() { String::new() } else { format!(" {what} {}.", fields.join(", ")) }
            };
            let message = format!(
                "{} differs from the rest of {file}.{}{}",
                listed(ids),
                said("It lacks", &lacking),
                said("It also has", &extra)
            );
            defects.push(Defect::reported("other_shape", ids[0], message));
        }
    }
}

fn kit_flags(subject: &Subject, defects: &mut Vec<Defect>) {
    for assembly in &subject.source.assemblies {
        if assembly.is_kit.is_some_and(|is_kit| is_kit != (assembly.kind == "KIT")) {
            let mark = if assembly.is_kit == Some(true) { "is marked as a kit" } else { "is not marked as a kit" };
            let message = format!("{} {mark}, but its type is {}. The type is used.", assembly.id, assembly.kind);
            defects.push(Defect::reported("kit_flag", number(&assembly.id), message));
        }
    }
}

fn wrong_counts(subject: &Subject, defects: &mut Vec<Defect>) {
    let source = subject.source;
    for (file, field, claim) in &source.claims {
        let actual = match field.as_str() {
            "total_assemblies" => source.assemblies.len(),
            "total_parts" => source.parts.len(),
            "total_categories" => source.categories.len(),
            _ => continue,
        };
        if *claim != actual as u64 {
            defects.push(Defect::reported(
                "wrong_count",
                *file,
                format!("{file}: {field} says {claim}, the file holds {actual}."),
            ));
        }
    }
    let sub_assemblies = subject
        .draft
        .items
        .iter()
        .enumerate()
        .filter(|(position, item)| item.assembly_type.is_some() && subject.uses[*position] > 0);
    let actual = [source.categories.len(), source.assemblies.len(), sub_assemblies.count(), source.parts.len()];
    // Sub-assemblies are counted as assemblies that stand in another one.
    for ((what, claim), actual) in CLAIMED.iter().zip(actual) {
        if *claim != actual {
            let message = format!("Documents speak of {claim} {what}; the files hold {actual}.");
            defects.push(Defect::reported("claimed_count", *what, message));
        }
    }
}
