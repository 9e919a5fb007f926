//! A pattern on the clock of a place, as kept and as typed.

use crate::jobs::pattern::Pattern;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// Next times shown before a change is saved.
pub const FARTHEST_PREVIEW: usize = 5;

/// When a schedule runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    pub pattern: Pattern,
    pub zone: Tz,
}

/// What is wrong with a typed timing, by field; empty where nothing is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wrong {
    pub pattern: String,
    pub time_zone: String,
}

impl Timing {
    /// Reads what was typed or kept.
    ///
    /// # Errors
    /// A sentence for each field that can't be used.
    pub fn read(pattern: &str, time_zone: &str) -> Result<Timing, Wrong> {
        let zone = time_zone.trim().parse::<Tz>().map_err(|_| {
            let typed: String = time_zone.trim().chars().take(40).collect();
            format!("The time zone is \"{typed}\". It is a name like America/Toronto or UTC.")
        });
        match (Pattern::parse(pattern), zone) {
            (Ok(pattern), Ok(zone)) => Ok(Timing { pattern, zone }),
            (pattern, zone) => {
                Err(Wrong { pattern: pattern.err().unwrap_or_default(), time_zone: zone.err().unwrap_or_default() })
            }
        }
    }

    /// The same, refused when it names no time within five years of `now`.
    ///
    /// # Errors
    /// As [`Timing::read`].
    pub fn read_to_keep(pattern: &str, time_zone: &str, now: DateTime<Utc>) -> Result<Timing, Wrong> {
        let timing = Timing::read(pattern, time_zone)?;
        if timing.next(now).is_none() {
            let text = format!("\"{}\" names no time within five years. Choose days that exist.", timing.pattern);
            return Err(Wrong { pattern: text, ..Wrong::default() });
        }
        Ok(timing)
    }

    pub fn next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.pattern.next(after, self.zone)
    }

    /// The next five times.
    pub fn preview(&self, after: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        self.pattern.next_times(after, self.zone, FARTHEST_PREVIEW)
    }
}
