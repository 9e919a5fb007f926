//! The queues this worker serves, as the ledger last had them. What is kept here only saves questions: every claim asks
//! the ledger itself whether the queue is paused or full.

use anyhow::{Result, bail};
use models::jobs::Queue;
use sqlx::{PgConnection, PgPool};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard};

pub struct Queues {
    served: Vec<String>,
    last: Mutex<HashMap<String, Queue>>,
    turn: AtomicUsize,
}

impl Queues {
    /// The queues named, or all; an error names the one that does not exist.
    pub async fn open(ledger: &PgPool, wanted: &[String]) -> Result<Queues> {
        let known = Queue::all(ledger).await?;
        let names: Vec<String> = known.iter().map(|queue| queue.name.clone()).collect();
        if let Some(unknown) = wanted.iter().find(|name| !names.contains(name)) {
            bail!("QUEUES names {unknown:?}, which is no queue. There are: {}.", names.join(", "));
        }
        let served = if wanted.is_empty() { names } else { wanted.to_vec() };
        let last = known.into_iter().map(|queue| (queue.name.clone(), queue)).collect();
        Ok(Queues { served, last: Mutex::new(last), turn: AtomicUsize::new(0) })
    }

    pub fn served(&self) -> &[String] {
        &self.served
    }

    /// Every queue once, each time beginning with another one, so that none waits for the others to be empty.
    pub fn in_turn(&self) -> impl Iterator<Item = &String> {
        let first = self.turn.fetch_add(1, Relaxed) % self.served.len().max(1);
        self.served[first..].iter().chain(&self.served[..first])
    }

    /// Looks anew.
    pub async fn look(&self, ledger: &mut PgConnection) -> models::Result<()> {
        let known = Queue::all(ledger).await?;
        *self.last() = known.into_iter().map(|queue| (queue.name.clone(), queue)).collect();
        Ok(())
    }

    pub fn is_paused(&self, name: &str) -> bool {
        self.last().get(name).is_some_and(Queue::is_paused)
    }

    pub fn is_limited(&self, name: &str) -> bool {
        self.last().get(name).is_some_and(|queue| queue.most_running.is_some())
    }

    fn last(&self) -> MutexGuard<'_, HashMap<String, Queue>> {
        self.last.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
