//! Faults of the web process: killed while somebody submits, killed right after the commit, restarted while a page
//! waits for its BOM.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};
use std::time::{Duration, Instant};

use sqlx::PgPool;

use crate::browser::Visitor;
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

/// Somebody who sets the cost of an item again and again; what was answered as done.
async fn set_costs(
    visitor: Visitor,
    item: String,
    (answered, over): (Arc<AtomicUsize>, tokio_util::sync::CancellationToken),
) -> Vec<(String, String)> {
    let (mut done, mut cost) = (Vec::new(), 0);
    while !over.is_cancelled() {
        cost += 1;
        let typed = cost.to_string();
        match visitor.post(&format!("/catalogue/items/{item}/cost"), &[("cost", &typed)]).await {
            Some(answer) if answer.status == 303 => {
                done.push((item.clone(), typed));
                answered.fetch_add(1, Relaxed);
            }
            Some(answer) => assert_eq!(answer.status, 503, "{}", answer.text()),
            None => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
    done
}

/// Changes of costs that do not begin where the one before ended, and costs that are not those of the last change.
async fn unaudited(db: &PgPool) -> i64 {
    let sql = "with changes as (
            select a.object_id, a.before ->> 'cost' as before, a.after ->> 'cost' as after, c.seq,
                   lag(a.after ->> 'cost') over (partition by a.object_id order by c.seq) as previous
            from audit_log a join audit_chain c on c.entry_seq = a.seq where a.action = 'set cost')
        select (select count(*) from changes where before is distinct from previous)
             + (select count(*) from item_costs k join items i on i.id = k.item_id
                where trim_scale(k.cost)::text is distinct from
                    (select after from changes h where h.object_id = i.number order by h.seq desc limit 1))";
    sqlx::query_scalar(sql).fetch_one(db).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_web_process_killed_again_and_again_leaves_every_change_with_its_entry_and_the_chain_whole() {
    let mut fault = Fault::of("A78", "P1 P3 P11");
    let seed = seed();
    let mut dice = Dice::new(seed);
    let site = Site::open(Plan { workers: 0, ..Plan::default() }).await;
    site.run("update users set role = 'procurement'; delete from item_costs").await;
    let items = "select number from items where number ~ '^[A-Z0-9-]+$' order by number limit 4";
    let items: Vec<String> = sqlx::query_scalar(items).fetch_all(&site.db).await.unwrap();
    let (visitor, over) = (site.coordinator().await, tokio_util::sync::CancellationToken::new());
    let answered = Arc::<AtomicUsize>::default();
    let shared = (answered.clone(), over.clone());
    let clerks: Vec<_> =
        items.iter().map(|item| tokio::spawn(set_costs(visitor.clone(), item.clone(), shared.clone()))).collect();
    let kills = size(12, 200);
    for kill in 0..kills {
        site.webs[0].is_ready().await;
        // Every other process gets as far as an answer, however busy the machine is.
        let before = answered.load(Relaxed);
        if kill % 2 == 0 {
            until(START, "a change is answered", async || answered.load(Relaxed) > before).await;
        }
        tokio::time::sleep(dice.up_to(Duration::from_millis(150))).await;
        site.webs[0].unit.kill();
        let ended = site.webs[0].unit.ends().len();
        until(START, "it is gone", async || {
            site.webs[0].unit.ends().len() > ended || site.webs[0].unit.pid().is_none()
        })
        .await;
    }
    site.webs[0].is_ready().await;
    over.cancel();
    let mut done = Vec::new();
    for clerk in clerks {
        done.extend(clerk.await.unwrap());
    }
    site.webs[0].unit.down("TERM", START);
    let kept = site.count("audit_log where action = 'set cost'").await;
    for (item, cost) in &done {
        let entry =
            format!("audit_log where action = 'set cost' and object_id = '{item}' and after ->> 'cost' = '{cost}'");
        assert_eq!(site.count(&entry).await, 1, "{item} was answered to cost {cost}");
    }
    assert_eq!(unaudited(&site.db).await, 0, "seed {seed}");
    let report = models::audit::chain::verify(&mut site.db.acquire().await.unwrap(), &[]).await.unwrap();
    assert_eq!(report.finding, None, "seed {seed}");
    assert!(site.webs[0].unit.ends().len() >= kills && done.len() >= kills / 2, "{} changes", done.len());
    let lost = kept - done.len() as i64;
    fault.saw(format!(
        "seed {seed}: {kills} kills, {kept} changes, {lost} of them kept without an answer, {} links whole",
        report.entries
    ));
}
