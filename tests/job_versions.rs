//! Builds of the worker beside each other: each does what it knows and leaves the rest to the others.

use models::jobs::{Claim, Claimant, Lease, Run, State};
use tests::support::shop::{LEASE, Shop, keep_effect};
use uuid::Uuid;

#[tokio::test]
async fn a_kind_from_a_newer_build_waits_for_a_worker_that_knows_it() {
    let shop = Shop::open().await;
    let (unknown, newer) = (shop.ask(1).await.id, shop.ask(2).await.id);
    for (change, id) in [("kind = 'engrave_plate'", unknown), ("payload_version = 9", newer)] {
        let sql = format!("update jobs set {change} where id = $1");
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).execute(&shop.database.pool).await.unwrap();
    }
    let _worker = shop.worker(keep_effect());

    for id in [unknown, newer] {
        let run = shop.until(id, |run| run.state == State::Retry).await;
        assert_eq!((run.error_count, run.error_class.as_deref()), (0, Some("unknown_kind")));
        assert!(run.run_at > chrono::Utc::now() + chrono::Duration::seconds(30));
    }

    let a_day_later = "update jobs set run_at = now(), unknown_since = now() - interval '25 h' where id = $1";
    sqlx::query(a_day_later).bind(unknown).execute(&shop.database.pool).await.unwrap();
    shop.until(unknown, |run| run.state == State::Dead).await;
}

#[tokio::test]
async fn arguments_of_the_previous_build_are_read_and_an_id_without_a_job_is_dropped() {
    let shop = Shop::open().await;
    let older = shop.ask(1).await.id;
    sqlx::query("update jobs set payload_version = payload_version - 1 where id = $1")
        .bind(older)
        .execute(&shop.database.pool)
        .await
        .unwrap();
    let nobody = Uuid::now_v7();
    shop.push_id(nobody).await;
    let _worker = shop.worker(keep_effect());

    let run = shop.until(older, |run| run.state == State::Done).await;

    assert_eq!((run.attempt, shop.effects(older).await), (1, 1));
    shop.until_ids_are_taken().await;
    assert!(Run::find(&shop.database.pool, nobody).await.is_err());
}

#[tokio::test]
async fn a_worker_that_cant_read_a_job_leaves_it_to_the_newer_one_beside_it() {
    let shop = Shop::open().await;
    let db = &shop.database.pool;
    let _older = shop.worker(keep_effect());
    let newer = shop.ask_kind("engrave_plate").await;
    let run = shop.until(newer, |run| run.state == State::Retry).await;
    assert_eq!((run.error_count, run.crash_count, run.error_class.as_deref()), (0, 0, Some("unknown_kind")));

    // What the newer build's worker does, which this program can't be.
    let mut tx = db.begin().await.unwrap();
    let due = "update jobs set run_at = now() - interval '1 s', dispatched_at = now() where id = $1";
    sqlx::query(due).bind(newer).execute(&mut *tx).await.unwrap();
    let by = Claimant { worker: "newer build", lease: LEASE };
    let claimed = Lease::claim_id(&mut tx, newer, by, false).await.unwrap();
    tx.commit().await.unwrap();
    let Claim::Started { lease, .. } = claimed else { panic!("{claimed:?}") };
    let mut tx = db.begin().await.unwrap();
    lease.finish(&mut tx, "plate:1", "").await.unwrap();
    tx.commit().await.unwrap();

    let done = Run::find(db, newer).await.unwrap();
    assert_eq!((done.state, done.error_class, done.error_group), (State::Done, None, None));
}
