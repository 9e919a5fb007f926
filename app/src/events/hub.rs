//! One listener per process on the database's channel `changes`, fanned out to every open page. What travels is a
//! noun and an id ("job:0192…", "orders:TOR-2026-0042"), never content.

use super::calm::Calm;
use crate::limits;
use bytes::Bytes;
use sqlx::{
    PgPool,
    postgres::{PgListener, PgPoolOptions},
};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Changes kept for a page that connects a moment after it was drawn, or comes back.
const KEPT: usize = 1024;
/// A page that was drawn and connects within this time misses nothing.
const DRAWN_RECENTLY: Duration = Duration::from_secs(5);
/// Silence after which the listener's connection is tried.
const SILENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Of(Arc<str>),
    /// Something may have been missed: fetch everything again.
    Resync,
}

#[derive(Debug, Clone)]
pub struct Numbered {
    pub number: u64,
    pub change: Change,
    /// As it goes to every stream.
    pub wire: Bytes,
    at: Instant,
}

pub struct Hub {
    /// Tells this process's numbers from another's.
    pub process: String,
    sender: broadcast::Sender<Numbered>,
    recent: Mutex<Recent>,
    seats: Arc<Mutex<Seats>>,
}

/// The open streams of each session, the oldest first.
type Seats = HashMap<Vec<u8>, VecDeque<(u64, CancellationToken)>>;

#[derive(Default)]
struct Recent {
    last: u64,
    changes: VecDeque<Numbered>,
}

impl Default for Hub {
    fn default() -> Hub {
        Hub {
            process: uuid::Uuid::new_v4().simple().to_string()[..8].to_string(),
            sender: broadcast::channel(limits::STREAM_BACKLOG).0,
            recent: Mutex::default(),
            seats: Arc::default(),
        }
    }
}

impl Hub {
    /// Everything from now on, and what a page that last saw `last_id` has missed.
    pub fn subscribe(&self, last_id: Option<&str>) -> (Vec<Numbered>, broadcast::Receiver<Numbered>) {
        let recent = locked(&self.recent);
        let receiver = self.sender.subscribe();
        let seen = last_id.map(|id| id.strip_prefix(&self.process).and_then(|id| id.strip_prefix('-')?.parse().ok()));
        let missed = match seen {
            None => recent.changes.iter().filter(|change| change.at.elapsed() < DRAWN_RECENTLY).cloned().collect(),
            Some(Some(seen)) if recent.covers(seen) => {
                recent.changes.iter().filter(|change| change.number > seen).cloned().collect()
            }
            Some(_) => vec![self.numbered(recent.last, Change::Resync)],
        };
        (missed, receiver)
    }

    pub fn announce(&self, change: Change) {
        let mut recent = locked(&self.recent);
        recent.last += 1;
        let numbered = self.numbered(recent.last, change);
        if recent.changes.len() == KEPT {
            recent.changes.pop_front();
        }
        recent.changes.push_back(numbered.clone());
        // Nobody listening is fine. Sent under the lock, so that numbers arrive in order.
        let _ = self.sender.send(numbered);
    }

    fn numbered(&self, number: u64, change: Change) -> Numbered {
        let name = match &change {
            Change::Of(word) => word,
            Change::Resync => "resync",
        };
        let wire = wire(name, Some(format!("{}-{number}", self.process)));
        Numbered { number, change, wire, at: Instant::now() }
    }

    /// A place for one stream, until it is dropped. None when the process has too many. A session with too many loses
    /// its oldest: that is most likely a page somebody left, which the server would notice only at its next word.
    pub fn seat(&self, session: &[u8]) -> Option<Seat> {
        let mut seats = locked(&self.seats);
        if seats.values().map(VecDeque::len).sum::<usize>() >= limits::STREAMS {
            return None;
        }
        let own = seats.entry(session.to_vec()).or_default();
        if own.len() >= limits::STREAMS_PER_SESSION
            && let Some((_, oldest)) = own.pop_front()
        {
            oldest.cancel();
        }
        let (number, given_up) = (own.back().map_or(1, |(last, _)| last + 1), CancellationToken::new());
        own.push_back((number, given_up.clone()));
        Some(Seat { seats: self.seats.clone(), session: session.to_vec(), number, given_up })
    }

    pub fn open_streams(&self) -> usize {
        locked(&self.seats).values().map(VecDeque::len).sum()
    }

    /// Listens until the process stops. After every lost connection all pages fetch again.
    pub async fn follow(self: Arc<Hub>, db: PgPool, stopping: CancellationToken) {
        let mut is_first = true;
        loop {
            tokio::select! {
                _ = stopping.cancelled() => return,
                ended = self.listen(&db, is_first) => {
                    if let Err(error) = ended {
                        tracing::warn!(%error, "the live updates lost the database");
                    }
                }
            }
            is_first = false;
            tokio::select! {
                _ = stopping.cancelled() => return,
                _ = tokio::time::sleep(Duration::from_millis(500)) => {}
            }
        }
    }

    async fn listen(&self, db: &PgPool, is_first: bool) -> sqlx::Result<()> {
        // A connection of its own: it is never given back, and the pages keep theirs. A pool of one for each try: the
        // place of a connection whose other end vanished is lost.
        let options = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
        let own = options.acquire_timeout(limits::ACQUIRE).connect_lazy_with((*db.connect_options()).clone());
        let mut listener = PgListener::connect_with(&own).await?;
        listener.eager_reconnect(false);
        listener.listen("changes").await?;
        if !is_first {
            self.announce(Change::Resync);
        }
        let mut calm = Calm::default();
        loop {
            calm.due(Instant::now()).into_iter().for_each(|word| self.announce(Change::Of(word)));
            let patience = calm.next().map_or(SILENCE, |next| next.saturating_duration_since(Instant::now()));
            match tokio::time::timeout(patience, listener.try_recv()).await {
                Ok(Ok(Some(note))) => match checked(note.payload()) {
                    Some(word) => {
                        let words = calm.hear(word, Instant::now());
                        words.into_iter().for_each(|word| self.announce(Change::Of(word)));
                    }
                    None => tracing::warn!("a change with a name that can't be sent on"),
                },
                Err(_) if calm.next().is_some() => {}
                Ok(Ok(None)) => return Ok(()),
                Ok(Err(error)) => return Err(error),
                // A connection whose other end vanished stays silent for ever.
                Err(_) => {
                    let ping = tokio::time::timeout(limits::ACQUIRE, sqlx::query("select 1").execute(&mut listener));
                    ping.await.map_err(|_| sqlx::Error::PoolTimedOut)??;
                }
            }
        }
    }
}

impl Recent {
    fn covers(&self, seen: u64) -> bool {
        seen <= self.last && self.changes.front().is_none_or(|first| first.number <= seen + 1)
    }
}

/// One open stream's place.
pub struct Seat {
    seats: Arc<Mutex<Seats>>,
    session: Vec<u8>,
    number: u64,
    /// Cancelled when a newer stream of the session needs the place.
    pub given_up: CancellationToken,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = locked(&self.seats);
        if let Some(own) = seats.get_mut(&self.session) {
            own.retain(|(number, _)| *number != self.number);
            if own.is_empty() {
                seats.remove(&self.session);
            }
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An event as it is sent. The name is one of ours or was checked when it came in; the data only has to be there.
pub fn wire(name: &str, id: Option<String>) -> Bytes {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!("{id}event: {name}\ndata: 1\n\n").into()
}

/// A word that may stand in a stream: a noun, a colon, an id. Line ends could forge other events.
fn checked(word: &str) -> Option<&str> {
    let (noun, id) = word.split_once(':')?;
    let noun_is_plain = !noun.is_empty() && noun.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let id_is_plain =
        !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    (word.len() <= 120 && noun_is_plain && id_is_plain).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(changes: &[Numbered]) -> Vec<String> {
        changes.iter().map(|numbered| format!("{:?}", numbered.change)).collect()
    }

    #[test]
    fn a_page_that_comes_back_gets_what_it_missed() {
        let hub = Hub::default();
        for word in ["job:1", "job:2", "job:3"] {
            hub.announce(Change::Of(word.into()));
        }
        let last = format!("{}-2", hub.process);
        assert_eq!(words(&hub.subscribe(Some(&last)).0), ["Of(\"job:3\")"]);
        assert_eq!(hub.subscribe(None).0.len(), 3);
        assert_eq!(words(&hub.subscribe(Some("other-2")).0), ["Resync"]);
    }

    #[test]
    fn a_page_that_was_away_too_long_fetches_everything() {
        let hub = Hub::default();
        for number in 0..=KEPT {
            hub.announce(Change::Of(format!("job:{number}").into()));
        }
        assert_eq!(words(&hub.subscribe(Some(&format!("{}-0", hub.process))).0), ["Resync"]);
        assert_eq!(hub.subscribe(Some(&format!("{}-1", hub.process))).0.len(), KEPT);
    }

    #[test]
    fn one_person_cannot_take_all_streams() {
        let hub = Hub::default();
        let seats: Vec<Seat> = (0..=limits::STREAMS_PER_SESSION).filter_map(|_| hub.seat(b"one")).collect();
        assert_eq!(hub.open_streams(), limits::STREAMS_PER_SESSION);
        let given_up: Vec<bool> = seats.iter().map(|seat| seat.given_up.is_cancelled()).collect();
        assert!(given_up[0], "the oldest makes room");
        assert!(given_up[1..].iter().all(|is_given_up| !is_given_up));
        drop(seats);
        assert_eq!(hub.open_streams(), 0);
    }

    #[test]
    fn only_a_noun_and_an_id_are_sent_on() {
        assert_eq!(checked("orders:TOR-2026-0042"), Some("orders:TOR-2026-0042"));
        for bad in ["click", "job:", ":1", "job:1\revent: x", "job:1\n", "JOB:1", "job:<b>", "job: 1"] {
            assert_eq!(checked(bad), None, "{bad:?}");
        }
    }
}
