//! The job process: takes jobs from the ledger, works them off, and says how each ended.
//!
//! The ledger in PostgreSQL is the truth. Redis carries ids to whichever worker is free, quickly; when it is away,
//! workers look into the ledger themselves. Nothing is lost with Redis, and no job's effect is kept twice: claiming,
//! renewing and ending all go through the lease (`models::jobs::Lease`).

use anyhow::Result;
use futures_util::future::BoxFuture;
use jobs::{Context, Done, Failure, Job};
use std::sync::Arc;

pub use config::{Config, Logging};
pub use engine::Engine;
pub use stop::Stop;

mod attempt;
mod boot;
mod config;
mod engine;
mod figures;
mod hands;
mod heartbeat;
mod housekeeping;
mod listen;
mod presence;
mod queue;
mod queues;
mod relay;
mod scheduler;
mod stop;
pub mod watchdog;

/// What is done with a job. The process does the job; a test may do something else.
pub type Perform = Arc<dyn Fn(Job, Arc<Context>) -> BoxFuture<'static, Result<Done, Failure>> + Send + Sync>;

/// Works until it is told to stop, finishes or gives back what it has, and returns.
pub async fn run(config: Config, perform: Perform, stop: Stop) -> Result<()> {
    let stores = boot::connect(&config, &stop).await?;
    let Some(stores) = stores else { return Ok(()) };
    let engine = Arc::new(Engine::new(config, stores, perform, stop));
    engine.arrive().await?;

    let mut parts = tokio::task::JoinSet::new();
    let work = engine.work.clone();
    parts.spawn(async move { jobs::warm_up(&work).await });
    parts.spawn(heartbeat::run(engine.clone()));
    parts.spawn(listen::run(engine.clone()));
    parts.spawn(presence::run(engine.clone()));
    parts.spawn(housekeeping::run(engine.clone()));
    parts.spawn(scheduler::run(engine.clone()));
    parts.spawn(figures::run(engine.clone()));
    let mut carried = tokio::task::JoinSet::new();
    if let Some(redis) = engine.redis.clone() {
        parts.spawn(redis.clone().watch(engine.stop.clone()));
        parts.spawn(relay::run(engine.clone(), redis.clone()));
        parts.spawn(queue::listen_for_wake(engine.clone(), redis.clone()));
        for name in engine.queues.served() {
            carried.spawn(queue::run(engine.clone(), redis.queue(name)));
        }
    }

    engine.stop.requested().await;
    engine.drain().await;
    carried.shutdown().await;
    parts.shutdown().await;
    Ok(())
}
