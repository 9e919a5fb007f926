//! The BOM rules: data that turns a configuration into the lines a sink starts from. Compiled once per version.

pub mod checker;
pub mod environment;
pub mod facts;
pub mod known;
pub mod probes;
pub mod signing;
pub mod template;
pub mod templates;
pub mod validation;

mod error;
mod expression;
mod language;
mod store;
mod tables;

pub use checker::{FUNCTIONS, Slip};
pub use error::{Error, Part, Place};
pub use facts::{BasinFacts, Facts, FaucetFacts, SprayerFacts};
pub use store::{active, load};
pub use tables::TableProblem;
pub use template::{ChoiceRow, Severity, Status, Table, TableKind, TableRow, Template, TemplateLine};

use crate::boms::ChosenLine;
use crate::configurations::Configuration;
use checker::Checker;
use environment::Type;
use expression::{Expression, Failure};
use rhai::{Engine, Scope};
use rust_decimal::{Decimal, RoundingStrategy};
use std::sync::Arc;
use tables::Tables;

/// Decimals of a quantity: a millionth of a piece, as the database keeps it.
pub const QUANTITY_DECIMALS: u32 = 6;
/// Lines one configuration may choose before anything is expanded.
const MOST_CHOSEN: usize = 2_000;

/// One version of the rules, checked and ready to run. Shared between threads.
#[derive(Debug)]
pub struct Rules {
    pub template: Template,
    engine: Engine,
    lines: Vec<Rule>,
    /// Rules that stand under no other, in the order of their numbers.
    roots: Vec<usize>,
    requirements: Vec<Option<Expression>>,
}

#[derive(Debug)]
struct Rule {
    item: Option<Expression>,
    custom_group: Option<String>,
    condition: Option<Expression>,
    quantity: Option<Expression>,
    reason: Option<Expression>,
    note: Option<Expression>,
    children: Vec<usize>,
}

/// What a choice of step 4 says about a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding<'a> {
    pub item: &'a str,
    pub severity: Severity,
    pub message: &'a str,
}

impl Rules {
    /// Compiles and checks every expression. All problems are reported, not the first.
    pub fn compile(template: Template) -> Result<Rules, Vec<Error>> {
        let tables = Arc::new(Tables::prepare(&template.tables).map_err(|problem| vec![problem.into()])?);
        let engine = language::engine(tables.clone());
        let mut problems = Vec::new();
        let mut lines = Vec::with_capacity(template.lines.len());
        for line in &template.lines {
            lines.push(Rule::compile(&engine, &tables, line, &mut problems));
        }
        let roots = family_tree(&template, &mut lines, &mut problems);
        let checker = Checker { tables: &tables, repeat: None };
        let mut requirements = Vec::with_capacity(template.choices.len());
        for choice in &template.choices {
            let part = Part::Choice(choice.item.clone());
            let compiled = field(&engine, &checker, &choice.requirement, Type::Truth, (part, "requirement"));
            requirements.push(compiled.unwrap_or_else(|problem| {
                problems.push(problem);
                None
            }));
        }
        if problems.is_empty() { Ok(Rules { template, engine, lines, roots, requirements }) } else { Err(problems) }
    }

    /// The level-0 lines of a complete configuration.
    pub fn lines(&self, configuration: &Configuration) -> Result<Vec<ChosenLine>, Error> {
        self.choose(&Facts::from(configuration), Err)
    }

    /// The lines that can already be said: a rule that needs an open answer, or has none for it, stays silent.
    pub fn preview(&self, facts: &Facts) -> Vec<ChosenLine> {
        self.choose(facts, |_| Ok(())).unwrap_or_default()
    }

    /// What step 4 offers, in order.
    pub fn choices(&self) -> &[ChoiceRow] {
        &self.template.choices
    }

    /// What the choice at this position says about the configuration; nothing when it fits or cannot be told yet.
    pub fn objection(&self, position: usize, facts: &Facts) -> Option<Finding<'_>> {
        self.object(position, &mut environment::scope(facts))
    }

    /// Every choice with what it says about the configuration, for the page that offers them.
    pub fn offers(&self, facts: &Facts) -> Vec<(&ChoiceRow, Option<Finding<'_>>)> {
        let mut scope = environment::scope(facts);
        let offers = self.template.choices.iter().enumerate();
        offers.map(|(position, choice)| (choice, self.object(position, &mut scope))).collect()
    }

    /// What the chosen accessories say about the configuration.
    pub fn findings(&self, facts: &Facts) -> Vec<Finding<'_>> {
        let mut scope = environment::scope(facts);
        let chosen = self.template.choices.iter().enumerate();
        let chosen = chosen.filter(|(_, choice)| facts.accessories.iter().any(|one| one.item == choice.item));
        chosen.filter_map(|(position, _)| self.object(position, &mut scope)).collect()
    }

    /// Whether step 4 offers this number at all.
    pub fn offers_item(&self, number: &str) -> bool {
        self.template.choices.iter().any(|choice| choice.item == number)
    }

    fn object(&self, position: usize, scope: &mut Scope<'_>) -> Option<Finding<'_>> {
        let (choice, requirement) = (&self.template.choices[position], self.requirements[position].as_ref()?);
        match requirement.truth(&self.engine, scope) {
            Ok(false) => Some(Finding { item: &choice.item, severity: choice.severity, message: &choice.message }),
            _ => None,
        }
    }

    fn choose(&self, facts: &Facts, on_error: impl Fn(Error) -> Result<(), Error>) -> Result<Vec<ChosenLine>, Error> {
        let mut run = Run { rules: self, facts, scope: environment::scope(facts), chosen: Vec::new(), on_error };
        for root in &self.roots {
            run.line(*root, None)?;
        }
        Ok(run.chosen)
    }
}

/// One pass over the rules for one configuration.
struct Run<'a, F> {
    rules: &'a Rules,
    facts: &'a Facts,
    scope: Scope<'static>,
    chosen: Vec<ChosenLine>,
    on_error: F,
}

impl<F: Fn(Error) -> Result<(), Error>> Run<'_, F> {
    fn line(&mut self, index: usize, parent: Option<usize>) -> Result<(), Error> {
        let row = &self.rules.template.lines[index];
        if row.repeat_for.is_empty() {
            return self.once(index, parent);
        }
        for element in environment::elements(&row.repeat_for, self.facts) {
            let before = self.scope.len();
            self.scope.push_constant_dynamic(row.repeat_for.clone(), element);
            self.once(index, parent)?;
            self.scope.rewind(before);
        }
        Ok(())
    }

    fn once(&mut self, index: usize, parent: Option<usize>) -> Result<(), Error> {
        match self.chosen_line(index, parent) {
            Ok(None) => Ok(()),
            Err(error) => (self.on_error)(error),
            Ok(Some(_)) if self.chosen.len() >= MOST_CHOSEN => Err(Error::TooManyLines),
            Ok(Some(line)) => {
                let position = self.chosen.len();
                self.chosen.push(line);
                let rules = self.rules;
                rules.lines[index].children.iter().try_for_each(|child| self.line(*child, Some(position)))
            }
        }
    }

    fn chosen_line(&mut self, index: usize, parent: Option<usize>) -> Result<Option<ChosenLine>, Error> {
        let (rule, row) = (&self.rules.lines[index], &self.rules.template.lines[index]);
        let (engine, scope) = (&self.rules.engine, &mut self.scope);
        let place = |field| move |failure| at(failure, Part::Rule(row.line_number), field);
        if let Some(condition) = &rule.condition
            && !condition.truth(engine, scope).map_err(place("condition"))?
        {
            return Ok(None);
        }
        let quantity = match &rule.quantity {
            None => row.base_quantity,
            Some(formula) => {
                let times = formula.number(engine, scope).map_err(place("quantity"))?;
                exact(row, times)?
            }
        };
        if quantity.is_zero() {
            return Ok(None);
        }
        let number = match &rule.item {
            Some(item) => item.text(engine, scope).map_err(place("item"))?,
            None => row.item.clone(),
        };
        let mut text = |expression: &Option<Expression>, field| match expression {
            Some(expression) => expression.text(engine, scope).map_err(place(field)),
            None => Ok(String::new()),
        };
        Ok(Some(ChosenLine {
            template_item_id: row.id,
            role: row.role.clone(),
            number,
            quantity,
            reason: text(&rule.reason, "reason")?,
            note: text(&rule.note, "note")?,
            custom_group: rule.custom_group.clone(),
            omits: Some(&row.omits).filter(|omits| !omits.is_empty()).cloned(),
            parent,
        }))
    }
}

/// Base quantity times the formula, to a millionth of a piece.
fn exact(row: &TemplateLine, times: Decimal) -> Result<Decimal, Error> {
    let wrong = |quantity| Error::Quantity { rule: row.line_number, quantity };
    let quantity = row.base_quantity.checked_mul(times).ok_or_else(|| wrong(times))?;
    let quantity = quantity.round_dp_with_strategy(QUANTITY_DECIMALS, RoundingStrategy::MidpointAwayFromZero);
    if quantity.is_sign_negative() && !quantity.is_zero() { Err(wrong(quantity)) } else { Ok(quantity.normalize()) }
}

impl Rule {
    fn compile(engine: &Engine, tables: &Tables, line: &TemplateLine, problems: &mut Vec<Error>) -> Rule {
        let repeat = environment::repeat(&line.repeat_for);
        let checker = Checker { tables, repeat };
        let mut compile = |text: &str, wanted, name: &'static str| {
            field(engine, &checker, text, wanted, (Part::Rule(line.line_number), name)).unwrap_or_else(|problem| {
                problems.push(problem);
                None
            })
        };
        let item = compile(&line.item_expression, Type::Text, "item");
        let group = item.as_ref().and_then(|item| tables.group(item.pattern_table.as_deref()?));
        Rule {
            custom_group: group.map(str::to_string),
            item,
            condition: compile(&line.condition, Type::Truth, "condition"),
            quantity: compile(&line.quantity_formula, Type::Number, "quantity"),
            reason: compile(&line.reason, Type::Text, "reason"),
            note: compile(&line.note, Type::Text, "note"),
            children: Vec::new(),
        }
    }
}

fn field(
    engine: &Engine,
    checker: &Checker<'_>,
    text: &str,
    wanted: Type,
    (part, field): (Part, &'static str),
) -> Result<Option<Expression>, Error> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let compiled = Expression::compile(engine, checker, text, wanted, field == "item");
    compiled.map(Some).map_err(|slip| at(Failure::Fault(slip), part, field))
}

fn at(failure: Failure, part: Part, field: &'static str) -> Error {
    let place = |line, column| Place { part, field, line, column };
    match failure {
        Failure::Unanswered => Error::Unanswered { place: place(0, 0) },
        Failure::Gap(gap, position) => Error::Gap {
            place: place(position.line().unwrap_or(0), position.position().unwrap_or(0)),
            table: gap.table,
            value: gap.value,
        },
        Failure::Fault(slip) => Error::Expression { place: place(slip.line, slip.column), message: slip.message },
    }
}

/// Hangs the rules under their parents and returns those without one. A rule's parent has a smaller number, so no
/// rule can stand under itself.
fn family_tree(template: &Template, lines: &mut [Rule], problems: &mut Vec<Error>) -> Vec<usize> {
    let mut roots = Vec::new();
    for (index, line) in template.lines.iter().enumerate() {
        let Some(parent_id) = line.parent_item_id else {
            roots.push(index);
            continue;
        };
        match template.lines[..index].iter().position(|parent| parent.id == parent_id) {
            Some(parent) => lines[parent].children.push(index),
            None => problems.push(Error::Structure {
                rule: line.line_number,
                message: "stands under a rule that comes after it.".into(),
            }),
        }
    }
    roots
}

#[cfg(test)]
mod tests;
