//! What is doubtful about a catalogue that can be imported: each check looks at the data and says what somebody should see.

use super::{defects::Defect, draft::Draft, source::Source};

mod contents;
mod information;
mod names;
mod numbers;
mod placement;

/// A catalogue under examination, with what several checks need counted once.
pub struct Subject<'a> {
    pub source: &'a Source,
    pub draft: &'a Draft,
    /// In how many assemblies each item is a component, by position.
    pub uses: Vec<usize>,
}

/// Runs every check. None of them forbids the import.
pub fn examine(source: &Source, draft: &Draft) -> Vec<Defect> {
    let mut uses = vec![0; draft.items.len()];
    for component in draft.items.iter().flat_map(|item| &item.components) {
        uses[component.child] += 1;
    }
    let subject = Subject { source, draft, uses };
    let checks = [placement::check, contents::check, names::check, numbers::check, information::check];
    checks.iter().flat_map(|check| check(&subject)).collect()
}

impl Subject<'_> {
    /// Numbers of the components of an item, in its order.
    fn contents(&self, position: usize) -> Vec<&str> {
        self.draft.items[position].components.iter().map(|component| self.number(component.child)).collect()
    }

    fn number(&self, position: usize) -> &str {
        &self.draft.items[position].number
    }
}

/// The first numbers of a long list, and how many follow.
fn listed(numbers: &[&str]) -> String {
    const SHOWN: usize = 12;
    let shown = numbers.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    match numbers.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}
