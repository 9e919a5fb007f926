//! Being there: the worker holds a lock in PostgreSQL on a connection of its own. When its process dies, the kernel
//! closes the connection, the lock is free, and the others take its jobs back without waiting for leases.

use crate::Engine;
use anyhow::Result;
use models::jobs::presence;
use sqlx::{ConnectOptions, Connection};
use std::sync::Arc;
use std::time::Duration;

const LOOK_EVERY: Duration = Duration::from_secs(1);
const LIMIT: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_millis(100);

pub async fn run(engine: Arc<Engine>) {
    loop {
        if let Err(error) = be_present(&engine).await {
            tracing::debug!(%error, "the worker's lock is to be taken again");
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn be_present(engine: &Engine) -> Result<()> {
    let mut connection = tokio::time::timeout(LIMIT, engine.options.connect()).await??;
    while !tokio::time::timeout(LIMIT, presence::hold(&mut connection, &engine.name)).await?? {
        tokio::time::sleep(AGAIN).await;
    }
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        tokio::time::timeout(LIMIT, connection.ping()).await??;
    }
}
