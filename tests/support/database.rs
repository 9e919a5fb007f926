//! A database of its own for every test, copied from a template that is made once for each set of migrations.

use std::sync::mpsc::{Sender, channel};
use std::sync::{LazyLock, Mutex};

use models::database_roles::{WEB, WORKER};
use sha2::{Digest, Sha256};
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use tokio::sync::OnceCell;

use super::servers::{own_word, servers};

pub struct Database {
    pub name: String,
    pub url: String,
    pub pool: PgPool,
}

impl Database {
    /// An empty database with every migration applied; gone when dropped.
    pub async fn open() -> Database {
        static TEMPLATE: OnceCell<String> = OnceCell::const_new();
        let template = TEMPLATE.get_or_init(make_template).await;
        let name = own_word();
        let mut admin = admin().await;
        run(&mut admin, format!("create database {name} template {template} strategy wal_log")).await;
        let url = servers().database(&name);
        let pool = PgPoolOptions::new().max_connections(8).connect(&url).await.expect("the test's database opens");
        Database { name, url, pool }
    }
}

impl Database {
    /// A database with nothing in it, not even tables.
    pub async fn bare() -> Database {
        let name = own_word();
        run(&mut admin().await, format!("create database {name} template template0")).await;
        let url = servers().database(&name);
        let pool = PgPoolOptions::new().max_connections(8).connect(&url).await.expect("the test's database opens");
        Database { name, url, pool }
    }
}

impl Database {
    /// The address by which the web process comes here: it owns nothing.
    pub fn web_url(&self) -> String {
        servers().database_as(WEB, &self.name)
    }

    /// The address by which the worker does.
    pub fn worker_url(&self) -> String {
        servers().database_as(WORKER, &self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Dropping waits for a checkpoint; the next test need not wait for that.
        let _ = SWEEPER.lock().map(|sweeper| sweeper.send(self.name.clone()));
    }
}

static SWEEPER: LazyLock<Mutex<Sender<String>>> = LazyLock::new(|| {
    let (sender, names) = channel::<String>();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        while let Ok(name) = names.recv() {
            runtime.block_on(async {
                run(&mut admin().await, format!("drop database if exists {name} with (force)")).await
            });
        }
    });
    Mutex::new(sender)
});

async fn admin() -> PgConnection {
    PgConnection::connect(&servers().database("torvan")).await.expect("the tests' PostgreSQL answers")
}

async fn run(connection: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql.clone()))
        .execute(connection)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Makes the template unless an earlier run with the same migrations has, and returns its name. It gets its final
/// name last, so that a run that was cut short leaves nothing that looks finished.
async fn make_template() -> String {
    let name = format!("template_{}", &migrations_digest()[..16]);
    let mut admin = admin().await;
    sqlx::query("select pg_advisory_lock(20261)").execute(&mut admin).await.expect("the lock");
    sweep(&mut admin, &name).await;
    let found = sqlx::query_scalar::<_, i64>("select count(*) from pg_database where datname = $1");
    if found.bind(&name).fetch_one(&mut admin).await.expect("the databases") == 0 {
        run(&mut admin, "drop database if exists unfinished with (force)".into()).await;
        run(&mut admin, "create database unfinished".into()).await;
        let mut fresh = PgConnection::connect(&servers().database("unfinished")).await.expect("the template opens");
        models::MIGRATOR.run(&mut fresh).await.expect("every migration applies");
        models::database_roles::ensure(&mut fresh).await.expect("the roles of the processes are made");
        fresh.close().await.expect("the template closes");
        run(&mut admin, format!("alter database unfinished rename to {name}")).await;
    }
    name
}

/// Hands databases that dead test runs and older migrations left behind to the sweeper.
async fn sweep(admin: &mut PgConnection, template: &str) {
    let names = sqlx::query_scalar::<_, String>("select datname from pg_database where datname ~ '^(t_|template_)'")
        .fetch_all(admin)
        .await
        .expect("the databases");
    for name in names {
        let is_old = match name.strip_prefix("t_").and_then(|rest| rest.split('_').next()) {
            Some(process) => !std::path::Path::new("/proc").join(process).exists(),
            None => name != template,
        };
        if is_old {
            let _ = SWEEPER.lock().map(|sweeper| sweeper.send(name));
        }
    }
}

fn migrations_digest() -> String {
    let mut digest = Sha256::new();
    for migration in models::MIGRATOR.iter() {
        digest.update(migration.version.to_be_bytes());
        digest.update(&migration.checksum);
    }
    hex::encode(digest.finalize())
}
