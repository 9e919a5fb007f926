//! What the worker is told by its environment, checked before anything starts.

use anyhow::{Context, Result, bail};
use models::audit::anchor;
use models::documents::Store;
use models::secrets::{self, Secret};
use models::tls::Tls;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// How the worker works. `Config::from_env` is what the process uses; tests make their own.
#[derive(Clone)]
pub struct Config {
    /// DATABASE_URL, or DATABASE_URL_FILE with its path.
    pub database_url: Secret,
    /// REDIS_URL or REDIS_URL_FILE; none only when POLL_ONLY is set.
    pub redis_url: Option<Secret>,
    /// DATABASE_CA_FILE and REDIS_CA_FILE.
    pub tls: Tls,
    /// CONCURRENCY: jobs at a time, 1 to 64, over all queues.
    pub concurrency: usize,
    /// QUEUES: names of the queues it serves, with commas between them; empty: all.
    pub queues: Vec<String>,
    /// QUEUE_PREFIX: first part of every key in Redis.
    pub prefix: String,
    /// How long a job stays ours without a renewal; renewed every third of it. LEASE_SECONDS, 3 to 300.
    pub lease: Duration,
    /// STORAGE_DIR: the folder for the anchor, and for documents when no bucket is named.
    pub storage: PathBuf,
    /// Where the documents of orders lie: there, or in FILES_S3_BUCKET; the same as the web process has.
    pub files: Store,
    /// AUDIT_ANCHOR: the file that says, outside the database, where the audit trail ended; audit-anchor.jsonl in the
    /// storage folder unless told.
    pub anchor: Option<PathBuf>,
    /// How long running jobs may go on after the worker was told to stop.
    pub drain: Duration,
    /// Without a sign of life for this long the process ends, for its supervisor to start a new one. WATCHDOG_SECONDS,
    /// 5 to 300.
    pub silence: Duration,
}

/// How it logs: known before the first line is written.
#[derive(Debug, Clone)]
pub struct Logging {
    /// LOG: "info", or a filter such as "info,worker=debug".
    pub filter: String,
    /// LOG_FORMAT: text or json.
    pub json: bool,
}

impl Config {
    /// As it works when nothing else is said: two jobs at a time, of all queues.
    pub fn new(database_url: String, redis_url: Option<String>, prefix: String) -> Config {
        let seconds = Duration::from_secs;
        let (lease, drain, silence) = (seconds(15), seconds(20), seconds(30));
        let storage = PathBuf::from(".private/storage");
        let files = Store::new(&storage);
        let (database_url, redis_url) = (database_url.into(), redis_url.map(Secret::new));
        let (tls, concurrency, queues, anchor) = (Tls::default(), 2, Vec::new(), None);
        Config {
            database_url,
            redis_url,
            tls,
            concurrency,
            queues,
            prefix,
            lease,
            storage,
            files,
            anchor,
            drain,
            silence,
        }
    }

    pub fn from_env() -> Result<Config> {
        let poll_only = flag("POLL_ONLY")?;
        let redis_url = match secret("REDIS_URL")? {
            _ if poll_only => None,
            None => bail!("REDIS_URL is not set. Set it, or POLL_ONLY=1 to work without Redis."),
            url => url,
        };
        // What these say of an address they can't read may quote it.
        if redis_url.as_ref().is_some_and(|url| redis::Client::open(url.reveal()).is_err()) {
            bail!("REDIS_URL is not the address of a Redis.");
        }
        let database_url = secret("DATABASE_URL")?.context("DATABASE_URL is not set.")?;
        if sqlx::postgres::PgConnectOptions::from_str(database_url.reveal()).is_err() {
            bail!("DATABASE_URL is not the address of a PostgreSQL database.");
        }
        let prefix = variable("QUEUE_PREFIX").unwrap_or_else(|| "torvan".into());
        if !prefix.chars().all(|c| c.is_ascii_alphanumeric() || "_-:".contains(c)) {
            bail!("QUEUE_PREFIX is {prefix:?}; letters, digits, _, - and : are allowed.");
        }
        let queues = variable("QUEUES").unwrap_or_default();
        let config = Config::new(String::new(), None, prefix);
        let storage = variable("STORAGE_DIR").map_or(config.storage.clone(), PathBuf::from);
        let config = Config {
            tls: safe_way(&database_url, redis_url.as_ref())?,
            database_url,
            redis_url,
            concurrency: number("CONCURRENCY", 2, 1, 64)? as usize,
            queues: queues.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect(),
            lease: Duration::from_secs(number("LEASE_SECONDS", 15, 3, 300)?),
            silence: Duration::from_secs(number("WATCHDOG_SECONDS", 30, 5, 300)?),
            anchor: variable("AUDIT_ANCHOR").map(PathBuf::from),
            files: files(&storage)?,
            storage,
            ..config
        };
        config.refuse_a_reachable_anchor()?;
        Ok(config)
    }

    /// Production notes where its audit trail ended out of reach of whoever can rewrite it.
    fn refuse_a_reachable_anchor(&self) -> Result<()> {
        if variable("ENVIRONMENT").as_deref() != Some("production") {
            return Ok(());
        }
        anchor::place(self.anchor.as_deref(), &self.storage).map_err(anyhow::Error::msg)?;
        anchor::writable(&self.anchor()).map_err(anyhow::Error::msg)
    }

    /// Where the audit trail's anchor is.
    pub fn anchor(&self) -> PathBuf {
        self.anchor.clone().unwrap_or_else(|| self.storage.join("audit-anchor.jsonl"))
    }

    /// Which kind of waiting for work this is, for the first line of the log.
    pub fn poll_only(&self) -> bool {
        self.redis_url.is_none()
    }
}

impl Logging {
    pub fn from_env() -> Result<Logging> {
        let json = match variable("LOG_FORMAT").as_deref() {
            None | Some("text") => false,
            Some("json") => true,
            Some(other) => bail!("LOG_FORMAT is {other:?}; it is text or json."),
        };
        Ok(Logging { filter: variable("LOG").unwrap_or_else(|| "info".into()), json })
    }
}

/// Production reaches its servers over TLS with certificates that are checked, or not over a network.
fn safe_way(database: &Secret, redis: Option<&Secret>) -> Result<Tls> {
    let tls = Tls::read(&secrets::environment()).map_err(anyhow::Error::msg)?;
    if variable("ENVIRONMENT").as_deref() == Some("production") {
        let ways = [Some(tls.postgres(database)), redis.map(|url| tls.redis(url))];
        let wrong: Vec<String> = ways.into_iter().flatten().filter_map(Result::err).collect();
        if !wrong.is_empty() {
            bail!("{}", wrong.join("\n"));
        }
    }
    Ok(tls)
}

/// Where the documents are. In production they cross a network only where nobody can read them.
fn files(storage: &Path) -> Result<Store> {
    let files = Store::read(&secrets::environment(), storage).map_err(anyhow::Error::msg)?;
    if variable("ENVIRONMENT").as_deref() == Some("production") {
        files.way().map_err(anyhow::Error::msg)?;
    }
    Ok(files)
}

/// A secret setting, which no line of the log shows from now on.
fn secret(name: &str) -> Result<Option<Secret>> {
    let found = secrets::setting(&secrets::environment(), name).map_err(anyhow::Error::msg)?;
    found.iter().for_each(models::log::never_show);
    Ok(found)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn flag(name: &str) -> Result<bool> {
    match variable(name).as_deref() {
        None | Some("0" | "false") => Ok(false),
        Some("1" | "true") => Ok(true),
        Some(other) => bail!("{name} is {other:?}; it is 1 or 0."),
    }
}

fn number(name: &str, default: u64, low: u64, high: u64) -> Result<u64> {
    let Some(value) = variable(name) else { return Ok(default) };
    match value.parse() {
        Ok(number) if (low..=high).contains(&number) => Ok(number),
        _ => bail!("{name} is {value:?}; it is a whole number from {low} to {high}."),
    }
}
