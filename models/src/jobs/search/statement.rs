//! The statement of a search, put together from what the filter asks: where its jobs come from, and what is left to be
//! checked job by job. Optional conditions are left out, so that the planner sees what is there.

use super::State;
use super::resolve::Resolved;
use chrono::{DateTime, Utc};
use sqlx::{Postgres, QueryBuilder};

/// Where the jobs come from that are then looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// All, by id.
    Newest,
    /// By kind, queue and state together, whichever of them are given.
    Places,
    Order,
    Build,
    Group,
    Batch,
    Schedule,
    People,
    /// By the index of their words.
    Text,
    /// All, by id, with their words beside them.
    Words,
}

impl Source {
    /// Its index has the state before the id.
    fn knows_states(self) -> bool {
        matches!(self, Source::Places | Source::Batch | Source::Group | Source::People)
    }

    /// A few hundred jobs at most, usually.
    pub fn is_narrow(self) -> bool {
        matches!(self, Source::Order | Source::Build | Source::Batch)
    }
}

/// Every pair of kind and queue there is, by skipping through their index.
pub const PLACES: &str = "with recursive place (kind, queue) as (\
     (select kind, queue from jobs order by kind, queue limit 1) union all \
     select next.kind, next.queue from place cross join lateral \
     (select kind, queue from jobs where (kind, queue) > (place.kind, place.queue) order by kind, queue limit 1) next)";

impl Resolved {
    /// The one that leaves the fewest jobs to look at.
    pub fn source(&self) -> Source {
        let filter = &self.filter;
        match () {
            () if self.build_id.is_some() => Source::Build,
            () if self.order_id.is_some() => Source::Order,
            () if filter.batch.is_some() => Source::Batch,
            () if filter.worker.is_some() => Source::Places,
            () if filter.group.is_some() => Source::Group,
            () if self.people.is_some() => Source::People,
            () if filter.schedule.is_some() => Source::Schedule,
            () if filter.kind.is_some() || filter.queue.is_some() || !filter.states.is_empty() => Source::Places,
            () => Source::Newest,
        }
    }

    /// `with candidates as …`: ids in the order of the list, at most `walked`.
    pub fn candidates(&self, sql: &mut QueryBuilder<Postgres>, source: Source, walked: Option<i64>) {
        let filter = &self.filter;
        sql.push(if source == Source::Places { PLACES } else { "with" });
        sql.push(if source == Source::Places { ", " } else { " " }).push("candidates as materialized (select id");
        if source == Source::Words {
            sql.push(", arguments ilike ").push_bind(filter.pattern());
            sql.push(" or error ilike ").push_bind(filter.pattern()).push(" as fits");
        }
        sql.push(" from ");
        match source {
            Source::Newest => sql.push("jobs where true"),
            Source::Order => sql.push("jobs where order_id = ").push_bind(self.order_id),
            Source::Build => sql.push("jobs where build_id = ").push_bind(self.build_id),
            Source::Schedule => sql.push("jobs where schedule = ").push_bind(&filter.schedule),
            Source::Text => {
                sql.push("(select job_id as id from job_texts where (arguments ilike ").push_bind(filter.pattern())
            }
            Source::Places => sql.push("place cross join unnest(").push_bind(words(&filter.wanted_states())),
            Source::Words => sql.push("(select job_id as id, arguments, error from job_texts) as text where true"),
            Source::Batch | Source::Group | Source::People => {
                sql.push("unnest(").push_bind(words(&filter.wanted_states()))
            }
        };
        match source {
            Source::Text => {
                sql.push(" or error ilike ").push_bind(filter.pattern()).push(")) as text where true");
            }
            Source::Places => {
                sql.push("::text[]) word cross join lateral (select id from jobs where kind = place.kind and queue = place.queue and state = word");
                self.stretch(sql, walked);
                self.places(sql);
            }
            Source::Batch => {
                sql.push("::text[]) word cross join lateral (select id from jobs where state = word and batch_id = ")
                    .push_bind(filter.batch);
                self.stretch(sql, walked);
            }
            Source::Group => {
                sql.push(
                    "::text[]) word cross join lateral (select id from jobs where state = word and error_group = ",
                )
                .push_bind(&filter.group);
                self.stretch(sql, walked);
            }
            Source::People => {
                sql.push("::text[]) word cross join unnest(").push_bind(self.people.as_deref().unwrap_or_default());
                sql.push("::bigint[]) person cross join lateral (select id from jobs where state = word and requested_by = person");
                self.stretch(sql, walked);
            }
            _ => {}
        }
        if !source.knows_states() {
            self.range(sql, "id");
        }
        sql.push(format!(" order by id {}", self.order()));
        limit(sql, walked);
        sql.push(")");
    }

    /// Ends a lateral part: its own newest jobs.
    fn stretch(&self, sql: &mut QueryBuilder<Postgres>, walked: Option<i64>) {
        self.range(sql, "id");
        sql.push(format!(" order by id {}", self.order()));
        limit(sql, walked);
        sql.push(") hit where true");
    }

    pub fn places(&self, sql: &mut QueryBuilder<Postgres>) {
        if let Some(kind) = &self.filter.kind {
            sql.push(" and place.kind = ").push_bind(kind);
        }
        if let Some(queue) = &self.filter.queue {
            sql.push(" and place.queue = ").push_bind(queue);
        }
    }

    /// Ids are times: from, to and the place in the list are one range of them.
    pub fn range(&self, sql: &mut QueryBuilder<Postgres>, id: &str) {
        if let Some(from) = &self.filter.from {
            sql.push(format!(" and {id} >= first_uuid_at(")).push_bind(from.at).push(")");
        }
        if let Some(to) = &self.filter.to {
            sql.push(format!(" and {id} < first_uuid_at(")).push_bind(to.at).push(")");
        }
        if let Some(before) = self.filter.before {
            sql.push(format!(" and {id} < ")).push_bind(before);
        }
        if let Some(after) = self.filter.after {
            sql.push(format!(" and {id} > ")).push_bind(after);
        }
    }

    pub fn order(&self) -> &'static str {
        if self.filter.after.is_some() { "asc" } else { "desc" }
    }

    /// Whether the source leaves something of the filter to be checked job by job.
    pub fn has_rest(&self, source: Source) -> bool {
        if source == Source::Words {
            return true;
        }
        let mut sql = QueryBuilder::new("");
        self.rest(&mut sql, source, None);
        !sql.into_string().is_empty()
    }

    /// The conditions that the source does not answer, on `job`.
    pub fn rest(&self, sql: &mut QueryBuilder<Postgres>, source: Source, as_of: Option<DateTime<Utc>>) {
        let filter = &self.filter;
        if source != Source::Places {
            if let Some(kind) = &filter.kind {
                sql.push(" and job.kind = ").push_bind(kind);
            }
            if let Some(queue) = &filter.queue {
                sql.push(" and job.queue = ").push_bind(queue);
            }
        }
        if !source.knows_states() && (!filter.states.is_empty() || filter.worker.is_some()) {
            sql.push(" and job.state = any(").push_bind(words(&filter.wanted_states())).push(")");
        }
        if let Some(worker) = &filter.worker {
            sql.push(" and job.worker = ").push_bind(worker);
        }
        if let Some(order_id) = self.order_id.filter(|_| source != Source::Order) {
            sql.push(" and job.order_id = ").push_bind(order_id);
        }
        if let Some(build_id) = self.build_id.filter(|_| source != Source::Build) {
            sql.push(" and job.build_id = ").push_bind(build_id);
        }
        if let Some(people) = self.people.as_deref().filter(|_| source != Source::People) {
            sql.push(" and job.requested_by = any(").push_bind(people).push(")");
        }
        if let Some(group) = filter.group.as_ref().filter(|_| source != Source::Group) {
            sql.push(" and job.error_group = ").push_bind(group);
        }
        if let Some(batch) = filter.batch.filter(|_| source != Source::Batch) {
            sql.push(" and job.batch_id = ").push_bind(batch);
        }
        if let Some(schedule) = filter.schedule.as_ref().filter(|_| source != Source::Schedule) {
            sql.push(" and job.schedule = ").push_bind(schedule);
        }
        if let Some(pattern) = filter.pattern().filter(|_| !matches!(source, Source::Text | Source::Words)) {
            // One by one: the planner would rather read the words of every job there is, and hash them.
            sql.push(
                " and exists (select from (select * from job_texts where job_id = job.id offset 0) words \
                 where (words.arguments ilike ",
            );
            sql.push_bind(pattern.clone()).push(" or words.error ilike ").push_bind(pattern).push("))");
        }
        if let Some(as_of) = as_of {
            sql.push(" and job.updated_at <= ").push_bind(as_of);
        }
    }
}

fn limit(sql: &mut QueryBuilder<Postgres>, most: Option<i64>) {
    if let Some(most) = most {
        sql.push(" limit ").push_bind(most);
    }
}

pub fn words(states: &[State]) -> Vec<&'static str> {
    states.iter().map(|state| state.word()).collect()
}
