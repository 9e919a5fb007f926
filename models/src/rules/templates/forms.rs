//! What an administrator typed about a line, a table or a choice, and what is wrong with it, field by field.

mod choices;
mod tables;

pub use choices::ChoiceForm;
pub use tables::{RowForm, TableForm};

use crate::rules::{Error, Rules, Template, TemplateLine, environment};
use rust_decimal::Decimal;

/// A sentence under a field of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    pub field: String,
    pub message: String,
}

fn problem(field: &str, message: impl Into<String>) -> FieldProblem {
    FieldProblem { field: field.into(), message: message.into() }
}

/// A line as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineForm {
    pub line_number: String,
    /// Line number of the line it stands under; empty: none.
    pub parent: String,
    pub role: String,
    pub repeat_for: String,
    pub item: String,
    pub item_expression: String,
    pub base_quantity: String,
    pub condition: String,
    pub quantity_formula: String,
    pub reason: String,
    pub note: String,
    pub source: String,
    pub omits: String,
}

impl LineForm {
    /// The form of a line as kept.
    pub fn of(line: &TemplateLine, template: &Template) -> LineForm {
        let parent = template.lines.iter().find(|parent| Some(parent.id) == line.parent_item_id);
        LineForm {
            line_number: line.line_number.to_string(),
            parent: parent.map(|parent| parent.line_number.to_string()).unwrap_or_default(),
            role: line.role.clone(),
            repeat_for: line.repeat_for.clone(),
            item: line.item.clone(),
            item_expression: line.item_expression.clone(),
            base_quantity: line.base_quantity.normalize().to_string(),
            condition: line.condition.clone(),
            quantity_formula: line.quantity_formula.clone(),
            reason: line.reason.clone(),
            note: line.note.clone(),
            source: line.source.clone(),
            omits: line.omits.clone(),
        }
    }

    /// The line, or everything wrong with it. `old` is the line being changed.
    pub fn read(&self, template: &Template, old: Option<&TemplateLine>) -> Result<TemplateLine, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        let line_number = self.line_number.trim().parse::<i32>().ok().filter(|number| (1..=100_000).contains(number));
        if line_number.is_none() {
            problems.push(problem("line_number", "The line number is a whole number from 1 to 100,000."));
        }
        let line_number = line_number.unwrap_or(1);
        let same = template.lines.iter().find(|line| line.line_number == line_number);
        if same.is_some_and(|same| Some(same.id) != old.map(|old| old.id)) {
            problems.push(problem("line_number", format!("There is already a line {line_number}.")));
        }
        let parent = self.parent(template, line_number, &mut problems);
        let quantity = self.base_quantity.trim().parse::<Decimal>().ok();
        let quantity =
            quantity.filter(|one| *one > Decimal::ZERO && *one <= 1_000_000.into() && one.normalize().scale() <= 6);
        if quantity.is_none() {
            problems.push(problem(
                "base_quantity",
                "The base quantity is above 0, at most a million, with 6 decimals at most.",
            ));
        }
        if !self.repeat_for.is_empty() && environment::repeat(&self.repeat_for).is_none() {
            problems.push(problem("repeat_for", "Choose what the line repeats for from the list."));
        }
        limits(
            &mut problems,
            &[
                ("role", &self.role, 40),
                ("item", &self.item, 120),
                ("omits", &self.omits, 120),
                ("source", &self.source, 500),
            ],
        );
        if self.role.trim().is_empty() {
            problems.push(problem("role", "The role is missing. It says what the line is for, such as body."));
        }
        if self.item.trim().is_empty() == self.item_expression.trim().is_empty() {
            problems.push(problem("item", "A line has an item or an item expression: fill in one of the two."));
        }
        let line = TemplateLine {
            id: old.map_or(0, |old| old.id),
            line_number,
            parent_item_id: parent,
            role: self.role.trim().into(),
            repeat_for: self.repeat_for.clone(),
            item: self.item.trim().into(),
            item_expression: self.item_expression.trim().into(),
            base_quantity: quantity.unwrap_or(Decimal::ONE).normalize(),
            condition: self.condition.trim().into(),
            quantity_formula: self.quantity_formula.trim().into(),
            reason: self.reason.trim().into(),
            note: self.note.trim().into(),
            source: self.source.trim().into(),
            omits: self.omits.trim().into(),
        };
        problems.extend(expressions(&line, template));
        if problems.is_empty() { Ok(line) } else { Err(problems) }
    }

    fn parent(&self, template: &Template, line_number: i32, problems: &mut Vec<FieldProblem>) -> Option<i32> {
        if self.parent.trim().is_empty() {
            return None;
        }
        let number = self.parent.trim().parse::<i32>().ok();
        let parent =
            template.lines.iter().find(|line| Some(line.line_number) == number && line.line_number < line_number);
        if parent.is_none() {
            problems.push(problem("parent", "A line stands under a line with a smaller number that exists."));
        }
        parent.map(|parent| parent.id)
    }
}

fn limits(problems: &mut Vec<FieldProblem>, fields: &[(&str, &str, usize)]) {
    for (field, value, longest) in fields {
        let length = value.chars().count();
        if length > *longest {
            problems.push(problem(field, format!("This has {length} characters. It takes at most {longest}.")));
        }
        if value.contains(['\n', '\r', '\t', '\0']) {
            problems.push(problem(field, "This takes one line without tabs."));
        }
    }
}

/// Compiles the line's expressions against the version's tables.
fn expressions(line: &TemplateLine, template: &Template) -> Vec<FieldProblem> {
    let alone = TemplateLine { parent_item_id: None, ..line.clone() };
    let checked = Template { lines: vec![alone], choices: Vec::new(), ..template.clone() };
    let fault = |error| match error {
        Error::Expression { place, message } => {
            let field = match place.field {
                "item" => "item_expression",
                "quantity" => "quantity_formula",
                other => other,
            };
            problem(field, positioned(place.line, place.column, &message))
        }
        other => problem("item_expression", other.to_string()),
    };
    Rules::compile(checked).err().unwrap_or_default().into_iter().map(fault).collect()
}

fn positioned(line: usize, column: usize, message: &str) -> String {
    match line {
        0 => message.into(),
        1 => format!("Column {column}: {message}"),
        _ => format!("Line {line}, column {column}: {message}"),
    }
}
