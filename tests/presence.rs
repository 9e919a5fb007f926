//! Workers that are there, that are gone, and that are told to be quiet or to stop.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use models::Error;
use models::audit::Actor;
use models::jobs::{State, Worker};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use tests::support::servers::servers;
use tests::support::shop::{Process, Shop, keep, keep_effect};
use worker::{Config, Perform};

/// Longer than any of these tests: nothing is taken back because a lease ran out.
const LONG_LEASE: Duration = Duration::from_secs(60);

fn takes(time: Duration) -> Perform {
    Arc::new(move |job, context| {
        async move {
            tokio::time::sleep(time).await;
            keep(job, context).await
        }
        .boxed()
    })
}

async fn until_alive(db: &PgPool, count: usize) -> Vec<Worker> {
    let start = Instant::now();
    loop {
        let alive = Worker::alive(db).await.unwrap();
        if alive.len() == count {
            return alive;
        }
        assert!(start.elapsed() < Duration::from_secs(15), "{count} workers are there: {alive:#?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_jobs_of_a_dead_worker_do_not_wait_for_its_leases() {
    let shop = Shop::open().await;
    let config = Config { lease: LONG_LEASE, ..shop.config() };
    let doomed = Process::start(config.clone(), Arc::new(|_, _| std::future::pending().boxed()));
    let run = shop.ask(1).await;
    let started = shop.until(run.id, |run| run.state == State::Running).await;
    let _other = Process::start(config, keep_effect());
    until_alive(&shop.database.pool, 2).await;
    doomed.kill();

    let done = shop.until(run.id, |run| run.state == State::Done).await;

    assert_eq!((done.attempt, done.crash_count, shop.effects(run.id).await), (2, 1, 1));
    let lost = Worker::find(&shop.database.pool, &started.worker.unwrap()).await.unwrap();
    assert!(lost.lost_at.is_some() && !lost.is_alive(lost.last_seen_at));
}

#[tokio::test]
async fn a_worker_whose_lock_is_cut_off_again_and_again_keeps_its_job() {
    let shop = Shop::open().await;
    let db = &shop.database.pool;
    let config = Config { lease: LONG_LEASE, ..shop.config() };
    let _working = Process::start(config.clone(), takes(Duration::from_secs(6)));
    let run = shop.ask(1).await;
    shop.until(run.id, |run| run.state == State::Running).await;
    let _watching = Process::start(config, keep_effect());
    until_alive(db, 2).await;

    let cut = "select count(pg_terminate_backend(l.pid)) from pg_locks l join pg_stat_activity a on a.pid = l.pid
        where l.locktype = 'advisory' and a.datname = current_database() and a.query like '%worker:%'";
    for _ in 0..25 {
        sqlx::query(cut).execute(db).await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    let done = shop.until(run.id, |run| run.state == State::Done).await;
    assert_eq!((done.attempt, done.crash_count), (1, 0));
}

#[tokio::test]
async fn a_postgresql_that_is_away_for_a_while_costs_no_job_an_attempt() {
    let shop = Shop::open().await;
    let config = Config { lease: LONG_LEASE, ..shop.config() };
    let _workers = [
        Process::start(config.clone(), takes(Duration::from_secs(9))),
        Process::start(config.clone(), takes(Duration::from_secs(9))),
    ];
    let runs = [shop.ask(1).await.id, shop.ask(2).await.id, shop.ask(3).await.id];
    for run in runs {
        shop.until(run, |run| run.state == State::Running).await;
    }

    let mut admin = PgConnection::connect(&servers().database("torvan")).await.unwrap();
    let allow = |yes: bool| AssertSqlSafe(format!("alter database {} allow_connections {yes}", shop.database.name));
    sqlx::query(allow(false)).execute(&mut admin).await.unwrap();
    let cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = $1";
    sqlx::query(cut).bind(&shop.database.name).execute(&mut admin).await.unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    sqlx::query(allow(true)).execute(&mut admin).await.unwrap();
    let _fresh = Process::start(config, keep_effect());

    for run in runs {
        let done = shop.until(run, |run| run.state == State::Done).await;
        assert_eq!((done.attempt, done.crash_count, shop.effects(run).await), (1, 0, 1));
    }
}

#[tokio::test]
async fn a_quiet_worker_takes_no_new_work_until_it_is_woken() {
    let shop = Shop::open().await;
    let db = &shop.database.pool;
    let _worker = shop.worker(keep_effect());
    let quiet = until_alive(db, 1).await.remove(0);
    let mut tx = db.begin().await.unwrap();
    quiet.quiet(&mut tx, &Actor::system(), "Looking at its memory").await.unwrap();
    let again = quiet.quiet(&mut tx, &Actor::system(), "").await;
    assert!(matches!(again, Err(Error::Stale(_))), "{again:?}");
    tx.commit().await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;

    let waiting = shop.ask_many(5).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    for run in &waiting {
        assert_eq!(shop.until(*run, |_| true).await.state, State::Queued);
    }

    let quiet = Worker::find(db, &quiet.id).await.unwrap();
    assert!(quiet.quiet_at.is_some() && quiet.rss_bytes > 1_000_000 && quiet.concurrency == 2);
    let mut tx = db.begin().await.unwrap();
    quiet.wake(&mut tx, &Actor::system(), "").await.unwrap();
    tx.commit().await.unwrap();
    for run in waiting {
        shop.until(run, |run| run.state == State::Done).await;
    }
}

#[tokio::test]
async fn a_worker_that_is_told_to_stop_finishes_its_job_and_ends() {
    let shop = Shop::open().await;
    let db = &shop.database.pool;
    let told = shop.worker(takes(Duration::from_secs(2)));
    let run = shop.ask(1).await;
    shop.until(run.id, |run| run.state == State::Running).await;
    let mut tx = db.begin().await.unwrap();
    until_alive(db, 1).await[0].stop_by(&mut tx, &Actor::system(), "Too much memory").await.unwrap();
    tx.commit().await.unwrap();

    told.ends();

    assert_eq!(shop.until(run.id, |_| true).await.state, State::Done);
    let audit = "select reason from audit_log where noun = 'workers' and action = 'stopped'";
    assert_eq!(sqlx::query_scalar::<_, String>(audit).fetch_one(db).await.unwrap(), "Too much memory");
}
