//! A choice of step 4 as typed.

use super::{FieldProblem, limits, positioned, problem};
use crate::rules::{ChoiceRow, Error, Rules, Severity, Template};

/// A choice of step 4 as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChoiceForm {
    pub position: String,
    pub group_code: String,
    pub item: String,
    pub requirement: String,
    pub severity: String,
    pub message: String,
}

impl ChoiceForm {
    pub fn of(choice: &ChoiceRow) -> ChoiceForm {
        ChoiceForm {
            position: choice.position.to_string(),
            group_code: choice.group_code.clone(),
            item: choice.item.clone(),
            requirement: choice.requirement.clone(),
            severity: if choice.severity == Severity::Error { "error" } else { "warning" }.into(),
            message: choice.message.clone(),
        }
    }

    /// The choice, or everything wrong with it. `old` is the position of the choice being changed.
    pub fn read(&self, template: &Template, old: Option<i32>) -> Result<ChoiceRow, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        let position = self.position.trim().parse::<i32>().ok().filter(|number| (1..=100_000).contains(number));
        if position.is_none() {
            problems.push(problem("position", "The position is a whole number from 1 to 100,000."));
        }
        let position = position.unwrap_or(1);
        let others = || template.choices.iter().filter(|choice| Some(choice.position) != old);
        if others().any(|choice| choice.position == position) {
            problems.push(problem("position", format!("There is already a choice at position {position}.")));
        }
        if others().any(|choice| choice.item == self.item.trim()) {
            problems.push(problem("item", format!("{} is already offered.", self.item.trim())));
        }
        for (field, value, what) in [("item", &self.item, "The item"), ("group_code", &self.group_code, "The group")] {
            if value.trim().is_empty() {
                problems.push(problem(field, format!("{what} is missing.")));
            }
        }
        limits(
            &mut problems,
            &[("item", &self.item, 120), ("group_code", &self.group_code, 20), ("message", &self.message, 300)],
        );
        let severity = match self.severity.as_str() {
            "error" => Severity::Error,
            _ => Severity::Warning,
        };
        if !self.requirement.trim().is_empty() && self.message.trim().is_empty() {
            problems.push(problem("message", "Say what is wrong when the requirement does not hold."));
        }
        let choice = ChoiceRow {
            position,
            group_code: self.group_code.trim().into(),
            item: self.item.trim().into(),
            requirement: self.requirement.trim().into(),
            severity,
            message: self.message.trim().into(),
        };
        let checked = Template { lines: Vec::new(), choices: vec![choice.clone()], ..template.clone() };
        for error in Rules::compile(checked).err().unwrap_or_default() {
            problems.push(match error {
                Error::Expression { place, message } => {
                    problem("requirement", positioned(place.line, place.column, &message))
                }
                other => problem("requirement", other.to_string()),
            });
        }
        if problems.is_empty() { Ok(choice) } else { Err(problems) }
    }
}
