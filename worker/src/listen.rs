//! Listening to PostgreSQL: there is work, or somebody wants a running job to stop. Only a hint: whoever misses it
//! finds the same in the ledger a moment later.

use crate::Engine;
use sqlx::postgres::PgListener;
use std::sync::Arc;
use std::time::Duration;

pub async fn run(engine: Arc<Engine>) {
    loop {
        if let Err(error) = listen(&engine).await {
            tracing::debug!(%error, "not listening to PostgreSQL");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn listen(engine: &Engine) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(&engine.ledger).await?;
    listener.listen("jobs").await?;
    loop {
        match listener.try_recv().await? {
            Some(word) => hear(engine, word.payload()),
            // Reconnected: something may have been said in between.
            None => engine.work_is_due(),
        }
    }
}

fn hear(engine: &Engine, word: &str) {
    match word.split_once(':') {
        Some(("cancel", id)) => {
            if let Ok(id) = id.parse() {
                engine.cancel(id);
            }
        }
        _ => engine.work_is_due(),
    }
}
