//! The overview of jobs: what the workers got done, what waits, and who may see it.

use models::jobs::figures::{self, Span, count::Counter};
use sqlx::PgPool;

use tests::{Database, House};

/// A job of a queue that ended in a state, with one attempt: due, started and ended so many ms ago.
async fn ended(db: &PgPool, queue: &str, outcome: &str, due: i32, started: i32, ended: i32) {
    sqlx::query(
        "with job as (insert into jobs (id, kind, payload, queue, state, attempt, run_at, finished_at)
             values (gen_random_uuid(), 'generate_bom', '{}', $1, case $2 when 'done' then 'done' else 'dead' end, 1,
                     now() - make_interval(secs => $3 / 1000.0), now()) returning id)
         insert into job_attempts (job_id, attempt, worker, started_at, finished_at, outcome)
         select id, 1, 'w', now() - make_interval(secs => $4 / 1000.0), now() - make_interval(secs => $5 / 1000.0), $2
         from job",
    )
    .bind(queue)
    .bind(outcome)
    .bind(due)
    .bind(started)
    .bind(ended)
    .execute(db)
    .await
    .unwrap();
}

async fn count(db: &PgPool) {
    Counter::default().count(&mut db.acquire().await.unwrap()).await.unwrap();
}

#[tokio::test]
async fn counting_twice_or_by_two_workers_gives_the_same_figures() {
    let database = Database::open().await;
    let db = &database.pool;
    ended(db, "boms", "done", 3000, 2000, 1000).await;
    ended(db, "boms", "done", 3000, 2000, 1900).await;
    ended(db, "reports", "failed", 3000, 2999, 1000).await;

    count(db).await;
    let mut other = Counter::default();
    for _ in 0..2 {
        other.count(&mut db.acquire().await.unwrap()).await.unwrap();
    }

    let now = chrono::Utc::now();
    for span in Span::ALL {
        let kept = figures::kept(db, span, None, now).await.unwrap();
        let all = figures::total(&figures::series(span, now, &kept, |_| true));
        assert_eq!((all.done, all.failed, all.crashed), (2, 1, 0), "{span:?}");
        let boms = figures::total(&figures::series(span, now, &kept, |row| row.queue == "boms"));
        assert_eq!((boms.done, boms.failed), (2, 0), "{span:?}");
        assert_eq!(boms.waited.percentile(50), Some(1024 - 512 / 2), "both waited one second");
        assert_eq!(boms.ran.percentile(95), Some(1024), "one ran 100 ms and one a second");
    }
}

#[tokio::test]
async fn what_was_not_counted_while_nobody_worked_is_counted_afterwards() {
    let database = Database::open().await;
    let db = &database.pool;
    count(db).await;
    ended(db, "boms", "done", 7_300_000, 7_300_000, 7_200_000).await;

    sqlx::query("delete from job_figures").execute(db).await.unwrap();
    ended(db, "boms", "done", 10_900_000, 10_900_000, 10_800_000).await;
    sqlx::query("insert into job_figures (span, at, queue, kind, done) values ('minute', date_trunc('minute', now() - interval '4 hours'), 'boms', 'x', 1)")
        .execute(db)
        .await
        .unwrap();
    count(db).await;

    let now = chrono::Utc::now();
    let kept = figures::kept(db, Span::Hour, None, now).await.unwrap();
    let hours = figures::series(Span::Hour, now, &kept, |row| row.kind == "generate_bom");
    assert_eq!(figures::total(&hours).done, 2);
}

#[tokio::test]
async fn the_depth_of_a_queue_is_noted_once_a_minute() {
    let database = Database::open().await;
    let db = &database.pool;
    sqlx::query("insert into jobs (id, kind, payload, queue, run_at) select gen_random_uuid(), 'generate_bom', '{}', 'boms', now() - interval '90 s' from generate_series(1, 3)")
        .execute(db)
        .await
        .unwrap();

    count(db).await;
    count(db).await;

    let depths = figures::depths(db, Span::Minute, "boms", chrono::Utc::now()).await.unwrap();
    assert!(!depths.is_empty() && depths.iter().all(|depth| depth.waiting == 3 && depth.oldest_seconds >= 90));
    assert_eq!(figures::latest_depths(db).await.unwrap().len(), 3, "every queue has its own");
}

#[tokio::test]
async fn a_list_of_jobs_hears_that_some_job_changed_and_only_those_who_may_see_jobs_hear_it() {
    let house = House::open().await;
    let (coordinator, qc) = (house.login("coordinator").await, house.login("qc").await);
    let (mut hers, mut theirs) = (coordinator.listen("/events", None).await, qc.listen("/events", None).await);
    theirs.next_called("hello").await;

    let mut tx = house.db.begin().await.unwrap();
    models::audit::announce(&mut tx, "job", "0192").await.unwrap();
    models::audit::announce(&mut tx, "orders", "TOR-1").await.unwrap();
    tx.commit().await.unwrap();

    hers.next_called("jobs:all").await;
    let mut told = theirs.next().await.unwrap();
    while told.name != "orders:TOR-1" {
        assert!(!told.name.starts_with("jobs:"), "{told:?}");
        told = theirs.next().await.unwrap();
    }
}

#[tokio::test]
async fn an_empty_house_says_that_nobody_works_and_that_nothing_waits() {
    let house = House::open().await;
    let page = house.login("administrator").await.get("/jobs").await;
    page.assert_ok().assert_shows("No worker is working.").assert_shows("Nothing waits yet.");
    page.assert_shows("BOMs").assert_shows("Pause…").assert_shows("Show as a table");
}

#[tokio::test]
async fn who_may_only_look_sees_no_buttons_and_changes_nothing() {
    let house = House::open().await;
    let procurement = house.login("procurement").await;
    for path in ["/jobs", "/jobs/queues/boms", "/jobs/alerts"] {
        let page = procurement.get(path).await;
        page.assert_ok().assert_hides("Pause BOMs").assert_hides("Save the limit");
        assert!(!page.body.contains("action=\"/jobs"), "{path} has a form that changes something");
    }
    for path in
        ["/jobs/queues/boms/pause", "/jobs/queues/boms/resume", "/jobs/queues/boms/limit", "/jobs/workers/w/stop"]
    {
        procurement.post(path, &[("reason", "x")]).await.assert_status(403).assert_shows("Administrators decide");
    }
    house.login("qc").await.get("/jobs").await.assert_status(403);
    house.login("administrator").await.get("/jobs/queues/nothing").await.assert_status(404);
}

#[tokio::test]
async fn a_queue_is_paused_with_a_reason_limited_and_let_go_on() {
    let house = House::open().await;
    let administrator = house.login("administrator").await;
    let refused = administrator.post("/jobs/queues/boms/pause", &[("reason", " ")]).await;
    refused.assert_status(422).assert_shows("Say why the queue is paused");

    let back =
        administrator.post("/jobs/queues/boms/pause", &[("reason", "Catalogue is wrong"), ("back", "/jobs")]).await;

    assert_eq!(back.assert_status(303).location(), "/jobs");
    administrator.get("/jobs").await.assert_shows("Paused").assert_shows("Catalogue is wrong");
    administrator.get("/jobs/queues/boms").await.assert_shows("Paused by Administrator").assert_shows("Resume BOMs");
    administrator.post("/jobs/queues/boms/pause", &[("reason", "again")]).await.assert_status(409);
    administrator.post("/jobs/queues/boms/resume", &[]).await.assert_status(303);
    administrator.get("/jobs/queues/boms").await.assert_hides("Paused by");

    for (typed, sentence) in
        [("many", "“many” is no number of jobs."), ("0", "from 1 to 1000"), ("1001", "from 1 to 1000")]
    {
        let refused = administrator.post("/jobs/queues/boms/limit", &[("most", typed)]).await;
        refused.assert_status(422).assert_shows(sentence);
        assert!(refused.body.contains(&format!("value=\"{typed}\"")), "what was typed is kept");
    }
    administrator.post("/jobs/queues/boms/limit", &[("most", "3")]).await.assert_status(303);
    administrator.get("/jobs/queues/boms").await.assert_shows("At most 3");
}

#[tokio::test]
async fn a_worker_is_seen_at_work_and_told_to_be_quiet_and_to_stop() {
    let house = House::open().await;
    let administrator = house.login("administrator").await;
    let _shift = house.start_worker();
    let id = loop {
        let id: Option<String> = sqlx::query_scalar("select id from workers").fetch_optional(&house.db).await.unwrap();
        if let Some(id) = id {
            break id;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    administrator.get("/jobs").await.assert_shows("1 worker").assert_shows(&id).assert_hides("No worker is working");
    let path = format!("/jobs/workers/{id}");
    administrator.get(&path).await.assert_ok().assert_shows("Working").assert_shows(&format!("Stop {id}"));
    administrator.post(&format!("{path}/stop"), &[]).await.assert_status(422).assert_shows("Say why: others will ask.");

    administrator.post(&format!("{path}/quiet"), &[("reason", "Noise")]).await.assert_status(303);
    administrator.get(&path).await.assert_shows("Told to take no new work by Administrator").assert_shows("Wake");
    administrator.post(&format!("{path}/wake"), &[]).await.assert_status(303);
    administrator.post(&format!("{path}/stop"), &[("reason", "Update")]).await.assert_status(303);
    administrator.get(&path).await.assert_hides(&format!("Stop {id}"));
    administrator.get("/jobs/workers/nobody").await.assert_status(404);
}

#[tokio::test]
async fn updates_pause_by_the_address_and_the_charts_go_by_minute_hour_and_day() {
    let house = House::open().await;
    ended(&house.db, "boms", "done", 3000, 2000, 1000).await;
    count(&house.db).await;
    let coordinator = house.login("coordinator").await;
    for by in ["minute", "hour", "day"] {
        let page = coordinator.get(&format!("/jobs?by={by}")).await;
        page.assert_ok().assert_shows("1 in ").assert_shows("Pause updates");
        assert!(page.body.contains("jobs:all from:#live") && page.body.contains("<desc"), "{by}");
    }
    let paused = coordinator.get("/jobs?updates=paused").await;
    paused.assert_ok().assert_shows("Resume updates").assert_shows("Updates are paused.");
    assert!(!paused.body.contains("jobs:all from:#live"), "it does not renew itself");
}
