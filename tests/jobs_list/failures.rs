//! Failures by cause.

use super::ledger::Entry;
use models::jobs::State;
use tests::House;

#[tokio::test]
async fn failures_with_one_cause_stand_together_whatever_their_numbers() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    boss.get("/jobs/failures").await.assert_ok().assert_shows("Nothing fails.");
    for minutes in 1..=12 {
        Entry::dead(minutes, "file_store", &format!("The file store did not answer in {minutes} s."))
            .write(&house.db)
            .await;
    }
    Entry { state: State::Retry, ..Entry::dead(2, "file_store", "The file store did not answer in 99 s.") }
        .write(&house.db)
        .await;
    Entry::dead(40, "rules", "Rule 7 divides by zero.").write(&house.db).await;
    Entry::new(State::Done, 1).write(&house.db).await;

    let page = boss.get("/jobs/failures").await;

    page.assert_ok().assert_shows("2 causes, 13 given up").assert_shows("Rule 7 divides by zero.");
    assert_eq!(page.body.matches("<tr id=\"cause-").count(), 2);
    page.assert_shows("Retry all…").assert_shows("Discard all…");
    assert!(page.body.contains("13 in the last 24 hours"));
    let from = page.body.find("/jobs/list?state=dead&amp;group=").expect("the causes lead to their jobs");
    let way = page.body[from..].split('"').next().unwrap().replace("&amp;", "&");
    let jobs = boss.get(&way).await;
    assert_eq!(jobs.assert_ok().assert_shows("12 jobs").body.matches("<tr id=\"job-").count(), 12);
}
