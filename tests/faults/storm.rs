//! Everything at once: people submit while processes are killed, Redis is wiped and PostgreSQL stops, at random.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::operations::{Operations, check, prepare_drafts};
use crate::report::Fault;
use crate::site::{Plan, START, Site};
use crate::{Dice, is_long, seed, size};

/// How many orders; FAULTS_SUBMISSIONS says otherwise.
fn submissions() -> usize {
    let given = std::env::var("FAULTS_SUBMISSIONS").ok().and_then(|count| count.parse().ok());
    given.unwrap_or(size(40, 1000))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_order_is_lost_or_doubled_while_processes_are_killed_and_redis_is_wiped_at_random() {
    let mut fault = Fault::of("storm", "P1 P2 P3");
    // Seeds that failed once are tried again, each in the short size.
    for seed in include_str!("seeds.txt").lines().filter_map(|line| line.parse().ok()) {
        storm(&mut fault, seed, 40).await;
    }
    storm(&mut fault, seed(), submissions()).await;
}

async fn storm(fault: &mut Fault, seed: u64, count: usize) {
    println!("storm with seed {seed}");
    let _kept = Kept(seed);
    fault.saw(format!("seed {seed}"));
    let site = Site::open(Plan { webs: 2, ..Plan::default() }).await;
    let (operations, coordinator) = (Arc::new(Operations::default()), site.coordinator().await);
    let drafts = prepare_drafts(&site, count).await;
    let people = 4;
    // Bounded: on a machine with too much to do, fewer orders are submitted.
    let last = Instant::now() + size(Duration::from_secs(90), Duration::from_secs(1200));
    let mut submitting = tokio::task::JoinSet::new();
    for person in 0..people {
        let mine: Vec<i64> = drafts.iter().copied().skip(person).step_by(people).collect();
        let visitor = coordinator.at(site.webs[person % 2].address);
        let operations = operations.clone();
        submitting.spawn(async move {
            for draft in mine.into_iter().take_while(|_| Instant::now() < last) {
                operations.submit(&visitor, draft, Duration::from_secs(120)).await;
            }
        });
    }
    let over = AtomicBool::new(false);
    let (broken, ()) = tokio::join!(break_things(&site, Dice::new(seed), &over), async {
        submitting.join_all().await;
        over.store(true, Relaxed);
    });
    let calm = Instant::now();
    site.all_done(Duration::from_secs(90)).await;
    let given_up = retry_dead(&site).await;
    let answered = operations.accepted();
    assert_eq!(answered, operations.all().len(), "everybody got an order: {:?}", operations.all());
    let again = operations.all().iter().filter(|one| one.sent > 1).count();
    let verdict = check(&site, &operations).await;
    fault.saw(format!(
        "{broken} faults in {answered} of {count} submissions, {again} sent again, {given_up} jobs given up and tried again by hand, last BOM {} ms after the storm; {verdict}",
        calm.elapsed().as_millis()
    ));
    verdict.assert_clean();
}

/// A job that went down with three workers is dead by rule, whoever killed them, and waits for somebody to look: here
/// somebody does. Everything else must have come by itself.
async fn retry_dead(site: &Site) -> i64 {
    let given_up = site.count("jobs where state = 'dead'").await;
    let unexplained = "jobs where state = 'dead' and crash_count < 3 and error_count < 5";
    assert_eq!(site.count(unexplained).await, 0, "a job is dead only by rule");
    let again = "update jobs set state = 'retry', crash_count = 0, error_count = 0, run_at = now(), finished_at = null,
        dispatched_at = null where state = 'dead'";
    site.run(again).await;
    site.all_done(Duration::from_secs(90)).await;
    given_up
}

/// Writes the seed of a storm that went wrong into the file of seeds, to be tried by every later run.
struct Kept(u64);

impl Drop for Kept {
    fn drop(&mut self) {
        if !std::thread::panicking() || !is_long() {
            return;
        }
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/faults/seeds.txt");
        let file = std::fs::File::options().append(true).open(file);
        let _ = file.and_then(|mut file| writeln!(file, "{}", self.0));
    }
}

/// Breaks one thing after the other until it is over, and leaves everything whole; how many it broke.
async fn break_things(site: &Site, mut dice: Dice, over: &AtomicBool) -> usize {
    let mut broken = 0;
    while !over.load(Relaxed) {
        tokio::time::sleep(Duration::from_millis(200) + dice.up_to(Duration::from_millis(1200))).await;
        broken += 1;
        let which = dice.roll(2) as usize;
        match dice.roll(9) {
            0 | 1 => site.webs[which].unit.kill(),
            2 | 3 => site.workers[which].kill(),
            4 | 5 => drop(site.redis(&["FLUSHALL"]).await),
            6 => {
                site.redis.down("KILL", START);
                tokio::time::sleep(dice.up_to(Duration::from_millis(800))).await;
                site.redis.up();
                site.redis_answers().await;
            }
            7 => {
                site.postgres.down("QUIT", START);
                tokio::time::sleep(dice.up_to(Duration::from_millis(800))).await;
                site.postgres.up();
                site.postgres_answers().await;
            }
            _ => [&site.web_line, &site.worker_line, &site.redis_line][dice.roll(3) as usize].cut(),
        }
    }
    broken
}
