//! A worker process like the product's, whose jobs do nothing, or sleep, so that only the handling of jobs is measured.

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use jobs::{Context, Done, Failure, Job};
use tokio::signal::unix::{SignalKind, signal};
use worker::{Config, Stop};

/// Jobs with such a number sleep; the others only say when they started.
pub const SLEEPERS: i64 = 1_000_000;

pub async fn work() {
    let config = Config::from_env().expect("the settings of a worker");
    let stop = Stop::default();
    let (mut term, asked) = (signal(SignalKind::terminate()).expect("a signal"), stop.clone());
    tokio::spawn(async move {
        term.recv().await;
        asked.request();
    });
    let says = std::env::var("SAY_STARTS").is_ok();
    worker::run(config, Arc::new(move |job, context| perform(job, context, says).boxed()), stop)
        .await
        .expect("it ends well");
}

async fn perform(job: Job, context: Arc<Context>, says: bool) -> Result<Done, Failure> {
    let Job::GenerateBom { build_id } = job else { return Err(Failure::last_word("figures", "not one of ours")) };
    if says {
        // The kernel keeps one write of so few bytes whole.
        let _ = std::io::stdout().write_all(format!("{build_id} {}\n", now()).as_bytes());
        let _ = std::io::stdout().flush();
    }
    if build_id >= SLEEPERS {
        tokio::time::sleep(naps(build_id)).await;
    }
    let tx = context.begin().await?;
    context.commit(tx, "nothing").await
}

/// 400 to 700 ms, uneven, so that a kill always meets running jobs.
fn naps(number: i64) -> Duration {
    Duration::from_millis(400 + ((number - SLEEPERS) * 37 % 300) as u64)
}

/// Nanoseconds of the machine's clock, the same in every process.
pub fn now() -> u128 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos()
}
