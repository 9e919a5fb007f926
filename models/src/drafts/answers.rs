//! A whole order as somebody typed it: one document, kept as it stands at every step.

use crate::configurations::Answers;
use serde::{Deserialize, Serialize};

/// Builds one order may have.
pub const MOST_BUILDS: usize = 10;

/// Texts as typed. Builds beyond the quantity are kept, so that a quantity typed wrong loses nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrderAnswers {
    pub po_number: String,
    pub customer: String,
    pub project: String,
    pub sales_person: String,
    pub want_on: String,
    pub language: String,
    pub priority: String,
    pub notes: String,
    pub family: String,
    pub quantity: String,
    pub build_numbers: Vec<String>,
    pub builds: Vec<Answers>,
}

impl Default for OrderAnswers {
    fn default() -> OrderAnswers {
        OrderAnswers {
            po_number: String::new(),
            customer: String::new(),
            project: String::new(),
            sales_person: String::new(),
            want_on: String::new(),
            language: "EN".into(),
            priority: "standard".into(),
            notes: String::new(),
            family: "MDRD".into(),
            quantity: "1".into(),
            build_numbers: vec![String::new()],
            builds: vec![Answers::usual()],
        }
    }
}

impl OrderAnswers {
    /// How many builds are asked for: the quantity when it can be read, else as many as were shown before.
    pub fn count(&self) -> usize {
        let typed = crate::configurations::check::pieces(&self.quantity, MOST_BUILDS as u32);
        typed.map(|count| count as usize).unwrap_or(self.build_numbers.len()).clamp(1, MOST_BUILDS)
    }

    /// Makes room for as many builds as the quantity says; never takes one away.
    pub fn follow_quantity(&mut self) {
        let count = self.count();
        if self.build_numbers.len() < count {
            self.build_numbers.resize(count, String::new());
        }
        if self.builds.len() < count {
            self.builds.resize_with(count, Answers::usual);
        }
    }

    /// The builds of the order, by position from 1.
    pub fn builds(&self) -> impl Iterator<Item = (usize, &str, &Answers)> {
        let numbers = self.build_numbers.iter().map(String::as_str);
        (1..=self.count()).zip(numbers).zip(&self.builds).map(|((position, number), build)| (position, number, build))
    }

    /// What people call a build while its number may still be missing.
    pub fn build_title(&self, position: usize) -> String {
        match self.build_numbers.get(position.wrapping_sub(1)).map(|number| number.trim()) {
            Some(number) if !number.is_empty() => format!("build {}", number.chars().take(40).collect::<String>()),
            _ => format!("build {position}"),
        }
    }
}
