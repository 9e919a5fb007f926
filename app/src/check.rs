//! `app check`: says whether this installation can run, before it does.

use crate::{App, commands, config::Config, health, limits};
use anyhow::{Result, bail};
use models::audit::anchor;
use std::{sync::Arc, time::Duration};

mod production;

/// For PostgreSQL to answer before a process starts without having looked.
const PATIENCE: Duration = Duration::from_secs(5);

/// PostgreSQL before this version lacks what the migrations use.
const OLDEST_POSTGRESQL: u32 = 15;

/// What was looked at and how it was found.
type Found = (&'static str, Result<String>);

/// Looks at the settings and the servers behind them, and prints a line for each.
///
/// # Errors
/// When something has to change before the process may serve.
pub async fn run(config: Config) -> Result<()> {
    let app = commands::app(config)?;
    let mut problems = 0;
    for (what, found) in everything(&app).await {
        match found {
            Ok(words) => println!("fine    {what}: {words}"),
            Err(error) => {
                problems += 1;
                println!("WRONG   {what}: {error:#}");
            }
        }
    }
    if problems > 0 {
        bail!("{problems} of these have to change first.");
    }
    Ok(())
}

async fn everything(app: &Arc<App>) -> Vec<Found> {
    let routes = || format!("{} of them, each with its permission", crate::routes::all().rules().count());
    let mut found = vec![
        ("settings", settings(&app.config)),
        ("documents", documents(&app.config).await),
        ("passwords", passwords(&app.config)),
        ("passkeys", passkeys(app)),
        ("routes", app.endpoint().map(|_| routes())),
        ("company account", company(app).await),
        ("PostgreSQL", postgresql(&app.db, app.config.is_production()).await),
        ("Redis", redis(app).await),
    ];
    if app.config.is_production() {
        found.extend(production::settings(&app.config));
        found.extend(production::servers(app).await);
    }
    found.push(("anchor of the audit trail", anchor(&app.config)));
    found
}

/// What must be right before a process may serve in production, all of it at once. What lies in a server that is away
/// can't be judged and holds nothing up: pages say that we are away.
///
/// # Errors
/// With a line for each finding.
pub async fn before_serving(app: &Arc<App>) -> Result<()> {
    if !app.config.is_production() {
        return Ok(());
    }
    let mut found = vec![("settings", settings(&app.config)), ("documents", documents(&app.config).await)];
    found.extend(production::settings(&app.config));
    match tokio::time::timeout(PATIENCE, sqlx::query("select 1").execute(&app.db)).await {
        Ok(Ok(_)) => found.extend(production::servers(app).await),
        _ => tracing::warn!("PostgreSQL is away: whether it is safe to serve from it was not checked"),
    }
    if health::redis(app).await.is_ok() {
        found.push(("Redis", redis(app).await));
    }
    let wrong: Vec<String> =
        found.into_iter().filter_map(|(what, found)| Some(format!("{what}: {:#}", found.err()?))).collect();
    if !wrong.is_empty() {
        bail!("This is not safe to serve. app check says the same.\n{}", wrong.join("\n"));
    }
    Ok(())
}

fn settings(config: &Config) -> Result<String> {
    if config.is_production() && config.listen.ip().is_unspecified() && config.trusted_proxies.is_empty() {
        bail!(
            "LISTEN is {} and TRUSTED_PROXIES is empty. Without TLS in front, listen on an inner address and name the proxy.",
            config.listen
        );
    }
    Ok(if config.is_production() { "production, cookies only over TLS".into() } else { "development".into() })
}

/// Where the audit trail's end is noted. The worker writes it; whoever runs this should be that user.
fn anchor(config: &Config) -> Result<String> {
    let place = anchor::place(config.audit_anchor.as_deref(), &config.storage).map_err(anyhow::Error::msg);
    match (place, &config.audit_anchor) {
        (Ok(place), Some(path)) => anchor::writable(path).map(|()| place).map_err(anyhow::Error::msg),
        (Err(wrong), _) if config.is_production() => Err(wrong),
        _ => Ok("beside the documents, which is good enough for development".into()),
    }
}

fn passwords(config: &Config) -> Result<String> {
    Ok(match crate::serve::passwords_of_elsewhere(config)? {
        Some(lines) => format!("a list of {lines} stolen ones is refused besides the expected ones"),
        None => "expected ones are refused; BREACHED_PASSWORDS names no list".into(),
    })
}

/// The provider, asked what it is. Whether groups give roles is the administrators' business.
async fn company(app: &App) -> Result<String> {
    let Some(company) = &app.company else { return Ok("not set up; everybody logs in with a password".into()) };
    let issuer = &company.settings.issuer;
    match company.metadata().await {
        Ok(_) => Ok(format!("{issuer} answers; the way back is {}", company.settings.redirect)),
        Err(away) => bail!("OIDC_ISSUER is {issuer}. It does not say what it is: {away}."),
    }
}

/// A wrong address was refused when the settings were read.
fn passkeys(app: &App) -> Result<String> {
    Ok(match &app.passkeys {
        Some(site) => format!("hold for {} and for no other name", site.address()),
        None => "off. PUBLIC_ADDRESS names no https:// address; people log in with passwords and codes".into(),
    })
}

/// Whether a document can be written, read and removed.
async fn documents(config: &Config) -> Result<String> {
    let name = config.files.name();
    config.files.try_out().await.map_err(|why| anyhow::anyhow!("{name} {why}."))?;
    Ok(format!("{name}, written, read and removed"))
}

async fn postgresql(db: &sqlx::PgPool, is_production: bool) -> Result<String> {
    let away = |error| anyhow::anyhow!("DATABASE_URL names a server that does not answer: {error}.");
    let version: String = sqlx::query_scalar("show server_version_num").fetch_one(db).await.map_err(away)?;
    let major = version.parse::<u32>().unwrap_or_default() / 10_000;
    if major < OLDEST_POSTGRESQL {
        bail!("version {major}. It should be {OLDEST_POSTGRESQL} or newer.");
    }
    let found = models::health::database(db).await?;
    if !found.is_current {
        bail!("version {}, but migrations are missing. Run: app migrate", found.version);
    }
    let powers = models::database_roles::powers(db).await?;
    if is_production && !powers.is_empty() {
        bail!(
            "{}. The audit trail must be out of reach of what serves strangers: log in as {}, see app migrate.",
            powers.join(", "),
            models::database_roles::WEB
        );
    }
    let zone: String = sqlx::query_scalar("show timezone").fetch_one(db).await?;
    Ok(format!("version {}, migrated, time zone {zone}", found.version))
}

async fn redis(app: &crate::App) -> Result<String> {
    let took = health::redis(app).await.map_err(|_| {
        anyhow::anyhow!("REDIS_URL names a server that does not answer within {} ms.", limits::REDIS.as_millis())
    })?;
    let mut connection = app.redis.get_multiplexed_async_connection().await?;
    let asked =
        redis::cmd("CONFIG").arg("GET").arg("maxmemory-policy").query_async::<Vec<String>>(&mut connection).await;
    match asked.as_deref() {
        Ok([_, policy]) if policy != "noeviction" => {
            bail!("maxmemory-policy is {policy}. It should be noeviction, or waiting jobs could be thrown away.")
        }
        Ok(_) => Ok(format!("answers in {} ms, keeps everything", took.as_millis())),
        // Some providers don't let anybody ask; the ledger in PostgreSQL survives a loss anyway.
        Err(_) => Ok(format!("answers in {} ms; whether it evicts can't be asked", took.as_millis())),
    }
}
