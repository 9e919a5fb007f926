//! Jobs found by anything that is known about them: what was asked for, read strictly from an address.

use super::State;
use crate::site;
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use uuid::Uuid;

mod find;
mod listed;
mod resolve;
mod statement;

pub use find::{Count, ids};
pub use listed::{ListPage, Listed, changed, newer, page, problems, since};

/// Rows of a page when nobody chose.
pub const PAGE: usize = 50;
/// What somebody may choose.
pub const PAGES: [usize; 3] = [25, 50, 100];
/// Fewer characters are in nearly every job.
pub const SHORTEST_TEXT: usize = 3;
/// Characters of anything typed into the filter.
const LONGEST: usize = 200;

/// A time of the filter, at the site, kept as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    pub typed: String,
    pub at: DateTime<Utc>,
}

/// What somebody wants to see. Everything left out means "any".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub states: Vec<State>,
    pub kind: Option<String>,
    pub queue: Option<String>,
    /// Numbers as people say them.
    pub order: Option<String>,
    pub build: Option<String>,
    /// Name or e-mail of who asked for it.
    pub person: Option<String>,
    /// Failures with one cause.
    pub group: Option<String>,
    /// Part of the arguments or of the error; never a pattern.
    pub text: Option<String>,
    /// Asked for at this time or later.
    pub from: Option<When>,
    /// Asked for before this time.
    pub to: Option<When>,
    pub batch: Option<Uuid>,
    pub schedule: Option<String>,
    /// Running on this worker.
    pub worker: Option<String>,
    /// Keyset: older than this job, or newer.
    pub before: Option<Uuid>,
    pub after: Option<Uuid>,
    /// One of [`PAGES`].
    pub rows: usize,
}

/// A part of the filter that could not be taken; the rest of it still works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Name of the field in the address.
    pub field: &'static str,
    pub typed: String,
    /// What is wrong and what would be right.
    pub sentence: String,
}

impl Problem {
    fn new(field: &'static str, typed: &str, sentence: String) -> Problem {
        Problem { field, typed: typed.into(), sentence }
    }
}

impl Filter {
    /// Reads the fields of an address. Names it does not know belong to somebody else.
    pub fn read<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> (Filter, Vec<Problem>) {
        let mut reader = Reader { filter: Filter { rows: PAGE, ..Filter::default() }, problems: Vec::new() };
        for (name, value) in fields {
            let value = value.trim();
            if !value.is_empty() {
                reader.take(name, value);
            }
        }
        if reader.filter.after.is_some() {
            reader.filter.before = None;
        }
        (reader.filter, reader.problems)
    }

    /// Nothing was asked for but a place in the list.
    pub fn is_everything(&self) -> bool {
        *self == Filter { rows: self.rows, before: self.before, after: self.after, ..Filter::default() }
    }

    /// The same from the top.
    pub fn from_the_top(&self) -> Filter {
        Filter { before: None, after: None, ..self.clone() }
    }

    /// The whole state filter: none is all.
    fn wanted_states(&self) -> Vec<State> {
        if self.worker.is_some() {
            return self.states.iter().copied().chain(self.states.is_empty().then_some(State::Running)).collect();
        }
        if self.states.is_empty() { State::ALL.to_vec() } else { self.states.clone() }
    }

    /// The typed text as an `ilike` pattern that means itself: `%`, `_` and `\` are letters.
    fn pattern(&self) -> Option<String> {
        let text = self.text.as_deref()?;
        Some(format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")))
    }
}

struct Reader {
    filter: Filter,
    problems: Vec<Problem>,
}

impl Reader {
    fn take(&mut self, name: &str, value: &str) {
        let text = |value: &str| Some(value.chars().take(LONGEST).collect::<String>());
        match name {
            "state" => value.split(',').for_each(|word| self.state(word)),
            "kind" => self.filter.kind = self.word("kind", "Kind", value),
            "queue" => self.filter.queue = self.word("queue", "Queue", value),
            "schedule" => self.filter.schedule = self.word("schedule", "Schedule", value),
            "order" => self.filter.order = text(value),
            "build" => self.filter.build = text(value),
            "person" => self.filter.person = text(value),
            "worker" => self.filter.worker = text(value),
            "group" => self.filter.group = self.group(value),
            "text" => self.filter.text = self.text(value),
            "from" => self.filter.from = self.when("from", "From", value, false),
            "to" => self.filter.to = self.when("to", "To", value, true),
            "batch" => self.filter.batch = self.id("batch", "Batch", value),
            "before" => self.filter.before = self.id("before", "Before", value),
            "after" => self.filter.after = self.id("after", "After", value),
            "rows" => match value.parse().ok().filter(|rows| PAGES.contains(rows)) {
                Some(rows) => self.filter.rows = rows,
                None => self.refuse("rows", value, format!("Rows: \"{}\" is not 25, 50 or 100.", short(value))),
            },
            _ => {}
        }
    }

    fn refuse(&mut self, field: &'static str, value: &str, sentence: String) {
        self.problems.push(Problem::new(field, &short(value), sentence));
    }

    fn state(&mut self, word: &str) {
        match State::ALL.into_iter().find(|state| state.word() == word) {
            Some(state) if self.filter.states.contains(&state) => {}
            Some(state) => self.filter.states.push(state),
            None => {
                self.refuse("state", word, format!("State: \"{}\" is no state. Choose one of the tabs.", short(word)));
            }
        }
    }

    /// A name of ours: kinds, queues and schedules are written with small letters and underscores.
    fn word(&mut self, field: &'static str, label: &str, value: &str) -> Option<String> {
        let is_word = value.len() <= 60 && value.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if is_word {
            return Some(value.into());
        }
        self.refuse(field, value, format!("{label}: there is no \"{}\". Choose one from the list.", short(value)));
        None
    }

    fn group(&mut self, value: &str) -> Option<String> {
        let is_group = value.len() == 32 && value.bytes().all(|byte| matches!(byte, b'a'..=b'f' | b'0'..=b'9'));
        if is_group {
            return Some(value.into());
        }
        self.refuse("group", value, format!("Cause: \"{}\" is none. Choose one under Failures.", short(value)));
        None
    }

    fn text(&mut self, value: &str) -> Option<String> {
        let typed: String = value.chars().take(LONGEST).collect();
        if typed.chars().count() >= SHORTEST_TEXT {
            return Some(typed);
        }
        let sentence =
            format!("Text: \"{typed}\" is too short to search for. Type {SHORTEST_TEXT} characters or more.");
        self.refuse("text", value, sentence);
        None
    }

    fn id(&mut self, field: &'static str, label: &str, value: &str) -> Option<Uuid> {
        let id = Uuid::try_parse(value).ok();
        if id.is_none() {
            self.refuse(
                field,
                value,
                format!("{label}: \"{}\" is no number of one. Follow a link to it.", short(value)),
            );
        }
        id
    }

    /// "2026-11-23" or "2026-11-23T14:05", at the site. As an end, a day means all of it and a minute too.
    fn when(&mut self, field: &'static str, label: &str, value: &str, is_end: bool) -> Option<When> {
        let years = 2000..=2100;
        let day =
            NaiveDate::parse_from_str(value, "%Y-%m-%d").ok().map(|day| (day.and_time(chrono::NaiveTime::MIN), 1440));
        let minute = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
            .iter()
            .find_map(|pattern| NaiveDateTime::parse_from_str(value, pattern).ok())
            .map(|minute| (minute, 1));
        let found = day.or(minute).filter(|(at, _)| years.contains(&chrono::Datelike::year(at)));
        let at = found.and_then(|(at, lasts)| {
            let at = if is_end { at + TimeDelta::minutes(lasts) } else { at };
            site::zone().from_local_datetime(&at).earliest()
        });
        match at {
            Some(at) => Some(When { typed: value.into(), at: at.with_timezone(&Utc) }),
            None => {
                let sentence = format!(
                    "{label}: \"{}\" is no time at the site. It looks like 2026-11-24 or 2026-11-24T09:30.",
                    short(value)
                );
                self.refuse(field, value, sentence);
                None
            }
        }
    }
}

/// What was typed, as far as a sentence can hold it.
fn short(value: &str) -> String {
    if value.chars().count() <= 60 {
        value.into()
    } else {
        format!("{}…", value.chars().take(59).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_is_named_and_the_rest_still_works() {
        let (filter, problems) = Filter::read([
            ("state", "dead,wobbly"),
            ("state", "retry"),
            ("kind", "generate_bom"),
            ("from", "tomorrow"),
            ("text", "ab"),
            ("csrf", "x"),
        ]);
        assert_eq!(filter.states, [State::Dead, State::Retry]);
        assert_eq!(filter.kind.as_deref(), Some("generate_bom"));
        assert_eq!((filter.from, filter.text), (None, None));
        assert_eq!(problems.iter().map(|problem| problem.field).collect::<Vec<_>>(), ["state", "from", "text"]);
        assert!(problems[1].sentence.contains("2026-11-24T09:30"), "{problems:?}");
    }

    #[test]
    fn a_day_as_an_end_means_all_of_it() {
        let (filter, problems) = Filter::read([("from", "2026-11-23"), ("to", "2026-11-23")]);
        assert_eq!(problems, []);
        let (from, to) = (filter.from.unwrap().at, filter.to.unwrap().at);
        assert_eq!(to - from, TimeDelta::days(1));
    }

    #[test]
    fn signs_of_patterns_are_letters() {
        let (filter, _) = Filter::read([("text", r"100%_\")]);
        assert_eq!(filter.pattern().as_deref(), Some(r"%100\%\_\\%"));
    }

    #[test]
    fn ten_thousand_characters_are_cut() {
        let long = "x".repeat(10_000);
        let (filter, problems) = Filter::read([("text", long.as_str()), ("kind", &long), ("batch", &long)]);
        assert_eq!(filter.text.unwrap().len(), LONGEST);
        assert!(problems.len() == 2 && problems.iter().all(|problem| problem.sentence.len() < 200));
    }
}
