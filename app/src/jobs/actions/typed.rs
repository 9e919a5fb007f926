//! What was typed into an action's form, read with its limits.

use crate::forms::{self, Fields};
use chrono::{DateTime, LocalResult, NaiveDateTime, TimeZone, Utc};
use models::{
    jobs::actions::{Action, Change, LONGEST_REASON, PRIORITIES, within_a_year},
    site,
};
use uuid::Uuid;
use views::jobs::actions::Typed;

/// A form that says what to do.
#[derive(Debug)]
pub struct Asked {
    pub key: Uuid,
    pub change: Change,
    pub reason: String,
}

/// Reads the form; `count` is what has to be typed when many are meant.
///
/// # Errors
/// What was typed, with a sentence for every field that is wrong.
pub fn read(action: Action, fields: &Fields, is_reason_asked: bool, count: Option<usize>) -> Result<Asked, Box<Typed>> {
    let key = fields.get("key").parse().unwrap_or_else(|_| Uuid::now_v7());
    let mut typed = Typed {
        key: key.to_string(),
        reason: fields.get("reason").to_owned(),
        at: fields.get("at").to_owned(),
        priority: fields.get("priority").to_owned(),
        count: fields.get("count").to_owned(),
        problems: Vec::new(),
    };
    let mut problems = Vec::new();
    let change = change(action, &typed).map_err(|problem| problems.push(problem)).ok();
    let reason = reason(&typed.reason, is_reason_asked).map_err(|sentence| problems.push(("reason", sentence))).ok();
    if let Some(count) = count.filter(|count| typed.count.trim() != count.to_string()) {
        problems.push(("count", wrong_count(&typed.count, count)));
    }
    match (change, reason) {
        (Some(change), Some(reason)) if problems.is_empty() => Ok(Asked { key, change, reason }),
        _ => {
            typed.problems = problems;
            Err(Box::new(typed))
        }
    }
}

/// Why, in one line.
pub fn reason(typed: &str, is_asked: bool) -> Result<String, String> {
    let reason = forms::text(typed, forms::Text { label: "The reason", longest: LONGEST_REASON, lines: false })?;
    if is_asked && reason.is_empty() {
        return Err("Say why in a few words. It is kept with the job and in the audit trail.".into());
    }
    Ok(reason)
}

fn change(action: Action, typed: &Typed) -> Result<Change, (&'static str, String)> {
    Ok(match action {
        Action::Retry => Change::Retry,
        Action::Cancel => Change::Cancel,
        Action::Discard => Change::Discard,
        Action::RunNow => Change::RunNow,
        Action::PutBack => Change::PutBack,
        Action::Reschedule => Change::Reschedule(time(&typed.at).map_err(|sentence| ("at", sentence))?),
        Action::Prioritise => Change::Prioritise(priority(&typed.priority).map_err(|sentence| ("priority", sentence))?),
        Action::Copy => return Err(("reason", "Copies are made one by one.".into())),
    })
}

fn priority(typed: &str) -> Result<i16, String> {
    let priority = typed.trim().parse().ok().filter(|priority| PRIORITIES.contains(priority));
    priority.ok_or_else(|| format!("“{typed}” is no priority. It is a whole number from −10, urgent, to 10, later."))
}

/// A time by the site's clock, as the browser's field or a person writes it.
fn time(typed: &str) -> Result<DateTime<Utc>, String> {
    let text = typed.trim().replace(' ', "T");
    let formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];
    let time = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(&text, format).ok());
    let time = time.ok_or_else(|| format!("“{typed}” is no time. It looks like 2026-11-24T06:00."))?;
    let at = match site::zone().from_local_datetime(&time) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.with_timezone(&Utc),
        LocalResult::None => {
            return Err("The clock is put forward over this time, so it does not exist. Choose an hour later.".into());
        }
    };
    // The field knows minutes; the running one still counts.
    let now = Utc::now();
    if at < now && (now - at).num_seconds() < 60 { Ok(now) } else { within_a_year(at, now) }
}

fn wrong_count(typed: &str, count: usize) -> String {
    match typed.trim() {
        "" => format!("Type {count}, the number of jobs you chose."),
        other => format!("“{other}” is not the number of jobs you chose. It is {count}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    #[test]
    fn a_time_is_read_by_the_sites_clock_and_bounded() {
        let refused = |at: &str| read(Action::Reschedule, &fields(&[("at", at)]), false, None).unwrap_err();
        assert!(refused("tomorrow").problem("at").contains("looks like"));
        assert!(refused("2020-01-01T06:00").problem("at").contains("over"));
        assert!(refused("2199-01-01T06:00").problem("at").contains("within a year"));
        let soon = site::local(Utc::now() + chrono::TimeDelta::hours(3)).format("%Y-%m-%dT%H:%M").to_string();
        let Asked { change: Change::Reschedule(at), .. } =
            read(Action::Reschedule, &fields(&[("at", &soon)]), false, None).unwrap()
        else {
            panic!("no reschedule")
        };
        assert_eq!(site::local(at).format("%Y-%m-%dT%H:%M").to_string(), soon);
    }

    #[test]
    fn every_wrong_field_is_named_and_kept() {
        let typed = fields(&[("priority", "asap"), ("reason", " "), ("count", "59")]);
        let refused = read(Action::Prioritise, &typed, true, Some(60)).unwrap_err();
        assert_eq!(refused.problems.len(), 3);
        assert_eq!((refused.priority.as_str(), refused.count.as_str()), ("asap", "59"));
        assert!(refused.problem("count").contains("It is 60."));
    }
}
