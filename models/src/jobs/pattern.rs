//! When a schedule runs: five fields, minute hour day month weekday, read on the clock of a place. Clocks that are put
//! forward or back are followed as cron does it: a fixed time that the clock leaves out runs when the clock goes on, a
//! time that comes twice runs once; what runs all day long keeps its distance.

mod words;

use chrono::{DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

/// A pattern that fits no time within so many days fits none that matters.
const FURTHEST_DAYS: u64 = 5 * 366;
/// Characters of a pattern; nobody needs more.
const LONGEST: usize = 100;
/// No zone ever left out more than a day.
const LONGEST_GAP_MINUTES: i64 = 25 * 60;

/// The parsed text. Two texts that mean the same times are not the same pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    minutes: Field,
    hours: Field,
    days: Field,
    months: Field,
    /// 0 is Sunday.
    weekdays: Field,
}

/// The numbers one field stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Field {
    bits: u64,
    /// "*" or a part of all ("*/5"): not named one by one.
    has_star: bool,
    kind: &'static Kind,
}

/// What may stand in a field.
#[derive(Debug, PartialEq, Eq)]
struct Kind {
    label: &'static str,
    low: u8,
    high: u8,
    names: &'static [&'static str],
}

static MINUTES: Kind = Kind { label: "minute", low: 0, high: 59, names: &[] };
static HOURS: Kind = Kind { label: "hour", low: 0, high: 23, names: &[] };
static DAYS: Kind = Kind { label: "day", low: 1, high: 31, names: &[] };
static MONTHS: Kind = Kind {
    label: "month",
    low: 1,
    high: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
static WEEKDAYS: Kind =
    Kind { label: "weekday", low: 0, high: 7, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

impl Pattern {
    /// Reads "15 2 * * mon-fri".
    ///
    /// # Errors
    /// A sentence that names the field, what stands there and what would be right.
    pub fn parse(text: &str) -> Result<Pattern, String> {
        if text.len() > LONGEST {
            return Err(format!("The pattern is longer than {LONGEST} characters."));
        }
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields[..] else {
            let count = fields.len();
            return Err(format!(
                "The pattern has {count} fields. It takes five: minute hour day month weekday, like 15 2 * * *."
            ));
        };
        let mut weekdays = Field::parse(weekdays, &WEEKDAYS)?;
        // Sunday is 0 and 7.
        weekdays.bits = (weekdays.bits | weekdays.bits >> 7) & 0b111_1111;
        let pattern = Pattern {
            text: fields.join(" "),
            minutes: Field::parse(minutes, &MINUTES)?,
            hours: Field::parse(hours, &HOURS)?,
            days: Field::parse(days, &DAYS)?,
            months: Field::parse(months, &MONTHS)?,
            weekdays,
        };
        Ok(pattern)
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first time after `after` on the clock of `zone`; none when there is none within five years.
    pub fn next(&self, after: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        // The day before too: a clock put forward can move yesterday's last minutes into today.
        let mut day = after.with_timezone(&zone).date_naive().checked_sub_days(Days::new(1))?;
        for _ in 0..=FURTHEST_DAYS + 1 {
            if self.fits_day(day) {
                let found = self.times_of(day, zone).into_iter().filter(|time| *time > after).min();
                if found.is_some() {
                    return found;
                }
            }
            day = day.succ_opt()?;
        }
        None
    }

    /// The first `count` times after `after`.
    pub fn next_times(&self, after: DateTime<Utc>, zone: Tz, count: usize) -> Vec<DateTime<Utc>> {
        let mut times: Vec<DateTime<Utc>> = Vec::new();
        while times.len() < count {
            let Some(next) = self.next(*times.last().unwrap_or(&after), zone) else { break };
            times.push(next);
        }
        times
    }

    /// Every field that names days must fit; when day and weekday both do, one of the two is enough, as in cron.
    fn fits_day(&self, day: NaiveDate) -> bool {
        let fits_day = self.days.has(day.day());
        let fits_weekday = self.weekdays.has(day.weekday().num_days_from_sunday());
        let fits = match (self.days.is_any(), self.weekdays.is_any()) {
            (false, false) => fits_day || fits_weekday,
            _ => fits_day && fits_weekday,
        };
        self.months.has(day.month()) && fits
    }

    /// When it runs on this day of the zone's calendar, in no order.
    fn times_of(&self, day: NaiveDate, zone: Tz) -> Vec<DateTime<Utc>> {
        let is_fixed = !self.hours.has_star && !self.minutes.has_star;
        let mut times = Vec::new();
        for hour in self.hours.values() {
            for minute in self.minutes.values() {
                let Some(clock) = day.and_hms_opt(hour, minute, 0) else { continue };
                match zone.from_local_datetime(&clock) {
                    LocalResult::Single(time) => times.push(time.to_utc()),
                    LocalResult::Ambiguous(first, second) => {
                        times.push(first.to_utc());
                        if !is_fixed {
                            times.push(second.to_utc());
                        }
                    }
                    LocalResult::None if is_fixed => times.extend(after_gap(clock, zone)),
                    LocalResult::None => {}
                }
            }
        }
        times
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// The first minute that exists after one that the clock leaves out.
fn after_gap(clock: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    (1..=LONGEST_GAP_MINUTES).find_map(|minutes| {
        let later = clock.checked_add_signed(TimeDelta::minutes(minutes))?.with_second(0)?;
        zone.from_local_datetime(&later).earliest().map(|time| time.to_utc())
    })
}

impl Field {
    /// Reads "*", "5", "1-5", "*/15", "8-18/2" and lists of them with commas.
    fn parse(text: &str, kind: &'static Kind) -> Result<Field, String> {
        let mut field = Field { bits: 0, has_star: text.contains('*'), kind };
        for part in text.to_lowercase().split(',') {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, Some(kind.step(part, step)?)),
                None => (part, None),
            };
            let (first, last) = match range.split_once('-') {
                _ if range == "*" => (kind.low, kind.last()),
                Some((first, last)) => (kind.number(part, first)?, kind.number(part, last)?),
                None if step.is_some() => return Err(kind.refuse(part)),
                None => (kind.number(part, range)?, kind.number(part, range)?),
            };
            if first > last {
                return Err(format!("The {} \"{part}\" runs backwards. Write the smaller first.", kind.label));
            }
            (first..=last).step_by(step.unwrap_or(1)).for_each(|number| field.bits |= 1 << number);
        }
        Ok(field)
    }

    fn has(self, number: u32) -> bool {
        self.bits >> number & 1 == 1
    }

    fn is_any(self) -> bool {
        self.values().count() == usize::from(self.kind.last() - self.kind.low) + 1
    }

    fn values(self) -> impl Iterator<Item = u32> {
        (0..64).filter(move |number| self.has(*number))
    }
}

impl Kind {
    /// The last number that means something of its own: a weekday 7 is Sunday again.
    fn last(&self) -> u8 {
        if self.high == 7 { 6 } else { self.high }
    }

    fn number(&self, part: &str, text: &str) -> Result<u8, String> {
        if let Some(place) = self.names.iter().position(|name| *name == text) {
            return Ok(place as u8 + self.low);
        }
        let is_plain = !text.is_empty() && text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| is_plain && (self.low..=self.high).contains(number));
        number.ok_or_else(|| self.refuse(part))
    }

    fn step(&self, part: &str, text: &str) -> Result<usize, String> {
        let step = text.parse().ok().filter(|step| (1..=usize::from(self.high)).contains(step));
        step.filter(|_| text.len() <= 2).ok_or_else(|| self.refuse(part))
    }

    fn refuse(&self, part: &str) -> String {
        let Kind { label, low, high, names } = self;
        let example = match names {
            [first, second, ..] => format!(", {first}, {second} and so on"),
            _ => String::new(),
        };
        format!("The {label} is \"{part}\". It takes * for all, */n for every nth, or {low} to {high}{example}.")
    }
}

#[cfg(test)]
mod tests;
