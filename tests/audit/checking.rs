//! The check of the trail as it runs by itself: the hourly job, its anchor and its alert.

use super::{run, write};
use jobs::Job;
use models::audit::{anchor, chain};
use models::jobs::Links;
use std::time::Duration;
use tests::House;
use tests::support::until;

async fn verify(house: &House) {
    let mut tx = house.db.begin().await.unwrap();
    Job::VerifyAudit.enqueue(&mut tx, Links::default()).await.unwrap();
    tx.commit().await.unwrap();
    house.work().await;
}

#[tokio::test]
async fn the_hourly_check_notes_where_the_trail_ends_and_raises_an_alert_when_it_was_tampered_with() {
    let house = House::open().await;
    let (db, file) = (&house.db, house.storage.path().join("audit-anchor.jsonl"));
    write(db, 5).await;
    verify(&house).await;
    let state = chain::state(db).await.unwrap();
    let last = state.last.unwrap();
    assert_eq!((last.finding.as_str(), last.entries), ("", 5));
    let marks = anchor::read(&file).unwrap();
    assert_eq!((marks.len(), marks[0].seq), (1, 5));

    run(
        db,
        "set session_replication_role = replica; update audit_log set reason = 'x' where seq = 3;
        set session_replication_role = origin",
    )
    .await;
    verify(&house).await;

    let finding = chain::state(db).await.unwrap().last.unwrap().finding;
    assert_eq!(finding, "Link 3 (entry 3): the entry was edited after it was written.");
    assert_eq!(anchor::read(&file).unwrap().len(), 1, "what was tampered with is not anchored");
    // The web process may be looking in this very moment; who comes second looks again.
    until(Duration::from_secs(15), "administrators are told", async || {
        models::alerts::check(db, &[jobs::Kind::VerifyAudit.watched()]).await.unwrap();
        let open = models::alerts::Alert::open(db).await.unwrap();
        open.iter().any(|alert| alert.cause == "audit_broken" && alert.text.contains(&finding))
    })
    .await;
    let admin = house.login("administrator").await;
    admin.get("/audit").await.assert_ok().assert_shows("The trail was tampered with");
}
