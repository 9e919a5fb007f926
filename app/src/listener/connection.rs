//! One connection: every request's head arrives in time, and every answer is read at a pace.

use super::{PeerPlace, turns::Turn};
use crate::limits;
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::OwnedSemaphorePermit,
    time::{Duration, Instant, Sleep},
};

/// A connection whose visitor has to say what is wanted and to take what is given, within the limits.
pub struct Connection {
    stream: TcpStream,
    turn: Turn,
    /// The head that is arriving, from its first byte; the first one's time runs from the beginning.
    head: Option<Head>,
    /// An answer that nobody takes, and for how long that may go on.
    stalled: Option<Stalled>,
    patience: Duration,
    _places: (OwnedSemaphorePermit, PeerPlace),
}

struct Head {
    deadline: Pin<Box<Sleep>>,
    /// Whole heads there were when this one began.
    before: u64,
    size: usize,
    /// What the first head looks like; later ones can't hide behind it, since an answer to chunks closes its connection.
    first: Option<First>,
}

#[derive(Default)]
struct First {
    /// Bytes of the blank line seen so far.
    matched: usize,
    lines: Vec<u8>,
}

struct Stalled {
    deadline: Pin<Box<Sleep>>,
    taken: usize,
}

const BLANK_LINE: &[u8] = b"\r\n\r\n";
/// How HTTP/2 begins when nobody asked for it.
const PREFACE: &[u8] = b"pri * http/2.0";

impl Connection {
    pub(super) fn new(
        stream: TcpStream,
        turn: Turn,
        patience: Duration,
        places: (OwnedSemaphorePermit, PeerPlace),
    ) -> Connection {
        let _ = stream.set_nodelay(true);
        let head = Some(Head { first: Some(First::default()), ..Head::new(0) });
        Connection { stream, turn, head, stalled: None, patience, _places: places }
    }

    /// Keeps the head's time and size.
    fn look_at_head(&mut self, cx: &mut Context<'_>, arrived: &[u8]) -> io::Result<()> {
        if self.head.as_ref().is_some_and(|head| head.before < self.turn.begun()) {
            self.head = None;
        }
        if self.head.is_none() && !arrived.is_empty() && !self.turn.is_working() {
            self.head = Some(Head::new(self.turn.begun()));
        }
        let Some(head) = &mut self.head else { return Ok(()) };
        // Counted before this piece: a head that just ended may have brought the beginning of a body.
        if head.size > limits::HEAD_BUFFER {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.size += arrived.len();
        if let Some(first) = &mut head.first
            && first.ends_in(arrived)
        {
            let is_fine = !first.is_ambiguous() && !first.lines.starts_with(PREFACE);
            head.first = None;
            return if is_fine { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) };
        }
        match head.deadline.as_mut().poll(cx) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(()),
        }
    }

    /// Ends an answer whose reader takes less than the slowest line would.
    fn look_at_pace(
        &mut self,
        cx: &mut Context<'_>,
        offered: usize,
        polled: &Poll<io::Result<usize>>,
    ) -> io::Result<()> {
        match polled {
            Poll::Ready(Ok(taken)) if *taken == offered => self.stalled = None,
            Poll::Ready(Ok(taken)) => {
                if let Some(stalled) = &mut self.stalled {
                    stalled.taken += taken;
                }
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                let patience = self.patience;
                let stalled = self.stalled.get_or_insert_with(|| Stalled::new(patience));
                while stalled.deadline.as_mut().poll(cx).is_ready() {
                    if stalled.taken < limits::SLOWEST_READER * patience.as_secs() as usize {
                        // Or the kernel would go on offering what nobody takes.
                        let _ = self.stream.set_zero_linger();
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                    *stalled = Stalled::new(patience);
                }
            }
        }
        Ok(())
    }
}

impl Head {
    fn new(before: u64) -> Head {
        Head { deadline: after(limits::HEAD_DEADLINE), before, size: 0, first: None }
    }
}

impl Stalled {
    fn new(patience: Duration) -> Stalled {
        Stalled { deadline: after(patience), taken: 0 }
    }
}

fn after(time: Duration) -> Pin<Box<Sleep>> {
    Box::pin(tokio::time::sleep_until(Instant::now() + time))
}

impl First {
    /// Whether these bytes end the head. HTTP/2 begins with a preface that holds a blank line as well.
    fn ends_in(&mut self, bytes: &[u8]) -> bool {
        for byte in bytes {
            self.matched = match (self.matched, byte) {
                (matched, byte) if *byte == BLANK_LINE[matched] => matched + 1,
                (_, b'\r') => 1,
                _ => 0,
            };
            if self.lines.len() < limits::HEAD {
                self.lines.push(byte.to_ascii_lowercase());
            }
            if self.matched == BLANK_LINE.len() {
                return true;
            }
        }
        false
    }

    /// Both a length and chunks: a proxy in front may have read the request in the other way. The parser behind us
    /// quietly drops the length, so only the bytes tell.
    fn is_ambiguous(&self) -> bool {
        let has = |name: &[u8]| self.lines.windows(name.len()).any(|line| line == name);
        has(b"\r\ncontent-length:") && has(b"\r\ntransfer-encoding:")
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if matches!(polled, Poll::Ready(Err(_))) {
            return polled;
        }
        match self.look_at_head(cx, &buf.filled()[before..]) {
            Ok(()) => polled,
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        match self.look_at_pace(cx, bytes.len(), &polled) {
            Ok(()) => polled,
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let offered = parts.iter().map(|part| part.len()).sum();
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        match self.look_at_pace(cx, offered, &polled) {
            Ok(()) => polled,
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
        sync::Semaphore,
    };

    /// More than the kernel keeps for a line.
    const LONG_ANSWER: usize = 64 << 20;

    /// Our end of a connection whose reader must be quick, and the other end.
    async fn connected(patience: Duration) -> (Connection, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let theirs = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (ours, remote) = listener.accept().await.unwrap();
        let turn = Arc::<crate::listener::turns::Turns>::default().open(Some(remote));
        let place = Arc::new(Semaphore::new(1)).acquire_owned().await.unwrap();
        let peer = PeerPlace { peers: Arc::default(), peer: None };
        (Connection::new(ours, turn, patience, (place, peer)), theirs)
    }

    #[tokio::test]
    async fn an_answer_that_nobody_reads_is_cut() {
        let (mut ours, theirs) = connected(Duration::from_secs(1)).await;
        let error = ours.write_all(&vec![b'x'; LONG_ANSWER]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(theirs);
    }

    #[tokio::test]
    async fn an_answer_that_is_read_in_pieces_arrives_whole() {
        let (mut ours, mut theirs) = connected(Duration::from_secs(1)).await;
        let sent = tokio::spawn(async move { ours.write_all(&vec![b'x'; LONG_ANSWER]).await });
        let (mut piece, mut read) = (vec![0; 8 << 20], 0);
        while read < LONG_ANSWER {
            tokio::time::sleep(Duration::from_millis(200)).await;
            read += theirs.read(&mut piece).await.unwrap();
        }
        sent.await.unwrap().unwrap();
    }

    #[test]
    fn a_head_ends_at_its_blank_line_however_it_is_cut() {
        let head = First::default;
        let mut cut = head();
        assert!(!cut.ends_in(b"GET / HTTP/1.1\r\nHost: x\r\n\r"));
        assert!(cut.ends_in(b"\n"));
        let mut preface = head();
        assert!(preface.ends_in(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") && preface.lines.starts_with(PREFACE));
        assert!(!head().ends_in(b"GET / HTTP/1.1\r\n\rx\n\r\r"));
        let mut twice = head();
        assert!(twice.ends_in(b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTRANSFER-Encoding: chunked\r\n\r\n"));
        assert!(twice.is_ambiguous() && !cut.is_ambiguous());
    }
}
