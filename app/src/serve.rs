//! The running server: log, socket, and an orderly end.

use crate::{
    App, check, commands,
    config::{Config, LogFormat},
    limits,
    listener::Door,
    pulse,
};
use anyhow::{Context, Result, bail};
use models::{
    log::{self, Log},
    users::passwords::breached,
};
use poem::Server;
use std::{io::IsTerminal, sync::Arc};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// How a process ends that was not given the time to finish.
const TOLD_TWICE: i32 = 3;

/// Serves until SIGTERM or Ctrl-C, then lets running requests finish.
///
/// # Errors
/// When the settings contradict themselves or nothing can listen; then nothing has started. And when the pool of
/// connections is lost for good, so that a supervisor starts a new process.
pub async fn run(config: Config) -> Result<()> {
    start_log(&config)?;
    passwords_of_elsewhere(&config)?;
    let app = commands::app(config)?;
    check::before_serving(&app).await?;
    let endpoint = app.endpoint()?;
    let door = Door::open(&app.config, app.turns.clone()).await?;
    let stop = stop_signal(app.clone())?;
    app.start();
    let server = Server::new_with_acceptor(door).name("torvan").idle_timeout(limits::IDLE_CONNECTION);
    server.run_with_graceful_shutdown(endpoint, stop, Some(limits::DRAIN)).await?;
    pulse::close(&app.db).await;
    log::finish();
    if app.pulse.unfit.is_cancelled() {
        bail!("The connections to PostgreSQL were lost for good. A new process can make new ones.");
    }
    Ok(())
}

/// Takes the site's list of stolen passwords into use, if there is one; how many lines it has.
///
/// # Errors
/// When the file can't be read or is too long: a site that named one relies on it.
pub fn passwords_of_elsewhere(config: &Config) -> Result<Option<u64>> {
    let Some(list) = &config.breached_passwords else { return Ok(None) };
    let lines = breached::use_list(list).map_err(anyhow::Error::msg)?;
    tracing::info!(lines, "a list of stolen passwords is in use");
    Ok(Some(lines))
}

/// TERM or INT: finish and stop. A second one: stop now. HUP, of a closed terminal, is nothing to us.
fn stop_signal(app: Arc<App>) -> Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move { while hangup.recv().await.is_some() {} });
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = app.pulse.unfit.cancelled() => {}
        }
        tracing::info!("stopping: not ready any more, streams close");
        app.stopping.cancel();
        tokio::spawn(async move {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
            tracing::warn!("told twice to stop: stopping now, in the middle of whatever runs");
            log::finish();
            std::process::exit(TOLD_TWICE);
        });
        if app.config.is_production() {
            tokio::time::sleep(limits::NOTICE).await;
        }
    })
}

fn start_log(config: &Config) -> Result<()> {
    let filter = EnvFilter::try_new(&config.log)
        .with_context(|| format!("LOG is {:?}. It should be a level or a list like info,sqlx=warn.", config.log))?;
    let is_json = config.log_format == LogFormat::Json;
    let lines = Log::to(std::io::stderr(), is_json)?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(std::io::stderr().is_terminal());
    let log = log.with_writer(move || lines.line());
    if is_json {
        log.json().flatten_event(true).init()
    } else {
        log.init()
    }
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a fault in the program")));
    Ok(())
}
