//! Whose turn it is on each connection: whether a request is being worked on, or the next one's head is awaited.
//! The socket and the outermost layer of the requests can't see each other, so they meet here.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// The open connections by their other end.
#[derive(Default)]
pub struct Turns(Mutex<HashMap<SocketAddr, Arc<Requests>>>);

/// The requests of one connection.
#[derive(Default)]
struct Requests {
    /// Heads that arrived whole.
    begun: AtomicU64,
    /// Requests whose answer has begun.
    answered: AtomicU64,
}

/// A connection's place in the list; it leaves with the connection.
pub struct Turn {
    turns: Arc<Turns>,
    remote: Option<SocketAddr>,
    requests: Arc<Requests>,
}

/// A request that is being worked on, until this is dropped.
pub struct Working(Option<Arc<Requests>>);

impl Turns {
    pub fn open(self: &Arc<Turns>, remote: Option<SocketAddr>) -> Turn {
        let requests = Arc::<Requests>::default();
        if let Some(remote) = remote {
            self.locked().insert(remote, requests.clone());
        }
        Turn { turns: self.clone(), remote, requests }
    }

    /// Says that a request's head is there.
    pub fn begin(&self, remote: Option<SocketAddr>) -> Working {
        let requests = remote.and_then(|remote| self.locked().get(&remote).cloned());
        if let Some(requests) = &requests {
            requests.begun.fetch_add(1, Relaxed);
        }
        Working(requests)
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<SocketAddr, Arc<Requests>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Heads that arrived whole so far.
    pub fn begun(&self) -> u64 {
        self.requests.begun.load(Relaxed)
    }

    /// Whether a request is being worked on: bytes that arrive now are its body, not a head.
    pub fn is_working(&self) -> bool {
        self.begun() > self.requests.answered.load(Relaxed)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(remote) = self.remote else { return };
        let mut turns = self.turns.locked();
        // A new connection may have the same port already.
        if turns.get(&remote).is_some_and(|requests| Arc::ptr_eq(requests, &self.requests)) {
            turns.remove(&remote);
        }
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        if let Some(requests) = &self.0 {
            requests.answered.fetch_add(1, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_knows_whether_its_request_is_being_worked_on() {
        let (turns, remote) = (Arc::<Turns>::default(), Some("192.0.2.1:4000".parse().unwrap()));
        let turn = turns.open(remote);
        assert!(!turn.is_working());
        let working = turns.begin(remote);
        assert!(turn.is_working() && turn.begun() == 1);
        drop(working);
        assert!(!turn.is_working() && turn.begun() == 1);

        let next = turns.open(remote);
        drop(turn);
        drop(turns.begin(remote));
        assert_eq!(next.begun(), 1, "the port's new connection stays in the list");
        drop(next);
        assert!(turns.locked().is_empty());
    }
}
