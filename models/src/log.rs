//! Where the lines of a process's log go: never longer than a bound, never with a secret in them, and never waited for.

use crate::secrets::Secret;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

/// Bytes of one line.
pub const LINE: usize = 8 * 1024;
/// Lines that may wait for a reader that stopped; with `LINE` no more than 16 MiB.
const WAITING: usize = 2048;
/// For the last lines of a process that ends.
const LAST: Duration = Duration::from_millis(300);

static DROPPED: AtomicU64 = AtomicU64::new(0);
static WRITTEN: AtomicU64 = AtomicU64::new(0);
static TAKEN: AtomicU64 = AtomicU64::new(0);
static NEVER: LazyLock<Mutex<Vec<String>>> = LazyLock::new(Mutex::default);

/// The way to the log, for as many writers as want one.
#[derive(Clone)]
pub struct Log {
    lines: SyncSender<Vec<u8>>,
    is_json: bool,
}

/// One line while it is written.
pub struct Line {
    log: Log,
    bytes: Vec<u8>,
}

/// Lines that were dropped because nobody read the log, since the process began.
pub fn dropped() -> u64 {
    DROPPED.load(Relaxed)
}

/// From now on no line shows this word, wherever it came from: an address with its password, a key.
pub fn never_show(secret: &Secret) {
    let word = secret.reveal();
    let mut words: Vec<String> = vec![word.to_owned()];
    words.extend(password_of(word).map(str::to_owned));
    words.retain(|word| word.len() >= 6);
    NEVER.lock().unwrap_or_else(PoisonError::into_inner).extend(words);
}

/// The password inside an address like `postgres://user:password@host/name`.
fn password_of(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    let (user, _) = rest.rsplit_once('@')?;
    user.split_once(':').map(|(_, password)| password)
}

impl Log {
    /// Writes to `sink` from a thread of its own. A reader that stops makes lines drop, and nothing else.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn to(mut sink: impl Write + Send + 'static, is_json: bool) -> io::Result<Log> {
        let (lines, waiting) = sync_channel::<Vec<u8>>(WAITING);
        std::thread::Builder::new().name("log".into()).spawn(move || {
            let mut said = 0;
            while let Ok(line) = waiting.recv() {
                // A reader that went away is nothing to stop for.
                let _ = sink.write_all(&line).and_then(|()| sink.flush());
                WRITTEN.fetch_add(1, Relaxed);
                let dropped = dropped();
                if dropped > said {
                    let _ = sink.write_all(&about_dropped(dropped - said, is_json));
                    said = dropped;
                }
            }
        })?;
        Ok(Log { lines, is_json })
    }

    /// A writer for one line.
    pub fn line(&self) -> Line {
        Line { log: self.clone(), bytes: Vec::new() }
    }
}

/// Waits a moment for the lines that are on their way; call it last.
pub fn finish() {
    let start = std::time::Instant::now();
    while WRITTEN.load(Relaxed) < TAKEN.load(Relaxed) && start.elapsed() < LAST {
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn about_dropped(count: u64, is_json: bool) -> Vec<u8> {
    let words = "log lines were dropped because nobody read them";
    match is_json {
        true => format!("{{\"level\":\"WARN\",\"message\":\"{words}\",\"dropped\":{count}}}\n").into_bytes(),
        false => format!(" WARN {words} dropped={count}\n").into_bytes(),
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Far more than a line is shown, far less than would hurt.
        let room = (4 * LINE).saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.bytes.is_empty() {
            return;
        }
        let line = fit(&self.bytes, self.log.is_json);
        match self.log.lines.try_send(line) {
            Ok(()) => drop(TAKEN.fetch_add(1, Relaxed)),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => drop(DROPPED.fetch_add(1, Relaxed)),
        }
    }
}

/// The line as it is written: one line, no secret, within the bound.
fn fit(bytes: &[u8], is_json: bool) -> Vec<u8> {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    for word in NEVER.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        if text.contains(word.as_str()) {
            text = text.replace(word.as_str(), "[secret]");
        }
    }
    let line = text.trim_end_matches('\n');
    // A line end inside could pass for another entry; colours are all that may begin with an escape.
    let line: String = line.chars().map(|c| if c.is_control() && c != '\u{1b}' { ' ' } else { c }).collect();
    if line.len() < LINE {
        return (line + "\n").into_bytes();
    }
    let end = (0..=LINE / 2).rev().find(|at| line.is_char_boundary(*at)).unwrap_or_default();
    let (start, length) = (&line[..end], line.len());
    let short = match is_json {
        true => serde_json::json!({ "message": "a longer line", "bytes": length, "begins": start }).to_string(),
        false => format!("{start} … ({length} bytes)"),
    };
    let end = (0..LINE).rev().find(|at| *at <= short.len() && short.is_char_boundary(*at)).unwrap_or_default();
    format!("{}\n", &short[..end]).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_within_its_bound_and_without_secrets() {
        never_show(&Secret::new("postgres://torvan:hunter2-canary@db/torvan"));
        let text = |bytes: &[u8], is_json| String::from_utf8(fit(bytes, is_json)).unwrap();

        assert_eq!(text(b"first\nsecond\r\x00third\n", false), "first second  third\n");
        assert!(!text(b"error: hunter2-canary is wrong\n", false).contains("hunter2"));
        assert!(!text(b"postgres://torvan:hunter2-canary@db/torvan", true).contains("canary"));
        let long = "é".repeat(LINE);
        assert!(text(long.as_bytes(), false).len() <= LINE);
        let json = text(long.as_bytes(), true);
        assert!(json.len() <= LINE && serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");
    }

    #[test]
    fn a_reader_that_stopped_costs_lines_and_no_waiting() {
        struct Stopped;
        impl Write for Stopped {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                loop {
                    std::thread::park();
                }
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let log = Log::to(Stopped, false).unwrap();
        let before = dropped();
        for number in 0..WAITING + 100 {
            writeln!(log.line(), "line {number}").unwrap();
        }
        assert!(dropped() - before >= 99, "{}", dropped() - before);
    }
}
