//! A whole installation of its own on loopback: PostgreSQL, Redis, web processes and workers as real processes, and
//! lines between them that can be broken.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use models::database_roles::{WEB, WORKER};
use models::users::User;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool};
use tempfile::TempDir;
use tests::support::proxy::{Proxy, free_address};

use crate::browser::Visitor;
use crate::servers::{EMAIL, copy, database_url, database_url_as, folder, postgres_program, redis_program, template};
use crate::unit::{Program, Unit};
use crate::until;

/// How the processes are started.
#[derive(Clone)]
pub struct Plan {
    pub webs: usize,
    pub workers: usize,
    /// The worker whose jobs can be told to misbehave (`odd_worker.rs`), instead of the product's program.
    pub odd: bool,
    pub worker_environment: Vec<(&'static str, String)>,
    pub web_environment: Vec<(&'static str, String)>,
    /// In front of the worker's program.
    pub worker_wrapper: Vec<String>,
    pub redis_words: Vec<&'static str>,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan {
            webs: 1,
            workers: 2,
            odd: false,
            worker_environment: Vec::new(),
            web_environment: Vec::new(),
            worker_wrapper: Vec::new(),
            redis_words: Vec::new(),
        }
    }
}

pub struct Site {
    /// Straight to PostgreSQL, past the lines.
    pub db: PgPool,
    /// The lines of the web processes, of the workers, and of everybody to Redis.
    pub web_line: Proxy,
    pub worker_line: Proxy,
    pub redis_line: Proxy,
    pub webs: Vec<Web>,
    pub workers: Vec<Unit>,
    pub postgres: Unit,
    pub redis: Unit,
    pub redis_address: SocketAddr,
    pub plan: Plan,
    pub folder: TempDir,
}

pub struct Web {
    pub unit: Unit,
    pub address: SocketAddr,
}

const SESSION_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// Kinds of waiting that only a broken harness would exceed.
pub const START: Duration = Duration::from_secs(60);

impl Site {
    pub async fn open(plan: Plan) -> Site {
        let site = Site::boarded_up(plan).await;
        site.open_servers().await;
        site.open_doors().await;
        site
    }

    /// Everything in place, nothing running.
    pub async fn boarded_up(plan: Plan) -> Site {
        let template = template().await;
        let folder = folder();
        let data = folder.path().join("postgres");
        copy(&template.path().join("postgres"), &data);
        let (postgres_address, redis_address) = (free_address(), free_address());
        let postgres = waiting("postgres", folder.path(), postgres_program(&data, postgres_address));
        let redis = waiting("redis", folder.path(), redis_program(folder.path(), redis_address, &plan.redis_words));
        let (web_line, worker_line) = (Proxy::to(postgres_address), Proxy::to(postgres_address));
        let redis_line = Proxy::to(redis_address);
        let url = database_url(postgres_address);
        let pool = PgPoolOptions::new().max_connections(6).acquire_timeout(Duration::from_secs(30));
        let db = pool.connect_lazy(&url).expect("an address");
        let mut site = Site {
            db,
            web_line,
            worker_line,
            redis_line,
            webs: Vec::new(),
            workers: Vec::new(),
            postgres,
            redis,
            redis_address,
            plan,
            folder,
        };
        for number in 1..=site.plan.webs {
            let address = free_address();
            let unit = waiting(&format!("web-{number}"), site.folder.path(), site.web_program(address));
            site.webs.push(Web { unit, address });
        }
        for number in 1..=site.plan.workers {
            site.workers.push(waiting(&format!("worker-{number}"), site.folder.path(), site.worker_program()));
        }
        site
    }

    pub async fn open_servers(&self) {
        self.postgres.up();
        self.redis.up();
        self.postgres_answers().await;
        self.redis_answers().await;
    }

    pub async fn open_doors(&self) {
        self.webs.iter().for_each(|web| web.unit.up());
        self.workers.iter().for_each(Unit::up);
        for web in &self.webs {
            web.is_ready().await;
        }
        self.workers_are_there(self.workers.len()).await;
    }

    pub async fn postgres_answers(&self) -> Duration {
        let asked = async || self.try_count("pg_class").await.is_some();
        until(START, "PostgreSQL answers", asked).await
    }

    pub async fn redis_answers(&self) -> Duration {
        until(START, "Redis answers", async || self.redis(&["PING"]).await.is_ok()).await
    }

    /// As many workers have said in the last seconds that they are there.
    pub async fn workers_are_there(&self, count: usize) {
        let alive = "workers where last_seen_at > now() - interval '4 s' and stopping_at is null";
        let asked = async || self.try_count(alive).await.is_some_and(|found| found >= count as i64);
        until(START, "the workers are there", asked).await;
    }

    /// A command to Redis itself, past the line.
    pub async fn redis(&self, words: &[&str]) -> redis::RedisResult<redis::Value> {
        let client = redis::Client::open(format!("redis://{}/0", self.redis_address))?;
        let asked = async {
            let mut connection = client.get_multiplexed_async_connection().await?;
            let mut command = redis::cmd(words[0]);
            command.arg(&words[1..]);
            command.query_async(&mut connection).await
        };
        let late = || redis::RedisError::from((redis::ErrorKind::Io, "Redis does not answer"));
        tokio::time::timeout(Duration::from_secs(2), asked).await.map_err(|_| late())?
    }

    /// Ids that wait in Redis, in whichever queue.
    pub async fn ids_in_redis(&self) -> i64 {
        let script = "local held = 0
            for _, key in ipairs(redis.call('KEYS', '*:scheduled')) do held = held + redis.call('ZCARD', key) end
            for _, key in ipairs(redis.call('KEYS', '*:active')) do held = held + redis.call('LLEN', key) end
            return held";
        match self.redis(&["EVAL", script, "0"]).await {
            Ok(redis::Value::Int(held)) => held,
            _ => 0,
        }
    }

    /// Puts the id of a job into Redis as the relay would.
    pub async fn push_id(&self, number: usize, id: &str) {
        self.push_message(number, &format!("{{\"v\":1,\"job_id\":\"{id}\"}}")).await;
    }

    /// Puts a message where workers look for messages.
    pub async fn push_message(&self, number: usize, message: &str) {
        let (queue, task) = ("torvan:boms", format!("01ARZ3NDEKTSV4RRFFQ69G5{number:03}"));
        self.redis(&["HSET", &format!("{queue}:data"), &task, message]).await.expect("Redis takes it");
        self.redis(&["RPUSH", &format!("{queue}:active"), &task]).await.expect("Redis takes it");
    }

    /// Rows of a table, with a condition behind its name if need be.
    pub async fn count(&self, what: &str) -> i64 {
        self.try_count(what).await.unwrap_or_else(|| panic!("{what} can be counted"))
    }

    pub async fn try_count(&self, what: &str) -> Option<i64> {
        let sql = format!("select count(*) from {what}");
        let asked = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&self.db);
        tokio::time::timeout(Duration::from_secs(10), asked).await.ok()?.ok()
    }

    /// Changes rows by hand, as a test of what must never be.
    pub async fn run(&self, sql: &str) {
        let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&self.db).await;
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Waits until no job waits or runs; how long that took.
    pub async fn all_done(&self, limit: Duration) -> Duration {
        let live = "jobs where state in ('queued', 'running', 'retry')";
        let start = std::time::Instant::now();
        while self.try_count(live).await != Some(0) {
            if start.elapsed() > limit {
                panic!("not within {limit:?}: every job has ended; there are still {:#?}", self.live_jobs().await);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        start.elapsed()
    }

    async fn live_jobs(&self) -> Vec<String> {
        let sql = "select concat_ws(' ', state, build_id, 'attempt', attempt, 'crashes', crash_count, worker, 'run_at', run_at,
            'dispatched', dispatched_at, 'lease', lease_until, 'now', now()) from jobs
            where state in ('queued', 'running', 'retry') limit 10";
        sqlx::query_scalar(sql).fetch_all(&self.db).await.unwrap_or_default()
    }

    /// The coordinator, logged in at the first web process.
    pub async fn coordinator(&self) -> Visitor {
        self.coordinator_at(self.webs[0].address).await
    }

    pub async fn coordinator_at(&self, address: SocketAddr) -> Visitor {
        Visitor::log_in(address, EMAIL).await
    }

    pub async fn user(&self) -> User {
        User::find_by_email(&self.db, EMAIL).await.expect("the accounts").expect("the coordinator")
    }

    /// Tells the odd worker how to do the job of a build.
    pub async fn make_odd(&self, build_id: i64, how: &str) {
        self.run(&format!("insert into odd_jobs values ({build_id}, '{how}')")).await;
    }

    pub fn web_program(&self, address: SocketAddr) -> Program {
        let mut environment = vec![
            ("DATABASE_URL".to_owned(), database_url_as(WEB, self.web_line.address)),
            ("REDIS_URL".into(), format!("redis://{}/0", self.redis_line.address)),
            ("LISTEN".into(), address.to_string()),
            ("STORAGE_DIR".into(), self.folder.path().join("documents").display().to_string()),
            ("SESSION_KEY".into(), SESSION_KEY.into()),
            ("MAX_CONNECTIONS_PER_PEER".into(), "400".into()),
            ("REQUEST_BUDGET".into(), "10000".into()),
            ("LOG".into(), "info".into()),
        ];
        environment.extend(self.plan.web_environment.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        Program { path: built("app"), words: vec!["serve".into()], environment, ..Program::default() }
    }

    pub fn worker_program(&self) -> Program {
        let mut environment = vec![
            ("DATABASE_URL".to_owned(), database_url_as(WORKER, self.worker_line.address)),
            ("REDIS_URL".into(), format!("redis://{}/0", self.redis_line.address)),
            ("LOG".into(), "info".into()),
        ];
        let more = self.plan.worker_environment.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        environment.extend(more);
        let path = built(if self.plan.odd { "odd-worker" } else { "worker" });
        Program { path, environment, wrapper: self.plan.worker_wrapper.clone(), ..Program::default() }
    }

    /// What every process said last, for a test that fails.
    pub fn tails(&self) -> String {
        let units = self.webs.iter().map(|web| &web.unit).chain(&self.workers).chain([&self.postgres, &self.redis]);
        units.map(|unit| unit.tail(12)).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}", self.tails());
        }
    }
}

impl Web {
    /// Waits until /readyz says so; how long that took.
    pub async fn is_ready(&self) -> Duration {
        let stranger = Visitor::stranger(self.address);
        until(START, "the web process is ready", async || {
            stranger.get("/readyz").await.is_some_and(|answer| answer.status == 200)
        })
        .await
    }
}

/// A supervised process that is not started yet.
fn waiting(name: &str, folder: &Path, program: Program) -> Unit {
    // Servers are started again by hand: how long they are away is the test's to say.
    Unit::waiting(name, folder, program, !matches!(name, "postgres" | "redis"))
}

/// A program of the workspace, which `cargo build --workspace` puts beside this one.
pub fn built(name: &str) -> PathBuf {
    let here = std::env::current_exe().expect("this program has a place");
    let program = here.parent().and_then(Path::parent).expect("target/debug").join(name);
    assert!(program.exists(), "there is no {}; cargo build --workspace makes it", program.display());
    program
}
