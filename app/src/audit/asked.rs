//! What somebody looks for in the trail, read from the address.

use crate::{errors::Error, forms::Fields};
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone, Utc};
use models::{
    audit::search::{self, Filter},
    site,
};
use sqlx::PgPool;
use views::audit::Typed;

/// Letters of a field; nobody types more.
const LONGEST: usize = 200;

/// What was typed, and the filter it makes, or the sentence that says which field can't be read.
pub async fn read(db: &PgPool, asked: &Fields) -> Result<(Typed, Result<Filter, String>), Error> {
    let get = |name: &str| asked.get(name).trim().chars().take(LONGEST).collect::<String>();
    let typed = Typed {
        person: get("person"),
        noun: get("noun"),
        record: get("record"),
        action: get("action"),
        outcome: get("outcome"),
        from: get("from"),
        until: get("until"),
        text: get("text"),
    };
    let people = if typed.person.is_empty() { Vec::new() } else { search::people(db, &typed.person).await? };
    let filter = filter(&typed, people, asked.get("before"));
    Ok((typed, filter))
}

fn filter(typed: &Typed, people: Vec<i64>, before: &str) -> Result<Filter, String> {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    // Who has no account (the system, strangers) is found by the name written down.
    let (people, name) = if people.is_empty() { (None, some(&typed.person)) } else { (Some(people), None) };
    Ok(Filter {
        people,
        name,
        nouns: some(&typed.noun).map(|noun| vec![noun]),
        object_ids: some(&typed.record).map(|record| vec![record]),
        action: some(&typed.action),
        success: match typed.outcome.as_str() {
            "" => None,
            "done" => Some(true),
            "refused" => Some(false),
            other => return Err(format!("Outcome: “{other}” is none. It is done or refused.")),
        },
        from: time("From", &typed.from)?,
        until: time("Until", &typed.until)?,
        text: some(&typed.text),
        before: match before {
            "" => None,
            seq => Some(seq.parse().map_err(|_| format!("Before: “{seq}” is no entry. It is a number."))?),
        },
    })
}

/// A time by the site's clock: "2026-11-24T06:00" or a day.
fn time(field: &str, typed: &str) -> Result<Option<DateTime<Utc>>, String> {
    if typed.is_empty() {
        return Ok(None);
    }
    let local = NaiveDateTime::parse_from_str(typed, "%Y-%m-%dT%H:%M")
        .or_else(|_| NaiveDateTime::parse_from_str(typed, "%Y-%m-%dT%H:%M:%S"))
        .ok()
        .or_else(|| NaiveDate::parse_from_str(typed, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0));
    let known = |local: &NaiveDateTime| (1970..3000).contains(&chrono::Datelike::year(local));
    let at = local.filter(known).and_then(|local| site::zone().from_local_datetime(&local).earliest());
    let at = at.ok_or_else(|| format!("{field}: “{typed}” is no time. It looks like 2026-11-24T06:00."))?;
    Ok(Some(at.with_timezone(&Utc)))
}

/// Address of the entries before this one.
pub fn older(typed: &Typed, seq: i64) -> String {
    let query = typed.query();
    if query.is_empty() { format!("/audit?before={seq}") } else { format!("/audit?{query}&before={seq}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_by_the_sites_clock_and_a_wrong_one_is_named() {
        assert_eq!(time("From", "2026-11-24T06:00").unwrap().unwrap().to_rfc3339(), "2026-11-24T11:00:00+00:00");
        assert_eq!(time("From", "2026-07-01").unwrap().unwrap().to_rfc3339(), "2026-07-01T04:00:00+00:00");
        for wrong in ["yesterday", "2026-13-01", "+262142-01-01", "0001-01-01", "2026-11-24T25:00"] {
            assert!(time("From", wrong).unwrap_err().contains(wrong), "{wrong}");
        }
        assert_eq!(time("Until", ""), Ok(None));
    }
}
