//! Jobs: what was accepted happens, once, and says how it ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use futures_util::FutureExt;
use jobs::Context;
use models::jobs::{Attempt, Failed, Lease, Links, Run, State, Worker};
use tests::Database;
use tests::support::shop::{LEASE, Shop, ask, keep, keep_effect, order_bom};

#[tokio::test]
async fn a_job_of_a_change_that_is_undone_never_exists() {
    let database = Database::open().await;
    let mut tx = database.pool.begin().await.unwrap();
    let run = order_bom(1).enqueue(&mut tx, Links::default()).await.unwrap();
    tx.rollback().await.unwrap();

    assert!(Run::find(&database.pool, run.id).await.is_err());
}

#[tokio::test]
async fn a_job_asked_for_again_while_it_lives_is_one_job() {
    let database = Database::open().await;
    let first = ask(&database.pool, order_bom(1)).await;
    assert_eq!(ask(&database.pool, order_bom(1)).await.id, first.id);
    assert_ne!(ask(&database.pool, order_bom(2)).await.id, first.id);

    let mut tx = database.pool.begin().await.unwrap();
    Run::find(&database.pool, first.id).await.unwrap().cancel(&mut tx).await.unwrap();
    tx.commit().await.unwrap();

    assert_ne!(ask(&database.pool, order_bom(1)).await.id, first.id);
}

#[tokio::test]
async fn a_job_runs_once_and_says_what_it_made() {
    let shop = Shop::open().await;
    let worker = shop.worker(keep_effect());

    let run = shop.ask(1).await;
    let run = shop.until(run.id, |run| run.state == State::Done).await;

    assert_eq!((run.attempt, run.result.as_deref(), shop.effects(run.id).await), (1, Some("effect:1"), 1));
    let attempts = Attempt::of_job(&shop.database.pool, run.id).await.unwrap();
    assert_eq!((attempts.len(), attempts[0].outcome.as_str()), (1, "done"));
    assert_eq!(Worker::alive(&shop.database.pool).await.unwrap().len(), 1);
    worker.stop();
    assert_eq!(Worker::alive(&shop.database.pool).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_job_that_cant_be_read_is_dead_and_the_others_go_on() {
    let shop = Shop::open().await;
    let broken = shop.ask(1).await;
    sqlx::query("update jobs set payload = '{\"kind\": \"generate_bom\", \"build_id\": \"seven\"}' where id = $1")
        .bind(broken.id)
        .execute(&shop.database.pool)
        .await
        .unwrap();
    shop.push_garbage().await;
    let _worker = shop.worker(keep_effect());

    let good = shop.ask(2).await;

    shop.until(good.id, |run| run.state == State::Done).await;
    let broken = shop.until(broken.id, |run| run.state == State::Dead).await;
    assert_eq!((broken.attempt, broken.error_class.as_deref()), (1, Some("broken_payload")));
}

#[tokio::test]
async fn a_job_that_panics_is_tried_again_and_its_worker_goes_on() {
    let shop = Shop::open().await;
    let _worker = shop.worker(Arc::new(|job, context: Arc<Context>| {
        async move {
            assert!(context.run().build_id != Some(1), "a basin is missing");
            keep(job, context).await
        }
        .boxed()
    }));

    let (bad, good) = (shop.ask(1).await, shop.ask(2).await);

    shop.until(good.id, |run| run.state == State::Done).await;
    let bad = shop.until(bad.id, |run| run.state == State::Retry).await;
    assert_eq!(bad.error_text.as_deref(), Some("A fault in the program: a basin is missing"));
    assert!(bad.run_at > chrono::Utc::now());
}

#[tokio::test]
async fn an_attempt_that_ends_because_the_database_was_away_is_no_error_of_the_job() {
    let shop = Shop::open().await;
    let starts = Arc::new(AtomicUsize::new(0));
    let _worker = shop.worker(Arc::new(move |job, context| {
        let is_first = starts.fetch_add(1, SeqCst) == 0;
        async move {
            if is_first {
                return Err(sqlx::Error::PoolTimedOut.into());
            }
            keep(job, context).await
        }
        .boxed()
    }));
    let run = shop.ask(1).await;

    let run = shop.until(run.id, |run| run.state == State::Done).await;

    assert_eq!((run.attempt, run.error_count, shop.effects(run.id).await), (2, 0, 1));
    let first = Attempt::of_job(&shop.database.pool, run.id).await.unwrap().remove(0);
    assert_eq!(first.outcome, "given_back");
    assert!(first.log.contains("PostgreSQL was away"), "{}", first.log);
}

#[tokio::test]
async fn a_job_is_dead_after_five_errors_or_three_crashes_or_one_last_word() {
    let shop = Shop::open().await;
    let db = &shop.database.pool;
    let (failing, crashing, hopeless) = (shop.ask(1).await.id, shop.ask(2).await.id, shop.ask(3).await.id);

    for _ in 0..5 {
        let (_, lease) = Lease::claim(db, failing, "one", LEASE).await.unwrap().unwrap();
        let failed = Failed { class: "error", text: "no", retry_after: Some(Duration::ZERO) };
        lease.fail(db, failed, "").await.unwrap();
    }
    for _ in 0..3 {
        Lease::claim(db, crashing, "one", Duration::ZERO).await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_millis(2)).await;
        Run::reap(db).await.unwrap();
    }
    let (_, lease) = Lease::claim(db, hopeless, "one", LEASE).await.unwrap().unwrap();
    lease.fail(db, Failed { class: "cycle", text: "A holds A", retry_after: None }, "").await.unwrap();

    for dead in [failing, crashing, hopeless] {
        assert_eq!(Run::find(db, dead).await.unwrap().state, State::Dead);
        assert!(Lease::claim(db, dead, "one", LEASE).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn failures_with_one_cause_share_a_group_and_can_be_searched_by_their_words() {
    let shop = Shop::open().await;
    let db = &shop.database.pool;
    let (one, two, other) = (shop.ask(1).await.id, shop.ask(2).await.id, shop.ask(3).await.id);
    for (id, text) in [(one, "Part 4711 is missing"), (two, "Part 12 is missing"), (other, "No rule chooses a basin")] {
        let (_, lease) = Lease::claim(db, id, "one", LEASE).await.unwrap().unwrap();
        lease.fail(db, Failed { class: "rules", text, retry_after: Some(Duration::ZERO) }, "").await.unwrap();
    }

    let group = |run: &Run| run.error_group.clone().unwrap();
    let (first, second) = (Run::find(db, one).await.unwrap(), Run::find(db, two).await.unwrap());
    assert_eq!(group(&first), group(&second));
    assert_ne!(group(&first), group(&Run::find(db, other).await.unwrap()));

    let (_, lease) = Lease::claim(db, one, "one", Duration::ZERO).await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(2)).await;
    Run::reap(db).await.unwrap();
    assert_eq!(lease.release(db, "").await.unwrap(), models::jobs::Ended::LeaseLost);
    let words = "select error from job_texts where job_id = $1";
    let words: String = sqlx::query_scalar(words).bind(one).fetch_one(db).await.unwrap();
    assert_eq!(words, "Part 4711 is missing\nThe worker stopped in the middle.");

    let _worker = shop.worker(keep_effect());
    let done = shop.until(one, |run| run.state == State::Done).await;
    assert_eq!((done.error_class, done.error_group), (None, None));
}

#[tokio::test]
async fn what_a_job_logs_carries_the_time_of_each_line() {
    let shop = Shop::open().await;
    let _worker = shop.worker(Arc::new(|job, context: Arc<Context>| {
        async move {
            context.log("Reading page 3");
            keep(job, context).await
        }
        .boxed()
    }));
    let run = shop.ask(1).await;
    shop.until(run.id, |run| run.state == State::Done).await;

    let attempt = Attempt::of_job(&shop.database.pool, run.id).await.unwrap().remove(0);
    let (time, line) = attempt.log.trim_end().split_once(' ').unwrap();
    assert_eq!(line, "Reading page 3");
    let logged = chrono::NaiveTime::parse_from_str(time, "%H:%M:%S%.3f").unwrap();
    assert!((logged - attempt.started_at.time()).num_milliseconds().abs() < 5_000, "{time}");
}

#[tokio::test]
async fn a_running_job_that_is_cancelled_stops_and_keeps_nothing() {
    let shop = Shop::open().await;
    let _worker = shop.worker(Arc::new(|_, _| std::future::pending().boxed()));
    let run = shop.ask(1).await;
    let mut run = shop.until(run.id, |run| run.state == State::Running).await;

    let mut tx = shop.database.pool.begin().await.unwrap();
    run.cancel(&mut tx).await.unwrap();
    tx.commit().await.unwrap();

    let run = shop.until(run.id, |run| !run.state.is_live()).await;
    assert_eq!((run.state, shop.effects(run.id).await), (State::Cancelled, 0));
}

#[tokio::test]
async fn a_bom_that_can_never_be_made_ends_its_job_with_a_sentence() {
    let shop = Shop::open().await;
    let _worker = shop.worker(Arc::new(|job, context| async move { job.perform(&context).await }.boxed()));

    let run = shop.ask(4711).await;

    let run = shop.until(run.id, |run| !run.state.is_live()).await;
    assert_eq!((run.state, run.attempt, run.error_text.as_deref()), (State::Dead, 1, Some("Build not found")));
}
