//! The socket: how many may come in, and how long they may take to say what they want.

use crate::{
    config::{Config, Network},
    limits,
};
use anyhow::{Context, Result, ensure};
use poem::{
    http::uri::Scheme,
    listener::{Acceptor, Listener, TcpAcceptor, TcpListener},
    web::{LocalAddr, RemoteAddr},
};
use rustix::process::{Resource, getrlimit, setrlimit};
use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context as TaskContext, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Duration, Instant, Sleep},
};

/// Takes connections up to a number in all and per peer. Whoever comes later waits in the kernel's queue.
pub struct Door {
    inner: TcpAcceptor,
    places: Arc<Semaphore>,
    peers: Arc<Mutex<HashMap<IpAddr, usize>>>,
    per_peer: usize,
    trusted: Vec<Network>,
}

impl Door {
    /// Opens the socket.
    ///
    /// # Errors
    /// When nothing can listen there, or the process may not open enough files.
    pub async fn open(config: &Config) -> Result<Door> {
        raise_open_files(config.connections + limits::SPARE_DESCRIPTORS);
        let places = places(config.connections, open_files())?;
        let inner = TcpListener::bind(config.listen).into_acceptor().await;
        Ok(Door {
            inner: inner.with_context(|| format!("LISTEN is {}. Nothing can listen there.", config.listen))?,
            places: Arc::new(Semaphore::new(places)),
            peers: Arc::default(),
            per_peer: config.connections_per_peer,
            trusted: config.trusted_proxies.clone(),
        })
    }

    /// Where it listens, as the kernel chose it.
    pub fn address(&self) -> Option<SocketAddr> {
        self.inner.local_addr().first().and_then(|address| address.as_socket_addr().copied())
    }

    /// A place for one more connection of this peer; a proxy of ours brings many people.
    fn admit(&self, remote: &RemoteAddr) -> Option<PeerPlace> {
        let peer = remote.as_socket_addr().map(|address| address.ip().to_canonical());
        let Some(peer) = peer.filter(|peer| !self.trusted.iter().any(|network| network.contains(*peer))) else {
            return Some(PeerPlace { peers: self.peers.clone(), peer: None });
        };
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = peers.entry(peer).or_default();
        if *taken >= self.per_peer {
            return None;
        }
        *taken += 1;
        Some(PeerPlace { peers: self.peers.clone(), peer: Some(peer) })
    }
}

/// Connections that leave descriptors for everything else: out of them, accepting would spin.
fn places(wanted: usize, open_files: Option<usize>) -> Result<usize> {
    let Some(files) = open_files else { return Ok(wanted) };
    let most = files.saturating_sub(limits::SPARE_DESCRIPTORS);
    ensure!(
        most > 0,
        "This process may open {files} files. It needs more than {}: raise ulimit -n.",
        limits::SPARE_DESCRIPTORS
    );
    if most < wanted {
        tracing::warn!(connections = most, files, "fewer connections than wanted, because of the limit on open files");
    }
    Ok(wanted.min(most))
}

/// Most systems start a process with 1,024 open files and let it have more when it asks.
fn raise_open_files(needed: usize) {
    let (mut limit, needed) = (getrlimit(Resource::Nofile), needed as u64);
    if limit.current.is_some_and(|now| now < needed) {
        limit.current = Some(limit.maximum.map_or(needed, |most| most.min(needed)));
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::warn!(%error, "the limit on open files could not be raised");
        }
    }
}

fn open_files() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find(|line| line.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

impl Acceptor for Door {
    type Io = Connection;

    fn local_addr(&self) -> Vec<LocalAddr> {
        self.inner.local_addr()
    }

    async fn accept(&mut self) -> io::Result<(Connection, LocalAddr, RemoteAddr, Scheme)> {
        let place = self.places.clone().acquire_owned().await.map_err(io::Error::other)?;
        loop {
            match self.inner.accept().await {
                Ok((stream, local, remote, scheme)) => {
                    // Over its share: closed at once, which costs less than an answer.
                    let Some(peer) = self.admit(&remote) else { continue };
                    return Ok((Connection::new(stream, place, peer), local, remote, scheme));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

struct PeerPlace {
    peers: Arc<Mutex<HashMap<IpAddr, usize>>>,
    peer: Option<IpAddr>,
}

impl Drop for PeerPlace {
    fn drop(&mut self) {
        let Some(peer) = self.peer else { return };
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = peers.get_mut(&peer) {
            *taken -= 1;
            if *taken == 0 {
                peers.remove(&peer);
            }
        }
    }
}

/// A connection that has to finish its first request's head in time. Later ones fall under the idle limit.
pub struct Connection {
    stream: TcpStream,
    head: Option<Head>,
    _place: OwnedSemaphorePermit,
    _peer: PeerPlace,
}

struct Head {
    deadline: Pin<Box<Sleep>>,
    /// Bytes of the blank line seen so far.
    matched: usize,
    lines: Vec<u8>,
}

const BLANK_LINE: &[u8] = b"\r\n\r\n";

impl Connection {
    fn new(stream: TcpStream, place: OwnedSemaphorePermit, peer: PeerPlace) -> Connection {
        let deadline = Box::pin(tokio::time::sleep_until(Instant::now() + limits::HEAD_DEADLINE));
        let _ = stream.set_nodelay(true);
        Connection { stream, head: Some(Head { deadline, matched: 0, lines: Vec::new() }), _place: place, _peer: peer }
    }
}

impl Head {
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
    /// quietly drops the length, so only the bytes tell. Later requests can't hide behind one: an answer to chunks
    /// closes its connection.
    fn is_ambiguous(&self) -> bool {
        let has = |name: &[u8]| self.lines.windows(name.len()).any(|line| line == name);
        has(b"\r\ncontent-length:") && has(b"\r\ntransfer-encoding:")
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        let Some(head) = &mut self.head else { return polled };
        if polled.is_ready() && head.ends_in(&buf.filled()[before..]) {
            if head.is_ambiguous() {
                return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
            }
            self.head = None;
        } else if head.deadline.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        polled
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_head_ends_at_its_blank_line_however_it_is_cut() {
        let deadline = || Box::pin(tokio::time::sleep(Duration::from_secs(1)));
        let head = || Head { deadline: deadline(), matched: 0, lines: Vec::new() };
        let mut cut = head();
        assert!(!cut.ends_in(b"GET / HTTP/1.1\r\nHost: x\r\n\r"));
        assert!(cut.ends_in(b"\n"));
        assert!(head().ends_in(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
        assert!(!head().ends_in(b"GET / HTTP/1.1\r\n\rx\n\r\r"));
        let mut twice = head();
        assert!(twice.ends_in(b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTRANSFER-Encoding: chunked\r\n\r\n"));
        assert!(twice.is_ambiguous() && !cut.is_ambiguous());
    }

    #[test]
    fn connections_stay_below_the_limit_on_open_files() {
        assert_eq!(places(512, Some(256)).unwrap(), 256 - limits::SPARE_DESCRIPTORS);
        assert_eq!(places(512, Some(65536)).unwrap(), 512);
        assert!(places(512, Some(40)).is_err());
    }
}
