//! What becomes old: months of the trail move to an archive that stays readable, and what is on hold does not age.

use super::{run, verdict, write};
use chrono::{DateTime, Duration, Utc};
use models::audit::{months, search};
use models::holds::{self, Hold};
use models::jobs::ageing;
use sqlx::PgPool;
use tests::support::until;
use tests::{Database, House};

/// Entries of January 2024, as they were written then: in their month, and chained.
async fn old_month(db: &PgPool) {
    run(
        db,
        "create table audit_log_202401 partition of audit_log for values from ('2024-01-01') to ('2024-02-01');
        select ensure_audit_months(3);
        insert into audit_log (at, user_name, role, action, noun, object_id, reason)
        select '2024-01-05', 'Ana', 'QC inspector', 'passed', 'orders', 'TOR-2024-000' || n, 'as agreed' from generate_series(1, 3) n",
    )
    .await;
}

/// A month somebody is reading right now is left for another night; here the next moment will do.
async fn archived(db: &PgPool, now: DateTime<Utc>) {
    until(std::time::Duration::from_secs(15), "January 2024 is in the archive", async || {
        months::archive(db, now).await.unwrap() == ["audit_log_202401"]
    })
    .await;
}

async fn where_is(db: &PgPool, table: &str) -> Vec<String> {
    let sql = "select relnamespace::regnamespace::text from pg_class where relname = $1";
    sqlx::query_scalar(sql).bind(table).fetch_all(db).await.unwrap()
}

#[tokio::test]
async fn an_old_month_moves_to_the_archive_and_is_read_and_checked_as_before() {
    let database = Database::open().await;
    let db = &database.pool;
    old_month(db).await;
    write(db, 2).await;
    let worker = PgPool::connect(&database.worker_url()).await.unwrap();

    archived(&worker, Utc::now()).await;

    assert_eq!(where_is(db, "audit_log_202401").await, ["archive"]);
    assert_eq!(verdict(db).await, None, "the chain goes on across the archive");
    let found = search::of(db, "orders", "TOR-2024-0002", 10).await.unwrap();
    assert_eq!((found.len(), found[0].link), (1, Some(2)));
    let change = sqlx::query("update archive.audit_log set reason = ''").execute(db).await;
    assert!(change.unwrap_err().to_string().contains("append-only"), "even for the owner");
    assert!(sqlx::query("truncate archive.audit_log_202401").execute(db).await.is_err());
    assert_eq!(months::archive(&worker, Utc::now()).await.unwrap(), Vec::<String>::new(), "twice is once");
}

#[tokio::test]
async fn the_month_that_is_written_to_stays_whatever_the_clock_of_the_cleaner_says() {
    let database = Database::open().await;
    write(&database.pool, 2).await;
    let moved = months::archive(&database.pool, Utc::now() + Duration::days(3650)).await.unwrap();
    assert_eq!(moved, Vec::<String>::new());
    write(&database.pool, 2).await;
    assert_eq!(verdict(&database.pool).await, None);
}

#[tokio::test]
async fn what_belongs_to_a_record_on_hold_does_not_age_until_the_hold_is_lifted() {
    let house = House::open().await;
    let db = &house.db;
    old_month(db).await;
    let admin = house.login("administrator").await;
    let asked = house.account("qc").await.id;
    sqlx::query(
        "insert into jobs (id, kind, payload, state, requested_by, finished_at)
        values (gen_random_uuid(), 'tidy_files', '{}', 'done', $1, now()), (gen_random_uuid(), 'tidy_files', '{}', 'done', null, now())",
    )
    .bind(asked)
    .execute(db)
    .await
    .unwrap();
    let hold = async |noun: &str, record: &str| {
        let fields = [("noun", noun), ("record", record), ("reason", "Recall 2026-17")];
        admin.post("/audit/holds", &fields).await.assert_status(303);
    };
    admin.get("/audit/holds").await.assert_ok();
    hold("orders", "TOR-2024-0002").await;
    hold("users", &asked.to_string()).await;
    let ten_years_on = Utc::now() + Duration::days(3650);

    assert_eq!(months::archive(db, ten_years_on).await.unwrap(), Vec::<String>::new());
    assert_eq!(ageing::age(db, ten_years_on).await.unwrap().jobs, 1, "only the one nobody holds");

    for held in Hold::all(db).await.unwrap() {
        let path = format!("/audit/holds/{}/lifted", held.id);
        admin.post(&path, &[("reason", "Recall closed")]).await.assert_status(303);
        admin.post(&path, &[("reason", "Recall closed")]).await.assert_status(409);
    }
    archived(db, ten_years_on).await;
    assert_eq!(ageing::age(db, ten_years_on).await.unwrap().jobs, 1);
    let written = search::of(db, "orders", "TOR-2024-0002", 10).await.unwrap();
    let actions: Vec<&str> = written.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["lifted the hold", "put on hold", "passed"]);
    assert_eq!(verdict(db).await, None);
}

#[tokio::test]
async fn a_hold_needs_a_record_the_trail_knows_and_a_reason_and_keeps_what_was_typed() {
    let house = House::open().await;
    write(&house.db, 1).await;
    let admin = house.login("administrator").await;
    admin.get("/audit/holds").await.assert_ok();
    let place = async |record: &str, reason: &str| {
        admin.post("/audit/holds", &[("noun", "orders"), ("record", record), ("reason", reason)]).await
    };
    let unknown = place("77", "Recall").await;
    unknown.assert_status(422).assert_shows("The trail has no entry about orders 77.");
    assert!(unknown.body.contains("value=\"77\""));
    place("1", "  ").await.assert_status(422).assert_shows("Say why. The reason is kept with the record.");
    place("1", "Recall").await.assert_status(303);
    place("1", "Recall").await.assert_status(409);
    assert_eq!(Hold::all(&house.db).await.unwrap().len(), 1);
    let mut tx = house.db.begin().await.unwrap();
    let qc = models::audit::Actor::from(&house.account("qc").await);
    assert!(holds::lift(&mut tx, &qc, 999, "x").await.is_err());
}
