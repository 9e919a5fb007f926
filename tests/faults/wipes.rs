//! Faults of Redis: restarted, wiped, away, full, read-only, loading, stalled, and more work than it may hold.

use std::time::{Duration, Instant};

use tests::support::proxy::Line;

use crate::browser::Visitor;
use crate::operations::{Operations, check, prepare_drafts};
use crate::report::Fault;
use crate::servers::redis_program;
use crate::site::{Plan, START, Site};
use crate::{Dice, seed, size, until};

/// How soon jobs move again once Redis is back (promise P4).
const MOVING: Duration = Duration::from_secs(10);

/// Jobs whose whole effect is one row, due at once. Their numbers go on from the last ones.
async fn ask_for_rows(site: &Site, count: i64) {
    let sql = format!(
        "insert into jobs (id, kind, payload, build_id)
         select uuidv7_now(), 'generate_bom', jsonb_build_object('kind', 'generate_bom', 'build_id', n), n
         from generate_series(1000000001 + (select count(*) from jobs), {count} + 1000000000 + (select count(*) from jobs)) n"
    );
    site.run(&sql.replace("uuidv7_now()", "encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid")).await;
}

async fn done(site: &Site) -> i64 {
    site.try_count("jobs where state = 'done'").await.unwrap_or(-1)
}

/// Every job of one row has its one row, whatever happened.
async fn assert_rows_once(site: &Site) {
    assert_eq!(site.count("jobs where state <> 'done'").await, 0, "every job is done");
    let jobs = site.count("jobs where build_id > 1000000000").await;
    assert_eq!(site.count("effects").await, jobs, "one row for each job");
    assert_eq!(site.count("(select job_id from effects group by job_id having count(*) > 1) twice").await, 0);
}

/// Waits until one more job is done than now; how long that took.
async fn moving_again(site: &Site) -> Duration {
    let before = done(site).await;
    until(MOVING, "jobs move again", async || done(site).await > before).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_restarts_with_and_without_its_data_loses_no_job_and_jobs_move_on_within_ten_seconds() {
    let mut fault = Fault::of("F6", "P1 P2 P4");
    let site = Site::open(Plan { odd: true, ..Plan::default() }).await;
    for (what, words) in [("without persistence", vec![]), ("with persistence", vec!["--appendonly", "yes"])] {
        site.redis.down("KILL", START);
        site.redis.up_as(redis_program(site.folder.path(), site.redis_address, &words));
        site.redis_answers().await;
        let before = done(&site).await;
        ask_for_rows(&site, 200).await;
        until(START, "some are done", async || done(&site).await > before + 10).await;
        site.redis.down("KILL", START);
        tokio::time::sleep(Duration::from_secs(1)).await;
        site.redis.up();
        site.redis_answers().await;
        let (back, limit) = (Instant::now(), Duration::from_secs(30));
        ask_for_rows(&site, 20).await;
        let moving = moving_again(&site).await;
        site.all_done(limit).await;
        fault.saw(format!(
            "{what}: moving after {} ms, all after {} ms",
            moving.as_millis(),
            back.elapsed().as_millis()
        ));
    }
    assert_rows_once(&site).await;
    let starts: u32 = site.workers.iter().map(|unit| unit.started()).sum();
    fault.saw(format!("{} workers started by hand or supervisor", starts - 2));
    assert_eq!(starts, 2, "no worker had to be started again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_wiped_again_and_again_loses_no_order() {
    let mut fault = Fault::of("F7", "P1 P2 P4");
    let site = Site::open(Plan::default()).await;
    let (operations, coordinator) = (Operations::default(), site.coordinator().await);
    for draft in prepare_drafts(&site, size(10, 50)).await {
        operations.submit(&coordinator, draft, START).await;
        if draft % 2 == 0 {
            site.redis(&["FLUSHALL"]).await.unwrap();
        }
    }
    let took = site.all_done(MOVING).await;
    let verdict = check(&site, &operations).await;
    fault.saw(format!("{} wipes; the last BOM {} ms after the last; {verdict}", size(5, 25), took.as_millis()));
    verdict.assert_clean();
}

/// The slowest of some pages.
async fn slowest_page(visitor: &Visitor, count: usize) -> Duration {
    let mut slowest = Duration::ZERO;
    for _ in 0..count {
        let answer = visitor.get("/orders").await.expect("a page");
        assert_eq!(answer.status, 200);
        slowest = slowest.max(answer.took);
    }
    slowest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_people_work_on_and_jobs_are_done_from_the_ledger() {
    let mut fault = Fault::of("F8", "P1 P4 P6");
    let site = Site::open(Plan { workers: 1, odd: true, ..Plan::default() }).await;
    let (operations, coordinator) = (Operations::default(), site.coordinator().await);
    let normal = slowest_page(&coordinator, 10).await;
    for (what, line) in [("refused", Line::Refused), ("silent", Line::Silent)] {
        site.redis_line.set(line);
        let ready = Visitor::stranger(site.webs[0].address).get("/readyz").await.unwrap();
        assert_eq!(ready.status, 200, "{}", ready.body);
        let slowest = slowest_page(&coordinator, 10).await;
        assert!(slowest < Duration::from_secs(1) + normal * 3, "pages take {slowest:?}, normally {normal:?}");
        let draft = prepare_drafts(&site, 1).await[0];
        let made = operations.submit(&coordinator, draft, START).await;
        assert_eq!(made.sent, 1);
        let bom = site.all_done(Duration::from_secs(15)).await;
        let (before, _) = site.workers[0].usage().unwrap();
        let idle = size(Duration::from_secs(3), Duration::from_secs(60));
        tokio::time::sleep(idle).await;
        let busy = (site.workers[0].usage().unwrap().0 - before).as_secs_f64() / idle.as_secs_f64();
        assert!(busy < 0.1, "an idle worker takes {:.0} % of a processor", busy * 100.0);
        site.redis_line.heal();
        let draft = prepare_drafts(&site, 1).await[0];
        operations.submit(&coordinator, draft, START).await;
        let back = site.all_done(MOVING).await;
        fault.saw(format!(
            "{what}: pages up to {} ms (normally {}), BOM in {} ms, idle worker {:.1} % of a processor, after it BOM in {} ms",
            slowest.as_millis(), normal.as_millis(), bom.as_millis(), busy * 100.0, back.as_millis()
        ));
    }
    let verdict = check(&site, &operations).await;
    fault.saw(verdict.to_string());
    verdict.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_full_or_read_only_or_loading_holds_up_no_job() {
    let mut fault = Fault::of("F9", "P1 P4 P6");
    let site = Site::open(Plan { odd: true, ..Plan::default() }).await;
    let refusals: [(&str, &[&str], &[&str]); 2] = [
        ("full", &["CONFIG", "SET", "maxmemory", "1"], &["CONFIG", "SET", "maxmemory", "0"]),
        ("read-only", &["REPLICAOF", "127.0.0.1", "1"], &["REPLICAOF", "NO", "ONE"]),
    ];
    for (what, refuse, allow) in refusals {
        site.redis(refuse).await.unwrap();
        ask_for_rows(&site, 40).await;
        let meanwhile = site.all_done(START).await;
        site.redis(allow).await.unwrap();
        ask_for_rows(&site, 40).await;
        let after = site.all_done(MOVING).await;
        fault.saw(format!("{what}: 40 jobs in {} ms, after it in {} ms", meanwhile.as_millis(), after.as_millis()));
    }
    site.redis(&["SAVE"]).await.unwrap();
    site.redis.down("KILL", START);
    let slow_loading = ["--key-load-delay", "400000", "--loading-process-events-interval-bytes", "1024"];
    site.redis.up_as(redis_program(site.folder.path(), site.redis_address, &slow_loading));
    ask_for_rows(&site, 40).await;
    let meanwhile = site.all_done(START).await;
    fault.saw(format!("loading: 40 jobs in {} ms", meanwhile.as_millis()));
    assert_rows_once(&site).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_stalls_leaves_no_worker_dead_or_hung() {
    let mut fault = Fault::of("F10", "P4");
    let seed = seed();
    let mut dice = Dice::new(seed);
    let site = Site::open(Plan { odd: true, ..Plan::default() }).await;
    let mut slowest = Duration::ZERO;
    for round in 0..size(4, 20) {
        // With jobs waiting and without, at any moment of the workers' rounds.
        if round % 2 == 0 {
            ask_for_rows(&site, 30).await;
        }
        tokio::time::sleep(dice.up_to(Duration::from_millis(700))).await;
        let pause = 300 + dice.roll(size(2000, 4700));
        site.redis(&["CLIENT", "PAUSE", &pause.to_string(), "ALL"]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(pause)).await;
        ask_for_rows(&site, 1).await;
        slowest = slowest.max(site.all_done(MOVING).await);
    }
    assert_rows_once(&site).await;
    fault.saw(format!("seed {seed}; {} stalls; all done at most {} ms after one", size(4, 20), slowest.as_millis()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backlog_of_thousands_never_fills_redis_and_is_worked_off() {
    let mut fault = Fault::of("F11", "P1 P2 P7");
    let site = Site::open(Plan { odd: true, ..Plan::default() }).await;
    for unit in &site.workers {
        unit.down("TERM", START);
    }
    let count = size(1_500, 20_000);
    ask_for_rows(&site, count).await;
    let start = Instant::now();
    site.workers.iter().for_each(|unit| unit.up());
    let mut most = 0;
    until(size(Duration::from_secs(120), Duration::from_secs(600)), "all are done", async || {
        most = most.max(site.ids_in_redis().await);
        done(&site).await == count
    })
    .await;
    assert!(most <= 500, "{most} ids in Redis");
    assert_rows_once(&site).await;
    let per_second = count as f64 / start.elapsed().as_secs_f64();
    fault.saw(format!("{count} jobs, {per_second:.0} a second; at most {most} ids in Redis"));
}
