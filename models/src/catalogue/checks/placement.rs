//! Places in the category tree: what was lost from it, and what stands in it twice.

use super::{Subject, listed};
use crate::catalogue::{
    defects::{Defect, counted},
    draft::number,
};
use std::collections::{HashMap, HashSet};

pub fn check(subject: &Subject) -> Vec<Defect> {
    let mut defects = Vec::new();
    let subcategories: Vec<_> = subject.source.categories.iter().flat_map(|category| &category.subcategories).collect();
    let mut places: HashMap<&str, Vec<&str>> = HashMap::new();
    for sub in &subcategories {
        let mut seen = HashSet::new();
        for id in sub.references.iter().filter(|id| seen.insert(number(id))) {
            places.entry(number(id)).or_default().push(&sub.code);
        }
    }
    // A catalogue without any references does not use them: nothing was lost.
    if places.is_empty() {
        return defects;
    }
    let assemblies = &subject.source.assemblies;
    let lost = assemblies.iter().filter(|assembly| !places.contains_key(number(&assembly.id))).count();
    if lost > 0 {
        let message = format!(
            "{lost} of {} are in no list of the category tree, most likely since ids were renamed. Each is shown in the subcategory of its own code.",
            counted(assemblies.len(), "assembly", "assemblies")
        );
        defects.push(Defect::reported("lost_placement", "categories.json", message));
    }
    let empty: Vec<&str> =
        subcategories.iter().filter(|sub| sub.references.is_empty()).map(|sub| sub.code.as_str()).collect();
    if !empty.is_empty() {
        let message =
            format!("{} of {} subcategories list no assembly: {}.", empty.len(), subcategories.len(), listed(&empty));
        defects.push(Defect::reported("lost_placement", "categories.json", message));
    }
    let mut twice: Vec<_> = places.into_iter().filter(|(_, places)| places.len() > 1).collect();
    twice.sort();
    for (number, places) in twice {
        let message = format!("The tree lists {number} in {}. All are kept.", places.join(" and "));
        defects.push(Defect::reported("second_place", number, message));
    }
    defects
}
