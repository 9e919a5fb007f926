//! What the workers got done and how long it took, by minute, hour and day: counted from the attempts by one worker
//! (`count`), read by the pages.

use crate::{Result, site};
use chrono::{DateTime, Days, DurationRound, NaiveDate, TimeDelta, TimeZone, Utc};
use sqlx::PgExecutor;
use std::collections::BTreeMap;

pub use histogram::{BUCKETS, Histogram};

pub mod count;
mod histogram;

/// How wide the steps of a series are, and so how far it looks back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Span {
    /// The last 60 minutes.
    #[default]
    Minute,
    /// The last 48 hours.
    Hour,
    /// The last 90 days, by the site's clock.
    Day,
}

impl Span {
    pub const ALL: [Span; 3] = [Span::Minute, Span::Hour, Span::Day];

    /// The word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Span::Minute => "minute",
            Span::Hour => "hour",
            Span::Day => "day",
        }
    }

    /// Anything unknown is minutes.
    pub fn from_word(word: &str) -> Span {
        Span::ALL.into_iter().find(|span| span.word() == word).unwrap_or_default()
    }

    fn steps(self) -> u64 {
        match self {
            Span::Minute => 60,
            Span::Hour => 48,
            Span::Day => 90,
        }
    }

    /// Days are added up from the hours.
    fn kept_as(self) -> &'static str {
        if self == Span::Minute { "minute" } else { "hour" }
    }

    /// The beginning of the step that `at` lies in.
    fn step_of(self, at: DateTime<Utc>) -> DateTime<Utc> {
        let trunc = |width| at.duration_trunc(width).unwrap_or(at);
        match self {
            Span::Minute => trunc(TimeDelta::minutes(1)),
            Span::Hour => trunc(TimeDelta::hours(1)),
            Span::Day => midnight(site::local(at).date_naive()).unwrap_or(at),
        }
    }

    /// The beginnings of all steps up to `now`, the oldest first.
    fn beginnings(self, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let today = site::local(now).date_naive();
        let back = |steps: u64| {
            let count = i64::try_from(steps).unwrap_or_default();
            match self {
                Span::Minute => self.step_of(now - TimeDelta::minutes(count)),
                Span::Hour => self.step_of(now - TimeDelta::hours(count)),
                Span::Day => midnight(today - Days::new(steps)).unwrap_or(now),
            }
        };
        (0..self.steps()).rev().map(back).collect()
    }
}

/// When a day begins at the site; the first moment there is when the clock is put forward over midnight.
fn midnight(day: NaiveDate) -> Option<DateTime<Utc>> {
    let hours = (0..3).filter_map(|hour| day.and_hms_opt(hour, 0, 0));
    let mut local = hours.filter_map(|time| site::zone().from_local_datetime(&time).earliest());
    local.next().map(|at| at.with_timezone(&Utc))
}

/// What ended within one step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures {
    pub done: i64,
    /// Attempts that ended with an error.
    pub failed: i64,
    /// Attempts whose worker went away.
    pub crashed: i64,
    /// From being due to being started, of jobs that ended for good.
    pub waited: Histogram,
    /// From start to end of attempts that were done or failed.
    pub ran: Histogram,
}

impl Figures {
    pub fn add(&mut self, more: &Figures) {
        self.done += more.done;
        self.failed += more.failed;
        self.crashed += more.crashed;
        self.waited.add(&more.waited);
        self.ran.add(&more.ran);
    }

    /// Attempts that did not end well.
    pub fn not_done(&self) -> i64 {
        self.failed + self.crashed
    }
}

/// One step of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// When the step begins.
    pub at: DateTime<Utc>,
    pub figures: Figures,
}

/// One kept row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub at: DateTime<Utc>,
    pub queue: String,
    pub kind: String,
    pub figures: Figures,
}

/// What was kept of a span up to now, of all queues or one; rows are by minute or by hour.
pub async fn kept(db: impl PgExecutor<'_>, span: Span, queue: Option<&str>, now: DateTime<Utc>) -> Result<Vec<Kept>> {
    let since = span.beginnings(now).first().copied().unwrap_or(now);
    let rows = sqlx::query_as!(
        Row,
        r#"
        select at, queue, kind, done, failed, crashed, waited_ms, ran_ms
        from job_figures
        where span = $1 and at >= $2 and ($3::text is null or queue = $3)
        order by at, queue, kind
        "#,
        span.kept_as(),
        since,
        queue,
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(Kept::from).collect())
}

/// As the table has it.
struct Row {
    at: DateTime<Utc>,
    queue: String,
    kind: String,
    done: i32,
    failed: i32,
    crashed: i32,
    waited_ms: Vec<i32>,
    ran_ms: Vec<i32>,
}

impl From<Row> for Kept {
    fn from(row: Row) -> Kept {
        let figures = Figures {
            done: row.done.into(),
            failed: row.failed.into(),
            crashed: row.crashed.into(),
            waited: Histogram::from_counts(&row.waited_ms),
            ran: Histogram::from_counts(&row.ran_ms),
        };
        Kept { at: row.at, queue: row.queue, kind: row.kind, figures }
    }
}

/// The rows that `belong`, step by step; steps in which nothing ended are there too.
pub fn series(span: Span, now: DateTime<Utc>, kept: &[Kept], belongs: impl Fn(&Kept) -> bool) -> Vec<Point> {
    let mut steps: BTreeMap<DateTime<Utc>, Figures> =
        span.beginnings(now).into_iter().map(|at| (at, Figures::default())).collect();
    for row in kept.iter().filter(|row| belongs(row)) {
        if let Some(figures) = steps.get_mut(&span.step_of(row.at)) {
            figures.add(&row.figures);
        }
    }
    steps.into_iter().map(|(at, figures)| Point { at, figures }).collect()
}

/// All of it in one.
pub fn total<'a>(points: impl IntoIterator<Item = &'a Point>) -> Figures {
    let mut total = Figures::default();
    points.into_iter().for_each(|point| total.add(&point.figures));
    total
}

/// How deep a queue was at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Depth {
    pub at: DateTime<Utc>,
    pub queue: String,
    pub waiting: i32,
    pub running: i32,
    /// How long the oldest job had been due.
    pub oldest_seconds: i32,
}

/// The depth of one queue over a span, the deepest of every step.
pub async fn depths(db: impl PgExecutor<'_>, span: Span, queue: &str, now: DateTime<Utc>) -> Result<Vec<Depth>> {
    let since = span.beginnings(now).first().copied().unwrap_or(now);
    let rows = sqlx::query_as!(
        Depth,
        "select at, queue, waiting, running, oldest_seconds from queue_depths where at >= $1 and queue = $2 order by at",
        since,
        queue,
    );
    let mut deepest: BTreeMap<DateTime<Utc>, Depth> = BTreeMap::new();
    for row in rows.fetch_all(db).await? {
        let step = span.step_of(row.at);
        let depth = Depth { at: step, ..row };
        let known = deepest.entry(step).or_insert_with(|| depth.clone());
        known.waiting = known.waiting.max(depth.waiting);
        known.running = known.running.max(depth.running);
        known.oldest_seconds = known.oldest_seconds.max(depth.oldest_seconds);
    }
    Ok(deepest.into_values().collect())
}

/// The latest count of every queue, at most two minutes old: exact where a page counts only so far.
pub async fn latest_depths(db: impl PgExecutor<'_>) -> Result<Vec<Depth>> {
    let rows = sqlx::query_as!(
        Depth,
        r#"
        select distinct on (queue) at, queue, waiting, running, oldest_seconds
        from queue_depths
        where at > now() - interval '2 minutes'
        order by queue, at desc
        "#,
    );
    Ok(rows.fetch_all(db).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn kept(text: &str, done: i64) -> Kept {
        let figures = Figures { done, ..Figures::default() };
        Kept { at: at(text), queue: "boms".into(), kind: "generate_bom".into(), figures }
    }

    #[test]
    fn a_series_has_every_step_also_those_in_which_nothing_ended() {
        let now = at("2026-11-23T14:05:30Z");
        let points = series(Span::Minute, now, &[kept("2026-11-23T14:05:00Z", 3)], |_| true);
        assert_eq!((points.len(), points[59].figures.done, points[58].figures.done), (60, 3, 0));
        assert_eq!(points[59].at, at("2026-11-23T14:05:00Z"));
        assert_eq!(series(Span::Hour, now, &[], |_| true)[0].at, at("2026-11-21T15:00:00Z"));
    }

    #[test]
    fn a_day_is_a_day_of_the_site() {
        let now = at("2026-11-24T03:30:00Z"); // still the 23rd in Toronto
        let rows = [kept("2026-11-23T05:00:00Z", 1), kept("2026-11-24T03:00:00Z", 1), kept("2026-11-23T04:00:00Z", 1)];
        let points = series(Span::Day, now, &rows, |_| true);
        assert_eq!((points.len(), points[89].figures.done, points[88].figures.done), (90, 2, 1));
    }

    #[test]
    fn the_day_the_clocks_change_is_one_day() {
        let points = series(Span::Day, at("2026-11-05T12:00:00Z"), &[], |_| true);
        let width = |index: usize| (points[index + 1].at - points[index].at).num_hours();
        // Clocks went back on the 1st, which itself still began in summer time.
        assert_eq!(points.iter().filter(|point| point.at.to_string().contains("05:00:00")).count(), 4);
        assert!((0..89).any(|index| width(index) == 25));
    }
}
