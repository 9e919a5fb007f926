//! Workers: however they, Redis or a lease end, no job is lost and none has its effect twice.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use jobs::{Context, Failure};
use models::jobs::{Attempt, Ended, Failed, Lease, Run, State, Worker};
use tests::support::shop::{LEASE, Process, Shop, keep, keep_effect, order_bom};
use worker::Config;

#[tokio::test]
async fn a_worker_without_redis_takes_jobs_from_the_ledger() {
    let shop = Shop::open().await;
    let config = Config { redis_url: None, ..shop.config() };
    let _worker = Process::start(config, keep_effect());

    let runs = shop.ask_many(20).await;
    for run in runs {
        shop.until(run, |run| run.state == State::Done).await;
        assert_eq!(shop.effects(run).await, 1);
    }
}

#[tokio::test]
async fn a_worker_whose_redis_does_not_answer_takes_jobs_from_the_ledger() {
    let shop = Shop::open().await;
    let config = Config { redis_url: Some("redis://127.0.0.1:1/0".into()), ..shop.config() };
    let _worker = Process::start(config, keep_effect());

    let run = shop.ask(1).await;

    assert_eq!(shop.until(run.id, |run| run.state == State::Done).await.attempt, 1);
}

#[tokio::test]
async fn jobs_go_on_when_redis_loses_everything() {
    let shop = Shop::open().await;
    let slow = Arc::new(|job, context| {
        async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            keep(job, context).await
        }
        .boxed()
    });
    let _worker = shop.worker(slow);
    let runs = shop.ask_many(60).await;
    shop.until(runs[9], |run| run.state == State::Done).await;

    shop.wipe_redis().await;

    for run in runs {
        shop.until(run, |run| run.state == State::Done).await;
        assert_eq!(shop.effects(run).await, 1);
    }
}

#[tokio::test]
async fn a_job_whose_worker_is_killed_runs_again_and_keeps_one_effect() {
    let shop = Shop::open().await;
    let doomed = shop.worker(Arc::new(|_, _| std::future::pending().boxed()));
    let run = shop.ask(1).await;
    shop.until(run.id, |run| run.state == State::Running).await;
    doomed.kill();

    let _worker = shop.worker(keep_effect());

    let run = shop.until(run.id, |run| run.state == State::Done).await;
    assert_eq!((run.attempt, run.crash_count, run.error_count, shop.effects(run.id).await), (2, 1, 0, 1));
    let outcomes: Vec<String> =
        Attempt::of_job(&shop.database.pool, run.id).await.unwrap().into_iter().map(|one| one.outcome).collect();
    assert_eq!(outcomes, ["crashed", "done"]);
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_keeps_nothing() {
    let shop = Shop::open().await;
    let db = &shop.database.pool;
    let run = shop.ask(1).await;
    let (frozen_run, frozen) = Lease::claim(db, run.id, "frozen", Duration::from_millis(1)).await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(Run::reap(db).await.unwrap(), [(run.id, State::Retry)]);
    let (_, other) = Lease::claim(db, run.id, "other", LEASE).await.unwrap().unwrap();

    let late = Arc::new(Context::new(db.clone(), frozen_run, frozen, Default::default()));
    assert!(matches!(keep(order_bom(1), late).await, Err(Failure::LeaseLost)));
    let failed = Failed { class: "error", text: "late", retry_after: None };
    assert_eq!(frozen.fail(db, failed, "").await.unwrap(), Ended::LeaseLost);
    assert_eq!(frozen.release(db, "").await.unwrap(), Ended::LeaseLost);
    assert_eq!(shop.effects(run.id).await, 0);

    let mut tx = db.begin().await.unwrap();
    assert_eq!(other.finish(&mut tx, "effect:1", "").await.unwrap(), Ended::As(State::Done));
}

#[tokio::test]
async fn a_stopping_worker_gives_its_job_back_without_an_error_against_it() {
    let shop = Shop::open().await;
    let config = Config { drain: Duration::from_millis(200), ..shop.config() };
    let stopping = Process::start(config, Arc::new(|_, _| std::future::pending().boxed()));
    let run = shop.ask(1).await;
    shop.until(run.id, |run| run.state == State::Running).await;

    stopping.stop();

    let given_back = Run::find(&shop.database.pool, run.id).await.unwrap();
    assert_eq!((given_back.state, given_back.error_count, given_back.crash_count), (State::Retry, 0, 0));
    let _worker = shop.worker(keep_effect());
    shop.until(run.id, |run| run.state == State::Done).await;
}

#[tokio::test]
async fn redis_never_holds_more_than_500_of_20000_waiting_jobs() {
    let shop = Shop::open().await;
    let many = "insert into jobs (id, kind, payload) select gen_random_uuid(), 'generate_bom',
        jsonb_build_object('kind', 'generate_bom', 'build_id', n) from generate_series(1, 20000) n";
    sqlx::query(many).execute(&shop.database.pool).await.unwrap();
    let stuck = Config { concurrency: 1, ..shop.config() };
    let _worker = Process::start(stuck, Arc::new(|_, _| std::future::pending().boxed()));

    let mut held = 0;
    let start = Instant::now();
    while held < 400 {
        assert!(start.elapsed() < Duration::from_secs(8), "the relay brings ids: {held}");
        tokio::time::sleep(Duration::from_millis(50)).await;
        held = shop.ids_in_redis().await;
    }
    tokio::time::sleep(Duration::from_millis(1200)).await;
    held = shop.ids_in_redis().await;

    assert!((400..=500).contains(&held), "{held} ids");
}

#[tokio::test]
async fn the_worker_process_stops_on_term_and_stays_when_its_terminal_closes() {
    let shop = Shop::open().await;
    let Some(program) = program() else { return };
    let mut process = start(&program, &[("DATABASE_URL", &shop.database.url), ("POLL_ONLY", "1")]);
    let start = Instant::now();
    while Worker::alive(&shop.database.pool).await.unwrap().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(10), "the worker says that it is there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    signal(&process, "HUP");
    let run = shop.ask(4711).await;
    shop.until(run.id, |run| run.state == State::Dead).await;
    signal(&process, "TERM");

    let status = tokio::task::spawn_blocking(move || process.wait()).await.unwrap().unwrap();
    assert!(status.success(), "{status}");
    assert!(start.elapsed() < Duration::from_secs(20));
    assert!(Worker::alive(&shop.database.pool).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_worker_that_lives_but_does_not_look_for_work_ends_for_its_supervisor() {
    let shop = Shop::open().await;
    let blocking = "create table odd_jobs (build_id bigint primary key, how text not null);
        insert into odd_jobs values (1, 'block'), (2, 'block')";
    sqlx::raw_sql(blocking).execute(&shop.database.pool).await.unwrap();
    let environment = [("DATABASE_URL", &*shop.database.url), ("POLL_ONLY", "1"), ("WATCHDOG_SECONDS", "5")];
    let mut process = start(&PathBuf::from(env!("CARGO_BIN_EXE_odd-worker")), &environment);
    let runs = shop.ask_many(2).await;

    let status = tokio::task::spawn_blocking(move || process.wait()).await.unwrap().unwrap();

    assert_eq!(status.code(), Some(70));
    let _worker = shop.worker(keep_effect());
    for run in runs {
        let done = shop.until(run, |run| run.state == State::Done).await;
        assert_eq!((done.attempt, done.crash_count), (2, 1));
    }
}

#[test]
fn a_worker_that_is_told_nonsense_says_so_and_ends() {
    let Some(program) = program() else { return };
    let url = "postgres://torvan@127.0.0.1:1/none";
    for (environment, sentence) in [
        (vec![("POLL_ONLY", "1")], "DATABASE_URL is not set"),
        (vec![("DATABASE_URL", url)], "REDIS_URL is not set"),
        (vec![("DATABASE_URL", url), ("POLL_ONLY", "maybe")], "POLL_ONLY is \"maybe\"; it is 1 or 0."),
        (vec![("DATABASE_URL", url), ("REDIS_URL", "here")], "REDIS_URL is not the address of a Redis"),
        (vec![("DATABASE_URL", url), ("POLL_ONLY", "1"), ("CONCURRENCY", "0")], "CONCURRENCY is \"0\""),
        (vec![("DATABASE_URL", url), ("POLL_ONLY", "1"), ("WATCHDOG_SECONDS", "1")], "WATCHDOG_SECONDS is \"1\""),
        (vec![("DATABASE_URL", url), ("POLL_ONLY", "1"), ("LOG_FORMAT", "xml")], "LOG_FORMAT is \"xml\""),
    ] {
        let mut process = start(&program, &environment);
        let mut said = String::new();
        process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(process.wait().unwrap().code(), Some(1));
        assert!(said.contains(sentence), "{said}");
    }
}

/// The worker's program, which `cargo build --workspace` puts beside this one.
fn program() -> Option<PathBuf> {
    let program = std::env::current_exe().unwrap().parent()?.parent()?.join("worker");
    if !program.exists() {
        println!("skipped: there is no {}; cargo build --workspace makes it", program.display());
        return None;
    }
    Some(program)
}

fn start(program: &PathBuf, environment: &[(&str, &str)]) -> Child {
    let mut command = Command::new(program);
    command.env_clear().envs(environment.iter().copied());
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn signal(process: &Child, name: &str) {
    let sent = Command::new("kill").args([format!("-{name}"), process.id().to_string()]).status().unwrap();
    assert!(sent.success());
}
