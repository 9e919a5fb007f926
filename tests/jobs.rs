//! Jobs: what was accepted happens, once, however workers and Redis end.

use futures_util::FutureExt;
use jobs::{Context, Done, Failure, Job};
use models::jobs::{Attempt, Ended, Failed, Lease, Links, Run, State, Worker};
use sqlx::PgPool;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tests::Database;
use tests::support::servers::{own_word, servers};
use tokio::runtime::Runtime;
use uuid::Uuid;
use worker::{Config, Perform, Stop};

const LEASE: Duration = Duration::from_secs(3);

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

/// One test's database and queue.
struct Shop {
    database: Database,
    prefix: String,
}

impl Shop {
    async fn open() -> Shop {
        let shop = Shop { database: Database::open().await, prefix: own_word() };
        sqlx::query("create table effects (job_id uuid, attempt smallint)").execute(&shop.database.pool).await.unwrap();
        shop
    }

    fn config(&self) -> Config {
        Config {
            database_url: self.database.url.clone(),
            redis_url: Some(servers().redis.clone()),
            concurrency: 2,
            prefix: self.prefix.clone(),
            lease: LEASE,
            drain: Duration::from_secs(5),
        }
    }

    fn worker(&self, perform: Perform) -> Process {
        Process::start(self.config(), perform)
    }

    async fn ask(&self, build_id: i64) -> Run {
        ask(&self.database.pool, order_bom(build_id)).await
    }

    async fn ask_many(&self, count: i64) -> Vec<Uuid> {
        let mut ids = Vec::new();
        for build_id in 1..=count {
            ids.push(self.ask(build_id).await.id);
        }
        ids
    }

    async fn until(&self, id: Uuid, reached: impl Fn(&Run) -> bool) -> Run {
        let start = Instant::now();
        loop {
            let run = Run::find(&self.database.pool, id).await.unwrap();
            if reached(&run) {
                return run;
            }
            assert!(start.elapsed() < Duration::from_secs(15), "still {run:#?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn effects(&self, id: Uuid) -> i64 {
        sqlx::query_scalar("select count(*) from effects where job_id = $1")
            .bind(id)
            .fetch_one(&self.database.pool)
            .await
            .unwrap()
    }

    async fn redis(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(servers().redis.as_str()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }

    /// What FLUSHALL does, to this test's keys only.
    async fn wipe_redis(&self) {
        let mut redis = self.redis().await;
        let keys: Vec<String> =
            redis::cmd("KEYS").arg(format!("{}*", self.prefix)).query_async(&mut redis).await.unwrap();
        redis::cmd("DEL").arg(keys).query_async::<()>(&mut redis).await.unwrap();
    }

    /// A message that is none of ours, where apalis looks for messages.
    async fn push_garbage(&self) {
        let queue = format!("{}:default", self.prefix);
        let id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
        redis::pipe()
            .hset(format!("{queue}:data"), id, b"\xff{not json".as_slice())
            .rpush(format!("{queue}:active"), id)
            .query_async::<()>(&mut self.redis().await)
            .await
            .unwrap();
    }

    async fn ids_in_redis(&self) -> usize {
        let key = format!("{}:default:data", self.prefix);
        redis::cmd("HLEN").arg(key).query_async(&mut self.redis().await).await.unwrap()
    }
}

/// A worker with threads of its own, so that it can be killed like a process.
struct Process {
    stop: Stop,
    runtime: Option<Runtime>,
    ended: std::sync::mpsc::Receiver<()>,
}

impl Process {
    fn start(config: Config, perform: Perform) -> Process {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (stop, (tell, ended)) = (Stop::default(), std::sync::mpsc::channel());
        let working = worker::run(config, perform, stop.clone());
        runtime.spawn(async move {
            working.await.unwrap();
            let _ = tell.send(());
        });
        Process { stop, runtime: Some(runtime), ended }
    }

    fn stop(self) {
        self.stop.request();
        self.ended.recv_timeout(Duration::from_secs(10)).expect("the worker stops in time");
    }

    fn kill(self) {}
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn order_bom(build_id: i64) -> Job {
    Job::GenerateBom { build_id }
}

async fn ask(db: &PgPool, job: Job) -> Run {
    let Job::GenerateBom { build_id } = job;
    let mut tx = db.begin().await.unwrap();
    let links = Links { build_id: Some(build_id), ..Links::default() };
    let run = job.enqueue(&mut tx, links).await.unwrap();
    tx.commit().await.unwrap();
    run
}

fn keep_effect() -> Perform {
    Arc::new(|job, context| keep(job, context).boxed())
}

/// A job whose whole effect is one row.
async fn keep(job: Job, context: Arc<Context>) -> Result<Done, Failure> {
    let Job::GenerateBom { build_id } = job;
    let mut tx = context.begin().await?;
    sqlx::query("insert into effects values ($1, $2)")
        .bind(context.run().id)
        .bind(context.run().attempt)
        .execute(&mut *tx)
        .await?;
    context.commit(tx, &format!("effect:{build_id}")).await
}
