//! A worker at work beside a test: the real one, in the same process.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use models::documents::Store;
use sqlx::PgPool;
use worker::{Config, Perform, Stop};

use super::servers::servers;

/// Long enough for the largest BOM on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Shift {
    stop: Stop,
}

impl Shift {
    pub(super) fn start(database_url: &str, queue: &str, (storage, files): (&Path, Store)) -> Shift {
        let config = Config::new(database_url.into(), Some(servers().redis.clone()), queue.into());
        let config = Config { storage: storage.to_owned(), files, drain: Duration::from_secs(5), ..config };
        let stop = Stop::default();
        let perform: Perform = Arc::new(|job, context| Box::pin(async move { job.perform(&context).await }));
        let until = stop.clone();
        tokio::spawn(async move { worker::run(config, perform, until).await.expect("the worker works") });
        Shift { stop }
    }

    /// Returns when no job is waiting or running.
    pub async fn until_done(&self, db: &PgPool) {
        let live = "select count(*) from jobs where state in ('queued', 'running', 'retry')";
        let end = tokio::time::Instant::now() + PATIENCE;
        while sqlx::query_scalar::<_, i64>(live).fetch_one(db).await.expect("the ledger answers") > 0 {
            assert!(tokio::time::Instant::now() < end, "jobs are still waiting after {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Shift {
    fn drop(&mut self) {
        self.stop.insist();
    }
}
