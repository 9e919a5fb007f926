//! What the business decided against the letter of the files: control box contents, plain pegboard kits, doubtful quantities.

use super::{
    defects::{Defect, counted},
    draft::{Draft, DraftComponent, DraftItem},
};
use rust_decimal::Decimal;

const CONTROL_BOXES: &str = include_str!("../../data/control_boxes.tsv");
const QUESTIONS: &str = include_str!("../../data/control_box_questions.tsv");
const PLAIN_PEGBOARDS: &str = include_str!("../../data/plain_pegboards.tsv");
const TO_CONFIRM: &str = include_str!("../../data/quantities_to_confirm.tsv");

/// Rows of a table file, without its heading.
fn rows<const COLUMNS: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; COLUMNS]> {
    table.lines().skip(1).filter(|line| !line.is_empty()).map(|line| {
        let mut fields = line.split('\t');
        std::array::from_fn(|_| fields.next().unwrap_or_default())
    })
}

/// What holds for the files as read, and so for every revision made of them: the plain kits that real orders use, the
/// marks on quantities nobody settled, and that control boxes are printed flat.
pub fn complete(draft: &mut Draft) -> Vec<Defect> {
    let mut defects = Vec::new();
    for [number, panel, grommet, kind, size] in rows(PLAIN_PEGBOARDS) {
        let (Some(panel), Some(grommet), None) = (draft.find(panel), draft.find(grommet), draft.find(number)) else {
            continue;
        };
        let (wide, high) = size.split_at(size.len().saturating_sub(2));
        let kind = if kind == "PERF" { "perforated" } else { "solid" };
        let component = |child| DraftComponent { child, quantity: Decimal::ONE, note: String::new(), to_confirm: None };
        let item = DraftItem {
            number: number.into(),
            name: format!("Pegboard kit {wide} × {high} in, {kind}, without colour"),
            assembly_type: Some("KIT".into()),
            category: draft.items[panel].category.clone(),
            subcategory: kit_place(draft, size).or_else(|| draft.items[panel].subcategory.clone()),
            is_derived: true,
            components: vec![component(panel), component(grommet)],
            ..DraftItem::default()
        };
        let message = format!(
            "{number} is not in the files although orders use it. It was made from {} and {}.",
            draft.items[panel].number, draft.items[grommet].number
        );
        draft.add(item);
        defects.push(Defect::repaired("missing_plain_kit", number, message));
    }
    for [parent, child, reason] in rows(TO_CONFIRM) {
        let Some(child) = draft.find(child) else { continue };
        let number = draft.items[child].number.clone();
        if parent.is_empty() {
            draft.items[child].to_confirm = Some(reason.into());
            defects.push(Defect::reported("quantity_to_confirm", number, reason));
        } else if let Some(parent) = draft.find(parent)
            && let Some(component) =
                draft.items[parent].components.iter_mut().find(|component| component.child == child)
        {
            component.to_confirm = Some(reason.into());
            let message = format!("{number} in {}: {reason}", draft.items[parent].number);
            defects.push(Defect::reported("quantity_to_confirm", draft.items[parent].number.clone(), message));
        }
    }
    for [parent, _, _] in rows(CONTROL_BOXES) {
        if let Some(position) = draft.find(parent) {
            draft.items[position].prints_flat = true;
        }
    }
    defects
}

/// Where the coloured kits of this size stand.
fn kit_place(draft: &Draft, size: &str) -> Option<String> {
    let stem = format!("T2-ADW-PB-{size}-");
    let kit = draft.items.iter().find(|item| item.number.starts_with(&stem) && item.number.ends_with("-KIT"))?;
    kit.subcategory.clone()
}

/// The decided contents of the control boxes and what is still asked about them: revision 2 of a pair. Says nothing
/// when the files agree with the decision.
pub fn decide(draft: &mut Draft) -> Vec<Defect> {
    let mut defects = Vec::new();
    let mut boxes: Vec<(&str, Vec<(&str, &str)>)> = Vec::new();
    for [parent, child, quantity] in rows(CONTROL_BOXES) {
        match boxes.last_mut() {
            Some((last, contents)) if *last == parent => contents.push((child, quantity)),
            _ => boxes.push((parent, vec![(child, quantity)])),
        }
    }
    for (number, contents) in boxes {
        let Some(position) = draft.find(number) else { continue };
        let missing: Vec<&str> =
            contents.iter().filter(|(child, _)| draft.find(child).is_none()).map(|(child, _)| *child).collect();
        if !missing.is_empty() {
            let message = format!(
                "{number} keeps the contents of the files: {} of the decided contents is not in the catalogue.",
                missing.join(", ")
            );
            defects.push(Defect::reported("correction_not_possible", number, message));
            continue;
        }
        let decided: Vec<DraftComponent> = contents
            .iter()
            .filter_map(|(child, quantity)| {
                let quantity = quantity.parse().ok()?;
                Some(DraftComponent { child: draft.find(child)?, quantity, note: String::new(), to_confirm: None })
            })
            .collect();
        let differences = differences(draft, &draft.items[position].components, &decided);
        if !differences.is_empty() {
            let message = format!(
                "{number} differs from the decided contents in {}: {}. Revision 2 has the decided ones.",
                counted(differences.len(), "line", "lines"),
                differences.join("; ")
            );
            defects.push(Defect::repaired("control_box", number, message));
            draft.items[position].components = decided;
        }
    }
    for [number, question] in rows(QUESTIONS) {
        if let Some(position) = draft.find(number) {
            draft.items[position].open_question = Some(question.into());
            defects.push(Defect::reported("open_question", number, question));
        }
    }
    defects
}

/// "T2-EDRAIN-BOARD-R3 2, decided 1" for each line that is not as decided.
fn differences(draft: &Draft, found: &[DraftComponent], decided: &[DraftComponent]) -> Vec<String> {
    let quantity = |components: &[DraftComponent], child: usize| {
        components
            .iter()
            .find(|component| component.child == child)
            .map_or("none".to_owned(), |component| component.quantity.normalize().to_string())
    };
    let mut children: Vec<usize> = found.iter().map(|component| component.child).collect();
    children.extend(
        decided
            .iter()
            .map(|component| component.child)
            .filter(|child| found.iter().all(|component| component.child != *child)),
    );
    children
        .into_iter()
        .map(|child| (child, quantity(found, child), quantity(decided, child)))
        .filter(|(_, found, decided)| found != decided)
        .map(|(child, found, decided)| format!("{} {found}, decided {decided}", draft.items[child].number))
        .collect()
}
