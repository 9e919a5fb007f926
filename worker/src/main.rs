//! The worker process: reads its environment, sets up its log and its signals, and works until it is told to stop.

use anyhow::{Context, Result};
use futures_util::FutureExt;
use models::log::Log;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use worker::{Config, Logging, Perform, Stop, watchdog};

fn main() -> ExitCode {
    let ended = work();
    models::log::finish();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("worker: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn work() -> Result<()> {
    // Two crates bring TLS; both take what is installed first. Installed already is just as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = Config::from_env()?;
    keep_time()?;
    log(&Logging::from_env()?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(config.concurrency + 2)
        .enable_all()
        .build()?;
    let ended = runtime.block_on(async {
        let stop = Stop::default();
        watch_signals(stop.clone())?;
        watchdog::start(config.silence)?;
        worker::run(config, perform(), stop).await
    });
    // A thread that still computes for a job given back must not hold up the end.
    runtime.shutdown_background();
    ended
}

/// TIME_ZONE: whose clock schedules go by, the same as the web process has.
fn keep_time() -> Result<()> {
    let zone = std::env::var("TIME_ZONE").unwrap_or_default();
    if zone.is_empty() {
        return Ok(());
    }
    models::site::keep_time_of(&zone).map_err(|problem| anyhow::anyhow!("TIME_ZONE: {problem}"))
}

fn perform() -> Perform {
    Arc::new(|job, context| async move { job.perform(&context).await }.boxed())
}

fn log(logging: &Logging) -> Result<()> {
    // What apalis calls an error is a Redis that went away; the worker says so itself.
    let filter = format!("apalis=off,apalis_core=off,{}", logging.filter);
    let filter = EnvFilter::try_new(filter).context("LOG is not a log filter")?;
    let log = Log::to(std::io::stdout(), logging.json)?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(std::io::stdout().is_terminal());
    let lines = lines.with_writer(move || log.line());
    if logging.json {
        lines.json().init()
    } else {
        lines.with_target(false).init()
    }
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a fault in the program")));
    Ok(())
}

/// TERM or INT: finish and stop. A second one: stop now. HUP, of a closed terminal, is nothing to us.
fn watch_signals(stop: Stop) -> Result<()> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut hup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = term.recv() => {}
                _ = int.recv() => {}
                _ = hup.recv() => continue,
            }
            if stop.is_requested() { stop.insist() } else { stop.request() }
        }
    });
    Ok(())
}
