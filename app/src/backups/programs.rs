//! PostgreSQL's own programs for backups, and the server they speak to. The password goes by their environment, never
//! by their arguments, which everybody on the machine can read.

use anyhow::{Context, Result, bail};
use models::secrets::environment;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;
use url::Url;

/// Connections of pg_dump and pg_restore at a time.
const JOBS: &str = "2";

/// One database of one server.
#[derive(Clone)]
pub struct Server {
    url: Url,
}

impl Server {
    /// The database of the settings.
    ///
    /// # Errors
    /// When `DATABASE_URL` is missing or can't be read.
    pub fn from_env() -> Result<Server> {
        Server::new(crate::config::address(&environment(), "DATABASE_URL", &["postgres", "postgresql"])?.reveal())
    }

    pub fn new(url: &str) -> Result<Server> {
        let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "postgres" | "postgresql"));
        Ok(Server { url: url.context("DATABASE_URL can't be read. It should look like postgres://user@host/name.")? })
    }

    /// Another database of the same server.
    pub fn database(&self, name: &str) -> Server {
        let mut url = self.url.clone();
        url.set_path(name);
        Server { url }
    }

    pub async fn connect(&self) -> Result<PgConnection> {
        PgConnection::connect(self.url.as_str()).await.with_context(|| format!("{} does not answer", self.name()))
    }

    fn name(&self) -> &str {
        self.url.path().trim_start_matches('/')
    }

    pub async fn create(&self, admin: &mut PgConnection) -> Result<()> {
        let sql = format!("create database {} template template0", self.name());
        let created = admin.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await;
        created.context("The scratch database can't be made. A drill needs a role that may create databases.")?;
        Ok(())
    }

    pub async fn drop(&self, admin: &mut PgConnection) -> Result<()> {
        let sql = format!("drop database if exists {} with (force)", self.name());
        admin.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.context("The scratch database can't be dropped.")?;
        Ok(())
    }

    /// The variables that libpq reads.
    fn environment(&self) -> Vec<(&'static str, String)> {
        let read = |text: &str| crate::forms::decode(text.as_bytes(), false).unwrap_or_default();
        let mut variables = vec![("PGDATABASE", read(self.name())), ("PGCONNECT_TIMEOUT", "10".into())];
        let mut set = |name, value: String| {
            if !value.is_empty() {
                variables.push((name, value));
            }
        };
        set("PGHOST", read(self.url.host_str().unwrap_or_default()));
        set("PGPORT", self.url.port().map(|port| port.to_string()).unwrap_or_default());
        set("PGUSER", read(self.url.username()));
        set("PGPASSWORD", read(self.url.password().unwrap_or_default()));
        for (name, value) in self.url.query_pairs() {
            match &*name {
                "host" => set("PGHOST", value.into()),
                "port" => set("PGPORT", value.into()),
                "user" => set("PGUSER", value.into()),
                "password" => set("PGPASSWORD", value.into()),
                "sslmode" => set("PGSSLMODE", value.into()),
                "sslrootcert" => set("PGSSLROOTCERT", value.into()),
                _ => {}
            }
        }
        variables
    }
}

/// Where pg_dump and pg_restore lie.
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// Those of the newest PostgreSQL here: older programs can't read newer servers.
    ///
    /// # Errors
    /// When the machine has none.
    pub fn find() -> Result<Programs> {
        let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let mut versions: Vec<(u32, PathBuf)> = debian
            .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
            .collect();
        versions.sort();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folders = versions.into_iter().rev().map(|(_, folder)| folder).chain(std::env::split_paths(&path));
        match folders.find(|folder| folder.join("pg_dump").is_file() && folder.join("pg_restore").is_file()) {
            Some(folder) => Ok(Programs { folder }),
            None => bail!("pg_dump and pg_restore are missing here. They come with PostgreSQL's client programs."),
        }
    }

    /// Writes the database as the snapshot sees it.
    pub async fn dump(&self, server: &Server, snapshot: &str, into: &Path) -> Result<()> {
        let mut command = self.command("pg_dump", server);
        command.args(["--format=directory", "--compress=1", "--jobs", JOBS, "--snapshot", snapshot, "--file"]);
        run(command.arg(into), "pg_dump").await
    }

    /// Fills an empty database. Owners and rights are those of whoever restores; `app migrate` grants them anew.
    pub async fn restore(&self, server: &Server, from: &Path) -> Result<()> {
        let mut command = self.command("pg_restore", server);
        command.args(["--exit-on-error", "--no-owner", "--no-acl", "--jobs", JOBS, "--dbname", server.name()]);
        run(command.arg(from), "pg_restore").await
    }

    fn command(&self, program: &str, server: &Server) -> Command {
        let mut command = Command::new(self.folder.join(program));
        command.envs(server.environment()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command.kill_on_drop(true);
        command
    }
}

async fn run(command: &mut Command, program: &str) -> Result<()> {
    let output = command.output().await.with_context(|| format!("{program} can't be started"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    bail!("{program} stopped: {}", said.trim().lines().last().unwrap_or("without a word"))
}
