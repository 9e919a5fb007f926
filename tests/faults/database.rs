//! Faults of PostgreSQL: stopped at once and started under load, frozen, gone silent with questions in flight, older than
//! what Redis holds, and not there when everything starts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tests::support::proxy::Line;

use crate::browser::Visitor;
use crate::operations::{Operations, check, prepare_drafts};
use crate::report::Fault;
use crate::servers::shell;
use crate::site::{Plan, START, Site};
use crate::{size, until};

/// How soon a page says that it can't be served (promise P6), with a moment for a busy machine.
const SAID: Duration = Duration::from_millis(2500);
/// How soon pages are served again (promise P4).
const BACK: Duration = Duration::from_secs(10);

/// Waits for the first page that is served; how long that took.
async fn page_again(visitor: &Visitor, limit: Duration) -> Duration {
    until(limit, "pages are served again", async || {
        visitor.get("/orders").await.is_some_and(|answer| answer.status == 200)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_answered_before_postgresql_stops_at_once_are_all_there_afterwards() {
    let mut fault = Fault::of("F12", "P1 P2 P3 P4 P6");
    let site = Arc::new(Site::open(Plan::default()).await);
    let (operations, coordinator) = (Arc::new(Operations::default()), site.coordinator().await);
    let drafts = prepare_drafts(&site, size(16, 200)).await;
    let people = size(4, 20);
    let mut tasks = tokio::task::JoinSet::new();
    for person in 0..people {
        let mine: Vec<i64> = drafts.iter().copied().skip(person).step_by(people).collect();
        let (operations, coordinator) = (operations.clone(), coordinator.clone());
        tasks.spawn(async move {
            for draft in mine {
                operations.submit(&coordinator, draft, START).await;
            }
        });
    }
    let mut slowest = Duration::ZERO;
    for part in 1..=size(1, 3) {
        let enough = drafts.len() * part / (size(1, 3) + 1);
        until(START, "some orders are there", async || operations.accepted() >= enough).await;
        site.postgres.down("QUIT", START);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let away = coordinator.get("/orders").await.expect("an answer without PostgreSQL");
        assert_eq!((away.status, away.header("retry-after").is_some()), (503, true), "{}", away.body);
        assert!(away.took < SAID, "503 after {:?}", away.took);
        site.postgres.up();
        site.postgres_answers().await;
        slowest = slowest.max(page_again(&coordinator, BACK).await);
    }
    tasks.join_all().await;
    assert_eq!(operations.accepted(), drafts.len(), "everybody got an order in the end");
    site.all_done(START).await;
    let verdict = check(&site, &operations).await;
    fault.saw(format!("pages back after at most {} ms; {verdict}", slowest.as_millis()));
    verdict.assert_clean();
}

/// Asks for pages from several people at once, until told to stop; the slowest answer, and the statuses seen.
async fn browse(visitor: Visitor, stop: Arc<AtomicBool>) -> (Duration, Vec<u16>) {
    let (mut slowest, mut seen) = (Duration::ZERO, Vec::new());
    while !stop.load(Relaxed) {
        let start = Instant::now();
        let answer = visitor.get("/orders").await;
        slowest = slowest.max(start.elapsed());
        seen.push(answer.map_or(0, |answer| answer.status));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    (slowest, seen)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_hangs_or_goes_silent_is_said_within_two_seconds_and_leaves_no_pool_dead() {
    let mut fault = Fault::of("F13", "P4 P6");
    let site = Site::open(Plan::default()).await;
    let (operations, coordinator) = (Operations::default(), site.coordinator().await);
    let away = Duration::from_secs(size(6, 30));
    for what in ["frozen", "silent", "silent for ever"] {
        let stop = Arc::new(AtomicBool::new(false));
        let mut people = tokio::task::JoinSet::new();
        for _ in 0..size(6, 16) {
            people.spawn(browse(coordinator.clone(), stop.clone()));
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        match what {
            "frozen" => freeze(&site, true),
            "silent" => [&site.web_line, &site.worker_line].iter().for_each(|line| line.set(Line::Silent)),
            _ => site.web_line.set(Line::Silent),
        }
        tokio::time::sleep(away).await;
        stop.store(true, Relaxed);
        let seen = people.join_all().await;
        let slowest = seen.iter().map(|(slowest, _)| *slowest).max().unwrap_or_default();
        assert!(seen.iter().all(|(_, seen)| seen.iter().all(|status| matches!(status, 200 | 503))), "{seen:?}");
        match what {
            "frozen" => freeze(&site, false),
            // The other end is gone and never says so: what was asked is never answered.
            "silent for ever" => site.web_line.forget_and_heal(),
            _ => [&site.web_line, &site.worker_line].iter().for_each(|line| line.heal()),
        }
        let back = page_again(&coordinator, Duration::from_secs(15)).await;
        // A pool with dead places serves one page and then none: ask for more at once than it has places.
        let whole = async || crowd(&coordinator).await.iter().all(|status| *status == Some(200));
        until(BACK, "the pool is whole", whole).await;
        let draft = prepare_drafts(&site, 1).await[0];
        operations.submit(&coordinator, draft, START).await;
        let bom = site.all_done(Duration::from_secs(45)).await;
        fault.saw(format!(
            "{what}: slowest answer {} ms, pages back after {} ms, BOM after {} ms",
            slowest.as_millis(),
            back.as_millis(),
            bom.as_millis()
        ));
        assert!(slowest < SAID, "{what}: the slowest answer took {slowest:?}");
    }
    let starts: u32 = site.webs.iter().map(|web| web.unit.started()).sum();
    let verdict = check(&site, &operations).await;
    fault.saw(format!("the web process was started {starts} times; {verdict}"));
    verdict.assert_clean();
}

/// Twelve people at once; what each was answered.
async fn crowd(visitor: &Visitor) -> Vec<Option<u16>> {
    let mut people = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let visitor = visitor.clone();
        people.spawn(async move { visitor.get("/orders").await.map(|answer| answer.status) });
    }
    people.join_all().await
}

/// STOP and CONT to the server and to all its processes.
fn freeze(site: &Site, is_frozen: bool) {
    let signal = if is_frozen { "STOP" } else { "CONT" };
    let pid = site.postgres.pid().expect("PostgreSQL runs");
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    shell(&format!("kill -{signal} {pid} {children} 2>/dev/null || true"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_of_jobs_that_an_older_backup_does_not_know_are_nothing_to_a_worker() {
    let mut fault = Fault::of("F38", "P1 P2 P13");
    let site = Site::open(Plan { workers: 1, ..Plan::default() }).await;
    let (operations, coordinator) = (Operations::default(), site.coordinator().await);
    let drafts = prepare_drafts(&site, 6).await;
    for draft in &drafts[..2] {
        operations.submit(&coordinator, *draft, START).await;
    }
    site.all_done(START).await;
    site.postgres.down("INT", START);
    let data = site.folder.path().join("postgres");
    shell(&format!("cp -a '{0}' '{0}.backup'", data.display()));
    site.postgres.up();
    site.postgres_answers().await;
    page_again(&coordinator, BACK).await;
    // After the backup: orders whose ids lie in Redis while no worker takes them.
    site.workers[0].down("TERM", START);
    let lost = Operations::default();
    for draft in &drafts[2..] {
        lost.submit(&coordinator, *draft, START).await;
    }
    let ids: Vec<String> =
        sqlx::query_scalar("select id::text from jobs where state = 'queued'").fetch_all(&site.db).await.unwrap();
    site.postgres.down("QUIT", START);
    shell(&format!("rm -r '{0}' && mv '{0}.backup' '{0}'", data.display()));
    site.postgres.up();
    site.postgres_answers().await;
    for (number, id) in ids.iter().enumerate() {
        site.push_id(number, id).await;
    }
    site.workers[0].up();
    site.workers_are_there(1).await;
    until(START, "the ids are taken out of Redis", async || site.ids_in_redis().await == 0).await;
    page_again(&coordinator, BACK).await;
    assert_eq!(site.workers[0].ends().len(), 1, "no id ends the worker");
    for draft in &drafts[2..] {
        operations.submit(&coordinator, *draft, START).await;
    }
    site.all_done(START).await;
    let verdict = check(&site, &operations).await;
    fault.saw(format!("{} stale ids taken and dropped, entered again: {verdict}", ids.len()));
    verdict.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_start_before_their_servers_wait_for_them_and_say_so() {
    let mut fault = Fault::of("F40", "P4 P6");
    for first in ["postgres", "redis"] {
        let site = Site::boarded_up(Plan::default()).await;
        site.webs[0].unit.up();
        site.workers.iter().for_each(|unit| unit.up());
        let stranger = Visitor::stranger(site.webs[0].address);
        until(START, "the web process lives", async || {
            stranger.get("/healthz").await.is_some_and(|answer| answer.status == 200)
        })
        .await;
        let ready = stranger.get("/readyz").await.expect("an answer");
        assert_eq!(ready.status, 503, "{}", ready.body);
        tokio::time::sleep(size(Duration::from_millis(500), Duration::from_secs(20))).await;
        if first == "postgres" {
            site.postgres.up();
            site.postgres_answers().await;
        } else {
            site.redis.up();
            site.redis_answers().await;
            tokio::time::sleep(Duration::from_millis(500)).await;
            site.postgres.up();
            site.postgres_answers().await;
        }
        let ready = site.webs[0].is_ready().await;
        site.workers_are_there(2).await;
        let (operations, coordinator) = (Operations::default(), site.coordinator().await);
        let draft = prepare_drafts(&site, 1).await[0];
        operations.submit(&coordinator, draft, START).await;
        let bom = site.all_done(Duration::from_secs(15)).await;
        check(&site, &operations).await.assert_clean();
        assert!(site.workers.iter().all(|unit| unit.started() == 1), "{}", site.tails());
        fault.saw(format!("{first} first: ready after {} ms, BOM in {} ms", ready.as_millis(), bom.as_millis()));
    }
    if crate::is_long() {
        gives_up(&mut fault).await;
    }
}

/// After five minutes without PostgreSQL a worker ends with one line; its supervisor decides what then.
async fn gives_up(fault: &mut Fault) {
    let site = Site::boarded_up(Plan { webs: 0, workers: 1, ..Plan::default() }).await;
    let start = Instant::now();
    site.workers[0].up();
    until(Duration::from_secs(330), "it gives up", async || !site.workers[0].ends().is_empty()).await;
    let log = std::fs::read_to_string(&site.workers[0].log).unwrap();
    assert!(site.workers[0].ends()[0] != 0 && log.contains("PostgreSQL did not answer for five minutes"), "{log}");
    fault.saw(format!("without PostgreSQL a worker ends after {} s", start.elapsed().as_secs()));
}
