//! A new version goes out while people work: every process is told to stop and started again, one after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use crate::balancer::Balancer;
use crate::browser::Visitor;
use crate::operations::{Operations, check, prepare_drafts};
use crate::report::Fault;
use crate::site::{Plan, START, Site};
use crate::size;

/// How long a process may take to stop (promise P8).
const GONE: Duration = Duration::from_secs(30);

/// Reads pages through the balancer until told to stop; what was not answered as it should be.
async fn browse(visitor: Visitor, stop: Arc<AtomicBool>) -> (usize, Vec<String>) {
    let (mut asked, mut failed) = (0, Vec::new());
    while !stop.load(Relaxed) {
        asked += 1;
        match visitor.get("/orders").await {
            Some(answer) if answer.status == 200 => {}
            Some(answer) => failed.push(format!("{} {}", answer.status, answer.text())),
            None => failed.push("no answer".into()),
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    (asked, failed)
}

async fn submit_all(visitor: Visitor, drafts: Vec<i64>, operations: Arc<Operations>) {
    for draft in drafts {
        operations.submit(&visitor, draft, START).await;
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_version_goes_out_under_load_without_a_failed_request_or_a_lost_job() {
    let mut fault = Fault::of("F33", "P1 P2 P8");
    let web_environment = vec![("ENVIRONMENT", "production".to_owned())];
    let site = Site::boarded_up(Plan { webs: 2, odd: true, web_environment, ..Plan::default() }).await;
    site.open_servers().await;
    // Production does not start over a PostgreSQL that may lose what it answered.
    let durable = ["alter system set fsync = on", "alter system set full_page_writes = on", "select pg_reload_conf()"];
    for sql in durable {
        sqlx::query(sql).execute(&site.db).await.unwrap();
    }
    site.open_doors().await;
    site.make_odd(1, "slow 3").await;
    let balancer = Balancer::before(site.webs.iter().map(|web| web.address).collect()).await;
    let coordinator = site.coordinator_at(balancer.address).await;
    let (operations, stop) = (Arc::new(Operations::default()), Arc::new(AtomicBool::new(false)));
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..3 {
        readers.spawn(browse(coordinator.clone(), stop.clone()));
    }
    let drafts = prepare_drafts(&site, size(30, 400)).await;
    let submitting = tokio::spawn(submit_all(coordinator.clone(), drafts.clone(), operations.clone()));
    let mut slowest = Duration::ZERO;
    for _ in 0..size(1, 10) {
        for web in &site.webs {
            slowest = slowest.max(web.unit.down("TERM", GONE));
            web.unit.up();
            web.is_ready().await;
            // The balancer asks ten times a second.
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
        for worker in &site.workers {
            slowest = slowest.max(worker.down("TERM", GONE));
            worker.up();
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
    submitting.await.unwrap();
    stop.store(true, Relaxed);
    let seen = readers.join_all().await;
    let asked: usize = seen.iter().map(|(asked, _)| asked).sum();
    let failed: Vec<&String> = seen.iter().flat_map(|(_, failed)| failed).collect();
    assert!(failed.is_empty(), "{} of {asked} requests: {failed:?}", failed.len());
    let again: Vec<_> = operations.all().into_iter().filter(|one| one.sent > 1).collect();
    assert!(again.is_empty(), "{again:?}");
    site.all_done(START).await;
    let crashes = site.count("jobs where crash_count > 0 or error_count > 0").await;
    assert_eq!(crashes, 0, "what was given back is no error");
    let verdict = check(&site, &operations).await;
    let restarts = size(1, 10) * 4;
    fault.saw(format!(
        "{restarts} restarts, slowest stop {} ms; {asked} pages and {} orders, 0 failed; {verdict}",
        slowest.as_millis(),
        drafts.len()
    ));
    verdict.assert_clean();
}
