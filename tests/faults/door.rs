//! The door under pressure: log-ins by the hundred.

use std::time::Duration;

use crate::browser::{PASSWORD, Visitor};
use crate::report::Fault;
use crate::servers::EMAIL;
use crate::site::{Plan, Site};

const PARALLEL: usize = 200;

fn crowded() -> Plan {
    let more = ["MAX_CONNECTIONS_PER_PEER", "MAX_CONNECTIONS"].map(|name| (name, "1500".to_owned()));
    Plan { workers: 0, web_environment: more.into(), ..Plan::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_log_ins_at_once_are_counted_cost_bounded_memory_and_keep_nobody_out() {
    let mut fault = Fault::of("A2", "P7 P10");
    let site = Site::open(crowded()).await;
    let (at_work, owner) = (site.coordinator().await, site.coordinator().await);
    let owner = owner.log_out().await.at_the_door().await;
    let mut guessers = Vec::new();
    for _ in 0..PARALLEL {
        guessers.push(Visitor::stranger(site.webs[0].address).at_the_door().await);
    }
    let (_, before) = site.webs[0].unit.usage().unwrap();
    let mut guesses = tokio::task::JoinSet::new();
    for guesser in guessers {
        guesses.spawn(async move {
            let guess = [("email", EMAIL), ("password", "nine lathes sing low"), ("next", "/")];
            guesser.post("/login", &guess).await.expect("an answer").status
        });
    }
    let (mut most, mut slowest, mut answers) = (before, Duration::ZERO, Vec::new());
    while !guesses.is_empty() {
        let page = at_work.get("/orders").await.expect("an answer");
        assert_eq!(page.status, 200, "whoever is in works on");
        slowest = slowest.max(page.took);
        most = most.max(site.webs[0].unit.usage().unwrap().1);
        while let Some(answer) = guesses.try_join_next() {
            answers.push(answer.unwrap());
        }
    }
    let of = |status: u16| answers.iter().filter(|answer| **answer == status).count();
    let (wrong, told_to_wait, busy) = (of(422), of(429), of(503));
    assert_eq!(wrong + told_to_wait + busy, PARALLEL, "{answers:?}");
    // Two are hashed at once and 32 wait; what is in line before the first fail is about all that is tried.
    assert!(wrong <= 70, "{wrong} guesses were tried");
    let counted = "login_throttles where key like 'account:%' and failures = ";
    assert_eq!(site.count(&format!("{counted}{wrong}")).await, 1, "each wrong one counts once");
    let grown = most.saturating_sub(before) >> 20;
    assert!(grown < 200, "{grown} MiB more");
    assert!(slowest < Duration::from_secs(3), "a page took {slowest:?}");

    let back = owner.post("/login", &[("email", EMAIL), ("password", PASSWORD), ("next", "/")]).await.unwrap();
    assert_eq!(back.status, 303, "in their own browser the owner of the account comes in at once: {}", back.body);
    fault.saw(format!(
        "{wrong} tried and counted, {told_to_wait} told to wait, {busy} turned away; {grown} MiB more, slowest page {} ms",
        slowest.as_millis()
    ));
}
