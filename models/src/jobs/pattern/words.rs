//! A pattern as people say it: "Every day at 02:15", "Mondays at 06:00". What has no short sentence is said field by
//! field.

use super::{Field, Pattern};

const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// Times of day that are still told one by one.
const MOST_TIMES: usize = 6;

impl Pattern {
    /// One sentence without its full stop.
    pub fn in_words(&self) -> String {
        let times = self.times();
        let days = self.day_words();
        match (times, days) {
            (Times::At(times), None) => format!("Every day at {times}"),
            (Times::At(times), Some(days)) => format!("{days} at {times}"),
            (Times::Every(often), None) => often,
            (Times::Every(often), Some(days)) => format!("{often}, {}", lower(&days)),
        }
    }

    fn times(&self) -> Times {
        let (minutes, hours): (Vec<u32>, Vec<u32>) = (self.minutes.values().collect(), self.hours.values().collect());
        if minutes.len() * hours.len() <= MOST_TIMES && !self.hours.is_any() {
            let all = hours.iter().flat_map(|hour| minutes.iter().map(move |minute| format!("{hour:02}:{minute:02}")));
            return Times::At(listed(&all.collect::<Vec<_>>()));
        }
        let often = match (step(self.minutes), minutes.as_slice()) {
            (_, [0]) => None,
            (Some(1), _) => Some("Every minute".to_string()),
            (Some(step), _) => Some(format!("Every {step} minutes")),
            (None, minutes) => Some(format!("At minute {} of the hour", listed(&words(minutes)))),
        };
        let within = match (self.hours.is_any(), step(self.hours), often.is_some()) {
            (true, _, true) => String::new(),
            (true, _, false) => "Every hour".into(),
            (false, Some(step), false) => format!("Every {step} hours"),
            (false, Some(step), true) => format!(", every {step} hours"),
            (false, None, _) => {
                format!("{} in the hours {}", if often.is_some() { "" } else { "Hourly" }, ranges(&hours))
            }
        };
        Times::Every(format!("{}{within}", often.unwrap_or_default()))
    }

    /// The days in words; none when it is every day.
    fn day_words(&self) -> Option<String> {
        let (days, months): (Vec<u32>, Vec<u32>) = (self.days.values().collect(), self.months.values().collect());
        let weekdays = (!self.weekdays.is_any()).then(|| weekdays(self.weekdays));
        let month_days = (!self.days.is_any()).then(|| match step(self.days) {
            Some(step) => format!("Every {step} days of the month"),
            None => format!("On day {} of the month", ranges(&days)),
        });
        let names: Vec<String> =
            months.iter().filter_map(|month| Some((*MONTHS.get(*month as usize - 1)?).into())).collect();
        let months = (!self.months.is_any()).then(|| format!("in {}", listed(&names)));
        let days = match (month_days, weekdays) {
            (Some(days), Some(weekdays)) => Some(format!("{days} and {}", lower_first(&weekdays, &WEEKDAYS))),
            (days, weekdays) => days.or(weekdays),
        };
        match (days, months) {
            (Some(days), Some(months)) => Some(format!("{days} {months}")),
            (None, Some(months)) => Some(format!("Every day {months}")),
            (days, None) => days,
        }
    }
}

/// The times of one day in words.
enum Times {
    /// "02:15", "02:15 and 14:15"
    At(String),
    /// "Every 15 minutes"
    Every(String),
}

/// n when the field is "*/n" and the steps meet at its end, so that "every n" is true.
fn step(field: Field) -> Option<u32> {
    let values: Vec<u32> = field.values().collect();
    let size = u32::from(field.kind.last() - field.kind.low) + 1;
    let [first, rest @ ..] = values.as_slice() else { return None };
    let step = rest.first().map_or(size, |second| second - first);
    let is_even =
        *first == u32::from(field.kind.low) && size.is_multiple_of(step) && values.len() as u32 == size / step;
    is_even.then_some(step).filter(|step| *step < size)
}

fn weekdays(field: Field) -> String {
    let values: Vec<u32> = field.values().collect();
    match values.as_slice() {
        [1, 2, 3, 4, 5] => "Monday to Friday".into(),
        [0, 6] => "Saturdays and Sundays".into(),
        values => {
            // The week starts on Monday.
            let mut values = values.to_vec();
            values.sort_by_key(|day| (day + 6) % 7);
            let names = values.iter().filter_map(|day| Some(format!("{}s", WEEKDAYS.get(*day as usize)?)));
            listed(&names.collect::<Vec<_>>())
        }
    }
}

/// "1 to 5 and 9".
fn ranges(values: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for value in values {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *value => *last = *value,
            _ => runs.push((*value, *value)),
        }
    }
    let said = |(first, last): &(u32, u32)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first} to {last}"),
    };
    listed(&runs.iter().map(said).collect::<Vec<_>>())
}

fn words(numbers: &[u32]) -> Vec<String> {
    numbers.iter().map(ToString::to_string).collect()
}

/// "a", "a and b", "a, b and c".
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// Names of days keep their capital.
fn lower(days: &str) -> String {
    lower_first(days, &WEEKDAYS)
}

fn lower_first(text: &str, names: &[&str]) -> String {
    if names.iter().any(|name| text.starts_with(name)) {
        return text.to_string();
    }
    let mut text = text.to_string();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    text
}
