//! Every bound of the web process, in one place: what nobody may exceed, however hard they try.

use std::time::Duration;

/// Bytes of an ordinary form.
pub const FORM: usize = 64 * 1024;
/// Bytes of a configurator's form: a few hundred fields.
pub const CONFIGURATION: usize = 256 * 1024;
/// Bytes of one document of an order.
pub const DOCUMENT: usize = 10 * 1024 * 1024 + 64 * 1024;
/// Bytes of an imported catalogue.
pub const CATALOGUE: usize = 16 * 1024 * 1024;
/// Bytes of an upload looked through for its CSRF field, which our forms put first.
pub const UPLOAD_HEAD: usize = 4 * 1024;
/// Fields of one form; the largest configuration has about three hundred.
pub const FIELDS: usize = 1000;
/// Bytes of a request's head.
pub const HEAD: usize = 16 * 1024;
/// Bytes of a head that are kept at all before its connection is closed without a word.
pub const HEAD_BUFFER: usize = 64 * 1024;
/// Parts of one upload; ours have at most five.
pub const PARTS: usize = 20;
/// Bytes of the path and the query together.
pub const ADDRESS: usize = 8 * 1024;

/// From a head's first byte to its end; for a connection's first head, from the moment it was opened.
pub const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// For the whole body of a form. An upload may take longer, as long as it keeps up with `SLOWEST_UPLOAD`.
pub const BODY_DEADLINE: Duration = Duration::from_secs(60);
/// Bytes per second on average that keep a large upload going.
pub const SLOWEST_UPLOAD: usize = 16 * 1024;
/// A reader who takes less than so many bytes per second for so long is cut off.
pub const SLOWEST_READER: usize = 512;
pub const READER_PATIENCE: Duration = Duration::from_secs(60);
/// For anything to move on a connection. Longer than a stream's keep-alive.
pub const IDLE_CONNECTION: Duration = Duration::from_secs(75);
/// Connections of the process: every stream, and room for those who ask for pages meanwhile. A peer's share is
/// ten windows; proxies we trust are not counted per peer.
pub const CONNECTIONS: usize = 1280;
pub const CONNECTIONS_PER_PEER: usize = 64;
/// Routes that cost no budget: our own files, streams, health. Each has bounds of its own.
pub const FREE: [&str; 5] = ["/assets/", "/events", "/healthz", "/readyz", "/api/health"];
/// Budgets kept in memory, about 100 bytes each; strangers beyond share one.
pub const BUDGETS: usize = 20_000;
/// Jobs that somebody asked for one by one and that have not ended.
pub const LIVE_JOBS: i64 = 20;
/// Times that a change is tried again after PostgreSQL undid it for another's sake.
pub const TRIES: u32 = 3;

/// Descriptors kept back for the database, logs and files.
pub const SPARE_DESCRIPTORS: usize = 64;

/// Open /events streams, 31.5 KiB each (`bin/streams`). A tab has one and closes it while hidden, so six are six windows side by side; a browser
/// on HTTP/1.1 has no more connections anyway.
pub const STREAMS: usize = 1000;
pub const STREAMS_PER_SESSION: usize = 6;
/// Changes a slow stream may be behind before it is told to fetch everything again.
pub const STREAM_BACKLOG: usize = 256;
/// About how long a stream that fell behind is silent before it is told so.
pub const STREAM_REST: Duration = Duration::from_millis(500);
pub const STREAM_KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long an open stream can outlive its session or its permissions; a setting may allow a minute.
pub const SESSION_RECHECK: Duration = Duration::from_secs(30);

/// For a page or a change, once its form is there; whoever asked is told, and the handler goes on by itself.
pub const PAGE: Duration = Duration::from_secs(10);
/// The same where whole files are made or read: exports, imports, uploads, replays. Of a file that leaves piece by piece,
/// the time spent on making it.
pub const EXPORT: Duration = Duration::from_secs(60);
/// For an answer while PostgreSQL hangs: whoever asked is told, and the handler goes on by itself.
pub const ANSWER: Duration = Duration::from_millis(1600);
/// For a connection of the pool; afterwards the page says that we are away.
pub const ACQUIRE: Duration = Duration::from_millis(1500);
/// For a sign of life of a connection that lay idle.
pub const PING: Duration = Duration::from_millis(250);
pub const POOL: u32 = 8;
/// Connections kept for health and for logging out, when pages have taken all others.
pub const RESERVE: u32 = 2;
/// The server ends what takes longer: statements, waits for a lock, forgotten transactions.
pub const STATEMENT_TIMEOUT: &str = "5s";
pub const LOCK_TIMEOUT: &str = "2s";
pub const IDLE_TRANSACTION_TIMEOUT: &str = "15s";
pub const REDIS: Duration = Duration::from_millis(200);

/// For the connections to PostgreSQL at the end.
pub const CLOSE: Duration = Duration::from_secs(3);
/// For running requests after SIGTERM.
pub const DRAIN: Duration = Duration::from_secs(20);
/// Between "not ready" and the closed door, so that a proxy notices.
pub const NOTICE: Duration = Duration::from_secs(2);
