//! Alerts: what somebody is told when something is wrong with the jobs, and that it goes when it is over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use jobs::Kind;
use models::alerts::{self, Alert};
use models::jobs::figures::count::Counter;
use sqlx::PgPool;
use tests::House;
use tests::support::shop::{Shop, keep, keep_effect};
use tokio::sync::Notify;

async fn look(db: &PgPool) -> Vec<(String, String)> {
    alerts::check(db, &Kind::ALL.map(Kind::watched)).await.unwrap();
    let open = Alert::open(db).await.unwrap();
    open.into_iter().map(|alert| (alert.cause, alert.object)).collect()
}

async fn set(db: &PgPool, sql: &str) {
    sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(db).await.unwrap();
}

/// Looks until exactly these are open: the worker and the web process look as well, one at a time.
async fn until(db: &PgPool, open: &[(String, String)]) {
    let start = Instant::now();
    loop {
        let found = look(db).await;
        if found == open {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(15), "{found:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn pair(cause: &str, object: &str) -> (String, String) {
    (cause.into(), object.into())
}

/// Jobs that wait and were due so long ago.
async fn waiting(db: &PgPool, count: i32, since: &str) {
    set(
        db,
        &format!(
            "insert into jobs (id, kind, payload, queue, run_at)
             select (lpad(to_hex((extract(epoch from now()) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid,
                    'generate_bom', '{{\"kind\": \"generate_bom\", \"build_id\": 1}}', 'boms', now() - interval '{since}'
             from generate_series(1, {count}) n"
        ),
    )
    .await;
}

#[tokio::test]
async fn nobody_working_while_jobs_wait_is_an_alert_until_a_worker_comes() {
    let shop = Shop::open().await;
    let db = &shop.database.pool;
    waiting(db, 1, "11 s").await;
    assert_eq!(look(db).await, [pair("no_worker", "")]);
    assert_eq!(look(db).await.len(), 1, "one alert per cause, however often somebody looks");

    let worker = shop.worker(keep_effect());
    until(db, &[]).await;

    let past = Alert::past(db, None, 10).await.unwrap();
    assert!(past.iter().any(|alert| alert.cause == "no_worker" && alert.cleared_at.is_some()));
    worker.stop();
}

#[tokio::test]
async fn a_queue_whose_jobs_hang_is_stalled_until_one_gets_on() {
    let shop = Shop::open().await;
    let db = &shop.database.pool;
    let go_on = Arc::new(Notify::new());
    let wait = go_on.clone();
    let worker = shop.worker(Arc::new(move |job, context| {
        let wait = wait.clone();
        async move {
            wait.notified().await;
            keep(job, context).await
        }
        .boxed()
    }));
    let hangs = shop.ask(1).await;
    shop.until(hangs.id, |run| run.attempt == 1).await;
    assert_eq!(look(db).await, [], "it has only just begun");

    set(db, "update jobs set updated_at = now() - interval '6 minutes'").await;
    until(db, &[pair("stalled", "boms")]).await;
    assert!(Alert::open(db).await.unwrap()[0].text.starts_with("BOMs is stalled: 1 running"));

    go_on.notify_one();
    shop.until(hangs.id, |run| run.finished_at.is_some()).await;
    until(db, &[]).await;
    worker.stop();
}

#[tokio::test]
async fn a_killed_worker_and_a_job_given_up_are_told_with_their_cause() {
    let shop = Shop::open().await;
    let db = &shop.database.pool;
    set(
        db,
        "with job as (insert into jobs (id, kind, payload, state, attempt, finished_at, error_class, error_text, error_group)
             values (gen_random_uuid(), 'generate_bom', '{}', 'dead', 3, now(), 'crashed', 'The worker stopped in the middle.', 'abc') returning id)
         insert into job_attempts (job_id, attempt, worker, finished_at, outcome) select id, 3, 'w', now(), 'crashed' from job",
    )
    .await;
    Counter::default().count(&mut db.acquire().await.unwrap()).await.unwrap();

    let mut found = look(db).await;
    found.retain(|(cause, _)| cause != "no_month"); // this test's job has no time in its id
    assert_eq!(found, [pair("dead_jobs", "abc"), pair("lost_leases", "boms")]);
    let dead = Alert::open(db).await.unwrap().remove(0);
    assert_eq!(dead.text, "1 job was given up, Generate BOM: The worker stopped in the middle.");

    set(db, "update jobs set state = 'discarded'").await;
    assert!(!look(db).await.contains(&pair("dead_jobs", "abc")));
}

#[tokio::test]
async fn a_schedule_whose_time_passed_and_a_forgotten_pause_are_alerts() {
    let shop = Shop::open().await;
    let db = &shop.database.pool;
    set(db, "update schedules set next_run_at = now() + interval '1 hour'").await;
    set(
        db,
        "insert into schedules (name, title, payload, pattern, time_zone, next_run_at)
         values ('check_it', 'Check it', '{}', '0 * * * *', 'America/Toronto', now() - interval '3 minutes')",
    )
    .await;
    set(
        db,
        "update queues set paused_at = now() - interval '25 hours', pause_reason = 'moving' where name = 'reports'",
    )
    .await;

    assert_eq!(look(db).await, [pair("schedule_overdue", "check_it"), pair("paused_long", "reports")]);

    set(db, "update schedules set paused_at = now() where name = 'check_it'").await;
    set(db, "update queues set paused_at = null").await;
    assert_eq!(look(db).await, []);
}

#[tokio::test]
async fn the_web_process_notices_by_itself_that_nobody_works_and_says_so_on_every_page() {
    let house = House::open().await;
    let administrator = house.login("administrator").await;
    let mut stream = administrator.listen("/events", None).await;
    stream.next_called("hello").await;
    waiting(&house.db, 2, "20 s").await;

    let start = Instant::now();
    while Alert::open(&house.db).await.unwrap().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(30), "the web process looks every few seconds");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stream.next_called("alerts:all").await;

    administrator.get("/jobs").await.assert_ok().assert_shows("No worker is working, and jobs wait.");
    let count = administrator.get_fragment("/jobs/alerts/count").await;
    count.assert_ok().assert_shows("1 open alert");
    let today = administrator.get("/").await;
    today.assert_shows("1 open alert").assert_shows("No worker is working, and jobs wait.");
    house.login("coordinator").await.get("/").await.assert_hides("open alert");
}

#[tokio::test]
async fn somebody_who_saw_an_alert_is_named_and_it_stays_open_until_it_is_over() {
    let house = House::open().await;
    waiting(&house.db, 1, "20 s").await;
    until(&house.db, &[pair("no_worker", "")]).await;
    let id = Alert::open(&house.db).await.unwrap()[0].id;
    let (administrator, coordinator) = (house.login("administrator").await, house.login("coordinator").await);
    coordinator.get("/jobs/alerts").await.assert_ok().assert_shows("No worker is working").assert_hides("Mark as seen");
    coordinator.post(&format!("/jobs/alerts/{id}/seen"), &[]).await.assert_status(403);
    administrator.get("/jobs/alerts").await.assert_shows("Mark as seen");

    let answer = administrator.post(&format!("/jobs/alerts/{id}/seen"), &[("back", "/jobs/alerts")]).await;

    assert_eq!(answer.assert_status(303).location(), "/jobs/alerts");
    administrator.get("/jobs/alerts").await.assert_shows("seen by Administrator").assert_hides("Mark as seen");
    administrator
        .post(&format!("/jobs/alerts/{id}/seen"), &[])
        .await
        .assert_status(409)
        .assert_shows("Administrator has seen this alert already.");
    administrator.post("/jobs/alerts/999/seen", &[]).await.assert_status(404);
    assert_eq!(Alert::unseen(&house.db).await.unwrap(), 0);
    let kept: i64 = sqlx::query_scalar("select count(*) from audit_log where noun = 'alerts' and action = 'saw'")
        .fetch_one(&house.db)
        .await
        .unwrap();
    assert_eq!(kept, 1);

    set(&house.db, "update jobs set state = 'cancelled'").await;
    until(&house.db, &[]).await;
    administrator.get("/jobs/alerts").await.assert_shows("Nothing is wrong.").assert_shows("Over");
}
