//! From what somebody typed to a configuration that can be built, or to the sentences that say what is missing.

mod accessories;
mod basins;
mod blocked;
mod body;
mod fittings;
mod geometry;

#[cfg(test)]
pub(super) mod tests;

use super::{
    Accessory, Answers, Basin, BasinKind, BasinSize, Blocked, Choice, Configuration, Drawer, Family, Faucet, Feet,
    Flow, Language, Legs, Model, Pegboard, Problem, SCHEMA, Severity, Sprayer, inches, words,
};
use rust_decimal::Decimal;

/// What a build's answers are judged against besides themselves.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    pub family: Option<Family>,
    pub language: Option<Language>,
    /// The numbers step 4 offers; none when the rules in force are not known here.
    pub offered: Option<&'a [String]>,
    /// A document from outside need not say where a faucet or sprayer goes, and answers for its own geometry.
    pub is_document: bool,
}

/// Everything known about one build's answers.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// Present when nothing stops the build.
    pub configuration: Option<Configuration>,
    /// What has been answered rightly so far, for the preview.
    pub partial: Partial,
    /// In the order of the form.
    pub problems: Vec<Problem>,
    pub blocked: Vec<Blocked>,
    /// Set when the basins are wider than the sink: the words an override is given for.
    pub too_wide: Option<String>,
}

/// The right answers of an unfinished build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Partial {
    pub model: Option<Model>,
    pub width_in: Option<Decimal>,
    pub length_in: Option<u32>,
    pub legs: Option<Legs>,
    pub feet: Option<Feet>,
    pub flow: Option<Flow>,
    /// None: not answered; `Some(None)`: no pegboard.
    pub pegboard: Option<Option<Pegboard>>,
    pub drawers: Vec<Drawer>,
    pub basins: Vec<PartialBasin>,
    pub faucets: Vec<Faucet>,
    pub sprayers: Vec<Sprayer>,
    pub accessories: Vec<Accessory>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartialBasin {
    pub kind: Option<BasinKind>,
    pub size: Option<BasinSize>,
    pub p_trap: bool,
    pub light: bool,
}

impl Checked {
    /// How many answers stop the order, missing ones included.
    pub fn open(&self) -> usize {
        self.problems.iter().filter(|problem| problem.stops()).count()
    }

    /// The heaviest sentence about a field, if any.
    pub fn problem(&self, field: &str) -> Option<&Problem> {
        self.problems.iter().filter(|problem| problem.field == field).min_by_key(|problem| problem.severity)
    }

    pub fn blocked(&self, field: &str, value: &str) -> Option<&Blocked> {
        self.blocked.iter().find(|blocked| blocked.field == field && blocked.value == value)
    }
}

/// Judges one build. The rules are those of the configurator's fields and of the catalogue's names.
pub fn check(answers: &Answers, context: &Context<'_>) -> Checked {
    let mut form = Form { answers, context, problems: Vec::new() };
    let mut partial = Partial::default();
    form.body(&mut partial);
    form.basins(&mut partial);
    form.faucets(&mut partial);
    form.sprayers(&mut partial);
    form.accessories(&mut partial);
    form.geometry(&partial);
    let problems = form.problems;
    let configuration = if problems.iter().any(Problem::stops) { None } else { complete(&partial, context) };
    let too_wide = geometry::is_too_wide(&partial).then(|| geometry::geometry_of(&partial)).flatten();
    Checked { too_wide, configuration, blocked: blocked::blocked(answers, &partial), partial, problems }
}

/// The configuration, when every answer is there.
fn complete(partial: &Partial, context: &Context<'_>) -> Option<Configuration> {
    let basins = partial.basins.iter().map(|basin| {
        Some(Basin { kind: basin.kind?, size: basin.size.clone()?, p_trap: basin.p_trap, light: basin.light })
    });
    Some(Configuration {
        schema: SCHEMA.into(),
        family: context.family.filter(|family| *family == Family::Mdrd)?,
        language: context.language?,
        model: partial.model?,
        width_in: partial.width_in?,
        length_in: partial.length_in?,
        legs: partial.legs?,
        feet: partial.feet?,
        flow: partial.flow?,
        pegboard: partial.pegboard.clone()?,
        drawers: partial.drawers.clone(),
        basins: basins.collect::<Option<Vec<Basin>>>()?,
        faucets: partial.faucets.clone(),
        sprayers: partial.sprayers.clone(),
        accessories: partial.accessories.clone(),
    })
}

/// The answers under judgement and what has been said about them.
struct Form<'a> {
    answers: &'a Answers,
    context: &'a Context<'a>,
    problems: Vec<Problem>,
}

/// A field: its name in the form and the name people say.
#[derive(Clone, Copy)]
struct Field<'a> {
    name: &'a str,
    label: &'a str,
}

impl Form<'_> {
    fn say(&mut self, field: Field<'_>, severity: Severity, message: impl Into<String>) {
        self.problems.push(Problem::new(field.name, field.label, severity, message));
    }

    /// One word of a list, or the sentence that names the list.
    fn choice<T: Choice>(&mut self, field: Field<'_>, typed: &str) -> Option<T> {
        let typed = typed.trim();
        if typed.is_empty() {
            self.say(field, Severity::Missing, format!("{} is not chosen yet. Choose {}.", field.label, titles::<T>()));
            return None;
        }
        let found = T::all().iter().copied().find(|choice| choice.word() == typed);
        if found.is_none() {
            let message = format!("{} {} does not exist. Choose {}.", field.label, words::quoted(typed), titles::<T>());
            self.say(field, Severity::Error, message);
        }
        found
    }

    /// A size above zero and up to `most` inches.
    fn size(&mut self, field: Field<'_>, typed: &str, most: u32) -> Option<Decimal> {
        let wanted = format!("Give inches above 0, up to {most}, such as 24 or 24.5.");
        match inches::decimal(typed) {
            Err(inches::Fault::Empty) => {
                self.say(field, Severity::Missing, format!("{} is empty. {wanted}", field.label));
                None
            }
            Err(fault) => {
                let message = format!("{} {} {} {wanted}", field.label, words::quoted(typed), fault.sentence());
                self.say(field, Severity::Error, message);
                None
            }
            Ok(number) if number.is_zero() || number > Decimal::from(most) => {
                self.say(field, Severity::Error, format!("{} is {number} in. {wanted}", field.label));
                None
            }
            Ok(number) => Some(number),
        }
    }

    /// Whole pieces from 1 to `most`.
    fn pieces(&mut self, field: Field<'_>, typed: &str, most: u32) -> Option<u32> {
        match pieces(typed, most) {
            Ok(number) => Some(number),
            Err(sentence) => {
                let severity = if typed.trim().is_empty() { Severity::Missing } else { Severity::Error };
                self.say(field, severity, format!("{} {sentence}", field.label));
                None
            }
        }
    }
}

/// Reads whole pieces from 1 to `most`; the error is the rest of a sentence that begins with the field's name.
pub fn pieces(typed: &str, most: u32) -> Result<u32, String> {
    let wanted = format!("Give a whole number from 1 to {most}.");
    let number = match inches::number(typed) {
        Err(inches::Fault::Empty) => return Err(format!("is empty. {wanted}")),
        Err(fault) => return Err(format!("{} {} {wanted}", words::quoted(typed), fault.sentence())),
        Ok(number) => number,
    };
    let whole = number.is_integer().then(|| u32::try_from(number).ok()).flatten();
    match whole.filter(|whole| (1..=most).contains(whole)) {
        Some(whole) => Ok(whole),
        None => Err(format!("is {number}. {wanted}")),
    }
}

/// The list as people say it: "A, B or C".
fn titles<T: Choice>() -> String {
    let all: Vec<&str> = T::all().iter().map(|choice| choice.title()).collect();
    match all.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => all.concat(),
    }
}
