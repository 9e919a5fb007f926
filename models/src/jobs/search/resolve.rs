//! The words of a filter as rows: which order, which build, which people.

use super::{Filter, Problem};
use crate::{Result, configurations::words::key};
use sqlx::PgExecutor;

/// People of one name; nobody means more.
const PEOPLE: i64 = 50;

/// A filter whose words were looked up.
#[derive(Debug, Clone, Default)]
pub struct Resolved {
    pub filter: Filter,
    pub order_id: Option<i64>,
    pub build_id: Option<i64>,
    pub people: Option<Vec<i64>>,
}

/// Looks everything up at once. What is not there is taken out of the filter and named.
pub async fn resolve(db: impl PgExecutor<'_>, filter: &Filter) -> Result<(Resolved, Vec<Problem>)> {
    let mut resolved = Resolved { filter: filter.clone(), ..Resolved::default() };
    let has_words = [&filter.order, &filter.build, &filter.person, &filter.kind, &filter.queue, &filter.schedule];
    if has_words.iter().all(|word| word.is_none()) {
        return Ok((resolved, Vec::new()));
    }
    let person = filter.person.as_deref().map(key);
    let pattern =
        person.as_ref().map(|key| format!("%{}%", key.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")));
    let found = sqlx::query!(
        r#"
        select (select order_id from order_keys where number = upper($1)) as order_id,
               (select id from builds where number_key = $2) as build_id,
               array(select id from users where email_key = $3 or lower(name) like $4 order by id limit $5) as "people!",
               exists (select from jobs where kind = $6) as "has_kind!",
               exists (select from queues where name = $7) as "has_queue!",
               exists (select from schedules where name = $8) or exists (select from jobs where schedule = $8)
                   as "has_schedule!"
        "#,
        filter.order,
        filter.build.as_deref().map(key),
        person,
        pattern,
        PEOPLE,
        filter.kind,
        filter.queue,
        filter.schedule,
    );
    let found = found.fetch_one(db).await?;
    (resolved.order_id, resolved.build_id) = (found.order_id, found.build_id);
    resolved.people = (!found.people.is_empty()).then_some(found.people);
    let mut problems = Vec::new();
    let left = &mut resolved.filter;
    let checks: [(&mut Option<String>, bool, &'static str, Sentence); 6] = [
        (&mut left.order, resolved.order_id.is_some(), "order", |typed| {
            format!("Order: there is no order \"{typed}\". Its number looks like TOR-2026-0042.")
        }),
        (&mut left.build, resolved.build_id.is_some(), "build", |typed| {
            format!("Build: there is no build \"{typed}\". Type its whole number.")
        }),
        (&mut left.person, resolved.people.is_some(), "person", |typed| {
            format!("Asked by: nobody here is called \"{typed}\". Type a name or an e-mail address.")
        }),
        (&mut left.kind, found.has_kind, "kind", |typed| {
            format!("Kind: no job of the kind \"{typed}\" was ever asked for.")
        }),
        (&mut left.queue, found.has_queue, "queue", |typed| {
            format!("Queue: there is no queue \"{typed}\". Choose one from the list.")
        }),
        (&mut left.schedule, found.has_schedule, "schedule", |typed| {
            format!("Schedule: there is no schedule \"{typed}\". Choose one under Schedules.")
        }),
    ];
    for (word, is_known, field, sentence) in checks {
        if let Some(typed) = word.take_if(|_| !is_known) {
            problems.push(Problem::new(field, &typed, sentence(&super::short(&typed))));
        }
    }
    Ok((resolved, problems))
}

type Sentence = fn(&str) -> String;
