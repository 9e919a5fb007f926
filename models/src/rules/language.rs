//! The expression language: rhai with nothing but what is listed here. No statements, no I/O, no loops, bounded.
//!
//! Numbers are exact decimals; only a division that does not come out even is rounded, to 28 digits.

use super::environment::TITLES;
use super::tables::{Gap, Tables};
use rhai::{Array, Dynamic, Engine, EvalAltResult, ImmutableString, OptimizationLevel, Position};
use rust_decimal::{Decimal, RoundingStrategy};
use std::sync::Arc;

/// Longest expression accepted, characters.
pub const LONGEST: usize = 2_000;

type Outcome<T> = Result<T, Box<EvalAltResult>>;

/// The engine of one template: its functions look things up in the template's own tables.
pub fn engine(tables: Arc<Tables>) -> Engine {
    let mut engine = Engine::new_raw();
    engine
        .set_optimization_level(OptimizationLevel::None)
        .set_max_operations(10_000)
        .set_max_expr_depths(32)
        .set_max_string_size(4_000)
        .set_max_array_size(1_000)
        .set_max_map_size(32)
        .set_allow_if_expression(false)
        .set_allow_switch_expression(false)
        .set_allow_statement_expression(false)
        .set_allow_looping(false)
        .set_fail_on_invalid_map_property(true)
        // Built-in integer division would cut 5 / 2 down to 2: ours is found first.
        .set_fast_operators(false);
    arithmetic(&mut engine);
    texts(&mut engine);
    lookups(&mut engine, tables);
    engine
}

fn arithmetic(engine: &mut Engine) {
    engine.register_fn("/", |a: i64, b: i64| divide(a.into(), b.into()));
    engine.register_fn("/", divide);
    engine.register_fn("/", |a: i64, b: Decimal| divide(a.into(), b));
    engine.register_fn("/", |a: Decimal, b: i64| divide(a, b.into()));
    // A raw engine knows no operator with one side.
    engine.register_fn("!", |truth: bool| !truth);
    engine.register_fn("-", |a: Decimal| -a);
    engine.register_fn("-", |a: i64| Decimal::from(a) * Decimal::NEGATIVE_ONE);
    engine.register_fn("+", |a: Dynamic| number(&a));
    engine.register_fn("max", |a: Dynamic, b: Dynamic| Outcome::Ok(number(&a)?.max(number(&b)?)));
    engine.register_fn("min", |a: Dynamic, b: Dynamic| Outcome::Ok(number(&a)?.min(number(&b)?)));
    engine.register_fn("ceil", |a: Dynamic| Outcome::Ok(number(&a)?.ceil()));
    engine.register_fn("floor", |a: Dynamic| Outcome::Ok(number(&a)?.floor()));
    engine.register_fn("round", |a: Dynamic| {
        Outcome::Ok(number(&a)?.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero))
    });
    engine.register_fn("number", |text: ImmutableString| {
        text.trim().parse::<Decimal>().map_err(|_| fault(format!("\"{text}\" is not a number")))
    });
}

fn divide(a: Decimal, b: Decimal) -> Outcome<Decimal> {
    a.checked_div(b).ok_or_else(|| fault(format!("{} cannot be divided by {}", a.normalize(), b.normalize())))
}

fn texts(engine: &mut Engine) {
    engine.register_fn("+", |a: ImmutableString, b: Decimal| format!("{a}{}", b.normalize()));
    engine.register_fn("+", |a: Decimal, b: ImmutableString| format!("{}{b}", a.normalize()));
    engine.register_fn("+", |a: ImmutableString, b: i64| format!("{a}{b}"));
    engine.register_fn("+", |a: i64, b: ImmutableString| format!("{a}{b}"));
    engine.register_fn("text", |a: Dynamic| Outcome::Ok(number(&a)?.normalize().to_string()));
    engine.register_fn("upper", |text: ImmutableString| text.to_uppercase());
    engine.register_fn("lower", |text: ImmutableString| text.to_lowercase());
    engine
        .register_fn("title", |word: ImmutableString| TITLES.get(word.as_str()).map_or(word, |title| (*title).into()));
    engine.register_fn("contains", |list: &mut Array, wanted: ImmutableString| {
        list.iter().any(|one| one.read_lock::<ImmutableString>().is_some_and(|one| *one == wanted))
    });
}

fn lookups(engine: &mut Engine, tables: Arc<Tables>) {
    let known = tables.clone();
    engine.register_fn("range", move |table: ImmutableString, value: Dynamic| {
        known.range(&table, number(&value)?).map(ImmutableString::from).map_err(gap)
    });
    let known = tables.clone();
    engine.register_fn("span", move |table: ImmutableString, value: Dynamic| {
        known.span(&table, number(&value)?).map_err(gap)
    });
    let known = tables.clone();
    engine.register_fn("pick", move |table: ImmutableString, key: Dynamic| {
        let key = match key.read_lock::<ImmutableString>() {
            Some(text) => text.to_string(),
            None => number(&key)?.normalize().to_string(),
        };
        known.pick(&table, &key).map(ImmutableString::from).map_err(gap)
    });
    let known = tables.clone();
    engine.register_fn("pattern", move |table: ImmutableString, w: Dynamic| {
        known.pattern(&table, &[number(&w)?]).map_err(gap)
    });
    let known = tables.clone();
    engine.register_fn("pattern", move |table: ImmutableString, w: Dynamic, l: Dynamic| {
        known.pattern(&table, &[number(&w)?, number(&l)?]).map_err(gap)
    });
    engine.register_fn("pattern", move |table: ImmutableString, w: Dynamic, l: Dynamic, d: Dynamic| {
        tables.pattern(&table, &[number(&w)?, number(&l)?, number(&d)?]).map_err(gap)
    });
}

/// The number in a value, however rhai keeps it.
pub fn number(value: &Dynamic) -> Outcome<Decimal> {
    match (value.as_int(), value.as_decimal()) {
        (Ok(whole), _) => Ok(whole.into()),
        (_, Ok(decimal)) => Ok(decimal),
        _ => Err(fault(format!("a number was expected, not {}", value.type_name()))),
    }
}

fn fault(message: String) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(message.into(), Position::NONE))
}

fn gap(gap: Gap) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(gap), Position::NONE))
}
