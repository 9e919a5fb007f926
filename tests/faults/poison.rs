//! Jobs that go wrong whatever is tried: errors, panics, jobs that take their worker down, that never end, and jobs
//! that another build of ours wrote.

use std::time::Duration;

use crate::operations::{Operations, check, prepare_drafts};
use crate::report::Fault;
use crate::site::{Plan, START, Site};
use crate::{is_long, size, until};

/// State, errors, crashes, class of the latest error.
type End = (String, i16, i16, Option<String>);

async fn end(site: &Site, build_id: i64) -> End {
    let sql = "select state, error_count, crash_count, error_class from jobs where build_id = $1";
    sqlx::query_as(sql).bind(build_id).fetch_one(&site.db).await.unwrap()
}

/// Submits one order whose job goes the given way; its build.
async fn poison(site: &Site, operations: &Operations, visitor: &crate::browser::Visitor, how: &str) -> i64 {
    let build: i64 =
        sqlx::query_scalar("select coalesce(max(id), 0) + 1 from builds").fetch_one(&site.db).await.unwrap();
    site.make_odd(build, how).await;
    operations.submit(visitor, prepare_drafts(site, 1).await[0], START).await;
    build
}

/// Waits for the job's end without its pauses, which grow to a minute: each is seen to grow, then skipped.
async fn hurry(site: &Site, build_id: i64, limit: Duration) -> Vec<f64> {
    let mut pauses = Vec::new();
    let sql = "update jobs j set run_at = now() from (select id, run_at, updated_at from jobs where build_id = $1 for update) old
        where j.id = old.id and j.state = 'retry' and j.run_at > now()
        returning extract(epoch from old.run_at - old.updated_at)::float8";
    until(limit, "the job has ended", async || {
        let skipped: Option<f64> = sqlx::query_scalar(sql).bind(build_id).fetch_optional(&site.db).await.unwrap();
        pauses.extend(skipped);
        !matches!(end(site, build_id).await.0.as_str(), "queued" | "retry" | "running")
    })
    .await;
    pauses
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_always_errs_is_dead_after_five_tries_with_growing_pauses_and_holds_up_nobody() {
    let mut fault = Fault::of("F27", "P5");
    let site = Site::open(Plan { workers: 1, odd: true, ..Plan::default() }).await;
    let (operations, coordinator) = (Operations::default(), site.coordinator().await);
    let poisoned = poison(&site, &operations, &coordinator, "error").await;
    let pauses = hurry(&site, poisoned, START).await;
    assert_eq!(end(&site, poisoned).await, ("dead".into(), 5, 0, Some("error".into())));
    assert!(pauses.len() == 4 && pauses[3] > 2.0 * pauses[0], "{pauses:?}");
    let healthy = poison_free(&site, &operations, &coordinator, size(3, 20)).await;
    let page = coordinator.get("/orders").await.unwrap();
    assert_eq!(page.status, 200);
    // Replayed: the drawer has been oiled.
    site.run(&format!("delete from odd_jobs where build_id = {poisoned}")).await;
    let pauses: Vec<String> = pauses.iter().map(|pause| format!("{pause:.1} s")).collect();
    fault.saw(format!("dead after 5 tries, pauses {}; others done in {} ms", pauses.join(", "), healthy.as_millis()));
}

/// Some orders that nothing is wrong with; how long until all their BOMs are there.
async fn poison_free(
    site: &Site,
    operations: &Operations,
    visitor: &crate::browser::Visitor,
    count: usize,
) -> Duration {
    for draft in prepare_drafts(site, count).await {
        operations.submit(visitor, draft, START).await;
    }
    let waiting = "jobs j where state in ('queued', 'running', 'retry') and not exists (select from odd_jobs o where o.build_id = j.build_id)";
    until(START, "the others are done", async || site.count(waiting).await == 0).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_takes_its_worker_down_is_dead_after_three_and_the_others_are_done() {
    let mut fault = Fault::of("F28", "P2 P5");
    // Memory is limited the way a unit file would.
    let worker_wrapper = vec!["prlimit".into(), "--as=3000000000".into(), "--core=0".into()];
    let worker_environment = vec![("LEASE_SECONDS", "3".to_owned())];
    let site = Site::open(Plan { odd: true, worker_wrapper, worker_environment, ..Plan::default() }).await;
    let (operations, coordinator) = (Operations::default(), site.coordinator().await);
    let endless = if is_long() { Some(poison(&site, &operations, &coordinator, "endless").await) } else { None };
    let panics = poison(&site, &operations, &coordinator, "panic").await;
    hurry(&site, panics, START).await;
    assert_eq!(end(&site, panics).await, ("dead".into(), 5, 0, Some("panic".into())));
    assert!(site.workers.iter().all(|unit| unit.started() == 1), "a panic is an error");
    for (how, code) in [("abort", 134), ("eat", 134)] {
        let poisoned = poison(&site, &operations, &coordinator, how).await;
        until(START, "it is dead", async || end(&site, poisoned).await.0 == "dead").await;
        let (_, errors, crashes, class) = end(&site, poisoned).await;
        assert_eq!((errors, crashes, class.as_deref()), (0, 3, Some("crashed")));
        let ends: Vec<i32> = site.workers.iter().flat_map(|unit| unit.ends()).collect();
        assert!(ends.iter().all(|end| *end == code), "{ends:?}");
        fault.saw(format!("{how}: dead after 3 workers"));
    }
    let healthy = poison_free(&site, &operations, &coordinator, 3).await;
    fault.saw(format!("a panic is an error; others done in {} ms", healthy.as_millis()));
    if let Some(endless) = endless {
        let first = async || end(&site, endless).await.3.as_deref() == Some("timeout");
        let took = until(Duration::from_secs(90), "the endless job is ended", first).await;
        fault.saw(format!("endless: ended at its limit, {} s later", took.as_secs()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_of_another_build_wait_for_a_worker_that_knows_them_and_broken_ones_are_dead_at_once() {
    let mut fault = Fault::of("F29", "P1 P5 P8");
    let site = Site::open(Plan { odd: true, workers: 1, ..Plan::default() }).await;
    let (operations, coordinator) = (Operations::default(), site.coordinator().await);
    let rows = "insert into jobs (id, kind, payload_version, payload, build_id) values
        (gen_random_uuid(), 'generate_bom', 1, '{\"kind\": \"generate_bom\", \"build_id\": 1000000001, \"said_before\": true}', 1000000001),
        (gen_random_uuid(), 'generate_bom', 9, '{\"kind\": \"generate_bom\", \"bay\": \"north\"}', 1000000002),
        (gen_random_uuid(), 'polish_sink', 1, '{\"kind\": \"polish_sink\"}', 1000000003),
        (gen_random_uuid(), 'generate_bom', 1, '{\"kind\": \"generate_bom\", \"build_id\": \"seven\"}', 1000000004),
        (gen_random_uuid(), 'generate_bom', 1, '[]', 1000000005),
        (gen_random_uuid(), 'generate_bom', 1, '{\"kind\": \"generate_bom\", \"build_id\": 77}', 77)";
    site.run(rows).await;
    site.push_message(1, "\u{fffd}{not json").await;
    site.push_message(2, "{\"v\":1}").await;
    site.push_message(3, "[[[[").await;
    let states = async || -> Vec<String> {
        let sql = "select state || coalesce(' ' || error_class, '') from jobs order by build_id = 77, build_id";
        sqlx::query_scalar(sql).fetch_all(&site.db).await.unwrap()
    };
    let wanted = [
        "done",
        "retry unknown_kind",
        "retry unknown_kind",
        "dead broken_payload",
        "dead broken_payload",
        "dead not_found",
    ];
    until(START, "each has gone its way", async || states().await == wanted).await;
    until(START, "the garbage is out of Redis", async || site.ids_in_redis().await == 0).await;
    assert_eq!(
        site.count("jobs where state = 'retry' and error_count = 0 and run_at > now() + interval '20 s'").await,
        2
    );
    // A day later nobody has learned them.
    site.run("update jobs set unknown_since = now() - interval '25 h', run_at = now() where state = 'retry'").await;
    until(START, "nobody learns them any more", async || {
        site.count("jobs where state = 'dead' and error_class = 'unknown_kind'").await == 2
    })
    .await;
    site.run("delete from jobs where build_id >= 77").await;
    let healthy = poison_free(&site, &operations, &coordinator, 2).await;
    assert_eq!(site.workers[0].started(), 1, "nothing of it ended the worker");
    let verdict = check(&site, &operations).await;
    fault.saw(format!("previous payload done; newer and unknown wait, dead after a day; broken dead at once; garbage in Redis dropped; others done in {} ms; {verdict}", healthy.as_millis()));
    verdict.assert_clean();
}
