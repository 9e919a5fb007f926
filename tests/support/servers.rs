//! Where the private PostgreSQL and Redis of the tests listen; they are started when they are not running.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

pub struct Servers {
    /// Without the database's name: `postgres://torvan@127.0.0.1:20001/`.
    postgres: String,
    pub redis: String,
}

impl Servers {
    pub fn database(&self, name: &str) -> String {
        format!("{}{name}", self.postgres)
    }

    /// The same as another role; nobody needs a password here.
    pub fn database_as(&self, role: &str, name: &str) -> String {
        let mut address = url::Url::parse(&self.database(name)).expect("an address");
        address.set_username(role).expect("a name");
        address.into()
    }
}

/// `TEST_DATABASE_URL` and `TEST_REDIS_URL` where they are set (`bin/test` does), else the ones of `bin/services`, so
/// that a plain `cargo test` needs nothing. Never `DATABASE_URL`: that is where somebody's work is.
pub fn servers() -> &'static Servers {
    static SERVERS: OnceLock<Servers> = OnceLock::new();
    SERVERS.get_or_init(|| match (std::env::var("TEST_DATABASE_URL"), std::env::var("TEST_REDIS_URL")) {
        (Ok(postgres), Ok(redis)) => Servers { postgres: without_database(&postgres), redis },
        _ => private_servers(),
    })
}

/// A word no other test uses: the process and a count.
pub fn own_word() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    format!("t_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A connection to the tests' Redis.
pub async fn redis() -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(servers().redis.as_str()).expect("an address of Redis");
    client.get_multiplexed_async_connection().await.expect("the tests' Redis answers")
}

/// What FLUSHALL does, to the keys of one queue.
pub async fn wipe_redis(prefix: &str) {
    let mut redis = redis().await;
    let keys: Vec<String> =
        redis::cmd("KEYS").arg(format!("{prefix}*")).query_async(&mut redis).await.expect("the tests' Redis answers");
    if !keys.is_empty() {
        redis::cmd("DEL").arg(keys).query_async::<()>(&mut redis).await.expect("the tests' Redis answers");
    }
}

fn private_servers() -> Servers {
    let run = |action: &str| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bin/services");
        let output = Command::new(script).args([action, "--for", "test"]).output().expect("bin/services runs");
        assert!(output.status.success(), "bin/services {action}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("bin/services prints text")
    };
    run("start");
    let printed = run("env");
    let value = |name: &str| {
        let line = printed.lines().find_map(|line| line.strip_prefix(&format!("export {name}=")));
        line.unwrap_or_else(|| panic!("bin/services env prints {name}")).to_owned()
    };
    Servers { postgres: without_database(&value("DATABASE_URL")), redis: value("REDIS_URL") }
}

fn without_database(url: &str) -> String {
    let end = url.rfind('/').expect("a database URL has a path");
    url[..=end].to_owned()
}
