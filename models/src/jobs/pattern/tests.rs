use super::*;
use proptest::prelude::*;

fn times(pattern: &str, after: &str, zone: Tz, count: usize) -> Vec<String> {
    let after: DateTime<Utc> = after.parse().unwrap();
    let times = Pattern::parse(pattern).unwrap().next_times(after, zone, count);
    times.into_iter().map(|time| time.with_timezone(&zone).format("%Y-%m-%d %H:%M %z").to_string()).collect()
}

#[test]
fn a_pattern_names_its_times() {
    let utc = Tz::UTC;
    let from = "2026-11-23T14:30:00Z"; // a Monday
    assert_eq!(times("15 2 * * *", from, utc, 2), ["2026-11-24 02:15 +0000", "2026-11-25 02:15 +0000"]);
    assert_eq!(times("*/20 * * * *", from, utc, 2), ["2026-11-23 14:40 +0000", "2026-11-23 15:00 +0000"]);
    assert_eq!(times("30 14 * * *", from, utc, 1), ["2026-11-24 14:30 +0000"]);
    assert_eq!(times("0 6 * * mon-fri", "2026-11-27T06:00:00Z", utc, 1), ["2026-11-30 06:00 +0000"]);
    assert_eq!(times("0 0 1 jan,jul *", from, utc, 2), ["2027-01-01 00:00 +0000", "2027-07-01 00:00 +0000"]);
    assert_eq!(times("0 0 29 2 *", from, utc, 1), ["2028-02-29 00:00 +0000"]);
    // Both days named: one of them is enough.
    assert_eq!(times("0 0 13 * 5", from, utc, 2), ["2026-11-27 00:00 +0000", "2026-12-04 00:00 +0000"]);
    assert_eq!(times("0 0 * * 7", from, utc, 1), times("0 0 * * 0", from, utc, 1));
    assert!(times("0 0 31 2 *", from, utc, 1).is_empty());
}

#[test]
fn a_fixed_time_runs_once_on_days_the_clock_is_changed() {
    let toronto = Tz::America__Toronto;
    // 2026-03-08: 02:00 becomes 03:00. 2026-11-01: 02:00 becomes 01:00.
    assert_eq!(
        times("30 2 * * *", "2026-03-07T12:00:00Z", toronto, 2),
        ["2026-03-08 03:00 -0400", "2026-03-09 02:30 -0400"]
    );
    assert_eq!(
        times("30 1 * * *", "2026-10-31T12:00:00Z", toronto, 2),
        ["2026-11-01 01:30 -0400", "2026-11-02 01:30 -0500"]
    );
    // Half an hour, at two in the night, at the other end of the world.
    assert_eq!(times("15 2 * * *", "2026-10-03T12:00:00Z", Tz::Australia__Lord_Howe, 1), ["2026-10-04 02:30 +1100"]);
}

#[test]
fn what_runs_all_day_long_keeps_its_distance_when_the_clock_is_changed() {
    let toronto = Tz::America__Toronto;
    assert_eq!(
        times("*/30 * * * *", "2026-03-08T06:15:00Z", toronto, 3),
        ["2026-03-08 01:30 -0500", "2026-03-08 03:00 -0400", "2026-03-08 03:30 -0400"]
    );
    assert_eq!(
        times("*/30 * * * *", "2026-11-01T05:15:00Z", toronto, 4),
        ["2026-11-01 01:30 -0400", "2026-11-01 01:00 -0500", "2026-11-01 01:30 -0500", "2026-11-01 02:00 -0500"]
    );
}

#[test]
fn a_pattern_is_said_as_people_say_it() {
    for (pattern, words) in [
        ("15 2 * * *", "Every day at 02:15"),
        ("0 6,18 * * *", "Every day at 06:00 and 18:00"),
        ("* * * * *", "Every minute"),
        ("*/15 * * * *", "Every 15 minutes"),
        ("0 * * * *", "Every hour"),
        ("5,35 * * * *", "At minute 5 and 35 of the hour"),
        ("0 */4 * * *", "Every day at 00:00, 04:00, 08:00, 12:00, 16:00 and 20:00"),
        ("0 */2 * * *", "Every 2 hours"),
        ("0 6 * * 1", "Mondays at 06:00"),
        ("0 6 * * 1-5", "Monday to Friday at 06:00"),
        ("0 6 * * sat,sun", "Saturdays and Sundays at 06:00"),
        ("0 6 * * 0,3", "Wednesdays and Sundays at 06:00"),
        ("0 0 1 * *", "On day 1 of the month at 00:00"),
        ("0 0 1-7,15 1,7 *", "On day 1 to 7 and 15 of the month in January and July at 00:00"),
        ("0 0 13 * 5", "On day 13 of the month and Fridays at 00:00"),
        ("*/10 8-17 * * 1-5", "Every 10 minutes in the hours 8 to 17, Monday to Friday"),
        ("*/7 * * * *", "At minute 0, 7, 14, 21, 28, 35, 42, 49 and 56 of the hour"),
    ] {
        assert_eq!(Pattern::parse(pattern).unwrap().in_words(), words, "{pattern}");
    }
}

#[test]
fn a_wrong_pattern_names_the_field_and_what_would_be_right() {
    let refused = |pattern| Pattern::parse(pattern).unwrap_err();
    assert_eq!(refused("75 2 * * *"), "The minute is \"75\". It takes * for all, */n for every nth, or 0 to 59.");
    assert_eq!(
        refused("0 2 * * xyz"),
        "The weekday is \"xyz\". It takes * for all, */n for every nth, or 0 to 7, sun, mon and so on."
    );
    assert_eq!(refused("0 18-8 * * *"), "The hour \"18-8\" runs backwards. Write the smaller first.");
    assert!(refused("0 2 * *").starts_with("The pattern has 4 fields. It takes five:"));
    assert!(refused("0 0 2 * * *").starts_with("The pattern has 6 fields."));
    for wrong in
        ["@daily", "*/0 * * * *", "5/10 * * * *", "1,,2 * * * *", "- * * * *", "+5 * * * *", "0 0 0 * *", "*-5 * * * *"]
    {
        assert!(Pattern::parse(wrong).is_err(), "{wrong}");
    }
    assert!(refused(&"1,".repeat(60)).contains("longer than 100"));
}

proptest! {
    #[test]
    fn the_next_time_is_later_and_stands_on_the_pattern(
        minute in 0u32..60, hour in 0u32..24, start in 1_700_000_000i64..2_000_000_000, zone in 0usize..6
    ) {
        let zones = [Tz::UTC, Tz::America__Toronto, Tz::Europe__Berlin, Tz::Asia__Kathmandu, Tz::Australia__Lord_Howe, Tz::America__Sao_Paulo];
        let after = DateTime::from_timestamp(start, 0).unwrap();
        let pattern = Pattern::parse(&format!("{minute} {hour} * * *")).unwrap();
        let next = pattern.next(after, zones[zone]).unwrap();
        prop_assert!(next > after && next - after <= TimeDelta::hours(26));
        // Between the two there is no other.
        prop_assert_eq!(pattern.next(next - TimeDelta::seconds(1), zones[zone]), Some(next));
    }

    #[test]
    fn no_text_breaks_the_reader(text in "[-*/, 0-9a-z@+]{0,40}") {
        if let Ok(pattern) = Pattern::parse(&text) {
            prop_assert!(!pattern.in_words().is_empty());
        }
    }
}
