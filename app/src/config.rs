//! Settings, all from the environment, checked before anything starts. Every complaint names the variable.

use crate::limits;
use anyhow::{Context, Result, bail};
use models::{documents::Store, log, secrets, tls::Tls, users::passkeys::Site};
use std::{collections::HashMap, fs, net::SocketAddr, path::PathBuf, time::Duration};

pub use models::secrets::Secret;
pub use proxies::{Network, visitor};

pub mod company;
pub mod named;
mod proxies;

/// Everything the web process can be told from outside.
#[derive(Clone)]
pub struct Config {
    pub database_url: Secret,
    pub redis_url: Secret,
    pub tls: Tls,
    pub listen: SocketAddr,
    /// The one name people open this site by, `https://torvan.example`. Passkeys hold for it alone; without it there are
    /// none.
    pub public_address: Option<String>,
    /// The folder of this installation: for uploaded documents when no bucket is named.
    pub storage: PathBuf,
    /// Where uploaded documents lie.
    pub files: Store,
    pub session_key: SessionKey,
    pub environment: Environment,
    /// `Secure` and `__Host-` on the cookies. Only development may switch it off.
    pub secure_cookies: bool,
    pub trusted_proxies: Vec<Network>,
    pub log: String,
    pub log_format: LogFormat,
    pub connections: usize,
    pub connections_per_peer: usize,
    pub pool: u32,
    /// What everybody may ask for in a minute, in percent of the table in `budgets.rs`.
    pub budget_percent: u32,
    /// How long an open stream can outlive its session or its permissions.
    pub stream_recheck: Duration,
    /// How long somebody may take an answer slower than the slowest line before the connection is cut.
    pub reader_patience: Duration,
    /// Whose clock want dates and times go by.
    pub time_zone: String,
    /// Where the company logs in, if it is told.
    pub company: Option<company::Provider>,
    /// The site's list of passwords that were stolen somewhere, if it has one.
    pub breached_passwords: Option<PathBuf>,
    /// Where the worker notes, outside the database, where the audit trail ended.
    pub audit_anchor: Option<PathBuf>,
}

/// A bench tablet's own cookie. It says where somebody is, never who.
pub const STATION_COOKIE: &str = "station";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    Development,
    Production,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// Signs what an anonymous visitor carries. 32 bytes.
#[derive(Clone)]
pub struct SessionKey([u8; 32]);

impl SessionKey {
    pub fn new(bytes: [u8; 32]) -> SessionKey {
        SessionKey(bytes)
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Config {
    pub fn from_env() -> Result<Config> {
        Config::read(&secrets::environment())
    }

    /// Reads the settings out of `vars`. Production asks for more than development.
    pub fn read(vars: &HashMap<String, String>) -> Result<Config> {
        let get = |name: &str| vars.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
        let environment = match get("ENVIRONMENT").unwrap_or("development") {
            "development" => Environment::Development,
            "production" => Environment::Production,
            other => bail!("ENVIRONMENT is {other:?}. It is development or production."),
        };
        let secure_cookies = match (get("INSECURE_COOKIES"), environment) {
            (None, Environment::Production) => true,
            (Some("yes") | None, Environment::Development) => false,
            (Some("no"), _) => true,
            (Some(other), Environment::Production) => {
                bail!(
                    "INSECURE_COOKIES is {other:?}. Production serves over TLS and its cookies stay secure: leave it unset."
                )
            }
            (Some(other), _) => bail!("INSECURE_COOKIES is {other:?}. It is yes or no, and only for development."),
        };
        let storage = get("STORAGE_DIR");
        if environment == Environment::Production && storage.is_none() && get("FILES_S3_BUCKET").is_none() {
            bail!("STORAGE_DIR is not set. Name a folder for uploaded documents that is backed up with the database.");
        }
        let listen = get("LISTEN").unwrap_or("127.0.0.1:8080");
        let listen: SocketAddr = parse(listen, "LISTEN", "an address and a port, like 127.0.0.1:8080")?;
        let storage = PathBuf::from(storage.unwrap_or(".private/storage"));
        Ok(Config {
            database_url: address(vars, "DATABASE_URL", &["postgres", "postgresql"])?,
            redis_url: address(vars, "REDIS_URL", &["redis", "rediss", "unix", "redis+unix"])?,
            tls: Tls::read(vars).map_err(anyhow::Error::msg)?,
            public_address: public_address(get("PUBLIC_ADDRESS"), environment, listen)?,
            listen,
            files: Store::read(vars, &storage).map_err(anyhow::Error::msg)?,
            storage,
            session_key: session_key(vars, environment)?,
            environment,
            secure_cookies,
            trusted_proxies: Network::parse_list(get("TRUSTED_PROXIES").unwrap_or_default())?,
            log: get("LOG").unwrap_or("info").into(),
            log_format: match get("LOG_FORMAT").unwrap_or("text") {
                "text" => LogFormat::Text,
                "json" => LogFormat::Json,
                other => bail!("LOG_FORMAT is {other:?}. It is text or json."),
            },
            connections: count(get("MAX_CONNECTIONS"), "MAX_CONNECTIONS", limits::CONNECTIONS)?,
            connections_per_peer: count(
                get("MAX_CONNECTIONS_PER_PEER"),
                "MAX_CONNECTIONS_PER_PEER",
                limits::CONNECTIONS_PER_PEER,
            )?,
            time_zone: get("TIME_ZONE").unwrap_or("America/Toronto").into(),
            budget_percent: count(get("REQUEST_BUDGET"), "REQUEST_BUDGET", 100)? as u32,
            company: company::Provider::read(vars, environment == Environment::Production)?,
            breached_passwords: get("BREACHED_PASSWORDS").map(PathBuf::from),
            audit_anchor: get("AUDIT_ANCHOR").map(PathBuf::from),
            stream_recheck: seconds(get("STREAM_RECHECK_SECONDS"), "STREAM_RECHECK_SECONDS", limits::SESSION_RECHECK)?,
            reader_patience: seconds(
                get("READER_PATIENCE_SECONDS"),
                "READER_PATIENCE_SECONDS",
                limits::READER_PATIENCE,
            )?,
            pool: count(get("DATABASE_POOL"), "DATABASE_POOL", limits::POOL as usize)? as u32,
        })
    }

    pub fn is_production(&self) -> bool {
        self.environment == Environment::Production
    }
}

/// Development is opened on its own machine by default; production says how it is called.
fn public_address(told: Option<&str>, environment: Environment, listen: SocketAddr) -> Result<Option<String>> {
    let Some(told) = told else {
        let here = || format!("http://localhost:{}", listen.port());
        return Ok((environment == Environment::Development).then(here));
    };
    let site = Site::new(told).map_err(|right| anyhow::anyhow!("PUBLIC_ADDRESS is {told:?}. {right}"))?;
    if environment == Environment::Production && site.address().starts_with("http:") {
        bail!("PUBLIC_ADDRESS is {told:?}. Production serves over TLS: it should start with https://.");
    }
    Ok(Some(site.address().to_owned()))
}

fn parse<T: std::str::FromStr>(value: &str, name: &str, right: &str) -> Result<T> {
    value.parse().ok().with_context(|| format!("{name} is {value:?}. It should be {right}."))
}

fn count(value: Option<&str>, name: &str, otherwise: usize) -> Result<usize> {
    let Some(value) = value else { return Ok(otherwise) };
    let number: usize = parse(value, name, "a number from 1 to 10000")?;
    if !(1..=10_000).contains(&number) {
        bail!("{name} is {number}. It should be a number from 1 to 10000.");
    }
    Ok(number)
}

/// At most a minute: so long a permission that was taken may still be heard by (ASVS 8.3.2), and a connection be held.
fn seconds(value: Option<&str>, name: &str, otherwise: Duration) -> Result<Duration> {
    let Some(value) = value else { return Ok(otherwise) };
    let right = "a number of seconds from 1 to 60";
    let seconds: u64 = parse(value, name, right)?;
    if !(1..=60).contains(&seconds) {
        bail!("{name} is {seconds}. It should be {right}.");
    }
    Ok(Duration::from_secs(seconds))
}

/// The address of a server, from the environment or a file. Its text may hold a password, so complaints quote the
/// scheme only, and no line of the log shows it.
pub fn address(vars: &HashMap<String, String>, name: &str, schemes: &[&str]) -> Result<Secret> {
    let right = schemes[0];
    let value = secret(vars, name)?;
    let value = value.with_context(|| format!("{name} is not set. It should look like {right}://user@host/name."))?;
    let (scheme, rest) = value.reveal().split_once("://").unwrap_or_default();
    if !schemes.contains(&scheme) || rest.is_empty() {
        let scheme = if scheme.len() < 16 { scheme } else { "" };
        bail!("{name} starts with {scheme:?}. It should start with {right}://.");
    }
    Ok(value)
}

/// A secret setting, which no line of the log shows from now on.
fn secret(vars: &HashMap<String, String>, name: &str) -> Result<Option<Secret>> {
    let found = secrets::setting(vars, name).map_err(anyhow::Error::msg)?;
    found.iter().for_each(log::never_show);
    Ok(found)
}

/// 64 hex digits from the environment or a file. Development makes its own and keeps it.
fn session_key(vars: &HashMap<String, String>, environment: Environment) -> Result<SessionKey> {
    let text = match secret(vars, "SESSION_KEY")? {
        Some(key) => key,
        None if environment == Environment::Production => {
            bail!("SESSION_KEY is not set. It should be 64 hex digits, made by: openssl rand -hex 32")
        }
        None => development_key()?.into(),
    };
    let mut key = [0; 32];
    hex::decode_to_slice(text.reveal().trim(), &mut key)
        .ok()
        .context("SESSION_KEY is not 64 hex digits. Make one with: openssl rand -hex 32")?;
    let mut bytes = key.to_vec();
    bytes.sort_unstable();
    bytes.dedup();
    if bytes.len() < 8 {
        bail!("SESSION_KEY repeats itself. Make one with: openssl rand -hex 32");
    }
    Ok(SessionKey(key))
}

fn development_key() -> Result<String> {
    let path = PathBuf::from(".private/session.key");
    if let Ok(kept) = fs::read_to_string(&path) {
        return Ok(kept);
    }
    let key = hex::encode(models::sessions::random()?);
    fs::create_dir_all(".private").context("The folder .private can't be made here.")?;
    fs::write(&path, &key).context("The file .private/session.key can't be written.")?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vars(extra: &[(&str, &str)]) -> HashMap<String, String> {
        let key = "0123456789abcdef".repeat(4);
        [
            ("DATABASE_URL", "postgres://torvan@db/torvan"),
            ("REDIS_URL", "redis://queue/0"),
            ("SESSION_KEY", key.as_str()),
        ]
        .iter()
        .chain(extra)
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect()
    }

    fn complaint(extra: &[(&str, &str)]) -> String {
        match Config::read(&vars(extra)) {
            Ok(_) => "none".into(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_wrong_setting_is_named_with_what_would_be_right() {
        assert_eq!(
            complaint(&[("LISTEN", "8080")]),
            "LISTEN is \"8080\". It should be an address and a port, like 127.0.0.1:8080."
        );
        assert_eq!(complaint(&[("ENVIRONMENT", "prod")]), "ENVIRONMENT is \"prod\". It is development or production.");
        assert!(complaint(&[("STREAM_RECHECK_SECONDS", "61")]).ends_with("a number of seconds from 1 to 60."));
        assert!(complaint(&[("PUBLIC_ADDRESS", "https://10.0.0.7")]).contains("one name people open this site by"));
        assert!(complaint(&[("SESSION_KEY", "secret")]).starts_with("SESSION_KEY is not 64 hex digits."));
        assert!(complaint(&[("DATABASE_URL", "")]).starts_with("DATABASE_URL is not set."));
        assert!(!complaint(&[("DATABASE_URL", "mysql://me:hunter2@db/x")]).contains("hunter2"));
    }

    #[test]
    fn production_refuses_what_only_suits_development() {
        let production = [("ENVIRONMENT", "production"), ("STORAGE_DIR", "/srv/torvan")];
        assert!(Config::read(&vars(&production)).is_ok_and(|config| config.secure_cookies));

        assert!(complaint(&[production[0]]).starts_with("STORAGE_DIR is not set."));
        let unsafe_place = [production[0], production[1], ("PUBLIC_ADDRESS", "http://localhost")];
        assert!(complaint(&unsafe_place).contains("it should start with https://"));
        assert!(complaint(&[production[0], production[1], ("SESSION_KEY", "")]).starts_with("SESSION_KEY is not set."));
        assert!(
            complaint(&[production[0], production[1], ("INSECURE_COOKIES", "yes")]).starts_with("INSECURE_COOKIES")
        );
    }
}
