//! The product's worker with jobs that misbehave: everything is the product's but the work of builds that a table
//! names, and of builds with numbers that no order has.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use jobs::{Context, Done, Failure, Job};
use tokio::signal::unix::{SignalKind, signal};
use worker::{Config, Perform, Stop, watchdog};

/// Builds from here on exist in no order: their whole effect is one row.
const NO_BUILD: i64 = 1_000_000_000;

fn main() -> anyhow::Result<()> {
    let config = Config::from_env()?;
    tracing_subscriber::fmt().with_ansi(false).with_target(false).with_max_level(tracing::Level::INFO).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let ended = runtime.block_on(async {
        let stop = Stop::default();
        let (until, mut term) = (stop.clone(), signal(SignalKind::terminate())?);
        tokio::spawn(async move {
            while term.recv().await.is_some() {
                if until.is_requested() { until.insist() } else { until.request() }
            }
        });
        watchdog::start(config.silence)?;
        let perform: Perform = Arc::new(|job, context| async move { perform(job, context).await }.boxed());
        worker::run(config, perform, stop).await
    });
    runtime.shutdown_background();
    ended
}

async fn perform(job: Job, context: Arc<Context>) -> Result<Done, Failure> {
    let Some(build_id) = context.run().build_id else { return job.perform(&context).await };
    if build_id >= NO_BUILD {
        return one_row(&context).await;
    }
    let odd = sqlx::query_scalar::<_, String>("select how from odd_jobs where build_id = $1").bind(build_id);
    match odd.fetch_optional(context.db()).await?.as_deref().map(|how| how.split_once(' ').unwrap_or((how, ""))) {
        None => {}
        Some(("slow", seconds)) => tokio::time::sleep(Duration::from_secs(seconds.parse().unwrap_or(5))).await,
        Some(("error", _)) => return Err(anyhow::anyhow!("Drawer {build_id} is stuck.").into()),
        Some(("panic", _)) => panic!("the drawer of build {build_id} fell out"),
        Some(("abort", _)) => std::process::abort(),
        Some(("eat", _)) => eat(),
        // Holds up the thread on which everything else of the worker runs as well.
        Some(("block", _)) => std::thread::sleep(Duration::from_secs(300)),
        Some(("endless", _)) => std::future::pending().await,
        Some((how, _)) => panic!("{how} is no way to do a job"),
    }
    job.perform(&context).await
}

async fn one_row(context: &Context) -> Result<Done, Failure> {
    let mut tx = context.begin().await?;
    let row = sqlx::query("insert into effects values ($1, $2)").bind(context.run().id).bind(context.run().attempt);
    row.execute(&mut *tx).await?;
    context.commit(tx, "effect").await
}

/// Takes memory until there is none left.
fn eat() {
    let mut eaten: Vec<Vec<u8>> = Vec::new();
    loop {
        eaten.push(vec![1; 16 * 1024 * 1024]);
    }
}
