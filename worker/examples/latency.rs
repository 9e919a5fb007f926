//! Measures how long an accepted job waits for an idle worker, with Redis and without, and how many empty jobs one
//! worker does in a second: `cargo run --release -p worker --example latency`, with DATABASE_URL (an empty database,
//! whose ledger is filled) and REDIS_URL.

use anyhow::{Context as _, Result};
use futures_util::FutureExt;
use jobs::{Context, Job};
use models::jobs::Links;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use worker::{Config, Perform, Stop};

const JOBS: i64 = 300;
const BACKLOG: i64 = 3000;

#[tokio::main]
async fn main() -> Result<()> {
    let database_url = std::env::var("DATABASE_URL").context("DATABASE_URL is not set")?;
    let redis_url = std::env::var("REDIS_URL").context("REDIS_URL is not set")?;
    let concurrency = std::env::var("CONCURRENCY").map_or(Ok(4), |number| number.parse())?;
    let db = PgPool::connect(&database_url).await?;
    models::MIGRATOR.run(&db).await?;
    for (name, redis_url) in [("Redis", Some(redis_url)), ("ledger only", None)] {
        let prefix = format!("latency-{}", std::process::id());
        let config = Config { concurrency, ..Config::new(database_url.clone(), redis_url, prefix) };
        let (started, mut starts) = mpsc::unbounded_channel();
        let stop = Stop::default();
        let worker = tokio::spawn(worker::run(config, note(started), stop.clone()));
        tokio::time::sleep(Duration::from_secs(2)).await;
        waits(&db, name, &mut starts).await?;
        throughput(&db, name, &mut starts).await?;
        stop.request();
        worker.await??;
    }
    Ok(())
}

/// A job that only says when it started.
fn note(started: mpsc::UnboundedSender<Instant>) -> Perform {
    Arc::new(move |_, context: Arc<Context>| {
        let started = started.clone();
        async move {
            let _ = started.send(Instant::now());
            let tx = context.begin().await?;
            context.commit(tx, "nothing").await
        }
        .boxed()
    })
}

async fn waits(db: &PgPool, name: &str, starts: &mut mpsc::UnboundedReceiver<Instant>) -> Result<()> {
    let mut waits = Vec::new();
    for build_id in 0..JOBS {
        let mut tx = db.begin().await?;
        Job::GenerateBom { build_id }.enqueue(&mut tx, Links::default()).await?;
        tx.commit().await?;
        let accepted = Instant::now();
        waits.push(starts.recv().await.context("the worker ended")?.saturating_duration_since(accepted));
        tokio::time::sleep(Duration::from_millis(5 + build_id as u64 % 23)).await;
    }
    waits.sort();
    let at = |share: usize| waits[(waits.len() - 1) * share / 100];
    println!("{name}: accepted to started p50 {:?}, p95 {:?}, p99 {:?}, most {:?}", at(50), at(95), at(99), at(100));
    Ok(())
}

async fn throughput(db: &PgPool, name: &str, starts: &mut mpsc::UnboundedReceiver<Instant>) -> Result<()> {
    let mut tx = db.begin().await?;
    for build_id in 0..BACKLOG {
        Job::GenerateBom { build_id }.enqueue(&mut tx, Links::default()).await?;
    }
    tx.commit().await?;
    let start = Instant::now();
    for _ in 0..BACKLOG {
        starts.recv().await.context("the worker ended")?;
    }
    println!("{name}: {:.0} empty jobs per second", BACKLOG as f64 / start.elapsed().as_secs_f64());
    Ok(())
}
