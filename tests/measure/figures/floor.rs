//! The place that is measured: a database of its own on the server of DATABASE_URL, the product's processes, and what
//! they take of the machine.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use models::users::{NewUser, Role, User};
use models::{audit::Actor, sessions};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};

/// Nobody types it: sessions are opened straight in the database.
const NO_PASSWORD: &str = "";

pub struct Floor {
    pub db: PgPool,
    pub database_url: String,
    pub redis_url: String,
    /// First part of every key in Redis.
    pub prefix: String,
    name: String,
    admin: PgConnectOptions,
    storage: tempfile::TempDir,
}

impl Floor {
    /// An empty database with every migration applied.
    pub async fn open() -> Floor {
        let given = std::env::var("DATABASE_URL").expect("DATABASE_URL is set");
        let redis_url = std::env::var("REDIS_URL").expect("REDIS_URL is set");
        let name = format!("figures_{}", std::process::id());
        let admin: PgConnectOptions = given.parse().expect("DATABASE_URL is an address");
        let mut server = PgConnection::connect_with(&admin).await.expect("PostgreSQL answers");
        say(&mut server, format!("create database {name}")).await;
        let (server, _) = given.rsplit_once('/').expect("DATABASE_URL names a database");
        let database_url = format!("{server}/{name}");
        let db = PgPoolOptions::new().max_connections(8).connect(&database_url).await.expect("the new database");
        models::MIGRATOR.run(&db).await.expect("the migrations apply");
        let storage = tempfile::tempdir().expect("a temp folder");
        Floor { db, database_url, redis_url, prefix: name.clone(), name, admin, storage }
    }

    /// The web process, answering.
    pub async fn web(&self) -> (Process, SocketAddr) {
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let address = free.expect("a free port");
        let web = self.start(program("app"), &["serve"], |command| {
            command.env("LISTEN", address.to_string());
            command
                .env("STORAGE_DIR", self.storage.path())
                .env("REQUEST_BUDGET", "10000")
                .env("SESSION_KEY", "00112233445566778899aabbccddeeff".repeat(2));
        });
        let start = Instant::now();
        while tokio::net::TcpStream::connect(address).await.is_err() {
            assert!(start.elapsed() < Duration::from_secs(30), "the web process does not listen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        (web, address)
    }

    /// The product's worker, seen in the ledger.
    pub async fn worker(&self) -> Process {
        let worker = self.start(program("worker"), &[], |_| {});
        self.until_there(worker.id()).await;
        worker
    }

    /// Starts one of our programs with this floor's servers.
    pub fn start(&self, program: PathBuf, words: &[&str], more: impl FnOnce(&mut Command)) -> Process {
        let mut command = Command::new(&program);
        command.args(words).env("DATABASE_URL", &self.database_url).env("REDIS_URL", &self.redis_url);
        command.env("QUEUE_PREFIX", &self.prefix).env("LOG", "warn").stdin(Stdio::null());
        more(&mut command);
        Process(command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display())))
    }

    /// Waits until the worker with this process id has said that it is there, and a moment for its warm-up.
    pub async fn until_there(&self, pid: u32) {
        let there = "select exists (select from workers where pid = $1)";
        let start = Instant::now();
        while !sqlx::query_scalar::<_, bool>(there).bind(pid as i32).fetch_one(&self.db).await.expect("the workers") {
            assert!(start.elapsed() < Duration::from_secs(30), "the worker does not arrive");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }

    /// An account of a role.
    pub async fn person(&self, role: Role) -> User {
        let email = format!("{}@figures.test", role.title().to_lowercase().replace(' ', "."));
        if let Some(known) = User::find_by_email(&self.db, &email).await.expect("the accounts") {
            return known;
        }
        let mut tx = self.db.begin().await.expect("a transaction");
        let new = NewUser { email: &email, name: role.title(), role };
        let user = User::create(&mut tx, &Actor::system(), new, NO_PASSWORD).await.expect("the account is made");
        tx.commit().await.expect("the account is kept");
        user
    }

    /// The cookie of a session of its own.
    pub async fn log_in(&self, user: &User) -> String {
        let mut connection = self.db.acquire().await.expect("a connection");
        let token = sessions::start(&mut connection, user, "127.0.0.1", "figures").await.expect("a session");
        format!("session={}", token.as_str())
    }

    pub async fn sql(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&self.db).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Waits until no job waits or runs.
    pub async fn until_done(&self, patience: Duration) {
        let live = "select exists (select from jobs where state in ('queued', 'retry', 'running'))";
        let start = Instant::now();
        while sqlx::query_scalar::<_, bool>(live).fetch_one(&self.db).await.expect("the ledger") {
            assert!(start.elapsed() < patience, "the jobs are not done in {patience:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Leaves nothing behind.
    pub async fn close(self) {
        self.db.close().await;
        super::redis_floor::forget(&self.redis_url, &self.prefix).await;
        let mut server = PgConnection::connect_with(&self.admin).await.expect("PostgreSQL answers");
        say(&mut server, format!("drop database if exists {} with (force)", self.name)).await;
    }
}

async fn say(server: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(server).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// A program of the release build, which this one lies beside.
fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("where this program lies");
    own.ancestors().nth(2).expect("the build's folder").join(name)
}

/// A process that ends with us.
pub struct Process(Child);

impl Process {
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    pub fn stdout(&mut self) -> std::process::ChildStdout {
        self.0.stdout.take().expect("its output was asked for")
    }

    /// MiB of memory it has now.
    pub fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
    }

    /// Processor time it has taken so far.
    pub fn processor(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap_or_default();
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        // User and system time in hundredths of a second, the twelfth and thirteenth after the name.
        let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.id().to_string()]).status();
        for _ in 0..100 {
            if matches!(self.0.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
