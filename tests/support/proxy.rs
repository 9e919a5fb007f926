//! A line between two processes that a test can break while it is in use: refused, silent, slow, cut, or stopped right
//! after a certain word was said on it.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};

/// How the line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    Open,
    /// Nobody listens: new connections are refused, those that are open end.
    Refused,
    /// A black hole: connections are taken and stay open, nothing gets through. What was said arrives once it is over.
    Silent,
    /// Everything takes this much longer, each way.
    Slow(Duration),
}

/// Ends with the test that holds it.
pub struct Proxy {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: SocketAddr,
    line: watch::Sender<Line>,
    /// Counts the cuts.
    cuts: watch::Sender<u64>,
    /// Counts how often what was open was left to its silence.
    forgotten: watch::Sender<u64>,
    trap: Mutex<Option<Trap>>,
}

/// Springs at the first answer that holds `answered` on a connection on which `asked` was said before.
struct Trap {
    asked: Vec<u8>,
    answered: Vec<u8>,
    tell: oneshot::Sender<()>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Asking,
    Answering,
}

impl Proxy {
    /// Listens on a port of its own. It has threads of its own too, so that a busy test does not slow the line.
    pub fn to(upstream: SocketAddr) -> Proxy {
        let address = free_address();
        let (line, cuts, forgotten) = (watch::Sender::new(Line::Open), watch::Sender::new(0), watch::Sender::new(0));
        let shared = Shared { upstream, line, cuts, forgotten, trap: Mutex::default() };
        let shared = Arc::new(shared);
        let (weak, closed) = (Arc::downgrade(&shared), shared.cuts.subscribe());
        let (tell, listening) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let Some(shared) = weak.upgrade() else { return };
                tokio::select! { _ = shared.listen(address, tell) => {}, () = gone(closed) => {} }
            });
        });
        listening.recv().expect("the proxy listens");
        Proxy { address, shared }
    }

    pub fn set(&self, line: Line) {
        self.shared.line.send_replace(line);
        if line == Line::Refused {
            self.cut();
        }
    }

    pub fn heal(&self) {
        self.set(Line::Open);
    }

    /// The line is open for new connections; those that were open while it was silent stay silent for good, as when the
    /// machine at the other end was replaced.
    pub fn forget_and_heal(&self) {
        self.shared.forgotten.send_modify(|count| *count += 1);
        self.heal();
    }

    /// Ends every connection; new ones are taken.
    pub fn cut(&self) {
        self.shared.cuts.send_modify(|cuts| *cuts = (*cuts + 1) & !CLOSED);
    }

    /// Stops a connection at the moment in which its server has said `answered` and its client has not heard it yet,
    /// provided that the client said `asked` on it before. The answer of this is when that happened.
    pub fn trap(&self, asked: &[u8], answered: &[u8]) -> oneshot::Receiver<()> {
        let (tell, sprung) = oneshot::channel();
        *self.shared.trap() = Some(Trap { asked: asked.to_vec(), answered: answered.to_vec(), tell });
        sprung
    }
}

/// Marks the count of cuts when the proxy is gone.
const CLOSED: u64 = 1 << 63;

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.cuts.send_replace(CLOSED);
    }
}

async fn gone(mut closed: watch::Receiver<u64>) {
    let _ = closed.wait_for(|cuts| *cuts == CLOSED).await;
}

impl Shared {
    fn trap(&self) -> MutexGuard<'_, Option<Trap>> {
        self.trap.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn listen(self: Arc<Self>, address: SocketAddr, tell: std::sync::mpsc::Sender<()>) -> io::Result<()> {
        let mut line = self.line.subscribe();
        let mut tell = Some(tell);
        loop {
            let _ = line.wait_for(|line| *line != Line::Refused).await;
            let listener = TcpListener::bind(address).await.expect("the proxy's port is still free");
            tell.take().map(|tell| tell.send(()));
            loop {
                tokio::select! {
                    _ = line.wait_for(|line| *line == Line::Refused) => break,
                    taken = listener.accept() => drop(tokio::spawn(self.clone().carry(taken?.0))),
                }
            }
        }
    }

    /// One connection, until one of the two ends it or the line is cut.
    async fn carry(self: Arc<Self>, client: TcpStream) -> io::Result<()> {
        let mut cuts = self.cuts.subscribe();
        let connected = async {
            self.passable().await;
            TcpStream::connect(self.upstream).await
        };
        let server = tokio::select! { connected = connected => connected?, _ = cuts.changed() => return Ok(()) };
        let mut forgotten = self.forgotten.subscribe();
        let mut carried = std::pin::pin!(self.converse(client, server));
        tokio::select! {
            ended = &mut carried => ended,
            _ = cuts.changed() => Ok(()),
            // Both ends stay open and hear nothing.
            _ = forgotten.changed() => cuts.changed().await.map_err(io::Error::other),
        }
    }

    async fn converse(&self, client: TcpStream, server: TcpStream) -> io::Result<()> {
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
        let heard = AtomicBool::new(false);
        tokio::select! {
            ended = self.pump(Way::Asking, from_client, to_server, &heard) => ended,
            ended = self.pump(Way::Answering, from_server, to_client, &heard) => ended,
        }
    }

    async fn pump(
        &self,
        way: Way,
        mut from: OwnedReadHalf,
        mut to: OwnedWriteHalf,
        heard: &AtomicBool,
    ) -> io::Result<()> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let length = from.read(&mut buffer).await?;
            if length == 0 {
                return Ok(());
            }
            self.passable().await;
            if self.springs(way, &buffer[..length], heard) {
                std::future::pending::<()>().await;
            }
            to.write_all(&buffer[..length]).await?;
        }
    }

    /// Waits as the line makes one wait.
    async fn passable(&self) {
        let mut line = self.line.subscribe();
        let now = *line.borrow_and_update();
        match now {
            Line::Open => {}
            Line::Slow(pause) => tokio::time::sleep(pause).await,
            Line::Silent | Line::Refused => {
                let _ = line.wait_for(|line| !matches!(line, Line::Silent | Line::Refused)).await;
            }
        }
    }

    fn springs(&self, way: Way, said: &[u8], heard: &AtomicBool) -> bool {
        let mut trap = self.trap();
        let Some(set) = &*trap else { return false };
        if way == Way::Asking {
            heard.fetch_or(contains(said, &set.asked), Ordering::Relaxed);
            return false;
        }
        if !heard.load(Ordering::Relaxed) || !contains(said, &set.answered) {
            return false;
        }
        trap.take().map(|sprung| sprung.tell.send(()));
        true
    }
}

fn contains(said: &[u8], word: &[u8]) -> bool {
    word.is_empty() || said.windows(word.len()).any(|window| window == word)
}

/// Below the ports that the kernel hands out by itself, so that it stays ours while nobody listens on it.
pub fn free_address() -> SocketAddr {
    for _ in 0..1000 {
        let random = uuid::Uuid::new_v4().as_u128();
        let address = SocketAddr::from(([127, 0, 0, 1], 20_000 + (random % 12_000) as u16));
        if std::net::TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no port is free");
}
