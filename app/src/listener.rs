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
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{sync::Semaphore, time::Duration};

pub use connection::Connection;
pub use turns::Turns;

mod connection;
mod turns;

/// Takes connections up to a number in all and per peer. Whoever comes later waits in the kernel's queue.
pub struct Door {
    inner: TcpAcceptor,
    places: Arc<Semaphore>,
    peers: Arc<Mutex<HashMap<IpAddr, usize>>>,
    per_peer: usize,
    trusted: Vec<Network>,
    turns: Arc<Turns>,
    patience: Duration,
}

impl Door {
    /// Opens the socket.
    ///
    /// # Errors
    /// When nothing can listen there, or the process may not open enough files.
    pub async fn open(config: &Config, turns: Arc<Turns>) -> Result<Door> {
        raise_open_files(config.connections + limits::SPARE_DESCRIPTORS);
        let places = places(config.connections, open_files())?;
        let inner = TcpListener::bind(config.listen).into_acceptor().await;
        Ok(Door {
            inner: inner.with_context(|| format!("LISTEN is {}. Nothing can listen there.", config.listen))?,
            places: Arc::new(Semaphore::new(places)),
            peers: Arc::default(),
            per_peer: config.connections_per_peer,
            trusted: config.trusted_proxies.clone(),
            turns,
            patience: config.reader_patience,
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
                    let turn = self.turns.open(remote.as_socket_addr().copied());
                    return Ok((Connection::new(stream, turn, self.patience, (place, peer)), local, remote, scheme));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

pub struct PeerPlace {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_stay_below_the_limit_on_open_files() {
        assert_eq!(places(512, Some(256)).unwrap(), 256 - limits::SPARE_DESCRIPTORS);
        assert_eq!(places(512, Some(65536)).unwrap(), 512);
        assert!(places(512, Some(40)).is_err());
    }
}
