//! Times and dates as people say them, with the full one in the title.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use maud::{Markup, html};
use models::site;

/// "now", "26 min ago", "11:02", "24 Nov" or "24 Nov 2027", by the clock of the site.
pub fn moment(at: &DateTime<Utc>, now: &DateTime<Utc>) -> Markup {
    let minutes = now.signed_duration_since(at).num_minutes();
    let (utc, at, now) = (at, site::local(*at), site::local(*now));
    let words = match minutes {
        0 => "now".into(),
        1..60 => format!("{minutes} min ago"),
        _ if at.date_naive() == now.date_naive() => at.format("%H:%M").to_string(),
        _ if at.year() == now.year() => at.format("%-d %b").to_string(),
        _ => at.format("%-d %b %Y").to_string(),
    };
    let full = format!("{} ({})", at.format("%-d %b %Y %H:%M:%S %Z"), utc.format("%H:%M:%S UTC"));
    html! { time datetime=(utc.format("%Y-%m-%dT%H:%M:%SZ")) title=(full) { (words) } }
}

/// A time to come: "now", "in 26 min", "today 14:15", "tomorrow 02:15", "Thu 26 Nov 02:15", by the clock of the site.
pub fn coming(at: &DateTime<Utc>, now: &DateTime<Utc>) -> Markup {
    let minutes = at.signed_duration_since(now).num_minutes();
    let (utc, at, now) = (at, site::local(*at), site::local(*now));
    let words = match (minutes, (at.date_naive() - now.date_naive()).num_days()) {
        (..=0, _) => "now".into(),
        (1..60, _) => format!("in {minutes} min"),
        (_, 0) => at.format("today %H:%M").to_string(),
        (_, 1) => at.format("tomorrow %H:%M").to_string(),
        _ if at.year() == now.year() => at.format("%a %-d %b %H:%M").to_string(),
        _ => at.format("%-d %b %Y %H:%M").to_string(),
    };
    let full = format!("{} ({})", at.format("%-d %b %Y %H:%M:%S %Z"), utc.format("%H:%M:%S UTC"));
    html! { time datetime=(utc.format("%Y-%m-%dT%H:%M:%SZ")) title=(full) { (words) } }
}

/// "24 Nov, tomorrow"; days long past or far ahead keep their distance too: "20 Nov, 3 days late" is for the caller.
pub fn date(on: NaiveDate, today: NaiveDate) -> Markup {
    let pattern = if on.year() == today.year() { "%-d %b" } else { "%-d %b %Y" };
    let distance = match (on - today).num_days() {
        -1 => ", yesterday".into(),
        0 => ", today".into(),
        1 => ", tomorrow".into(),
        days @ 2.. => format!(", in {days} days"),
        _ => String::new(),
    };
    html! { time datetime=(on.format("%Y-%m-%d")) title=(on.format("%A, %-d %B %Y")) { (on.format(pattern)) (distance) } }
}

/// How long something has lasted: "12 s", "40 min", "5 h", "2 d". Never negative, never nothing.
pub fn age(lasted: TimeDelta) -> String {
    match lasted.num_seconds().max(1) {
        seconds @ ..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} min", seconds / 60),
        seconds @ 3_600..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// How long something took, from milliseconds: "340 ms", "1.2 s", "2 min", "3 h".
pub fn duration(ms: u64) -> String {
    match ms {
        0 => "under 1\u{202f}ms".into(),
        1..1_000 => format!("{ms}\u{202f}ms"),
        1_000..10_000 if !ms.is_multiple_of(1_000) => format!("{:.1}\u{202f}s", ms as f64 / 1_000.0),
        1_000..120_000 => format!("{}\u{202f}s", ms / 1_000),
        120_000..7_200_000 => format!("{}\u{202f}min", ms / 60_000),
        _ => format!("{}\u{202f}h", ms / 3_600_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn times_are_said_by_their_distance() {
        let now = Utc.with_ymd_and_hms(2026, 11, 23, 16, 30, 0).unwrap();
        let said = |minutes| {
            let html = moment(&(now - TimeDelta::minutes(minutes)), &now).into_string();
            html.split('>').nth(1).unwrap().trim_end_matches("</time").to_string()
        };
        assert_eq!(said(0), "now");
        assert_eq!(said(26), "26 min ago");
        assert_eq!(said(90), "10:00");
        assert_eq!(said(24 * 60), "22 Nov");
        assert_eq!(said(400 * 24 * 60), "19 Oct 2025");
    }

    #[test]
    fn times_to_come_are_said_by_their_distance() {
        let now = Utc.with_ymd_and_hms(2026, 11, 23, 16, 30, 0).unwrap();
        let said = |minutes| {
            let html = coming(&(now + TimeDelta::minutes(minutes)), &now).into_string();
            html.split('>').nth(1).unwrap().trim_end_matches("</time").to_string()
        };
        assert_eq!(said(-5), "now");
        assert_eq!(said(26), "in 26 min");
        assert_eq!(said(90), "today 13:00");
        assert_eq!(said(24 * 60), "tomorrow 11:30");
        assert_eq!(said(3 * 24 * 60), "Thu 26 Nov 11:30");
        assert_eq!(said(400 * 24 * 60), "28 Dec 2027 11:30");
    }

    #[test]
    fn an_age_is_never_negative() {
        assert_eq!(age(TimeDelta::seconds(-5)), "1 s");
        assert_eq!(age(TimeDelta::minutes(40)), "40 min");
        assert_eq!(age(TimeDelta::hours(5)), "5 h");
        assert_eq!(age(TimeDelta::days(3)), "3 d");
    }

    #[test]
    fn a_duration_is_as_exact_as_it_is_short() {
        let said = [0, 7, 340, 1_000, 1_240, 12_400, 150_000, 7_300_000].map(duration);
        let said = said.map(|words| words.replace('\u{202f}', " "));
        assert_eq!(said, ["under 1 ms", "7 ms", "340 ms", "1 s", "1.2 s", "12 s", "2 min", "2 h"]);
    }
}
