//! What only matters where real orders are: nothing that suits development may be left over.

use super::Found;
use crate::{App, config::Config, limits};
use anyhow::{Result, bail, ensure};
use std::{os::unix::fs::PermissionsExt, path::Path, time::Duration};

/// How far the clocks of this machine and of PostgreSQL may be apart.
const APART: Duration = Duration::from_secs(2);
/// Connections of one web process beside its pool: reserve, live updates, pulse.
const BESIDE: u32 = limits::RESERVE + 2;
/// Connections that stay free for administrators and backups.
const SPARE: i64 = 10;

/// What the settings alone tell.
pub fn settings(config: &Config) -> Vec<Found> {
    vec![
        ("cookies", cookies(config)),
        ("log", log(config)),
        ("place of documents", place(&config.storage)),
        ("way to the documents", config.files.way().map_err(anyhow::Error::msg)),
        ("way to PostgreSQL", config.tls.postgres(&config.database_url).map_err(anyhow::Error::msg)),
        ("way to Redis", config.tls.redis(&config.redis_url).map_err(anyhow::Error::msg)),
        ("clock of this machine", synchronised()),
    ]
}

/// What the servers tell.
pub async fn servers(app: &App) -> Vec<Found> {
    vec![
        ("database role", role(app).await),
        ("durability", durability(app).await),
        ("connections", connections(app).await),
        ("clock of PostgreSQL", clock(app).await),
        ("accounts", accounts(app).await),
    ]
}

fn cookies(config: &Config) -> Result<String> {
    ensure!(config.secure_cookies, "They would be sent without TLS. Leave INSECURE_COOKIES unset.");
    Ok("sent over TLS only".into())
}

fn log(config: &Config) -> Result<String> {
    let is_loud = ["debug", "trace"].iter().any(|level| config.log.to_lowercase().contains(level));
    ensure!(
        !is_loud,
        "LOG is {:?}. In production it should be info or less: lower levels quote what people typed.",
        config.log
    );
    Ok(config.log.clone())
}

/// Not where a web server in front may hand out files, and not readable by everybody.
fn place(storage: &Path) -> Result<String> {
    let whole = storage.canonicalize().unwrap_or_else(|_| storage.to_owned());
    let served = ["assets", "static", "public", "www", "htdocs"];
    let is_served = whole.iter().any(|part| served.iter().any(|name| part.eq_ignore_ascii_case(name)));
    ensure!(!is_served, "STORAGE_DIR is {whole:?}, inside a folder that web servers hand out. Name another one.");
    let mode = std::fs::metadata(&whole).map(|about| about.permissions().mode() & 0o007).unwrap_or_default();
    ensure!(
        mode & 0o002 == 0,
        "STORAGE_DIR is {whole:?}, where everybody on this machine may write. Run: chmod 750 {}",
        whole.display()
    );
    Ok(whole.display().to_string())
}

/// Whether the kernel says that something keeps its clock right; many containers can't tell.
fn synchronised() -> Result<String> {
    if Path::new("/run/systemd/timesync/synchronized").exists() {
        return Ok("kept right by systemd-timesyncd".into());
    }
    Ok("nothing says whether it is kept right; it is compared with PostgreSQL's".into())
}

/// The role of the pages adds to the audit trail and never changes it (21 CFR 11.10(e)).
async fn role(app: &App) -> Result<String> {
    let powers = models::database_roles::powers(&app.db).await?;
    let right = models::database_roles::WEB;
    ensure!(
        powers.is_empty(),
        "{}. Serve as {right}, which may only add to the audit trail and read it.",
        powers.join(", ")
    );
    Ok("adds to the audit trail and cannot change it".into())
}

/// What was answered must survive a power cut (promise P1).
async fn durability(app: &App) -> Result<String> {
    for name in ["fsync", "full_page_writes", "synchronous_commit"] {
        let value: String = sqlx::query_scalar("select current_setting($1)").bind(name).fetch_one(&app.db).await?;
        ensure!(
            value != "off",
            "{name} is off in PostgreSQL. It should be on, or orders that were answered could be lost."
        );
    }
    Ok("what is answered survives a power cut".into())
}

async fn connections(app: &App) -> Result<String> {
    let most: i64 = sqlx::query_scalar(
        "select current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint",
    )
    .fetch_one(&app.db)
    .await?;
    let ours = i64::from(app.config.pool + BESIDE);
    if ours > most - SPARE {
        bail!(
            "DATABASE_POOL is {}, so this process takes up to {ours} connections; PostgreSQL has {most} and {SPARE} stay free.",
            app.config.pool
        );
    }
    Ok(format!("up to {ours} of {most}"))
}

async fn clock(app: &App) -> Result<String> {
    let theirs: chrono::DateTime<chrono::Utc> =
        sqlx::query_scalar("select clock_timestamp()").fetch_one(&app.db).await?;
    let apart = (chrono::Utc::now() - theirs).abs().to_std().unwrap_or_default();
    ensure!(
        apart <= APART,
        "This machine's clock and PostgreSQL's are {} s apart. Let both follow one time server.",
        apart.as_secs()
    );
    Ok("agrees with this machine's".into())
}

/// Accounts of the demo data have a password that everybody knows.
async fn accounts(app: &App) -> Result<String> {
    let demo: i64 =
        sqlx::query_scalar("select count(*) from users where email like '%@demo.torvan.example' and is_active")
            .fetch_one(&app.db)
            .await?;
    ensure!(
        demo == 0,
        "{demo} accounts of the demo data can log in, with a password that everybody knows. Disable them, or start with an empty database."
    );
    Ok("none of the demo data".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_never_lie_where_a_web_server_hands_them_out() {
        assert!(place(Path::new("/srv/torvan/assets/documents")).is_err());
        assert!(place(Path::new("/var/www/torvan")).is_err());
        assert!(place(Path::new("/srv/torvan/documents")).is_ok());
    }
}
