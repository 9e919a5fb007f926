//! Many open pages at once: streams of /events over real sockets, each of a real session, that note when they hear what.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use models::users::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use super::floor::Floor;

/// A session has six, as in a browser.
const PER_SESSION: usize = 6;
/// Streams of one address: less than a peer may have.
const PER_PEER: usize = 48;

/// What all streams together have heard.
#[derive(Default)]
pub struct Heard {
    /// Word and time, of every word somebody waits for.
    pub words: Mutex<Vec<(Box<str>, Instant)>>,
    pub hellos: AtomicUsize,
    pub resyncs: AtomicUsize,
    pub ended: AtomicUsize,
    /// Events of any name.
    pub events: AtomicUsize,
}

pub struct Crowd {
    pub heard: Arc<Heard>,
    readers: JoinSet<()>,
}

impl Crowd {
    /// Opens so many streams and waits until each was greeted. They note words with this noun.
    pub async fn open(floor: &Floor, web: SocketAddr, streams: usize, noun: &'static str) -> Crowd {
        let user = floor.person(Role::Administrator).await;
        let heard = Arc::new(Heard::default());
        let mut readers = JoinSet::new();
        let mut cookie = String::new();
        for number in 0..streams {
            if number % PER_SESSION == 0 {
                cookie = floor.log_in(&user).await;
            }
            let socket = connect(web, peer(0, number), &cookie, None).await;
            readers.spawn(read(socket, heard.clone(), noun));
        }
        let start = Instant::now();
        while heard.hellos.load(Ordering::Relaxed) < streams {
            let greeted = heard.hellos.load(Ordering::Relaxed);
            assert!(start.elapsed() < Duration::from_secs(30), "{greeted} of {streams} streams were greeted");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Crowd { heard, readers }
    }

    /// What was heard so far, and forgets it.
    pub fn take(&self) -> Vec<(Box<str>, Instant)> {
        std::mem::take(&mut *self.heard.words.lock().expect("no reader panicked"))
    }

    pub fn len(&self) -> usize {
        self.readers.len()
    }
}

/// Streams that are opened and never read from, with as little room on the way as the kernel allows.
pub async fn deaf(floor: &Floor, web: SocketAddr, streams: usize) -> Vec<TcpStream> {
    let user = floor.person(Role::Administrator).await;
    let mut sockets = Vec::new();
    let mut cookie = String::new();
    for number in 0..streams {
        if number % PER_SESSION == 0 {
            cookie = floor.log_in(&user).await;
        }
        sockets.push(connect(web, peer(1, number), &cookie, Some(4096)).await);
    }
    sockets
}

/// Every address of 127.0.0.0/8 is this machine, so a machine can be many peers.
fn peer(crowd: u8, number: usize) -> SocketAddr {
    ([127, 0, crowd + 1, (number / PER_PEER) as u8 + 1], 0).into()
}

async fn connect(web: SocketAddr, from: SocketAddr, cookie: &str, room: Option<u32>) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket: raise ulimit -n");
    socket.bind(from).expect("an address of this machine");
    if let Some(room) = room {
        socket.set_recv_buffer_size(room).expect("less room");
    }
    let mut stream = socket.connect(web).await.expect("the web process listens: raise ulimit -n");
    let ask = format!("GET /events HTTP/1.1\r\nhost: {web}\r\ncookie: {cookie}\r\naccept: text/event-stream\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.expect("the request goes out");
    stream
}

async fn read(mut socket: TcpStream, heard: Arc<Heard>, noun: &'static str) {
    let mut unread = String::new();
    let mut chunk = vec![0; 8 * 1024];
    while let Ok(length @ 1..) = socket.read(&mut chunk).await {
        let now = Instant::now();
        unread.push_str(&String::from_utf8_lossy(&chunk[..length]));
        let whole = unread.rfind('\n').map_or(0, |end| end + 1);
        for line in unread[..whole].lines() {
            let Some(name) = line.strip_prefix("event:").map(str::trim) else { continue };
            heard.events.fetch_add(1, Ordering::Relaxed);
            match name {
                "hello" => drop(heard.hellos.fetch_add(1, Ordering::Relaxed)),
                "resync" => drop(heard.resyncs.fetch_add(1, Ordering::Relaxed)),
                word if word.starts_with(noun) => {
                    heard.words.lock().expect("no reader panicked").push((word.into(), now));
                }
                _ => {}
            }
        }
        unread.drain(..whole);
    }
    heard.ended.fetch_add(1, Ordering::Relaxed);
}
