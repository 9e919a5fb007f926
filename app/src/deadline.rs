//! How long a handler may take before its visitor is told, and how long a file that leaves piece by piece may take to
//! be made. Nobody's question to PostgreSQL is dropped in the middle: its connection would keep its place in the pool
//! for ever (sqlx 0.9). What is told to stop waiting goes on by itself until PostgreSQL ends it.

use crate::limits;
use futures_util::{Stream, StreamExt, stream};
use std::{io, pin::pin};
use tokio::{
    sync::{mpsc, watch},
    time::{Duration, Instant, sleep_until},
};

/// When one request's time is over. The gate starts it once the form is there; until then the form has its own time.
#[derive(Clone, Default)]
pub struct Deadline(watch::Sender<Option<Instant>>);

impl Deadline {
    /// From now on, so long.
    pub fn start(&self, time: Duration) {
        self.0.send_replace(Some(Instant::now() + time));
    }

    /// Returns when the time is over; never before it was started.
    pub async fn over(&self) {
        let mut due = self.0.subscribe();
        loop {
            let at = *due.borrow_and_update();
            tokio::select! {
                () = until(at) => return,
                _ = due.changed() => {}
            }
        }
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Makes a file beside its reader, one piece ahead: a reader who leaves stops the work between two questions, and after
/// [`limits::EXPORT`] of work the file breaks off, so that nobody takes it for whole. A slow reader costs none of it.
pub fn beside<T: Send + 'static>(
    pieces: impl Stream<Item = io::Result<T>> + Send + 'static,
) -> impl Stream<Item = io::Result<T>> + Send + 'static {
    within(pieces, limits::EXPORT)
}

fn within<T: Send + 'static>(
    pieces: impl Stream<Item = io::Result<T>> + Send + 'static,
    time: Duration,
) -> impl Stream<Item = io::Result<T>> + Send + 'static {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let (mut pieces, mut worked) = (pin!(pieces), Duration::ZERO);
        loop {
            let began = Instant::now();
            let Some(piece) = pieces.next().await else { break };
            worked += began.elapsed();
            let piece = if worked > time { Err(io::ErrorKind::TimedOut.into()) } else { piece };
            let is_last = piece.is_err();
            if sender.send(piece).await.is_err() || is_last {
                break;
            }
        }
    });
    stream::unfold(receiver, async |mut receiver| receiver.recv().await.map(|piece| (piece, receiver)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    };

    const MOMENT: Duration = Duration::from_millis(100);

    #[tokio::test]
    async fn a_handlers_time_begins_when_its_form_is_there() {
        let deadline = Deadline::default();
        assert!(tokio::time::timeout(MOMENT, deadline.over()).await.is_err(), "it was never started");
        deadline.start(limits::BODY_DEADLINE);
        let shorter = deadline.clone();
        tokio::spawn(async move { shorter.start(MOMENT) });
        tokio::time::timeout(limits::PAGE, deadline.over()).await.expect("the later, shorter time counts");
    }

    #[tokio::test]
    async fn a_file_that_takes_too_long_breaks_off_and_a_slow_reader_costs_nothing() {
        let pieces = || stream::iter(0..10).map(io::Result::Ok);
        let slowly = |piece| async move {
            tokio::time::sleep(MOMENT / 2).await;
            piece
        };
        let whole: Vec<_> = within(pieces(), MOMENT * 2).then(slowly).collect().await;
        assert_eq!(whole.iter().filter(|piece| piece.is_ok()).count(), 10);
        let cut: Vec<_> = within(pieces().then(slowly), MOMENT * 2).collect().await;
        assert!(cut.len() < 10 && cut.last().is_some_and(|piece| piece.is_err()), "{cut:?}");
    }

    #[tokio::test]
    async fn a_reader_who_leaves_stops_the_work_between_two_pieces() {
        let made = Arc::new(AtomicUsize::new(0));
        let count = made.clone();
        let pieces = stream::iter(0..1000).map(move |number| (count.fetch_add(1, Relaxed), io::Result::Ok(number)).1);
        let mut read = Box::pin(beside(pieces));
        assert!(read.next().await.is_some());
        drop(read);
        tokio::task::yield_now().await;
        assert!(made.load(Relaxed) <= 4, "{} pieces were made for nobody", made.load(Relaxed));
    }
}
