//! Which jobs a filter finds, quickly however many there are and also when it finds nothing. Every filter that narrows
//! has an index that ends in the id; the statement walks the best one from the newest job and stops when the page is
//! full. What no index can answer is checked on a bounded number of jobs, and the answer says how far it looked.

use super::resolve::{Resolved, resolve};
use super::statement::{PLACES, Source, words};
use super::{Filter, State};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor, PgPool, QueryBuilder, Row};
use uuid::Uuid;

/// Jobs of a page's walk that are looked at one by one when no index knows the answer.
const WALKED: i64 = 10_000;
/// The same where only their words are read, one after the other.
const WORDS_WALKED: i64 = 20_000;
/// The first look for a text: a text that is in many jobs is in these.
const FIRST_LOOK: i64 = 2_000;
/// For the text index; a text whose letters are everywhere is walked instead.
const TEXT_TIME: &str = "set local statement_timeout = '90ms'";
/// Tabs count up to here and say "1,000+" beyond.
pub const COUNTED: i64 = 1_000;

/// Jobs found, newest first, and how far the search came.
#[derive(Debug, Default)]
pub struct Found {
    pub ids: Vec<Uuid>,
    /// The last job looked at, when there are older ones nobody looked at.
    pub looked_back_to: Option<Uuid>,
    /// The database's time before it looked.
    pub as_of: DateTime<Utc>,
}

/// How many jobs of a state a filter finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub state: State,
    pub jobs: i64,
    /// There may be more.
    pub is_least: bool,
}

/// The ids of exactly the jobs that somebody saw: those the filter finds that have not changed since `as_of`, newest
/// first, at most `most`. The place in the list does not count.
///
/// # Errors
/// When a part of the filter names nothing: better nothing than too much.
pub async fn ids(db: &PgPool, filter: &Filter, as_of: DateTime<Utc>, most: usize) -> Result<Vec<Uuid>> {
    let (resolved, problems) = resolve(db, &filter.from_the_top()).await?;
    if let Some(problem) = problems.into_iter().next() {
        return Err(Error::Invalid(problem.sentence));
    }
    let best = resolved.source();
    let source = if resolved.filter.text.is_some() && !best.is_narrow() { Source::Text } else { best };
    let search = Search { source, most: most as i64, walked: None, as_of: Some(as_of) };
    Ok(resolved.search(&mut *db.acquire().await?, search).await?.ids)
}

/// One statement's bounds.
#[derive(Debug, Clone, Copy)]
struct Search {
    source: Source,
    most: i64,
    /// Jobs looked at; none: as many as it takes.
    walked: Option<i64>,
    /// Leaves out what changed later.
    as_of: Option<DateTime<Utc>>,
}

impl Resolved {
    /// The ids of a page, one more than it shows.
    pub async fn find(&self, db: &PgPool) -> Result<Found> {
        let most = self.filter.rows as i64 + 1;
        let source = self.source();
        let look = |walked| Search { source, most, walked: Some(walked), as_of: None };
        if self.filter.text.is_none() || source.is_narrow() {
            return self.search(&mut *db.acquire().await?, look(WALKED)).await;
        }
        let (source, walked) = self.word_walk();
        let look = |walked| Search { source, ..look(walked) };
        let first = self.search(&mut *db.acquire().await?, look(FIRST_LOOK)).await?;
        if first.ids.len() as i64 == most || first.looked_back_to.is_none() {
            return Ok(first);
        }
        let by_text = Search { source: Source::Text, walked: None, ..look(0) };
        match self.in_time(db, by_text).await? {
            Some(found) => Ok(found),
            None => self.search(&mut *db.acquire().await?, look(walked)).await,
        }
    }

    /// How jobs are walked for a text: alone, their words are read as they lie.
    fn word_walk(&self) -> (Source, i64) {
        match self.source() {
            Source::Newest => (Source::Words, WORDS_WALKED),
            source => (source, WALKED),
        }
    }

    /// The next stretch of the whole list, for a file: no first look, no text index, which would be asked anew each time.
    pub async fn walk(&self, db: &PgPool) -> Result<Found> {
        let stretch =
            Search { source: self.source(), most: self.filter.rows as i64, walked: Some(WALKED), as_of: None };
        self.search(&mut *db.acquire().await?, stretch).await
    }

    /// How many jobs of each state there are, whatever states the filter wants.
    pub async fn counts(&self, db: &PgPool) -> Result<Vec<Count>> {
        let all = Resolved { filter: Filter { states: Vec::new(), ..self.filter.from_the_top() }, ..self.clone() };
        let source = all.source();
        if matches!(source, Source::Newest | Source::Places) && !all.has_rest(Source::Places) {
            return all.count_places(db).await;
        }
        if all.filter.text.is_none() || source.is_narrow() {
            return all.count_walked(&mut *db.acquire().await?, source, Some(WALKED)).await;
        }
        let mut tx = db.begin().await?;
        sqlx::raw_sql(TEXT_TIME).execute(&mut *tx).await?;
        match all.count_walked(&mut tx, Source::Text, None).await {
            Err(Error::Database(error)) if is_out_of_time(&error) => Ok(Vec::new()),
            counted => counted,
        }
    }

    async fn in_time(&self, db: &PgPool, search: Search) -> Result<Option<Found>> {
        let mut tx = db.begin().await?;
        sqlx::raw_sql(TEXT_TIME).execute(&mut *tx).await?;
        match self.search(&mut tx, search).await {
            Ok(found) => Ok(Some(found)),
            Err(Error::Database(error)) if is_out_of_time(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn search(&self, db: &mut PgConnection, search: Search) -> Result<Found> {
        let is_whole = !self.has_rest(search.source) && search.as_of.is_none();
        let walked = if is_whole { Some(search.most) } else { search.walked };
        let mut sql = QueryBuilder::new("");
        self.candidates(&mut sql, search.source, walked);
        sql.push(", hits as materialized (select job.id from candidates cross join lateral (select * from jobs where jobs.id = candidates.id offset 0) job where true");
        if search.source == Source::Words {
            sql.push(" and candidates.fits");
        }
        if !is_whole {
            self.rest(&mut sql, search.source, search.as_of);
        }
        let order = self.order();
        sql.push(format!(" order by job.id {order} limit ")).push_bind(search.most);
        sql.push(format!(
            ") select now() as as_of, array(select id from hits order by id {order}) as ids, \
             (select count(*) from candidates) as looked_at, \
             (select id from candidates order by id {} limit 1) as last",
            if order == "desc" { "asc" } else { "desc" }
        ));
        let row = sql.build().fetch_one(db).await?;
        let mut ids: Vec<Uuid> = row.try_get("ids")?;
        let looked_at: i64 = row.try_get("looked_at")?;
        let is_cut = !is_whole && walked.is_some_and(|walked| looked_at >= walked) && (ids.len() as i64) < search.most;
        if self.filter.after.is_some() {
            ids.reverse();
        }
        let looked_back_to = if is_cut { row.try_get("last")? } else { None };
        Ok(Found { ids, looked_back_to, as_of: row.try_get("as_of")? })
    }

    /// Counted by index alone, up to a thousand each.
    async fn count_places(&self, db: impl PgExecutor<'_>) -> Result<Vec<Count>> {
        let mut sql = QueryBuilder::new(PLACES);
        sql.push(" select word, counted.jobs from unnest(").push_bind(words(&State::ALL));
        sql.push(
            "::text[]) word cross join lateral (select count(*) as jobs from (select from place cross join lateral \
             (select from jobs where kind = place.kind and queue = place.queue and state = word",
        );
        self.range(&mut sql, "id");
        sql.push(" limit ").push_bind(COUNTED + 1);
        sql.push(") hit where true");
        self.places(&mut sql);
        sql.push(" limit ").push_bind(COUNTED + 1);
        sql.push(") found) counted");
        let rows: Vec<(String, i64)> = sql.build_query_as().fetch_all(db).await?;
        Ok(rows.into_iter().filter_map(|(word, jobs)| count(&word, jobs, false)).collect())
    }

    async fn count_walked(&self, db: &mut PgConnection, source: Source, walked: Option<i64>) -> Result<Vec<Count>> {
        let mut sql = QueryBuilder::new("");
        self.candidates(&mut sql, source, walked);
        sql.push(
            " select job.state, count(*), (select count(*) from candidates) \
             from candidates cross join lateral (select * from jobs where jobs.id = candidates.id offset 0) job where true",
        );
        self.rest(&mut sql, source, None);
        sql.push(" group by job.state");
        let rows: Vec<(String, i64, i64)> = sql.build_query_as().fetch_all(db).await?;
        let is_cut = |looked_at: i64| walked.is_some_and(|walked| looked_at >= walked);
        let found: Vec<Count> =
            rows.iter().filter_map(|(word, jobs, looked_at)| count(word, *jobs, is_cut(*looked_at))).collect();
        let nothing = |state| Count { state, jobs: 0, is_least: false };
        let of = |state| found.iter().copied().find(|count| count.state == state).unwrap_or(nothing(state));
        Ok(State::ALL.into_iter().map(of).collect())
    }
}

fn count(word: &str, jobs: i64, is_cut: bool) -> Option<Count> {
    let state = State::ALL.into_iter().find(|state| state.word() == word)?;
    Some(Count { state, jobs: jobs.min(COUNTED), is_least: is_cut || jobs > COUNTED })
}

/// The server ended the statement because of its time limit.
fn is_out_of_time(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code == "57014")
}
