//! Faults of the worker: killed in the middle of a job, killed right after its commit, frozen for longer than its lease.

use std::time::{Duration, Instant};

use crate::operations::{Operations, check, prepare_drafts};
use crate::report::Fault;
use crate::site::{Plan, START, Site};
use crate::unit::Unit;
use crate::web::COMMITTED;
use crate::{size, until};

/// Who runs the job of the build, by the process id in its name.
async fn who_runs(site: &Site, build_id: i64) -> Option<&Unit> {
    let sql = "select worker from jobs where build_id = $1 and state = 'running'";
    let found: Option<Option<String>> = sqlx::query_scalar(sql).bind(build_id).fetch_optional(&site.db).await.unwrap();
    let name = found.flatten()?;
    site.workers.iter().find(|unit| unit.pid().is_some_and(|pid| name.contains(&format!("-{pid}-"))))
}

/// Waits until a worker of the site runs the job of the build.
async fn runner(site: &Site, build_id: i64) -> &Unit {
    let start = Instant::now();
    loop {
        if let Some(unit) = who_runs(site, build_id).await {
            return unit;
        }
        assert!(start.elapsed() < START, "somebody runs build {build_id}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// State, attempts, errors and crashes of the job of a build.
async fn job(site: &Site, build_id: i64) -> (String, i16, i16, i16) {
    let sql = "select state, attempt, error_count, crash_count from jobs where build_id = $1";
    sqlx::query_as(sql).bind(build_id).fetch_one(&site.db).await.unwrap()
}

/// The build that the next submit will make.
async fn next_build(site: &Site) -> i64 {
    sqlx::query_scalar("select coalesce(max(id), 0) + 1 from builds").fetch_one(&site.db).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_whose_worker_is_killed_in_the_middle_runs_again_within_five_seconds_and_makes_one_bom() {
    let mut fault = Fault::of("F3", "P1 P2 P4");
    let site = Site::open(Plan { odd: true, ..Plan::default() }).await;
    let (operations, coordinator) = (Operations::default(), site.coordinator().await);
    // While PostgreSQL has just started, nobody counts as lost: all workers lost their locks with it.
    let settled = "select pg_postmaster_start_time() < now() - interval '8 s'";
    let settled = async || sqlx::query_scalar(settled).fetch_one(&site.db).await.unwrap_or(false);
    until(START, "PostgreSQL has been there for a while", settled).await;
    for draft in prepare_drafts(&site, size(2, 20)).await {
        let build = next_build(&site).await;
        site.workers_are_there(2).await;
        site.make_odd(build, "slow 2").await;
        operations.submit(&coordinator, draft, START).await;
        let doomed = runner(&site, build).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        doomed.kill();
        let again = async || job(&site, build).await.1 >= 2;
        let healed = until(Duration::from_secs(5), "the job runs again", again).await;
        fault.saw(format!("running again after {} ms", healed.as_millis()));
        site.all_done(START).await;
        assert_eq!(job(&site, build).await, ("done".into(), 2, 0, 1));
    }
    let verdict = check(&site, &operations).await;
    fault.saw(verdict.to_string());
    verdict.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_right_after_the_commit_of_its_bom_makes_no_second_one() {
    let mut fault = Fault::of("F4", "P2");
    let site = Site::open(Plan { workers: 1, ..Plan::default() }).await;
    let (operations, coordinator) = (Operations::default(), site.coordinator().await);
    for draft in prepare_drafts(&site, size(2, 20)).await {
        site.workers_are_there(1).await;
        let sprung = site.worker_line.trap(b"insert into boms", COMMITTED);
        let build = next_build(&site).await;
        operations.submit(&coordinator, draft, START).await;
        tokio::time::timeout(START, sprung).await.expect("a BOM is committed").unwrap();
        site.workers[0].kill();
        let (state, attempt, _, crashes) = job(&site, build).await;
        assert_eq!((state.as_str(), attempt, crashes), ("done", 1, 0), "effect and end are one commit");
    }
    site.workers_are_there(1).await;
    // Long enough for the id to be delivered again, which it would be with a queue that waits for a word of thanks.
    tokio::time::sleep(size(Duration::from_secs(2), Duration::from_secs(30))).await;
    let again = site.count("jobs where attempt <> 1").await;
    let verdict = check(&site, &operations).await;
    fault.saw(format!("{again} jobs were started again; {verdict}"));
    assert_eq!(again, 0);
    verdict.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_frozen_for_longer_than_its_lease_loses_the_job_and_can_keep_nothing_when_it_wakes() {
    let mut fault = Fault::of("F5", "P1 P2 P4");
    let lease = size(3, 15);
    let worker_environment = vec![("LEASE_SECONDS", lease.to_string())];
    let site = Site::open(Plan { odd: true, worker_environment, ..Plan::default() }).await;
    let (operations, coordinator) = (Operations::default(), site.coordinator().await);
    let build = next_build(&site).await;
    site.make_odd(build, "slow 1").await;
    operations.submit(&coordinator, prepare_drafts(&site, 1).await[0], START).await;
    let frozen = runner(&site, build).await;
    frozen.signal("STOP");
    let start = Instant::now();
    let limit = Duration::from_secs(lease + 10);
    until(limit, "another worker finishes the job", async || job(&site, build).await.0 == "done").await;
    fault.saw(format!("done elsewhere after {} ms with a lease of {lease} s", start.elapsed().as_millis()));

    frozen.signal("CONT");
    until(START, "the frozen worker notices", async || {
        let log = std::fs::read_to_string(&frozen.log).unwrap();
        ["no longer this worker's", "Another worker has the job"].iter().any(|words| log.contains(words))
    })
    .await;
    assert_eq!(job(&site, build).await, ("done".into(), 2, 0, 1));
    // And it works on.
    site.workers_are_there(2).await;
    let verdict = check(&site, &operations).await;
    fault.saw(format!("the late one said so in its log; {verdict}"));
    verdict.assert_clean();
}
