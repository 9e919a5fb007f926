//! How many threads may compute at a time. A thread can't be taken away from what runs on it: a job that ended while it
//! still computes keeps its thread until it looks at its stop sign.

use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering::SeqCst};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The threads of one worker. Clones are the same threads.
#[derive(Debug, Clone)]
pub struct Budget {
    threads: Arc<Semaphore>,
    most: usize,
    /// Threads that compute for nobody any more.
    abandoned: Arc<AtomicIsize>,
}

impl Budget {
    pub fn new(most: usize) -> Budget {
        Budget { threads: Arc::new(Semaphore::new(most)), most, abandoned: Arc::default() }
    }

    /// Whether every thread computes for a job that has ended, so that no other can compute at all.
    pub fn is_used_up(&self) -> bool {
        self.abandoned.load(SeqCst) >= self.most as isize
    }

    /// Waits for a thread.
    pub(crate) async fn thread(&self) -> Option<OwnedSemaphorePermit> {
        self.threads.clone().acquire_owned().await.ok()
    }

    /// Two ends of one computation: the thread that does it and the job that waits for it.
    pub(crate) fn ends(&self) -> (End, End) {
        let state = Arc::new(AtomicUsize::new(0));
        let end = |is_thread| End { state: state.clone(), abandoned: self.abandoned.clone(), is_thread };
        (end(true), end(false))
    }
}

/// Dropped when its side is through. The thread that goes on after its job counts as abandoned meanwhile.
pub(crate) struct End {
    /// How many sides are through.
    state: Arc<AtomicUsize>,
    abandoned: Arc<AtomicIsize>,
    is_thread: bool,
}

impl Drop for End {
    fn drop(&mut self) {
        let is_first = self.state.fetch_add(1, SeqCst) == 0;
        match (self.is_thread, is_first) {
            (false, true) => self.abandoned.fetch_add(1, SeqCst),
            (true, false) => self.abandoned.fetch_sub(1, SeqCst),
            _ => return,
        };
    }
}
