//! Checks an expression before it ever runs: every name known, every operand of the right kind, in every branch.

use super::environment::{NAMES, Repeat, Type, Words};
use super::tables::Tables;
use super::template::TableKind;
use rhai::{Expr, FnCallExpr, Position};

/// What is wrong with an expression, and where (line and column, both from 1; 0 when the whole is meant).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Slip {
    pub message: String,
    pub line: usize,
    pub column: usize,
}

impl Slip {
    pub fn at(position: Position, message: impl Into<String>) -> Slip {
        let message = message.into();
        Slip { message, line: position.line().unwrap_or(0), column: position.position().unwrap_or(0) }
    }
}

/// Where an expression stands: what it may name and look up.
pub struct Checker<'a> {
    pub tables: &'a Tables,
    /// What the line repeats for, if it does.
    pub repeat: Option<&'static Repeat>,
}

/// Functions and the types of their arguments, as written in messages and on the page that explains the language.
pub const FUNCTIONS: [(&str, &str); 13] = [
    ("range", "range(\"table\", number): the value of the row that holds the number"),
    ("span", "span(\"table\", number): that row's bounds, \"61 to 72\""),
    ("pick", "pick(\"table\", key): the value of the row with this key"),
    ("pattern", "pattern(\"table\", width, length, depth): a number made from dimensions; only as a line's item"),
    ("title", "title(word): the word as people read it"),
    ("text", "text(number): the number as text, 24.5"),
    ("number", "number(text): the text as a number"),
    ("max", "max(number, number): the larger"),
    ("min", "min(number, number): the smaller"),
    ("ceil", "ceil(number): up to the next whole number"),
    ("floor", "floor(number): down to the next whole number"),
    ("round", "round(number): to the nearest whole number, halves away from zero"),
    ("upper", "upper(text), lower(text): in capitals, in small letters"),
];

type Checked = Result<Type, Slip>;

impl Checker<'_> {
    pub fn check(&self, expr: &Expr) -> Checked {
        match expr {
            Expr::BoolConstant(..) => Ok(Type::Truth),
            Expr::IntegerConstant(..) => Ok(Type::Number),
            Expr::DynamicConstant(value, _) if value.is_decimal() => Ok(Type::Number),
            Expr::StringConstant(..) => Ok(Type::Text),
            Expr::Variable(variable, _, position) => self.name(&variable.1, *position),
            Expr::Dot(chain, flags, position) if flags.is_empty() => self.field(&chain.lhs, &chain.rhs, *position),
            Expr::And(parts, _) | Expr::Or(parts, _) => {
                parts.iter().try_for_each(|part| self.expect(part, &Type::Truth))?;
                Ok(Type::Truth)
            }
            Expr::FnCall(call, position) if call.op_token.is_some() || call.name == "contains" => {
                self.operator(call, *position)
            }
            Expr::FnCall(call, position) => self.function(call, *position),
            other => Err(Slip::at(other.position(), NOT_IN_THE_LANGUAGE)),
        }
    }

    fn name(&self, name: &str, position: Position) -> Checked {
        if self.repeat.is_some_and(|repeat| repeat.name == name) {
            return Err(Slip::at(position, format!("Say which field of the {name} is meant, such as {name}.kind.")));
        }
        let known = NAMES.iter().find(|known| known.name == name);
        known.map(|known| known.is.clone()).ok_or_else(|| {
            let message = match super::environment::repeat(name) {
                Some(_) => format!("{name} is known only in a line that repeats for each {name}."),
                None => format!("{name} is not a name of the configuration."),
            };
            Slip::at(position, message)
        })
    }

    fn field(&self, of: &Expr, field: &Expr, position: Position) -> Checked {
        let (Expr::Variable(variable, _, at), Expr::Property(property, property_at)) = (of, field) else {
            return Err(Slip::at(position, NOT_IN_THE_LANGUAGE));
        };
        let name: &str = &variable.1;
        let Some(repeat) = self.repeat.filter(|repeat| repeat.name == name) else {
            self.name(name, *at)?;
            return Err(Slip::at(*at, format!("{name} has no fields.")));
        };
        let wanted: &str = &property.2;
        let known = repeat.fields.iter().find(|known| known.name == wanted);
        known.map(|known| known.is.clone()).ok_or_else(|| {
            let fields: Vec<_> = repeat.fields.iter().map(|known| known.name).collect();
            Slip::at(*property_at, format!("A {name} has no {wanted}; it has {}.", fields.join(", ")))
        })
    }

    fn operator(&self, call: &FnCallExpr, position: Position) -> Checked {
        let operator = call.name.as_str();
        match (operator, call.args.as_slice()) {
            ("!", [one]) => self.expect(one, &Type::Truth).map(|()| Type::Truth),
            ("-" | "+", [one]) => self.expect(one, &Type::Number).map(|()| Type::Number),
            ("+", [left, right]) => self.sum(left, right),
            ("-" | "*" | "/" | "%", [left, right]) => {
                self.expect(left, &Type::Number)?;
                self.expect(right, &Type::Number).map(|()| Type::Number)
            }
            ("<" | "<=" | ">" | ">=", [left, right]) => {
                self.expect(left, &Type::Number)?;
                self.expect(right, &Type::Number).map(|()| Type::Truth)
            }
            ("==" | "!=", [left, right]) => self.equality(left, right, position),
            ("contains", [list, wanted]) => self.membership(list, wanted),
            _ => Err(Slip::at(position, format!("The operator {operator} is not in the language of the rules."))),
        }
    }

    /// Numbers add up; anything with a text in it is joined.
    fn sum(&self, left: &Expr, right: &Expr) -> Checked {
        let sides = [(left, self.check(left)?), (right, self.check(right)?)];
        for (side, is) in &sides {
            if matches!(is, Type::Truth | Type::List(_) | Type::CustomNumber) {
                return Err(Slip::at(side.start_position(), format!("{} cannot be added.", said(is))));
            }
        }
        let numbers = sides.iter().all(|(_, is)| *is == Type::Number);
        Ok(if numbers { Type::Number } else { Type::Text })
    }

    fn equality(&self, left: &Expr, right: &Expr, position: Position) -> Checked {
        let (a, b) = (self.check(left)?, self.check(right)?);
        match (&a, &b) {
            (Type::Number, Type::Number) | (Type::Truth, Type::Truth) => {}
            (Type::Word(words), Type::Text) => known_word(words, right)?,
            (Type::Text, Type::Word(words)) => known_word(words, left)?,
            (Type::Text, Type::Text) => {}
            (Type::Word(ours), Type::Word(theirs)) if ours.iter().any(|word| theirs.contains(word)) => {}
            _ => {
                return Err(Slip::at(position, format!("{} and {} are never equal.", said(&a), lower(said(&b)))));
            }
        }
        Ok(Type::Truth)
    }

    fn membership(&self, list: &Expr, wanted: &Expr) -> Checked {
        let Type::List(words) = self.check(list)? else {
            return Err(Slip::at(list.start_position(), "What follows \"in\" must be a list."));
        };
        match self.check(wanted)? {
            Type::Text | Type::Word(_) => words.iter().try_for_each(|words| known_word(words, wanted))?,
            other => return Err(Slip::at(wanted.start_position(), format!("{} is in no list.", said(&other)))),
        }
        Ok(Type::Truth)
    }

    fn function(&self, call: &FnCallExpr, position: Position) -> Checked {
        let name = call.name.as_str();
        let args = call.args.as_slice();
        match (name, args) {
            ("range" | "span", [table, value]) => {
                self.table(table, TableKind::Range)?;
                self.expect(value, &Type::Number).map(|()| Type::Text)
            }
            ("pick", [table, key]) => {
                self.table(table, TableKind::Match)?;
                match self.check(key)? {
                    Type::Text => self.known_key(table, key).map(|()| Type::Text),
                    Type::Word(_) | Type::Number => Ok(Type::Text),
                    other => Err(Slip::at(key.start_position(), format!("{} is no key.", said(&other)))),
                }
            }
            ("pattern", [table, dimensions @ ..]) => {
                let table_name = self.table(table, TableKind::Pattern)?;
                dimensions.iter().try_for_each(|one| self.expect(one, &Type::Number))?;
                let wanted = self.tables.dimensions(table_name).unwrap_or(0);
                if wanted != dimensions.len() {
                    let message = format!("The pattern {table_name} has {wanted} places, not {}.", dimensions.len());
                    return Err(Slip::at(position, message));
                }
                Ok(Type::CustomNumber)
            }
            ("max" | "min", [a, b]) => {
                self.expect(a, &Type::Number)?;
                self.expect(b, &Type::Number).map(|()| Type::Number)
            }
            ("ceil" | "floor" | "round", [a]) => self.expect(a, &Type::Number).map(|()| Type::Number),
            ("number", [a]) => self.expect(a, &Type::Text).map(|()| Type::Number),
            ("text", [a]) => self.expect(a, &Type::Number).map(|()| Type::Text),
            ("upper" | "lower", [a]) => self.expect(a, &Type::Text).map(|()| Type::Text),
            ("title", [a]) => match self.check(a)? {
                Type::Word(_) => Ok(Type::Text),
                other => Err(Slip::at(a.start_position(), format!("{} has no title.", said(&other)))),
            },
            _ => Err(Slip::at(position, unknown_function(name))),
        }
    }

    /// The table a function looks up: written out, known, and of the kind the function reads.
    fn table<'e>(&self, name: &'e Expr, wanted: TableKind) -> Result<&'e str, Slip> {
        let Expr::StringConstant(table, position) = name else {
            return Err(Slip::at(name.start_position(), "The table's name is written out, in quotes."));
        };
        match self.tables.kind(table) {
            Some(kind) if kind == wanted => Ok(table.as_str()),
            Some(kind) => {
                let message = format!("The table {table} is a {} table, not a {} table.", kind.word(), wanted.word());
                Err(Slip::at(*position, message))
            }
            None => Err(Slip::at(*position, format!("There is no table {table}."))),
        }
    }

    fn known_key(&self, table: &Expr, key: &Expr) -> Result<(), Slip> {
        let (Expr::StringConstant(table, _), Expr::StringConstant(key, position)) = (table, key) else { return Ok(()) };
        match self.tables.pick(table, key) {
            Ok(_) => Ok(()),
            Err(_) => Err(Slip::at(*position, format!("The table {table} has no row \"{key}\"."))),
        }
    }

    /// Refuses anything but the type wanted. A word is a text too.
    pub fn expect(&self, expr: &Expr, wanted: &Type) -> Result<(), Slip> {
        let is = self.check(expr)?;
        let fits = is == *wanted || (*wanted == Type::Text && matches!(is, Type::Word(_)));
        if fits {
            return Ok(());
        }
        let message = format!("{} is wanted here, not {}.", said(wanted), lower(said(&is)));
        Err(Slip::at(expr.start_position(), message))
    }
}

const NOT_IN_THE_LANGUAGE: &str = "Rules are made of names, numbers, texts, operators and the listed functions.";

fn known_word(words: &Words, expr: &Expr) -> Result<(), Slip> {
    let Expr::StringConstant(word, position) = expr else { return Ok(()) };
    if words.contains(&word.as_str()) {
        return Ok(());
    }
    let known: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
    Err(Slip::at(*position, format!("\"{word}\" is none of the words it can be: {}.", known.join(", "))))
}

fn unknown_function(name: &str) -> String {
    let known = FUNCTIONS.iter().find(|(known, _)| *known == name || (name == "lower" && *known == "upper"));
    match known {
        Some((_, usage)) => format!("It is written {usage}."),
        None => format!("{name} is not a function of the rules."),
    }
}

fn said(is: &Type) -> &'static str {
    match is {
        Type::Truth => "A yes or no",
        Type::Number => "A number",
        Type::Text | Type::Word(_) => "A text",
        Type::List(_) => "A list",
        Type::CustomNumber => "A number made by pattern()",
    }
}

fn lower(said: &str) -> String {
    said.replacen('A', "a", 1)
}
