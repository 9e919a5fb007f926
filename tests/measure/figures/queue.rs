//! The job system beside Redis itself and beside what others reach on the same machine.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use jobs::Job;
use models::jobs::Links;

use super::crowd::Crowd;
use super::floor::{Floor, Process};
use super::table::Table;
use super::{at, load, redis_floor};
use hands::SLEEPERS;

#[path = "queue/hands.rs"]
pub mod hands;

/// Jobs one after the other to an idle worker.
const SINGLE: i64 = 300;
/// Jobs that wait when the worker starts.
const BACKLOG: i64 = 6000;
/// Open pages, and jobs a second, as in the comparison with plain Node.
const PAGES: usize = 500;
const SEEN: i64 = 200;
const EVERY: Duration = Duration::from_millis(25);

pub async fn measure() {
    let floor = Floor::open().await;
    let mut table = Table::open();
    println!("load of the machine {}", load());
    let idle = floor.worker().await;
    table.add("worker, idle, MiB", idle.memory(), "rss_worker", "at most 25");
    drop(idle);
    let redis = redis_floor::measure(&floor.redis_url, &floor.prefix).await;
    let (from_asking, from_kept) = starts(&floor).await;
    for (name, share, floor) in [("p50", 50.0, redis.0), ("p99", 99.0, redis.1)] {
        let (asked, kept) = (at(&mut from_asking.clone(), share), at(&mut from_kept.clone(), share));
        table.beside(
            &format!("asked to started {name}, ms"),
            asked,
            floor,
            "Redis",
            if share < 60.0 { "8 times" } else { "2 times" },
        );
        table.add(&format!("asked to started {name}, ms"), asked, &format!("enqueue_to_start_{name}"), "not above");
        table.beside(&format!("kept to started {name}, ms"), kept, floor, "Redis", "");
    }
    let (p50, p99) = seen(&floor).await;
    table.add("asked to browser p50, 500 pages, ms", p50, "enqueue_to_sse_p50_n500", "");
    table.add("asked to browser p99, 500 pages, ms", p99, "enqueue_to_sse_p99_n500", "half");
    let (rate, cost) = throughput(&floor).await;
    table.add("empty jobs a second, one worker", rate, "process_noop", "as many");
    table.add("worker's processor, ms a job", cost, "cpu_worker", "half");
    let (again, done) = killed(&floor).await;
    table.add("killed worker, jobs started again, s", again, "", "at most 5");
    table.add("killed worker, jobs done again, s", done, "kill9_in_flight_redone_after", "at most 5");
    table.print();
    floor.close().await;
}

/// A worker with idle hands.
async fn worker(floor: &Floor, concurrency: u32, says: bool) -> Process {
    let own = std::env::current_exe().expect("where this program lies");
    let hands = floor.start(own, &["idle-hands"], |command| {
        command.env("CONCURRENCY", concurrency.to_string());
        if says {
            command.env("SAY_STARTS", "1").stdout(Stdio::piped());
        }
    });
    floor.until_there(hands.id()).await;
    hands
}

async fn ask(floor: &Floor, numbers: impl Iterator<Item = i64>) {
    let mut tx = floor.db.begin().await.expect("a transaction");
    for build_id in numbers {
        Job::GenerateBom { build_id }.enqueue(&mut tx, Links::default()).await.expect("the job is accepted");
    }
    tx.commit().await.expect("the jobs are kept");
}

/// How long an idle worker's jobs wait, in ms: from the moment somebody asks, and from the commit.
async fn starts(floor: &Floor) -> (Vec<f64>, Vec<f64>) {
    let mut worker = worker(floor, 50, true).await;
    let lines = BufReader::new(worker.stdout()).lines();
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let started = line.split_once(' ').and_then(|(_, at)| at.parse::<u128>().ok());
            if started.is_some_and(|started| tell.send(started).is_err()) {
                return;
            }
        }
    });
    let (mut from_asking, mut from_kept) = (Vec::new(), Vec::new());
    for number in 0..SINGLE {
        let asked = hands::now();
        ask(floor, std::iter::once(number)).await;
        let kept = hands::now();
        let started = told.recv().await.expect("the job starts");
        from_asking.push((started as f64 - asked as f64) / 1e6);
        from_kept.push((started as f64 - kept as f64) / 1e6);
        tokio::time::sleep(Duration::from_millis(15 + number as u64 % 13)).await;
    }
    floor.until_done(Duration::from_secs(10)).await;
    (from_asking, from_kept)
}

/// How long until five hundred open pages have heard that a job is done: p50 and p99 in ms.
async fn seen(floor: &Floor) -> (f64, f64) {
    let (_web, address) = floor.web().await;
    let _worker = worker(floor, 50, false).await;
    let crowd = Crowd::open(floor, address, PAGES, "job").await;
    crowd.take();
    let mut asked: HashMap<String, Instant> = HashMap::new();
    for number in 0..SEEN {
        let now = Instant::now();
        let mut tx = floor.db.begin().await.expect("a transaction");
        let run = Job::GenerateBom { build_id: number }.enqueue(&mut tx, Links::default()).await;
        tx.commit().await.expect("the job is kept");
        asked.insert(format!("job:{}", run.expect("the job is accepted").id), now);
        tokio::time::sleep(EVERY.saturating_sub(now.elapsed())).await;
    }
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let mut heard: HashMap<Box<str>, Vec<Instant>> = HashMap::new();
    for (word, at) in crowd.take() {
        heard.entry(word).or_default().push(at);
    }
    // Each page hears of a job when it is asked for, started and done. The latest of all it heard is the end.
    let mut waits = Vec::new();
    for (word, mut times) in heard {
        let Some(asked) = asked.get(&*word) else { continue };
        times.sort();
        let last = times.len().saturating_sub(PAGES);
        waits.extend(times[last..].iter().map(|at| (*at - *asked).as_secs_f64() * 1000.0));
    }
    println!("{} of {} ends heard by {PAGES} pages", waits.len(), PAGES * SEEN as usize);
    (at(&mut waits, 50.0), at(&mut waits, 99.0))
}

/// Empty jobs a second of one worker that finds them waiting, and its processor time in ms a job.
async fn throughput(floor: &Floor) -> (f64, f64) {
    ask(floor, 0..BACKLOG).await;
    let own = std::env::current_exe().expect("where this program lies");
    let worker = floor.start(own, &["idle-hands"], |command| {
        command.env("CONCURRENCY", "50");
    });
    let done = "select count(*) from jobs where state = 'done'";
    let count = async || sqlx::query_scalar::<_, i64>(done).fetch_one(&floor.db).await.expect("the ledger");
    let before = count().await;
    let mut first = before;
    while first == before {
        tokio::time::sleep(Duration::from_millis(5)).await;
        first = count().await;
    }
    let (start, processor) = (Instant::now(), worker.processor());
    floor.until_done(Duration::from_secs(120)).await;
    let jobs = (before + BACKLOG - first) as f64;
    let cost = (worker.processor() - processor).as_secs_f64() * 1000.0 / jobs;
    (jobs / start.elapsed().as_secs_f64(), cost)
}

/// The only worker is killed with jobs in its hands and replaced at once: seconds until the last of them is started
/// again, and done.
async fn killed(floor: &Floor) -> (f64, f64) {
    let asked = SELECTED.replace("$what", "count(*)");
    ask(floor, SLEEPERS..SLEEPERS + 60).await;
    let first = worker(floor, 4, false).await;
    while count(floor, &format!("{asked} and state = 'done'")).await < 6 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let running = SELECTED.replace("$what", "id") + " and state = 'running'";
    let in_hand: Vec<uuid::Uuid> =
        sqlx::query_scalar(sqlx::AssertSqlSafe(running)).fetch_all(&floor.db).await.expect("the ledger");
    first.kill();
    let killed_at = chrono::Utc::now();
    let _second = worker(floor, 4, false).await;
    floor.until_done(Duration::from_secs(150)).await;
    let again =
        "select max(extract(epoch from started_at - $2)::float8), max(extract(epoch from finished_at - $2)::float8)
        from jobs where id = any($1) and state = 'done'";
    let times: (Option<f64>, Option<f64>) =
        sqlx::query_as(again).bind(&in_hand).bind(killed_at).fetch_one(&floor.db).await.expect("the ledger");
    let done = count(floor, &format!("{asked} and state = 'done'")).await;
    println!("killed with {} jobs in hand; {done} of 60 done", in_hand.len());
    (times.0.unwrap_or(f64::NAN), times.1.unwrap_or(f64::NAN))
}

const SELECTED: &str = "select $what from jobs where (payload->>'build_id')::bigint >= 1000000";

async fn count(floor: &Floor, sql: &str) -> i64 {
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned())).fetch_one(&floor.db).await.expect("the ledger")
}
