//! Schedules: what is asked for by the clock comes once, however many workers look, and people may steer it.

use chrono::{DateTime, Utc};
use models::audit::Actor;
use models::jobs::{Run, Schedule, State};
use sqlx::PgPool;
use tests::Database;
use tests::support::shop::{Shop, keep_effect};

mod pages;

#[tokio::test]
async fn of_200_due_schedules_two_workers_ask_for_each_once() {
    let database = Database::open().await;
    let db = &database.pool;
    for number in 1..=200 {
        make(db, &format!("nightly_{}", letters(number)), number, "0 0 1 1 *").await;
    }
    sqlx::query("update schedules set next_run_at = now() - interval '1 minute'").execute(db).await.unwrap();

    let (one, other) = tokio::join!(until_nothing_is_due(db), until_nothing_is_due(db));

    assert_eq!(one + other, 200);
    let asked: Vec<i64> =
        sqlx::query_scalar("select count(*) from jobs group by schedule").fetch_all(db).await.unwrap();
    assert_eq!((asked.len(), asked.iter().sum::<i64>()), (200, 200));
    let behind = "select count(*) from schedules where next_run_at <= now() or last_run_at is null";
    assert_eq!(sqlx::query_scalar::<_, i64>(behind).fetch_one(db).await.unwrap(), 0);
}

#[tokio::test]
async fn what_was_missed_while_nobody_worked_runs_once() {
    let database = Database::open().await;
    let db = &database.pool;
    make(db, "nightly", 1, "0 0 1 1 *").await;
    let due: DateTime<Utc> =
        sqlx::query_scalar("update schedules set next_run_at = now() - interval '3 hours' returning next_run_at")
            .fetch_one(db)
            .await
            .unwrap();

    assert_eq!(until_nothing_is_due(db).await, 1);

    let schedule = Schedule::find(db, "nightly").await.unwrap();
    assert_eq!(schedule.last_run_at, Some(due));
    assert!(schedule.next_run_at > Utc::now());
}

#[tokio::test]
async fn a_paused_schedule_asks_for_nothing_and_makes_up_for_nothing() {
    let database = Database::open().await;
    let db = &database.pool;
    make(db, "nightly", 1, "0 0 1 1 *").await;
    let mut tx = db.begin().await.unwrap();
    let schedule = Schedule::hold(&mut tx, "nightly").await.unwrap();
    assert!(schedule.pause(&mut tx, &Actor::system(), "  ").await.is_err());
    schedule.pause(&mut tx, &Actor::system(), "The file store is moved.").await.unwrap();
    assert!(schedule.pause(&mut tx, &Actor::system(), "Again").await.is_err());
    tx.commit().await.unwrap();
    sqlx::query("update schedules set next_run_at = now() - interval '1 hour'").execute(db).await.unwrap();

    assert_eq!(until_nothing_is_due(db).await, 0);

    let mut tx = db.begin().await.unwrap();
    Schedule::hold(&mut tx, "nightly").await.unwrap().resume(&mut tx, &Actor::system()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(until_nothing_is_due(db).await, 0);
    assert!(Schedule::find(db, "nightly").await.unwrap().next_run_at > Utc::now());
}

#[tokio::test]
async fn a_schedule_run_now_twice_has_one_live_job() {
    let database = Database::open().await;
    let db = &database.pool;
    make(db, "nightly", 1, "0 2 * * *").await;
    let before = Schedule::find(db, "nightly").await.unwrap();

    let (first, second) = (run_now(db, "nightly").await, run_now(db, "nightly").await);

    assert_eq!(first.id, second.id);
    let after = Schedule::find(db, "nightly").await.unwrap();
    assert_eq!((after.last_job_id, after.last_state), (Some(first.id), Some(State::Queued)));
    assert_eq!(after.next_run_at, before.next_run_at);
    assert_eq!(after.history(db, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_schedule_never_piles_up_behind_a_job_that_still_lives() {
    let database = Database::open().await;
    let db = &database.pool;
    make(db, "nightly", 1, "0 0 1 1 *").await;
    for _ in 0..3 {
        sqlx::query("update schedules set next_run_at = now() - interval '1 minute'").execute(db).await.unwrap();
        assert_eq!(until_nothing_is_due(db).await, 1);
    }
    assert_eq!(Schedule::find(db, "nightly").await.unwrap().history(db, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_schedule_of_a_newer_build_is_left_to_its_workers() {
    let database = Database::open().await;
    let db = &database.pool;
    make(db, "nightly", 1, "0 0 1 1 *").await;
    let newer = "update schedules set next_run_at = now(), payload = '{\"kind\": \"print_label\"}'";
    sqlx::query(newer).execute(db).await.unwrap();

    assert_eq!(jobs::schedules::ask_due(db).await.unwrap(), 0);

    assert!(Schedule::find(db, "nightly").await.unwrap().next_run_at <= Utc::now());
}

#[tokio::test]
async fn a_worker_brings_the_schedules_of_the_product_and_runs_what_is_due() {
    let shop = Shop::open().await;
    let db = &shop.database.pool;
    jobs::schedules::ensure(db).await.unwrap();
    let names: Vec<String> = Schedule::all(db).await.unwrap().into_iter().map(|one| one.name).collect();
    assert!(names.contains(&"replay_golden".to_string()), "{names:?}");
    sqlx::query("update schedules set next_run_at = now() where name = 'replay_golden'").execute(db).await.unwrap();

    let (_worker, _other) = (shop.worker(keep_effect()), shop.worker(keep_effect()));

    let asked = async || Schedule::find(db, "replay_golden").await.unwrap().last_job_id;
    let id = loop {
        match asked().await {
            Some(id) => break id,
            None => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
        }
    };
    let run = Run::find(db, id).await.unwrap();
    assert_eq!((run.schedule.as_deref(), run.queue.as_str()), (Some("replay_golden"), "upkeep"));
}

/// Asks until nothing is due, as a worker does; how often it asked.
async fn until_nothing_is_due(db: &PgPool) -> usize {
    let mut asked = 0;
    loop {
        asked += jobs::schedules::ask_due(db).await.unwrap();
        if models::jobs::schedules::due(db).await.unwrap().is_empty() {
            return asked;
        }
    }
}

async fn run_now(db: &PgPool, name: &str) -> Run {
    let mut tx = db.begin().await.unwrap();
    let schedule = Schedule::hold(&mut tx, name).await.unwrap();
    let run = jobs::schedules::run_now(&mut tx, &schedule, &Actor::system()).await.unwrap();
    tx.commit().await.unwrap();
    run
}

/// A schedule whose job has a key of its own.
async fn make(db: &PgPool, name: &str, build_id: i64, pattern: &str) {
    let made = "insert into schedules (name, title, payload, pattern, time_zone, next_run_at)
        values ($1, 'Nightly', jsonb_build_object('kind', 'generate_bom', 'build_id', $2), $3, 'UTC', now() + interval '1 hour')";
    sqlx::query(made).bind(name).bind(build_id).bind(pattern).execute(db).await.unwrap();
}

/// 1 as "b", 27 as "bb": names of schedules have no figures.
fn letters(number: i64) -> String {
    let digit = char::from(b'a' + (number % 26) as u8);
    if number < 26 { digit.into() } else { format!("{}{digit}", letters(number / 26)) }
}
