//! Listening to PostgreSQL: there is work, somebody wants a running job to stop, a queue or this worker was told
//! something. The connection that hears of work also takes it, so that nothing lies between the two. Words are only
//! hints: whoever misses one finds the same in the ledger a moment later.

use crate::{Engine, hands, watchdog};
use sqlx::Acquire;
use sqlx::postgres::{PgListener, PgNotification};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// Looks without having been told.
const EVERY: Duration = Duration::from_millis(500);
const AGAIN: Duration = Duration::from_millis(500);
/// One look takes milliseconds; a connection that has gone silent must not keep the worker from looking.
const LIMIT: Duration = Duration::from_secs(10);

/// What was heard since the last look.
#[derive(Debug, Default)]
pub struct Heard {
    /// Queues in which something is due.
    pub due: HashSet<String>,
    /// It is time to look, whatever was said.
    pub anything: bool,
    /// A queue was paused, resumed or limited, perhaps.
    pub queues_changed: bool,
}

pub async fn run(engine: Arc<Engine>) {
    let mut said = false;
    while !engine.stop.is_requested() {
        if let Err(error) = listen(&engine, &mut said).await {
            if !said {
                tracing::warn!(%error, "the ledger can't be read");
            }
            said = true;
        }
        // Away is not hung: the heartbeat tells the two apart.
        watchdog::poll();
        tokio::time::sleep(AGAIN).await;
    }
}

async fn listen(engine: &Arc<Engine>, said: &mut bool) -> anyhow::Result<()> {
    let mut ear = tokio::time::timeout(LIMIT, engine.ear()).await??;
    *said = false;
    let mut heard = Heard { anything: true, queues_changed: true, ..Heard::default() };
    while !engine.stop.is_requested() {
        tokio::time::timeout(LIMIT, take(engine, &mut ear, &heard)).await??;
        watchdog::poll();
        heard = hear(engine, &mut ear).await?;
    }
    Ok(())
}

async fn take(engine: &Arc<Engine>, ear: &mut PgListener, heard: &Heard) -> anyhow::Result<()> {
    let ledger = ear.acquire().await?;
    Ok(hands::take(engine, ledger, heard).await?)
}

/// Waits until something is said, a hand is free again, or it is time to look.
async fn hear(engine: &Engine, ear: &mut PgListener) -> sqlx::Result<Heard> {
    let mut heard = Heard::default();
    tokio::select! {
        word = ear.try_recv() => match word? {
            Some(word) => understand(engine, &word, &mut heard),
            // Reconnected: something may have been said in between.
            None => {
                heard = Heard { anything: true, queues_changed: true, ..heard };
                engine.bring_all();
            }
        },
        () = engine.free.notified() => heard.anything = true,
        () = tokio::time::sleep(EVERY) => heard = Heard { anything: true, queues_changed: true, ..heard },
    }
    while let Some(word) = ear.next_buffered() {
        understand(engine, &word, &mut heard);
    }
    Ok(heard)
}

fn understand(engine: &Engine, word: &PgNotification, heard: &mut Heard) {
    match word.payload().split_once(':') {
        Some(("due", queue)) => {
            heard.due.insert(queue.into());
            engine.bring(queue);
        }
        Some(("queue", queue)) => {
            heard.due.insert(queue.into());
            heard.queues_changed = true;
            engine.bring(queue);
        }
        Some(("cancel", id)) => {
            if let Ok(id) = id.parse() {
                engine.cancel(id);
            }
        }
        Some(("worker", name)) if name == engine.name => engine.told.notify_one(),
        _ => {}
    }
}
