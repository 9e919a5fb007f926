//! PostgreSQL and Redis of a site: what the machine has, how each is started, and the data folder that every site's
//! PostgreSQL begins with.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use models::audit::Actor;
use models::users::{NewUser, Role, User, passwords};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tempfile::TempDir;
use tests::support::proxy::free_address;
use tokio::sync::OnceCell;

use crate::browser::PASSWORD;
use crate::site::START;
use crate::unit::{Program, Unit};
use crate::until;

/// The account that every site has.
pub const EMAIL: &str = "coordinator@torvan.test";

/// What the machine has, as the scripts find it.
pub struct Tools {
    pub postgres: PathBuf,
    pub redis: PathBuf,
    pub user: Option<String>,
}

/// As the owner of everything: only the tests themselves.
pub fn database_url(address: SocketAddr) -> String {
    database_url_as("torvan", address)
}

/// As one of the processes, with its rights.
pub fn database_url_as(role: &str, address: SocketAddr) -> String {
    format!("postgres://{role}@{address}/torvan")
}

pub fn tools() -> &'static Tools {
    static TOOLS: std::sync::OnceLock<Tools> = std::sync::OnceLock::new();
    TOOLS.get_or_init(|| {
        let script = ". \"$0\"; postgres_programs; echo; redis_program; servers_owner; id -un";
        let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bin/lib.sh");
        let said = Command::new("bash").args(["-c", script]).arg(library).output().expect("bash runs");
        let said = String::from_utf8(said.stdout).expect("it prints text");
        let [postgres, redis, owner, me] = said.lines().collect::<Vec<_>>()[..] else { panic!("not found: {said}") };
        let user = (owner != me).then(|| owner.to_owned());
        Tools { postgres: postgres.into(), redis: redis.into(), user }
    })
}

pub fn folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("torvan-faults-").tempdir().expect("a temp folder");
    if let Some(user) = &tools().user {
        shell(&format!("chmod 755 '{0}' && chown {user} '{0}'", folder.path().display()));
    }
    folder
}

pub fn copy(from: &Path, to: &Path) {
    shell(&format!("cp -a --reflink=auto '{}' '{}'", from.display(), to.display()));
}

pub fn shell(command: &str) {
    let status = Command::new("sh").args(["-c", command]).status().expect("sh runs");
    assert!(status.success(), "{command}");
}

pub fn postgres_program(data: &Path, address: SocketAddr) -> Program {
    let sockets = data.parent().unwrap_or(data).display();
    let words = format!("-D {} -h 127.0.0.1 -p {} -k {sockets}", data.display(), address.port());
    let words = words.split(' ').map(str::to_owned).collect();
    Program { path: tools().postgres.join("postgres"), words, user: tools().user.clone(), ..Program::default() }
}

pub fn redis_program(folder: &Path, address: SocketAddr, more: &[&str]) -> Program {
    let words = format!(
        "--port {} --bind 127.0.0.1 --dir {} --maxmemory-policy noeviction --enable-debug-command yes",
        address.port(),
        folder.display()
    );
    let mut words: Vec<String> = words.split(' ').map(str::to_owned).collect();
    words.extend(["--save".into(), String::new()]);
    words.extend(more.iter().map(|word| (*word).to_owned()));
    Program { path: tools().redis.clone(), words, user: tools().user.clone(), ..Program::default() }
}

/// A PostgreSQL data folder with every migration, an account and the demo catalogue, made once and copied for each
/// site. No fault here stops the machine, so what PostgreSQL handed to the kernel is safe without fsync; commits are
/// as synchronous as in an installation.
pub async fn template() -> &'static TempDir {
    static TEMPLATE: OnceCell<TempDir> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(async || {
            let folder = folder();
            let data = folder.path().join("postgres");
            make_cluster(&data);
            let address = free_address();
            let postgres = Unit::start("postgres", folder.path(), postgres_program(&data, address), false);
            fill(address).await;
            postgres.down("INT", START);
            folder
        })
        .await
}

fn make_cluster(data: &Path) {
    let as_user = tools().user.as_ref().map(|user| format!("setpriv --reuid {user} --regid {user} --init-groups "));
    let initdb = format!(
        "{}{} --no-sync -A trust -U torvan -E UTF8 --locale=C --wal-segsize=1 -D '{}' >/dev/null",
        as_user.unwrap_or_default(),
        tools().postgres.join("initdb").display(),
        data.display()
    );
    shell(&format!("cd / && {initdb}"));
    let settings = "max_connections = 100\nshared_buffers = 64MB\nfsync = off\nfull_page_writes = off\n\
        min_wal_size = 4MB\nmax_wal_size = 256MB\ntimezone = 'UTC'\nlog_timezone = 'UTC'\n";
    shell(&format!("printf \"{settings}\" >> '{}'", data.join("postgresql.conf").display()));
}

/// What the odd worker reads and notes, with rights of their own: a worker's role sees only what it is named.
const ODD_TABLES: &str = "
    create table odd_jobs (build_id bigint primary key, how text not null);
    create table effects (job_id uuid, attempt smallint);
    grant select on odd_jobs to torvan_worker;
    grant select, insert on effects to torvan_worker";

async fn fill(address: SocketAddr) {
    let postgres = PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(1));
    let server = postgres.connect_lazy(&format!("postgres://torvan@{address}/postgres")).expect("an address");
    let made = async || sqlx::raw_sql("create database torvan").execute(&server).await.is_ok();
    until(START, "the template's PostgreSQL answers", made).await;
    server.close().await;
    let db = PgPool::connect(&database_url(address)).await.expect("the template opens");
    models::MIGRATOR.run(&db).await.expect("every migration applies");
    let Ok(hash) = passwords::hash(PASSWORD.into()).await else { panic!("the password is hashed") };
    let mut tx = db.begin().await.expect("a transaction");
    let new = NewUser { email: EMAIL, name: "Cora Lindqvist", role: Role::Coordinator };
    User::create(&mut tx, &Actor::system(), new, &hash).await.expect("the account is made");
    app::catalogue::demo::import(&mut tx, &Actor::system()).await.expect("the demo catalogue is in force");
    models::database_roles::ensure(&mut tx).await.expect("the roles of the processes are made");
    sqlx::raw_sql(ODD_TABLES).execute(&mut *tx).await.expect("the tables of the odd worker");
    tx.commit().await.expect("the template is kept");
    db.close().await;
}
