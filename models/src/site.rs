//! The site: the place whose clock want dates, days and times on pages go by. One per process, set at start.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use std::sync::OnceLock;

static ZONE: OnceLock<Tz> = OnceLock::new();

/// The site's time zone; Torvan's own where nobody said otherwise.
pub fn zone() -> Tz {
    *ZONE.get_or_init(|| Tz::America__Toronto)
}

/// Sets the zone by its name ("America/Toronto"), once, before the first page.
///
/// # Errors
/// With a sentence when there is no such zone, or another one is in use already.
pub fn keep_time_of(name: &str) -> Result<(), String> {
    let zone: Tz = name.parse().map_err(|_| format!("{name:?} is no time zone. It looks like America/Toronto."))?;
    if *ZONE.get_or_init(|| zone) == zone { Ok(()) } else { Err("The time zone is in use already.".into()) }
}

/// A time as the site's clock shows it.
pub fn local(at: DateTime<Utc>) -> DateTime<Tz> {
    at.with_timezone(&zone())
}

/// The day it is at the site.
pub fn today() -> NaiveDate {
    local(Utc::now()).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_at_the_site_is_not_the_day_in_london() {
        let at: DateTime<Utc> = "2026-11-24T03:30:00Z".parse().unwrap();
        assert_eq!(local(at).date_naive(), NaiveDate::from_ymd_opt(2026, 11, 23).unwrap());
        assert!(keep_time_of("Mars/Olympus").unwrap_err().contains("no time zone"));
    }
}
