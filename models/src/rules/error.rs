//! What can go wrong with rules: while they are compiled, and while they choose lines.

use super::MOST_CHOSEN;
use super::tables::TableProblem;
use rust_decimal::Decimal;

/// Why the rules gave no lines, naming the rule (its line number in the template).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{place}: {message}")]
    Expression { place: Place, message: String },
    #[error("{place}: table {table} has no row for {value}.")]
    Gap { place: Place, table: String, value: String },
    #[error("Rule {rule} gives the quantity {quantity}; it must be 0 or more.")]
    Quantity { rule: i32, quantity: Decimal },
    #[error("{place}: an answer it needs has not been given.")]
    Unanswered { place: Place },
    #[error("The rules choose more than {MOST_CHOSEN} lines.")]
    TooManyLines,
    #[error("Rule {rule} {message}")]
    Structure { rule: i32, message: String },
    #[error(transparent)]
    Table(#[from] TableProblem),
}

/// Where in a template: the rule or choice, the field, and the position in its expression (from 1; 0: all of it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub part: Part,
    pub field: &'static str,
    pub line: usize,
    pub column: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Rule(i32),
    Choice(String),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.part {
            Part::Rule(number) => write!(f, "Rule {number}, {}", self.field)?,
            Part::Choice(item) => write!(f, "Choice {item}, {}", self.field)?,
        }
        if self.line > 0 { write!(f, ", line {} column {}", self.line, self.column) } else { Ok(()) }
    }
}
