//! People who look at pages meanwhile: requests at a steady rate whatever the answers take, so that a page that waits
//! does not make the next one wait unseen.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Connections, as many as a few browsers have.
const CONNECTIONS: usize = 24;

/// One page as somebody waited for it.
#[derive(Clone, Copy)]
pub struct Visit {
    /// When it was due.
    pub at: Instant,
    /// From then to its last byte.
    pub took: Duration,
    pub status: u16,
}

pub struct Visits {
    done: Arc<Mutex<Vec<Visit>>>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Visits {
    /// Asks for the pages in turn, `rate` a second.
    pub fn start(web: SocketAddr, cookie: &str, pages: Vec<String>, rate: u32) -> Visits {
        let (done, stop) = (Arc::new(Mutex::new(Vec::new())), CancellationToken::new());
        let (ask, asked) = mpsc::unbounded_channel::<(Instant, String)>();
        let asked = Arc::new(tokio::sync::Mutex::new(asked));
        let mut tasks = JoinSet::new();
        for _ in 0..CONNECTIONS {
            let (asked, done, cookie) = (asked.clone(), done.clone(), cookie.to_owned());
            tasks.spawn(async move {
                let mut socket = TcpStream::connect(web).await.expect("the web process listens");
                socket.set_nodelay(true).expect("no delay");
                loop {
                    let Some((at, path)) = asked.lock().await.recv().await else { return };
                    let status = get(&mut socket, web, &cookie, &path).await;
                    let took = at.elapsed();
                    done.lock().expect("nobody panicked").push(Visit { at, took, status });
                }
            });
        }
        let stopped = stop.clone();
        tasks.spawn(async move {
            let mut clock = tokio::time::interval(Duration::from_secs(1) / rate);
            for path in pages.iter().cycle() {
                tokio::select! { at = clock.tick() => drop(ask.send((at.into_std(), path.clone()))), () = stopped.cancelled() => return }
            }
        });
        Visits { done, stop, tasks }
    }

    /// Everything that was asked for is answered, then all of it.
    pub async fn end(mut self) -> Vec<Visit> {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
        std::mem::take(&mut *self.done.lock().expect("nobody panicked"))
    }
}

/// One page on a connection that stays open; its status.
pub async fn get(socket: &mut TcpStream, web: SocketAddr, cookie: &str, path: &str) -> u16 {
    let ask = format!("GET {path} HTTP/1.1\r\nhost: {web}\r\ncookie: {cookie}\r\n\r\n");
    socket.write_all(ask.as_bytes()).await.expect("the request goes out");
    let mut answer = Vec::with_capacity(64 * 1024);
    let (mut head_end, mut length) = (None, 0);
    loop {
        if head_end.is_none()
            && let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n")
        {
            let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
            let line = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            length = line.and_then(|line| line.trim().parse().ok()).unwrap_or_else(|| panic!("{path}: {head}"));
            head_end = Some(end + 4);
        }
        if head_end.is_some_and(|end| answer.len() >= end + length) {
            break;
        }
        let read = socket.read_buf(&mut answer).await.expect("the answer arrives");
        assert!(read > 0, "the connection of {path} was closed");
    }
    String::from_utf8_lossy(&answer[9..12]).parse().unwrap_or(0)
}
