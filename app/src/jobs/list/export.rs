//! /jobs/list.csv and /jobs/list.json: everything the filter finds, written as it is read, so that a million jobs need no
//! more memory than a page.

use super::read;
use crate::{
    Page,
    csv::Writer,
    deadline,
    errors::Error,
    forms::{Asked, Fields},
    limits,
    routes::Routes,
    session::Signed,
};
use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::Stream;
use jobs::Kind;
use models::{
    jobs::search::{self, Filter, Listed},
    site,
    users::{Can, User},
};
use poem::{
    Body, Response, handler,
    http::{StatusCode, header},
    web::Data,
};
use serde_json::{Value, json};
use sqlx::PgPool;

/// Jobs read at once.
const STRETCH: usize = 1_000;
const HEADING: [&str; 21] = [
    "job",
    "kind",
    "state",
    "queue",
    "priority",
    "attempt",
    "most_attempts",
    "errors",
    "order",
    "build",
    "asked_by",
    "schedule",
    "batch",
    "asked_at",
    "due_at",
    "started_at",
    "finished_at",
    "error_class",
    "error",
    "result",
    "arguments",
];

pub fn routes() -> Routes {
    Routes::new()
        .get("/jobs/list.csv", Can::SeeJobs, csv)
        .deadline(limits::EXPORT)
        .get("/jobs/list.json", Can::SeeJobs, json)
        .deadline(limits::EXPORT)
}

#[handler]
async fn csv(Signed(user): Signed, Asked(asked): Asked, Data(db): Data<&PgPool>) -> Page {
    let stretches = stretches(db.clone(), filter(db, &asked).await?);
    let body = async_stream::try_stream! {
        yield Writer::new(&HEADING).finish();
        for await jobs in stretches {
            let mut writer = Writer::default();
            for job in jobs? {
                writer.row(fields(&job, &user));
            }
            yield writer.finish();
        }
    };
    Ok(attachment("csv", "text/csv; charset=utf-8", body))
}

#[handler]
async fn json(Signed(user): Signed, Asked(asked): Asked, Data(db): Data<&PgPool>) -> Page {
    let stretches = stretches(db.clone(), filter(db, &asked).await?);
    let body = async_stream::try_stream! {
        let mut before = "[\n";
        for await jobs in stretches {
            let mut text = String::new();
            for job in jobs? {
                text.push_str(before);
                text.push_str(&object(&job, &user).to_string());
                before = ",\n";
            }
            yield text;
        }
        yield if before == "[\n" { "[]\n".into() } else { "\n]\n".to_string() };
    };
    Ok(attachment("json", "application/json", body))
}

/// A file must hold what was asked for: a word nobody knows is refused instead of left out.
async fn filter(db: &PgPool, asked: &Fields) -> Result<Filter, Error> {
    let (filter, mut problems) = read(asked);
    problems.extend(search::problems(db, &filter).await?);
    match problems.into_iter().next() {
        Some(problem) => Err(Error::Invalid(problem.sentence)),
        None => Ok(Filter { rows: STRETCH, ..filter.from_the_top() }),
    }
}

fn stretches(db: PgPool, mut filter: Filter) -> impl Stream<Item = std::io::Result<Vec<Listed>>> + Send {
    async_stream::try_stream! {
        loop {
            let (jobs, next) = search::since(&db, &filter).await.map_err(std::io::Error::other)?;
            if !jobs.is_empty() {
                yield jobs;
            }
            match next {
                Some(next) => filter.before = Some(next),
                None => break,
            }
        }
    }
}

fn attachment(
    extension: &str,
    kind: &str,
    body: impl Stream<Item = std::io::Result<String>> + Send + 'static,
) -> Response {
    let name = format!("jobs-{}.{extension}", site::today());
    Response::builder()
        .status(StatusCode::OK)
        .header(header::CONTENT_TYPE, kind)
        .header(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))
        .body(Body::from_bytes_stream(deadline::beside(body)))
}

fn fields(job: &Listed, user: &User) -> [String; 21] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        job.id.to_string(),
        job.kind.clone(),
        job.state.word().into(),
        job.queue.clone(),
        job.priority.to_string(),
        job.attempt.to_string(),
        job.max_attempts.to_string(),
        job.error_count.to_string(),
        text(&job.order_number),
        text(&job.build_number),
        text(&job.person),
        text(&job.schedule),
        job.batch_id.map(|batch| batch.to_string()).unwrap_or_default(),
        time(job.created_at),
        time(job.run_at),
        job.started_at.map(time).unwrap_or_default(),
        job.finished_at.map(time).unwrap_or_default(),
        text(&job.error_class),
        text(&job.error_text),
        text(&job.result),
        arguments(job, user).to_string(),
    ]
}

fn object(job: &Listed, user: &User) -> Value {
    json!({
        "job": job.id, "kind": job.kind, "state": job.state.word(), "queue": job.queue, "priority": job.priority,
        "attempt": job.attempt, "most_attempts": job.max_attempts, "errors": job.error_count,
        "order": job.order_number, "build": job.build_number, "asked_by": job.person, "schedule": job.schedule,
        "batch": job.batch_id, "asked_at": time(job.created_at), "due_at": time(job.run_at),
        "started_at": job.started_at.map(time), "finished_at": job.finished_at.map(time),
        "error_class": job.error_class, "error": job.error_text, "result": job.result,
        "arguments": arguments(job, user),
    })
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// As the job's page shows them: what a kind keeps from read-only eyes says "hidden". Of a kind this build does not know,
/// nothing is known to be harmless.
fn arguments(job: &Listed, user: &User) -> Value {
    let mut arguments = job.arguments.clone().unwrap_or_default();
    if user.may(Can::SteerJobs) {
        return arguments;
    }
    let masked = Kind::from_word(&job.kind).map(Kind::masked);
    if let Some(fields) = arguments.as_object_mut() {
        for (name, value) in fields {
            if name != "kind" && masked.is_none_or(|masked| masked.contains(&name.as_str())) {
                *value = json!("hidden");
            }
        }
    }
    arguments
}
