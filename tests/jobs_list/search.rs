//! What a filter finds, on the model itself.

use super::ledger::Entry;
use chrono::Utc;
use models::jobs::State;
use models::jobs::search::{self, Filter};
use sqlx::PgPool;
use tests::Database;
use uuid::Uuid;

async fn found(db: &PgPool, fields: &[(&str, &str)]) -> Vec<Uuid> {
    let (filter, problems) = Filter::read(fields.iter().copied());
    assert_eq!(problems, []);
    let page = search::page(db, &filter).await.unwrap();
    assert_eq!(page.problems, [], "{fields:?}");
    let all = search::ids(db, &filter, Utc::now() + chrono::TimeDelta::minutes(1), 10_000).await.unwrap();
    let ids: Vec<Uuid> = page.jobs.iter().map(|job| job.id).collect();
    assert_eq!(all, ids, "what is seen is what is chosen: {fields:?}");
    let (written, next) = search::since(db, &filter).await.unwrap();
    assert_eq!(written.iter().map(|job| job.id).collect::<Vec<_>>(), ids, "and what is written: {fields:?}");
    assert_eq!(next, None);
    ids
}

async fn person(db: &PgPool, name: &str) -> i64 {
    sqlx::query_scalar(
        "insert into users (email, email_key, name, initials, role, password_hash)
         values ($1, $1, $2, 'XX', 'coordinator', '') returning id",
    )
    .bind(format!("{}@torvan.test", name.to_lowercase().replace(' ', ".")))
    .bind(name)
    .fetch_one(db)
    .await
    .unwrap()
}

#[tokio::test]
async fn a_job_is_found_by_everything_that_is_known_about_it() {
    let database = Database::open().await;
    let db = &database.pool;
    let batch = Uuid::now_v7();
    let ana = person(db, "Ana Novak").await;
    let wanted = Entry {
        kind: "replay_golden",
        queue: "upkeep",
        arguments: r#"{"kind": "replay_golden", "note": "100%_\\ O'Neil"}"#.into(),
        requested_by: Some(ana),
        batch_id: Some(batch),
        schedule: Some("nightly"),
        ..Entry::dead(90, "timeout", "The job took longer than 60 s.")
    };
    let at = wanted.at;
    let wanted = wanted.write(db).await;
    for minutes in [1, 30, 200] {
        Entry::new(State::Done, minutes).write(db).await;
        Entry {
            requested_by: Some(person(db, &format!("Other {minutes}")).await),
            ..Entry::dead(minutes + 1, "rules", "Rule 7 divides by zero.")
        }
        .write(db)
        .await;
    }
    let running = Entry { worker: Some("worker-7"), ..Entry::new(State::Running, 5) }.write(db).await;
    let group: String =
        sqlx::query_scalar("select error_group from jobs where id = $1").bind(wanted).fetch_one(db).await.unwrap();
    let near = |minutes: i64| {
        models::site::local(at + chrono::TimeDelta::minutes(minutes)).format("%Y-%m-%dT%H:%M").to_string()
    };
    let (from, to, batch) = (near(-5), near(5), batch.to_string());
    let filters: [&[(&str, &str)]; 16] = [
        &[("kind", "replay_golden")],
        &[("queue", "upkeep")],
        &[("state", "dead"), ("queue", "upkeep")],
        &[("group", &group)],
        &[("person", "ana")],
        &[("person", "ANA.NOVAK@torvan.test")],
        &[("person", "Ana Novak"), ("state", "dead"), ("text", "longer")],
        &[("batch", &batch)],
        &[("batch", &batch), ("kind", "replay_golden"), ("state", "dead")],
        &[("schedule", "nightly")],
        &[("from", &from), ("to", &to)],
        &[("from", &from), ("to", &to), ("state", "dead"), ("text", "60 s")],
        &[("text", "longer than")],
        &[("text", "100%_")],
        &[("text", "O'NEIL"), ("kind", "replay_golden")],
        &[
            ("group", &group),
            ("queue", "upkeep"),
            ("person", "ana"),
            ("batch", &batch),
            ("schedule", "nightly"),
            ("text", "golden"),
        ],
    ];
    for filter in filters {
        assert_eq!(found(db, filter).await, [wanted], "{filter:?}");
    }
    assert_eq!(found(db, &[("worker", "worker-7")]).await, [running]);
    let nothing: [&[(&str, &str)]; 6] = [
        &[("text", "100__")],
        &[("text", "%%%")],
        &[("state", "cancelled")],
        &[("person", "ana"), ("state", "done")],
        &[("queue", "boms"), ("kind", "replay_golden")],
        &[("worker", "worker-8")],
    ];
    for filter in nothing {
        assert_eq!(found(db, filter).await, Vec::<Uuid>::new(), "{filter:?}");
    }
    assert_eq!(found(db, &[]).await.len(), 8);
    assert_eq!(found(db, &[("state", "done"), ("state", "running")]).await.len(), 4);
}

#[tokio::test]
async fn a_job_that_changed_after_it_was_seen_is_not_chosen() {
    let database = Database::open().await;
    let db = &database.pool;
    let seen = Entry::dead(10, "timeout", "Too long.").write(db).await;
    let moved = Entry::dead(9, "timeout", "Too long.").write(db).await;
    let (filter, _) = Filter::read([("state", "dead")]);
    let as_of = search::page(db, &filter).await.unwrap().as_of;
    sqlx::query("update jobs set updated_at = now() where id = $1").bind(moved).execute(db).await.unwrap();
    let later = Entry { at: Utc::now(), ..Entry::dead(0, "timeout", "Too long.") }.write(db).await;

    let chosen = search::ids(db, &filter, as_of, 10_000).await.unwrap();

    assert_eq!(chosen, [seen]);
    assert_eq!(search::ids(db, &filter, Utc::now(), 2).await.unwrap(), [later, moved], "and never more than allowed");
    let (unknown, _) = Filter::read([("order", "TOR-0000-0000"), ("state", "dead")]);
    assert!(search::ids(db, &unknown, Utc::now(), 10).await.is_err(), "a wrong filter chooses nothing");
}
