//! Getting hold of PostgreSQL and Redis when the worker starts, in whatever order they come up.

use crate::queue::Redis;
use crate::queues::Queues;
use crate::{Config, Stop, watchdog};
use anyhow::{Context, Result};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgPool};
use std::str::FromStr;
use std::time::{Duration, Instant};

/// How long PostgreSQL may be away when the worker starts.
const PATIENCE: Duration = Duration::from_secs(300);
const JUST_USED: Duration = Duration::from_secs(1);
/// What takes PostgreSQL no time at all.
const ANSWER_WITHIN: Duration = Duration::from_millis(200);

/// The connections of one worker process.
pub struct Stores {
    /// How to reach PostgreSQL outside the pools.
    pub options: PgConnectOptions,
    /// For the jobs' own work.
    pub work: PgPool,
    /// For claims, leases and heartbeats, which must not wait for the jobs' connections. Its commits don't wait for
    /// the disk: a claim lost in a crash of PostgreSQL only means that the job is claimed again under a new lease.
    pub ledger: PgPool,
    pub queues: Queues,
    pub redis: Option<Redis>,
}

/// Connects; none when the worker was told to stop before PostgreSQL answered.
pub async fn connect(config: &Config, stop: &Stop) -> Result<Option<Stores>> {
    let options = PgConnectOptions::from_str(config.database_url.reveal())
        .map_err(|_| anyhow::anyhow!("DATABASE_URL is not the address of a PostgreSQL database"))?;
    let options = match &config.tls.database_ca {
        Some(authority) => options.ssl_root_cert(authority),
        None => options,
    };
    let options = options
        .application_name("torvan worker")
        // So that PostgreSQL lets go of a worker whose machine has gone silent.
        .options([("tcp_keepalives_idle", "10"), ("tcp_keepalives_interval", "5"), ("tcp_keepalives_count", "3")])
        // Compiling a short question over eight months of partitions takes a second, answering it a millisecond.
        .options([("jit", "off")]);
    let work = pool(config.concurrency as u32 + 1)
        .connect_lazy_with(options.clone().options([("statement_timeout", "60s"), ("lock_timeout", "10s")]));
    let quick = [
        ("statement_timeout", "5s"),
        ("lock_timeout", "4s"),
        ("synchronous_commit", "off"),
        // Every question about the ledger has its index, and planning it takes longer than answering it. A plan made
        // while a month was empty must not read it from end to end once it is not.
        ("plan_cache_mode", "force_generic_plan"),
        ("enable_seqscan", "off"),
    ];
    let options = options.options(quick);
    let ledger = pool(4).connect_lazy_with(options.clone());
    tokio::select! {
        answered = wait_for_ledger(&ledger) => answered?,
        () = stop.requested() => return Ok(None),
    }
    let queues = Queues::open(&ledger, &config.queues).await?;
    let redis = config.redis_url.as_ref().map(|url| Redis::new(url, &config.tls, &config.prefix)).transpose()?;
    Ok(Some(Stores { options, work, ledger, queues, redis }))
}

/// A connection whose peer has vanished without a word costs a moment, not the whole time there is for getting one; one
/// that was used just now is not asked again.
fn pool(connections: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(2))
        .test_before_acquire(false)
        .before_acquire(|connection, kept| {
            Box::pin(async move {
                let is_fresh = kept.idle_for < JUST_USED;
                Ok(is_fresh || matches!(tokio::time::timeout(ANSWER_WITHIN, connection.ping()).await, Ok(Ok(()))))
            })
        })
}

/// Waits until the ledger can be read; `migrate` may still be running beside us.
async fn wait_for_ledger(ledger: &PgPool) -> Result<()> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(100);
    let mut said = false;
    loop {
        let Err(error) = sqlx::query("select from jobs limit 1").execute(ledger).await else { return Ok(()) };
        if start.elapsed() > PATIENCE {
            return Err(error).context("PostgreSQL did not answer for five minutes");
        }
        if !said {
            tracing::warn!(%error, "waiting for PostgreSQL");
            said = true;
        }
        // Waiting for PostgreSQL is not hanging: the patience here is longer than the watchdog's.
        watchdog::beat();
        watchdog::poll();
        tokio::time::sleep(jittered(pause)).await;
        pause = (pause * 2).min(Duration::from_secs(5));
    }
}

/// Between half and one and a half of the pause, so that processes that failed together do not come back together.
pub fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.5 + f64::from(uuid::Uuid::new_v4().as_bytes()[0]) / 255.0)
}
