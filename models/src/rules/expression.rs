//! One expression of a template: compiled and checked once, run for every build.

use super::checker::{Checker, Slip};
use super::environment::Type;
use super::language::LONGEST;
use super::tables::Gap;
use rhai::{AST, Dynamic, Engine, EvalAltResult, Expr, ImmutableString, Position, Scope, Stmt};
use rust_decimal::Decimal;

#[derive(Debug)]
pub struct Expression {
    ast: AST,
    /// The table whose pattern makes the number, when the expression is a custom number.
    pub pattern_table: Option<String>,
}

/// Why an expression gave no value for one build.
#[derive(Debug)]
pub enum Failure {
    /// It needs an answer that has not been given yet.
    Unanswered,
    Gap(Gap, Position),
    Fault(Slip),
}

impl Expression {
    /// Compiles and checks. `wanted` is what it must yield; an item may also be a number made by `pattern`.
    pub fn compile(
        engine: &Engine,
        checker: &Checker<'_>,
        text: &str,
        wanted: Type,
        is_item: bool,
    ) -> Result<Expression, Slip> {
        if text.chars().count() > LONGEST {
            return Err(Slip::at(Position::NONE, format!("An expression has at most {LONGEST} characters.")));
        }
        let ast = engine.compile_expression(text).map_err(|error| Slip::at(error.position(), sentence(&error)))?;
        let pattern_table = {
            let expr = whole(&ast)?;
            match is_item.then(|| checker.check(expr)).transpose()? {
                Some(Type::CustomNumber) => custom_table(expr),
                _ => {
                    checker.expect(expr, &wanted)?;
                    None
                }
            }
        };
        Ok(Expression { ast, pattern_table })
    }

    pub fn truth(&self, engine: &Engine, scope: &mut Scope<'_>) -> Result<bool, Failure> {
        let value = self.run(engine, scope)?;
        value.as_bool().map_err(|_| wrong_kind("a yes or no", &value))
    }

    pub fn number(&self, engine: &Engine, scope: &mut Scope<'_>) -> Result<Decimal, Failure> {
        let value = self.run(engine, scope)?;
        super::language::number(&value).map_err(|_| wrong_kind("a number", &value))
    }

    pub fn text(&self, engine: &Engine, scope: &mut Scope<'_>) -> Result<String, Failure> {
        let value = self.run(engine, scope)?;
        let text = value.read_lock::<ImmutableString>().map(|text| text.to_string());
        text.ok_or_else(|| wrong_kind("a text", &value))
    }

    fn run(&self, engine: &Engine, scope: &mut Scope<'_>) -> Result<Dynamic, Failure> {
        engine.eval_ast_with_scope(scope, &self.ast).map_err(|error| failure(*error))
    }
}

fn whole(ast: &AST) -> Result<&Expr, Slip> {
    match ast.statements() {
        [Stmt::Expr(expr)] => Ok(expr),
        _ => Err(Slip::at(Position::NONE, "An expression is wanted, not a program.")),
    }
}

fn custom_table(expr: &Expr) -> Option<String> {
    let Expr::FnCall(call, _) = expr else { return None };
    match call.args.first() {
        Some(Expr::StringConstant(table, _)) => Some(table.to_string()),
        _ => None,
    }
}

fn sentence(error: &rhai::ParseError) -> String {
    let text = error.err_type().to_string();
    if text.ends_with('.') { text } else { format!("{text}.") }
}

fn wrong_kind(wanted: &str, value: &Dynamic) -> Failure {
    Failure::Fault(Slip::at(Position::NONE, format!("The result is not {wanted} but {}.", value.type_name())))
}

/// The checker has seen every name, so a name that is missing when it runs is a question without an answer.
fn failure(error: EvalAltResult) -> Failure {
    let position = error.position();
    match error {
        EvalAltResult::ErrorVariableNotFound(..) | EvalAltResult::ErrorPropertyNotFound(..) => Failure::Unanswered,
        EvalAltResult::ErrorRuntime(value, _) if value.is::<Gap>() => Failure::Gap(value.cast(), position),
        EvalAltResult::ErrorRuntime(value, _) => Failure::Fault(Slip::at(position, format!("{value}."))),
        mut other => {
            other.clear_position();
            Failure::Fault(Slip::at(position, format!("{other}.")))
        }
    }
}
