//! Names that say something else than the number, the twin or the dictionary.

use super::{Subject, listed};
use crate::catalogue::{
    defects::Defect,
    draft::{DraftItem, number},
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What was written, and what was most likely meant.
const SPELLING: &[(&str, &str)] = &[
    ("ACTUACTOR", "ACTUATOR"),
    ("COMPATABLE", "COMPATIBLE"),
    ("EMERGNECY", "EMERGENCY"),
    ("ENCLOUSURE", "ENCLOSURE"),
    ("GREATER THEN", "GREATER THAN"),
    ("GROMET", "GROMMET"),
    ("GROMETS", "GROMMETS"),
    ("INTRUMENT", "INSTRUMENT"),
    ("LESS THEN", "LESS THAN"),
    ("PERFORRATED", "PERFORATED"),
    ("PUMBLING", "PLUMBING"),
    ("STRIAGHT", "STRAIGHT"),
    ("STRIGHT", "STRAIGHT"),
];

pub fn check(subject: &Subject) -> Vec<Defect> {
    let mut defects = Vec::new();
    for item in subject.draft.items.iter().filter(|item| !item.is_derived) {
        range(item, &mut defects);
        bowls(item, &mut defects);
    }
    overlaps(subject, &mut defects);
    shared(subject, &mut defects);
    twins(subject, &mut defects);
    spelling(subject, &mut defects);
    defects
}

/// `…-61-72-…` in the number against `COVERS 60" UP TO 120"` in the name.
fn range(item: &DraftItem, defects: &mut Vec<Defect>) {
    let (Some(by_number), Some(by_name)) = (range_in_number(&item.number), range_in_name(&item.name)) else { return };
    if by_number != by_name {
        let message = format!(
            "The number {} means {} to {} in, its name says {} to {}: {}.",
            item.number, by_number.0, by_number.1, by_name.0, by_name.1, item.name
        );
        defects.push(Defect::reported("range_in_name", &item.number, message));
    }
}

/// A body is chosen by its length alone; a number of bowls in its name misleads.
fn bowls(item: &DraftItem, defects: &mut Vec<Defect>) {
    let bowls = ["SINGLE BOWL", "DOUBLE BOWL", "TRIPLE BOWL"].into_iter().find(|bowls| item.name.contains(bowls));
    if let (Some(bowls), Some((from, to))) = (bowls, range_in_number(&item.number)) {
        let message = format!(
            "{} is the body for every sink of {from} to {to} in, but is called {}: {}.",
            item.number,
            bowls.to_lowercase(),
            item.name
        );
        defects.push(Defect::reported("bowls_in_name", &item.number, message));
    }
}

/// From, to, and the number that covers it.
type Covers<'a> = (u32, u32, &'a str);

/// Two items of one kind that both claim to cover a length: parts of a family share the number up to their size.
fn overlaps(subject: &Subject, defects: &mut Vec<Defect>) {
    let mut families: BTreeMap<(String, &str), Vec<Covers>> = BTreeMap::new();
    for item in &subject.draft.items {
        if let (Some((from, to)), Some(place)) = (range_in_name(&item.name), &item.subcategory) {
            let family: String = item.number.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
            let family = family.replace("#", "");
            families.entry((family, place)).or_default().push((from, to, &item.number));
        }
    }
    let mut found: BTreeMap<[u32; 4], Vec<(&str, &str)>> = BTreeMap::new();
    for ranges in families.values_mut() {
        ranges.sort();
        for pair in ranges.windows(2).filter(|pair| pair[1].0 <= pair[0].1) {
            found.entry([pair[0].0, pair[0].1, pair[1].0, pair[1].1]).or_default().push((pair[0].2, pair[1].2));
        }
    }
    // The kits of a board repeat the range of the board; said once, for the shortest number.
    for ([from, to, next, last], mut pairs) in found {
        pairs.sort_by_key(|(number, _)| number.len());
        let (number, other) = pairs[0];
        let more = match pairs.len() {
            1 => String::new(),
            count => format!(" So do {} kits of them.", count - 1),
        };
        let message =
            format!("By their names {number} covers {from} to {to} in and {other} covers {next} to {last} in.{more}");
        defects.push(Defect::reported("overlapping_range", other, message));
    }
}

fn shared(subject: &Subject, defects: &mut Vec<Defect>) {
    let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for item in &subject.draft.items {
        by_name.entry(&item.name).or_default().push(&item.number);
    }
    for (name, numbers) in by_name.into_iter().filter(|(_, numbers)| numbers.len() > 1) {
        let message = format!("{} are all called {name}. Only the number tells them apart.", listed(&numbers));
        defects.push(Defect::reported("shared_name", numbers[0], message));
    }
}

fn twins(subject: &Subject, defects: &mut Vec<Defect>) {
    let parts: HashMap<&str, &str> =
        subject.source.parts.iter().map(|part| (part.id.as_str(), part.name.as_str())).collect();
    for assembly in &subject.source.assemblies {
        let number = number(&assembly.id);
        match parts.get(number) {
            Some(name) if *name != assembly.name => {
                let message = format!(
                    "The assembly is called \"{}\", its part \"{name}\". The assembly's name is used.",
                    assembly.name
                );
                defects.push(Defect::reported("twin_name", number, message));
            }
            None if number != assembly.id => {
                let message = format!("{} has no part {number}. It is imported as {number}.", assembly.id);
                defects.push(Defect::reported("lone_twin", number, message));
            }
            _ => {}
        }
    }
}

fn spelling(subject: &Subject, defects: &mut Vec<Defect>) {
    for (wrong, right) in SPELLING {
        let assemblies =
            subject.source.assemblies.iter().map(|assembly| (number(&assembly.id), assembly.name.as_str()));
        let parts = subject.source.parts.iter().map(|part| (part.id.as_str(), part.name.as_str()));
        let makers = subject.source.parts.iter().filter_map(|part| Some((part.id.as_str(), part.maker.as_deref()?)));
        let mut numbers: Vec<&str> = assemblies
            .chain(parts)
            .chain(makers)
            .filter(|(_, name)| words_contain(name, wrong))
            .map(|(number, _)| number)
            .collect();
        let mut seen = HashSet::new();
        numbers.retain(|number| seen.insert(*number));
        if let Some(first) = numbers.first() {
            let message = format!("\"{wrong}\" most likely means \"{right}\", in {}.", listed(&numbers));
            defects.push(Defect::reported("spelling", *first, message));
        }
    }
}

/// Whether the words stand in the text as words, not as part of a longer one.
fn words_contain(text: &str, words: &str) -> bool {
    text.match_indices(words).any(|(start, _)| {
        let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        !is_letter(text[..start].chars().next_back()) && !is_letter(text[start + words.len()..].chars().next())
    })
}

/// 61 and 72 of `T2-BODY-61-72-HA`.
fn range_in_number(number: &str) -> Option<(u32, u32)> {
    let figures: Vec<Option<u32>> = number.split('-').map(|word| word.parse().ok()).collect();
    figures.windows(2).find_map(|pair| match pair {
        [Some(from), Some(to)] if from < to && *to < 1_000 => Some((*from, *to)),
        _ => None,
    })
}

/// 34 and 47 of `(COVERS 34" - 47")`, 60 and 120 of `(COVERS 60" UP TO 120")`.
fn range_in_name(name: &str) -> Option<(u32, u32)> {
    let covers = name.split_once("COVERS ")?.1;
    let (from, rest) = covers.split_once('"')?;
    let rest = rest.trim_start().strip_prefix("UP TO").or_else(|| rest.trim_start().strip_prefix('-'))?;
    let (to, _) = rest.split_once('"')?;
    Some((from.trim().parse().ok()?, to.trim().parse().ok()?))
}
