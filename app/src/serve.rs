//! The running server: log, socket, and an orderly end.

use crate::{
    App, commands,
    config::{Config, LogFormat},
    limits,
    listener::Door,
    pulse,
};
use anyhow::{Context, Result, bail};
use poem::Server;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Serves until SIGTERM or Ctrl-C, then lets running requests finish.
///
/// # Errors
/// When the settings contradict themselves or nothing can listen; then nothing has started. And when the pool of
/// connections is lost for good, so that a supervisor starts a new process.
pub async fn run(config: Config) -> Result<()> {
    start_log(&config)?;
    let app = commands::app(config)?;
    let endpoint = app.endpoint()?;
    let door = Door::open(&app.config).await?;
    let stop = stop_signal(app.clone())?;
    app.start();
    let server = Server::new_with_acceptor(door)
        .name("torvan")
        .idle_timeout(limits::IDLE_CONNECTION)
        .http2_max_concurrent_streams(limits::HTTP2_STREAMS);
    server.run_with_graceful_shutdown(endpoint, stop, Some(limits::DRAIN)).await?;
    pulse::close(&app.db).await;
    if app.pulse.unfit.is_cancelled() {
        bail!("The connections to PostgreSQL were lost for good. A new process can make new ones.");
    }
    Ok(())
}

fn stop_signal(app: Arc<App>) -> Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = app.pulse.unfit.cancelled() => {}
        }
        tracing::info!("stopping: not ready any more, streams close");
        app.stopping.cancel();
        if app.config.is_production() {
            tokio::time::sleep(limits::NOTICE).await;
        }
    })
}

fn start_log(config: &Config) -> Result<()> {
    let filter = EnvFilter::try_new(&config.log)
        .with_context(|| format!("LOG is {:?}. It should be a level or a list like info,sqlx=warn.", config.log))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    Ok(())
}
