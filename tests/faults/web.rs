//! Faults of the web process: killed while somebody submits, killed right after the commit, restarted while a page
//! waits for its BOM.

use std::time::{Duration, Instant};

use crate::operations::{Operations, check, prepare_drafts};
use crate::report::Fault;
use crate::site::{Plan, START, Site};
use crate::{Dice, seed, size, until};

/// The answer of PostgreSQL to a commit.
pub const COMMITTED: &[u8] = b"C\0\0\0\x0bCOMMIT\0";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_whose_web_process_is_killed_in_the_middle_is_whole_or_not_there_and_sending_it_again_makes_no_second()
{
    let mut fault = Fault::of("F1", "P1 P2 P3");
    let seed = seed();
    fault.saw(format!("seed {seed}"));
    let mut dice = Dice::new(seed);
    let site = Site::open(Plan { workers: 1, ..Plan::default() }).await;
    let (operations, coordinator) = (Operations::default(), site.coordinator().await);
    let mut drafts = prepare_drafts(&site, 1 + size(6, 300)).await;
    // How long a submit takes here and now: the kills fall before, into and after it.
    let usual = operations.submit(&coordinator, drafts.remove(0), START).await.took;
    let mut half = 0;
    for draft in drafts {
        site.webs[0].is_ready().await;
        let pause = dice.up_to(usual.mul_f64(1.3));
        let (first, ()) = tokio::join!(coordinator.submit(draft), async {
            tokio::time::sleep(pause).await;
            site.webs[0].unit.kill();
        });
        let there = site.count(&format!("orders where draft_id = {draft}")).await;
        half += i64::from(first.is_none() && there > 0);
        site.webs[0].is_ready().await;
        let again = operations.submit(&coordinator, draft, START).await;
        assert!(again.order.is_some(), "{again:?}");
        let answered = first.and_then(|answer| answer.order());
        assert!(answered.is_none() || answered == again.order, "{answered:?} and then {again:?}");
    }
    site.all_done(START).await;
    let verdict = check(&site, &operations).await;
    fault.saw(format!("{verdict}; {half} answers were lost after the commit"));
    verdict.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_whose_web_process_dies_at_its_commit_has_its_bom_within_ten_seconds() {
    let mut fault = Fault::of("F2", "P1 P2 P3");
    let site = Site::open(Plan { workers: 1, ..Plan::default() }).await;
    let (operations, coordinator) = (Operations::default(), site.coordinator().await);
    for draft in prepare_drafts(&site, size(2, 20)).await {
        let sprung = site.web_line.trap(b"insert into orders", COMMITTED);
        let (lost, start) = tokio::join!(coordinator.submit(draft), async {
            tokio::time::timeout(START, sprung).await.unwrap().unwrap();
            site.webs[0].unit.kill();
            Instant::now()
        });
        assert!(lost.is_none(), "nobody was told: {lost:?}");
        let made = format!(
            "boms m join builds b on b.id = m.build_id join orders o on o.id = b.order_id where o.draft_id = {draft}"
        );
        until(Duration::from_secs(10), "the BOM is there", async || site.count(&made).await == 1).await;
        fault.saw(format!("BOM {} ms after the kill", start.elapsed().as_millis()));
        site.webs[0].is_ready().await;
        let again = operations.submit(&coordinator, draft, START).await;
        assert!(again.order.is_some(), "{again:?}");
    }
    site.all_done(START).await;
    let verdict = check(&site, &operations).await;
    fault.saw(verdict.to_string());
    verdict.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_comes_back_after_its_web_process_was_restarted_shows_how_its_bom_ended() {
    let mut fault = Fault::of("F23", "P9");
    let site = Site::open(Plan { workers: 1, odd: true, ..Plan::default() }).await;
    let (operations, coordinator) = (Operations::default(), site.coordinator().await);
    let drafts = prepare_drafts(&site, 2).await;
    for (build, draft, remembers) in [(1, drafts[0], true), (2, drafts[1], false)] {
        site.make_odd(build, "slow 1").await;
        let mut page = coordinator.listen(None).await.expect("a stream");
        let order = operations.submit(&coordinator, draft, START).await.order.expect("an order");
        let heard = tokio::time::timeout(START, page.next_called(&[&format!("build:{build}")])).await;
        assert!(heard.expect("in time").is_some(), "the page hears of its build");
        site.webs[0].unit.kill();
        assert!(page.next_called(&["resync"]).await.is_none(), "the stream ends with its process");
        site.all_done(START).await;
        site.webs[0].is_ready().await;

        let start = Instant::now();
        let since = page.last_id.clone().filter(|_| remembers);
        let mut page = coordinator.listen(since.as_deref()).await.expect("a stream again");
        let first = tokio::time::timeout(Duration::from_secs(5), page.next_called(&["resync", "hello"])).await;
        let mut told = first.expect("within five seconds").expect("an event");
        if remembers && told == "hello" {
            let next = tokio::time::timeout(Duration::from_secs(5), page.next_called(&["resync"])).await;
            told = next.expect("within five seconds").expect("an event");
        }
        let shown = coordinator.get(&format!("/orders/{order}")).await.expect("the order's page");
        let bom = format!("/builds/F-{draft:05}/bom");
        assert!(shown.body.contains(&bom) && !shown.text().contains("is being made"), "{}", shown.text());
        assert!(start.elapsed() < Duration::from_secs(5));
        let what = if remembers { "with" } else { "without" };
        fault.saw(format!("{what} the last event's id: {told}, right state {} ms after", start.elapsed().as_millis()));
    }
}
