//! apalis at work: takes one id at a time out of Redis and has the engine run it.

use super::Carried;
use crate::Engine;
use crate::boot::jittered;
use apalis::prelude::*;
use apalis_core::backend::codec::Codec;
use apalis_core::backend::ext::poll_strategy::{PollSnapshot, PollStrategy};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

const LOOK_EVERY: Duration = Duration::from_millis(500);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// An id is not kept for longer than this while no hand is free.
const HELD: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Serves one queue until the worker stops, but not while it is quiet. Any error of Redis ends apalis' worker, so it is
/// started again, each time under a new name: a known name is refused until Redis has forgotten it.
pub async fn run(engine: Arc<Engine>, queue: Carried) {
    let mut pause = FIRST_PAUSE;
    for start in 0.. {
        tokio::select! {
            () = engine.until_quiet(false) => {}
            () = engine.stop.requested() => return,
        }
        let since = Instant::now();
        // In a task of its own, so that a panic in there is one more reason to start it again.
        let served = AbortOnDropHandle::new(tokio::spawn(serve(engine.clone(), queue.clone(), start)));
        tokio::select! {
            ended = served => match ended {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, queue = queue.name, "the queue in Redis was interrupted"),
                Err(error) => tracing::error!(%error, queue = queue.name, "the queue in Redis was interrupted"),
            },
            () = queue.restart.notified() => tracing::info!(queue = queue.name, "connecting to Redis anew"),
        }
        if engine.stop.is_requested() {
            return;
        }
        if engine.is_quiet() {
            continue;
        }
        pause = if since.elapsed() > Duration::from_secs(10) { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
        tokio::time::sleep(jittered(pause)).await;
    }
}

async fn serve(engine: Arc<Engine>, queue: Carried, start: u32) -> Result<(), WorkerError> {
    let look = Look { tick: tokio::time::interval(LOOK_EVERY), arrived: queue.arrived.clone(), hint: None };
    let until = engine.clone();
    WorkerBuilder::new(format!("{}-{}-{start}", engine.name, queue.name))
        .backend(queue.storage::<String>().with_codec(Plain).poll_with_strategy(look))
        .data(engine.clone())
        .data(QueueName(queue.name.into()))
        .concurrency(engine.config.concurrency)
        .build(bring)
        .run_until(async move {
            tokio::select! {
                () = until.stop.requested() => {}
                () = until.until_quiet(true) => {}
            }
            Ok::<(), WorkerError>(())
        })
        .await
}

#[derive(Clone)]
struct QueueName(Arc<str>);

async fn bring(message: String, engine: Data<Arc<Engine>>, queue: Data<QueueName>) -> Result<(), Infallible> {
    let read: serde_json::Value = serde_json::from_str(&message).unwrap_or_default();
    let Some(id) = read["job_id"].as_str().and_then(|id| id.parse::<Uuid>().ok()) else {
        tracing::warn!(message, "Redis brought something that is no job");
        return Ok(());
    };
    // On its own, so that nothing is half done when apalis drops its tasks together with a broken connection. Whatever
    // happens, apalis hears that all is well: trying again is the ledger's business.
    let brought = tokio::spawn(run_or_put_back(Arc::clone(&engine), QueueName::clone(&queue), id));
    let _ = brought.await;
    Ok(())
}

async fn run_or_put_back(engine: Arc<Engine>, queue: QueueName, id: Uuid) {
    let taken = match tokio::time::timeout(HELD, engine.slot()).await {
        Ok(Some(slot)) => engine.run_id(id, slot).await,
        // Stopping, or every hand is busy with other queues: somebody else may have one free.
        _ => engine.put_back(id, &queue.0).await,
    };
    if let Err(error) = taken {
        tracing::warn!(%error, job = %id, "the job was not claimed; the ledger will bring it again");
    }
}

/// Messages as they are. A message that can't be decoded would end apalis' worker, and the next one that finds it.
#[derive(Debug, Clone)]
struct Plain;

impl Codec<String> for Plain {
    type Error = Infallible;
    type Compact = Vec<u8>;

    fn encode(&self, message: &String) -> Result<Vec<u8>, Infallible> {
        Ok(message.clone().into_bytes())
    }

    fn decode(&self, message: &Vec<u8>) -> Result<String, Infallible> {
        Ok(String::from_utf8_lossy(message).into_owned())
    }
}

/// When to look into Redis: at every tick, and at once when ids are said to have arrived. It never says it is ready:
/// then the timer would not be armed again, and the worker would sleep until its next heartbeat.
struct Look {
    tick: tokio::time::Interval,
    arrived: Arc<Notify>,
    hint: Option<Pin<Box<OwnedNotified>>>,
}

impl PollStrategy for Look {
    fn poll_drive(&mut self, cx: &mut std::task::Context<'_>, _: &PollSnapshot) -> Poll<Option<()>> {
        while self.tick.poll_tick(cx).is_ready() {}
        loop {
            let hint = self.hint.get_or_insert_with(|| Box::pin(self.arrived.clone().notified_owned()));
            if hint.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.hint = None;
        }
    }
}
