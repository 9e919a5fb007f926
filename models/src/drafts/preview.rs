//! The BOM of an unfinished build: the lines that can already be said, and what the last choice changed in them.

use crate::boms::{ChosenLine, explode};
use crate::catalogue::Catalogue;
use crate::rules::{Facts, Rules};
use rust_decimal::Decimal;
use std::collections::HashMap;

/// One level-0 line beside the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewLine {
    pub number: String,
    /// From the catalogue in force; empty when it does not know the number.
    pub name: String,
    pub quantity: Decimal,
    pub reason: String,
    pub note: String,
    pub change: Option<Change>,
}

/// What the last choice did to a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    New,
    /// Stands where another number stood.
    Instead(String),
    /// The quantity it had.
    Was(Decimal),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    pub lines: Vec<PreviewLine>,
    /// Lines that went without another in their place.
    pub gone: Vec<String>,
    /// Pieces to lay hands on, all levels; none when the catalogue cannot expand a line.
    pub pieces: Option<Decimal>,
    /// Why the pieces are not known.
    pub trouble: Option<String>,
}

/// The lines so far; without a catalogue they have no names and cannot be counted. `before` are the facts before the last choice, when there was one.
pub fn preview(rules: &Rules, catalogue: Result<&Catalogue, &str>, facts: &Facts, before: Option<&Facts>) -> Preview {
    let chosen = rules.preview(facts);
    let earlier = before.filter(|before| *before != facts).map(|before| rules.preview(before));
    let (pieces, trouble) = match catalogue.map(|catalogue| explode::explode(catalogue, &chosen)) {
        Ok(Ok(lines)) => (Some(explode::summarize(&lines, &chosen).pieces.normalize()), None),
        Ok(Err(fault)) => (None, Some(fault.to_string())),
        Err(sentence) => (None, Some(sentence.to_string())),
    };
    let lines: Vec<PreviewLine> = merged(&chosen).into_iter().map(|line| named(catalogue.ok(), line)).collect();
    let mut preview = Preview { lines, gone: Vec::new(), pieces, trouble };
    if let Some(earlier) = earlier {
        compare(&mut preview, &chosen, &earlier);
    }
    preview
}

fn named(catalogue: Option<&Catalogue>, line: ChosenLine) -> PreviewLine {
    let known = catalogue.and_then(|catalogue| Some(catalogue.item(catalogue.find(&line.number)?).name.clone()));
    let name = known.unwrap_or_default();
    PreviewLine {
        number: line.number,
        name,
        quantity: line.quantity.normalize(),
        reason: line.reason,
        note: line.note,
        change: None,
    }
}

/// Top lines with equal numbers and notes as one, in the order of the rules.
fn merged(chosen: &[ChosenLine]) -> Vec<ChosenLine> {
    let mut lines: Vec<ChosenLine> = Vec::new();
    for line in chosen.iter().filter(|line| line.parent.is_none()) {
        match lines.iter_mut().find(|known| known.number == line.number && known.note == line.note) {
            Some(known) => known.quantity += line.quantity,
            None => lines.push(line.clone()),
        }
    }
    lines
}

fn compare(preview: &mut Preview, chosen: &[ChosenLine], earlier: &[ChosenLine]) {
    let (now, before) = (merged(chosen), merged(earlier));
    let had: HashMap<&str, Decimal> = before.iter().map(|line| (line.number.as_str(), line.quantity)).collect();
    let mut gone: Vec<&ChosenLine> =
        before.iter().filter(|line| now.iter().all(|other| other.number != line.number)).collect();
    for (line, shown) in now.iter().zip(&mut preview.lines) {
        shown.change = match had.get(line.number.as_str()) {
            Some(quantity) if *quantity == line.quantity => None,
            Some(quantity) => Some(Change::Was(quantity.normalize())),
            None => match gone.iter().position(|other| other.role == line.role) {
                Some(place) => Some(Change::Instead(gone.remove(place).number.clone())),
                None => Some(Change::New),
            },
        };
    }
    preview.gone = gone.into_iter().map(|line| line.number.clone()).collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(role: &str, number: &str, quantity: i64) -> ChosenLine {
        ChosenLine {
            template_item_id: 1,
            role: role.into(),
            number: number.into(),
            quantity: quantity.into(),
            reason: String::new(),
            note: String::new(),
            custom_group: None,
            omits: None,
            parent: None,
        }
    }

    #[test]
    fn the_last_choice_marks_what_it_changed() {
        let before =
            [line("control", "T2-CTRL-EDR2", 1), line("basin", "T2-BSN-EDR-KIT", 2), line("light", "LIGHT", 1)];
        let now = [
            line("control", "T2-CTRL-EDR1-ESK1", 1),
            line("basin", "T2-BSN-EDR-KIT", 1),
            line("basin", "T2-BSN-ESK-KIT", 1),
        ];
        let lines = merged(&now).into_iter().map(|line| named(None, line)).collect();
        let mut preview = Preview { lines, ..Preview::default() };
        compare(&mut preview, &now, &before);
        let changes: Vec<Option<Change>> = preview.lines.into_iter().map(|line| line.change).collect();
        assert_eq!(
            changes,
            [Some(Change::Instead("T2-CTRL-EDR2".into())), Some(Change::Was(2.into())), Some(Change::New)]
        );
        assert_eq!(preview.gone, ["LIGHT"]);
    }
}
