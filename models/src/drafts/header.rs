//! Steps 1 and 2: who orders, until when, and which sinks.

use super::{MOST_BUILDS, OrderAnswers};
use crate::configurations::check::pieces;
use crate::configurations::words::{self, Limits, key, quoted};
use crate::configurations::{Choice, Family, Language, Problem, Severity};
use chrono::{Datelike, Months, NaiveDate, Weekday};

/// How soon a customer needs the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    Standard,
    Rush,
    Emergency,
}

impl Choice for Priority {
    fn all() -> &'static [Priority] {
        &[Priority::Standard, Priority::Rush, Priority::Emergency]
    }

    fn word(self) -> &'static str {
        match self {
            Priority::Standard => "standard",
            Priority::Rush => "rush",
            Priority::Emergency => "emergency",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Priority::Standard => "Standard",
            Priority::Rush => "Rush",
            Priority::Emergency => "Emergency",
        }
    }
}

/// What the house knows and the answers do not.
#[derive(Debug, Clone, Default)]
pub struct House {
    /// Today at the site.
    pub today: NaiveDate,
    /// The order that has this PO number already.
    pub po_taken_by: Option<String>,
    /// Build numbers among the answers that exist already, by key, with their order.
    pub builds_taken: Vec<(String, String)>,
}

/// The checked head of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub po_number: String,
    pub customer: String,
    pub project: String,
    pub sales_person: String,
    pub want_on: NaiveDate,
    pub language: Language,
    pub priority: Priority,
    pub notes: String,
}

/// Steps 1 and 2 as judged.
#[derive(Debug, Clone, Default)]
pub struct Heading {
    pub header: Option<Header>,
    pub language: Option<Language>,
    pub family: Option<Family>,
    /// Build numbers by position, when all are right.
    pub numbers: Option<Vec<String>>,
    pub customer: Vec<Problem>,
    pub sinks: Vec<Problem>,
}

const NAME: Limits = Limits { least: 3, most: 100, lines: false };
const NOTES: Limits = Limits { least: 0, most: 4000, lines: true };
/// Orders are wanted within this many years.
const FARTHEST_YEARS: u32 = 5;

/// Judges steps 1 and 2.
pub fn heading(answers: &OrderAnswers, house: &House) -> Heading {
    let mut step = Step::default();
    let header = header(answers, house, &mut step);
    let language = Language::from_word(answers.language.trim());
    let customer = std::mem::take(&mut step.problems);
    let family = step.family(&answers.family);
    let numbers = step.numbers(answers, house);
    let language_known = header.as_ref().map(|header| header.language).or(language);
    Heading { header, language: language_known, family, numbers, customer, sinks: step.problems }
}

fn header(answers: &OrderAnswers, house: &House, step: &mut Step) -> Option<Header> {
    let po_number = step.text("po_number", "PO number", &answers.po_number, Limits { most: 60, ..NAME });
    if let (Some(po), Some(order)) = (&po_number, &house.po_taken_by) {
        step.wrong(
            "po_number",
            "PO number",
            format!("PO {po} is order {order} already. Each PO number is entered once."),
        );
    }
    let customer = step.text("customer", "Customer", &answers.customer, NAME);
    let project = if answers.project.trim().is_empty() {
        Some(String::new())
    } else {
        step.text("project", "Project", &answers.project, NAME)
    };
    let sales_person = step.text("sales_person", "Sales person", &answers.sales_person, NAME);
    let want_on = step.want_date(&answers.want_on, house.today);
    let language = step.choice("language", "Language", &answers.language);
    let priority = step.choice("priority", "Priority", &answers.priority);
    let notes = step.text("notes", "Notes", &answers.notes, NOTES);
    Some(Header {
        po_number: po_number.filter(|_| house.po_taken_by.is_none())?,
        customer: customer?,
        project: project?,
        sales_person: sales_person?,
        want_on: want_on?,
        language: language?,
        priority: priority?,
        notes: notes?,
    })
}

#[derive(Default)]
struct Step {
    problems: Vec<Problem>,
}

impl Step {
    fn wrong(&mut self, field: &str, label: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(field, label, Severity::Error, message));
    }

    fn missing(&mut self, field: &str, label: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(field, label, Severity::Missing, message));
    }

    fn text(&mut self, field: &str, label: &str, typed: &str, limits: Limits) -> Option<String> {
        if typed.trim().is_empty() && limits.least > 0 {
            let message = format!("{label} is empty. Write {} to {} characters.", limits.least, limits.most);
            self.missing(field, label, message);
            return None;
        }
        match words::text(label, typed, limits) {
            Ok(text) => Some(text),
            Err(sentence) => {
                self.wrong(field, label, sentence);
                None
            }
        }
    }

    fn choice<T: Choice>(&mut self, field: &str, label: &str, typed: &str) -> Option<T> {
        let found = T::all().iter().copied().find(|choice| choice.word() == typed.trim());
        if found.is_none() {
            let all: Vec<&str> = T::all().iter().map(|choice| choice.title()).collect();
            let message = format!("{label} {} does not exist. Choose one of {}.", quoted(typed), all.join(", "));
            if typed.trim().is_empty() {
                self.missing(field, label, format!("{label} is not chosen yet. Choose one of {}.", all.join(", ")));
            } else {
                self.wrong(field, label, message);
            }
        }
        found
    }

    fn want_date(&mut self, typed: &str, today: NaiveDate) -> Option<NaiveDate> {
        let (field, label) = ("want_on", "Want date");
        let typed = typed.trim();
        if typed.is_empty() {
            self.missing(field, label, "Want date is empty. Give the day the customer wants the order.");
            return None;
        }
        let Some(date) = read_date(typed) else {
            let looks_like_one = typed.len() == 10 && typed.bytes().filter(|byte| *byte == b'-').count() == 2;
            let example = today.checked_add_months(Months::new(2)).unwrap_or(today);
            let message = if looks_like_one {
                format!("The calendar has no {}. Write a day like {example}.", quoted(typed))
            } else {
                format!("Want date {} cannot be read. Write it as year, month and day, like {example}.", quoted(typed))
            };
            self.wrong(field, label, message);
            return None;
        };
        if date <= today {
            let when = if date == today { "today" } else { "in the past" };
            self.wrong(field, label, format!("{date} is {when}. The want date lies after {today}."));
            return None;
        }
        if today.checked_add_months(Months::new(12 * FARTHEST_YEARS)).is_none_or(|last| date > last) {
            let message = format!("{date} is more than {FARTHEST_YEARS} years away. Look at the year once more.");
            self.wrong(field, label, message);
            return None;
        }
        if matches!(date.weekday(), Weekday::Sat | Weekday::Sun) {
            let day = if date.weekday() == Weekday::Sat { "Saturday" } else { "Sunday" };
            self.problems.push(Problem::new(field, label, Severity::Note, format!("{date} is a {day}.")));
        }
        Some(date)
    }

    fn family(&mut self, typed: &str) -> Option<Family> {
        let family: Family = self.choice("family", "Sink family", typed)?;
        if family != Family::Mdrd {
            let message = format!(
                "{} is under construction and cannot be configured yet. Choose MDRD CleanStation.",
                family.title()
            );
            self.wrong("family", "Sink family", message);
        }
        Some(family)
    }

    fn numbers(&mut self, answers: &OrderAnswers, house: &House) -> Option<Vec<String>> {
        let quantity = pieces(&answers.quantity, MOST_BUILDS as u32);
        if let Err(sentence) = &quantity {
            let message = format!("Quantity {sentence}");
            if answers.quantity.trim().is_empty() {
                self.missing("quantity", "Quantity", message);
            } else {
                self.wrong("quantity", "Quantity", message);
            }
        }
        let mut seen: Vec<String> = Vec::new();
        let mut numbers = Vec::new();
        for (position, typed, _) in answers.builds() {
            let number = self.number(position, typed, &seen, house);
            seen.push(key(typed));
            numbers.push(number);
        }
        quantity.ok()?;
        numbers.into_iter().collect()
    }

    fn number(&mut self, position: usize, typed: &str, seen: &[String], house: &House) -> Option<String> {
        let (field, label) = (format!("build-{position}-number"), format!("Number of build {position}"));
        let number = typed.trim();
        if number.is_empty() {
            self.missing(
                &field,
                &label,
                format!("{label} is empty. Write at least 3 letters or digits, or let the builds be numbered."),
            );
            return None;
        }
        let plain = number.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
        let letters = number.chars().filter(char::is_ascii_alphanumeric).count();
        if !plain || letters < 3 || number.len() > 40 {
            let message = format!(
                "{label} {} cannot stand on a label. Write 3 to 40 letters A to Z, digits and hyphens.",
                quoted(number)
            );
            self.wrong(&field, &label, message);
            return None;
        }
        let folded = key(number);
        if let Some(twin) = seen.iter().position(|other| *other == folded) {
            let message =
                format!("Build {} of this order has the number {number} too. Each build has its own.", twin + 1);
            self.wrong(&field, &label, message);
            return None;
        }
        if let Some((_, order)) = house.builds_taken.iter().find(|(taken, _)| *taken == folded) {
            self.wrong(
                &field,
                &label,
                format!("Build {number} exists already, in order {order}. Each number is used once."),
            );
            return None;
        }
        Some(number.into())
    }
}

/// A day as `2026-11-24`, digits only.
fn read_date(typed: &str) -> Option<NaiveDate> {
    let plain = typed.len() == 10 && typed.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    plain.then(|| NaiveDate::parse_from_str(typed, "%Y-%m-%d").ok()).flatten()
}

#[cfg(test)]
mod tests;
