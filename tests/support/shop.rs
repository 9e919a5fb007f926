//! A shop floor for tests about jobs: a ledger, a queue of its own in Redis, workers that can be stopped or killed, and
//! jobs whose whole effect is one row.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use jobs::{Context, Done, Failure, Job};
use models::documents::Store;
use models::jobs::{Links, NewRun, Run};
use sqlx::PgPool;
use tokio::runtime::Runtime;
use uuid::Uuid;
use worker::{Config, Perform, Stop};

use super::database::Database;
use super::servers::{own_word, redis, servers, wipe_redis};

/// Short, so that tests of lost workers are short.
pub const LEASE: Duration = Duration::from_secs(3);

/// One test's database and queue.
pub struct Shop {
    pub database: Database,
    prefix: String,
}

impl Shop {
    pub async fn open() -> Shop {
        let shop = Shop { database: Database::open().await, prefix: own_word() };
        sqlx::raw_sql("create table effects (job_id uuid, attempt smallint); grant all on effects to torvan_worker")
            .execute(&shop.database.pool)
            .await
            .expect("the private servers answer");
        shop
    }

    pub fn config(&self) -> Config {
        let redis_url = Some(servers().redis.clone());
        let config = Config::new(self.database.worker_url(), redis_url, self.prefix.clone());
        let storage = std::env::temp_dir().join(&self.prefix);
        Config { files: Store::new(&storage), storage, lease: LEASE, drain: Duration::from_secs(5), ..config }
    }

    pub fn worker(&self, perform: Perform) -> Process {
        Process::start(self.config(), perform)
    }

    pub async fn ask(&self, build_id: i64) -> Run {
        ask(&self.database.pool, order_bom(build_id)).await
    }

    pub async fn ask_many(&self, count: i64) -> Vec<Uuid> {
        self.ask_many_from(1, count).await
    }

    pub async fn ask_many_from(&self, first: i64, count: i64) -> Vec<Uuid> {
        let mut ids = Vec::new();
        for build_id in first..first + count {
            ids.push(self.ask(build_id).await.id);
        }
        ids
    }

    /// A job of any queue and urgency.
    pub async fn ask_in(&self, queue: &str, priority: i16, build_id: i64) -> Uuid {
        self.insert("generate_bom", queue, priority, build_id).await
    }

    /// A job of a kind that this build does not know.
    pub async fn ask_kind(&self, kind: &str) -> Uuid {
        self.insert(kind, "boms", 0, 1).await
    }

    async fn insert(&self, kind: &str, queue: &str, priority: i16, build_id: i64) -> Uuid {
        let mut tx = self.database.pool.begin().await.expect("the private servers answer");
        let payload = serde_json::json!(order_bom(build_id));
        let (payload_version, run_at, dedupe_key) = (1, None, None);
        let new = NewRun { kind, payload_version, payload, queue, priority, run_at, dedupe_key };
        let run = Run::insert(&mut tx, new, &Links::default()).await.expect("the private servers answer");
        tx.commit().await.expect("the private servers answer");
        run.id
    }

    pub async fn until(&self, id: Uuid, reached: impl Fn(&Run) -> bool) -> Run {
        let start = Instant::now();
        loop {
            let run = Run::find(&self.database.pool, id).await.expect("the private servers answer");
            if reached(&run) {
                return run;
            }
            assert!(start.elapsed() < Duration::from_secs(15), "still {run:#?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn effects(&self, id: Uuid) -> i64 {
        sqlx::query_scalar("select count(*) from effects where job_id = $1")
            .bind(id)
            .fetch_one(&self.database.pool)
            .await
            .expect("the private servers answer")
    }

    /// What FLUSHALL does, to this test's keys only.
    pub async fn wipe_redis(&self) {
        wipe_redis(&self.prefix).await;
    }

    /// A message that is none of ours, where apalis looks for messages.
    pub async fn push_garbage(&self) {
        self.push(b"\xff{not json").await;
    }

    /// The id of a job that may not exist.
    pub async fn push_id(&self, id: Uuid) {
        self.push(serde_json::json!({"v": 1, "job_id": id}).to_string().as_bytes()).await;
    }

    async fn push(&self, message: &[u8]) {
        let queue = format!("{}:boms", self.prefix);
        let id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
        redis::pipe()
            .hset(format!("{queue}:data"), id, message)
            .rpush(format!("{queue}:active"), id)
            .query_async::<()>(&mut redis().await)
            .await
            .expect("the private servers answer");
    }

    /// Returns when workers have taken every id out of Redis.
    pub async fn until_ids_are_taken(&self) {
        let (key, start) = (format!("{}:boms:active", self.prefix), Instant::now());
        while redis::cmd("LLEN").arg(&key).query_async::<i64>(&mut redis().await).await != Ok(0) {
            assert!(start.elapsed() < Duration::from_secs(15), "ids are still waiting in Redis");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn ids_in_redis(&self) -> usize {
        let key = format!("{}:boms:data", self.prefix);
        redis::cmd("HLEN").arg(key).query_async(&mut redis().await).await.expect("the private servers answer")
    }
}

/// A worker with threads of its own, so that it can be killed like a process.
pub struct Process {
    stop: Stop,
    runtime: Option<Runtime>,
    ended: std::sync::mpsc::Receiver<()>,
}

impl Process {
    pub fn start(config: Config, perform: Perform) -> Process {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("the private servers answer");
        let (stop, (tell, ended)) = (Stop::default(), std::sync::mpsc::channel());
        let working = worker::run(config, perform, stop.clone());
        runtime.spawn(async move {
            working.await.expect("the private servers answer");
            let _ = tell.send(());
        });
        Process { stop, runtime: Some(runtime), ended }
    }

    pub fn stop(self) {
        self.stop.request();
        self.ends();
    }

    /// Returns when it has stopped by itself.
    pub fn ends(self) {
        self.ended.recv_timeout(Duration::from_secs(10)).expect("the worker stops in time");
    }

    pub fn kill(self) {}
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

pub fn order_bom(build_id: i64) -> Job {
    Job::GenerateBom { build_id }
}

pub async fn ask(db: &PgPool, job: Job) -> Run {
    let build_id = build_of(&job);
    let mut tx = db.begin().await.expect("the private servers answer");
    let links = Links { build_id, ..Links::default() };
    let run = job.enqueue(&mut tx, links).await.expect("the private servers answer");
    tx.commit().await.expect("the private servers answer");
    run
}

pub fn keep_effect() -> Perform {
    Arc::new(|job, context| keep(job, context).boxed())
}

/// A job whose whole effect is one row.
pub async fn keep(job: Job, context: Arc<Context>) -> Result<Done, Failure> {
    let build_id = build_of(&job).unwrap_or_default();
    let mut tx = context.begin().await?;
    sqlx::query("insert into effects values ($1, $2)")
        .bind(context.run().id)
        .bind(context.run().attempt)
        .execute(&mut *tx)
        .await?;
    context.commit(tx, &format!("effect:{build_id}")).await
}

fn build_of(job: &Job) -> Option<i64> {
    match job {
        Job::GenerateBom { build_id } => Some(*build_id),
        _ => None,
    }
}
