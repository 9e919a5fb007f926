//! Queues: they share the hands of all workers, and can be paused, limited and overtaken.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use models::Error;
use models::audit::Actor;
use models::jobs::{Lease, Queue, Run, State};
use sqlx::PgPool;
use tests::support::shop::{LEASE, Process, Shop, keep, keep_effect};
use tokio::sync::Semaphore;
use uuid::Uuid;
use worker::{Config, Perform, Stop};

async fn pause(db: &PgPool, name: &str) {
    let mut tx = db.begin().await.unwrap();
    Queue::find(db, name).await.unwrap().pause(&mut tx, &Actor::system(), "Stocktaking").await.unwrap();
    tx.commit().await.unwrap();
}

async fn resume(db: &PgPool, name: &str) {
    let mut tx = db.begin().await.unwrap();
    Queue::find(db, name).await.unwrap().resume(&mut tx, &Actor::system()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn limit(db: &PgPool, name: &str, most: Option<i32>) {
    let mut tx = db.begin().await.unwrap();
    Queue::find(db, name).await.unwrap().limit(&mut tx, &Actor::system(), most, "").await.unwrap();
    tx.commit().await.unwrap();
}

async fn count(db: &PgPool, state: State) -> i64 {
    sqlx::query_scalar("select count(*) from jobs where state = $1").bind(state).fetch_one(db).await.unwrap()
}

#[tokio::test]
async fn a_paused_queue_starts_nothing_and_goes_on_at_once_when_resumed() {
    let shop = Shop::open().await;
    let db = &shop.database.pool;
    let _by_redis = shop.worker(keep_effect());
    let _by_ledger = Process::start(Config { redis_url: None, ..shop.config() }, keep_effect());
    let first = shop.ask(1).await;
    shop.until(first.id, |run| run.state == State::Done).await;

    pause(db, "boms").await;
    let waiting = shop.ask_many_from(2, 30).await;
    let elsewhere = shop.ask_in("reports", 0, 1000).await;
    shop.until(elsewhere, |run| run.state == State::Done).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(count(db, State::Queued).await, 30);
    assert!(Lease::claim(db, waiting[0], "by hand", LEASE).await.unwrap().is_none());

    resume(db, "boms").await;
    for run in waiting {
        shop.until(run, |run| run.state == State::Done).await;
        assert_eq!(shop.effects(run).await, 1);
    }
}

#[tokio::test]
async fn a_pause_needs_a_reason_is_kept_in_the_audit_trail_and_is_not_done_twice() {
    let shop = Shop::open().await;
    let db = &shop.database.pool;
    let queue = Queue::find(db, "boms").await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let refused = queue.pause(&mut tx, &Actor::system(), "  ").await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    queue.pause(&mut tx, &Actor::system(), "Stocktaking").await.unwrap();
    let again = queue.pause(&mut tx, &Actor::system(), "Me too").await;
    assert!(matches!(again, Err(Error::Stale(_))), "{again:?}");
    let refused = queue.limit(&mut tx, &Actor::system(), Some(0), "").await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    tx.commit().await.unwrap();

    let paused = Queue::find(db, "boms").await.unwrap();
    assert!(paused.is_paused() && paused.pause_reason == "Stocktaking");
    let kept = "select count(*) from audit_log where noun = 'queues' and action = 'paused' and reason = 'Stocktaking'";
    assert_eq!(sqlx::query_scalar::<_, i64>(kept).fetch_one(db).await.unwrap(), 1);
}

#[tokio::test]
async fn a_queue_never_runs_more_jobs_than_its_limit_over_all_workers() {
    let shop = Shop::open().await;
    let db = &shop.database.pool;
    limit(db, "boms", Some(3)).await;
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted: Perform = {
        let (now, most) = (now.clone(), most.clone());
        Arc::new(move |job, context| {
            let (now, most) = (now.clone(), most.clone());
            async move {
                most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
                now.fetch_sub(1, SeqCst);
                keep(job, context).await
            }
            .boxed()
        })
    };
    let config = Config { concurrency: 4, ..shop.config() };
    let _workers = [
        Process::start(config.clone(), counted.clone()),
        Process::start(config.clone(), counted.clone()),
        Process::start(Config { redis_url: None, ..config }, counted),
    ];

    for run in shop.ask_many(60).await {
        shop.until(run, |run| run.state == State::Done).await;
        assert_eq!(shop.effects(run).await, 1);
    }
    assert_eq!(most.load(SeqCst), 3);
}

#[tokio::test]
async fn a_worker_serves_the_queues_it_is_told_and_no_other() {
    let shop = Shop::open().await;
    let reports = Config { queues: vec!["reports".into()], ..shop.config() };
    let _worker = Process::start(reports, keep_effect());
    let left = shop.ask(1).await;
    let taken = shop.ask_in("reports", 0, 2).await;

    shop.until(taken, |run| run.state == State::Done).await;
    assert_eq!(Run::find(&shop.database.pool, left.id).await.unwrap().state, State::Queued);

    let forge = Config { queues: vec!["forge".into()], ..shop.config() };
    let error = worker::run(forge, keep_effect(), Stop::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "QUEUES names \"forge\", which is no queue. There are: boms, reports, upkeep.");
}

#[tokio::test]
async fn an_urgent_job_goes_before_those_whose_ids_lie_in_redis_already() {
    let shop = Shop::open().await;
    let (order, gate) = (Arc::new(Mutex::new(Vec::<Uuid>::new())), Arc::new(Semaphore::new(0)));
    let noted: Perform = {
        let (order, gate) = (order.clone(), gate.clone());
        Arc::new(move |job, context| {
            let (order, gate) = (order.clone(), gate.clone());
            async move {
                order.lock().unwrap().push(context.run().id);
                gate.acquire().await.unwrap().forget();
                keep(job, context).await
            }
            .boxed()
        })
    };
    let _worker = Process::start(Config { concurrency: 1, ..shop.config() }, noted);
    let ordinary = shop.ask_many(20).await;
    let start = Instant::now();
    while shop.ids_in_redis().await < 19 {
        assert!(start.elapsed() < Duration::from_secs(8), "the ids lie in Redis");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    let urgent = shop.ask_in("boms", -10, 1000).await;
    gate.add_permits(100);

    for run in ordinary {
        shop.until(run, |run| run.state == State::Done).await;
    }
    shop.until(urgent, |run| run.state == State::Done).await;
    let order = order.lock().unwrap();
    assert_eq!((order.len(), order.iter().position(|run| *run == urgent)), (21, Some(1)));
}
