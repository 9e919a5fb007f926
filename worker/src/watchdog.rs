//! The last resort against a process that lives but does nothing: a thread of its own, outside everything that can
//! hang, ends the process so that its supervisor starts a new one.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// From the signal to the end, whatever hangs.
const LAST_CALL: Duration = Duration::from_secs(28);
/// The exit code of a process that was ended because it hung.
const HUNG: i32 = 70;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);
static LAST_BEAT: AtomicU64 = AtomicU64::new(0);
static LAST_POLL: AtomicU64 = AtomicU64::new(0);
static STOPPING: AtomicU64 = AtomicU64::new(u64::MAX);

fn now() -> u64 {
    START.elapsed().as_millis() as u64
}

/// PostgreSQL answered, or is known to be away.
pub fn beat() {
    LAST_BEAT.store(now(), Relaxed);
}

/// The worker looked for work.
pub fn poll() {
    LAST_POLL.store(now(), Relaxed);
}

/// Whether the worker looked for work in the last seconds.
pub fn has_polled() -> bool {
    now().saturating_sub(LAST_POLL.load(Relaxed)) < 5_000
}

/// The worker was told to stop and must be gone in time.
pub fn stopping() {
    STOPPING.fetch_min(now(), Relaxed);
}

/// Starts the thread. Without a heartbeat or a look for work within `silence`, something hangs.
pub fn start(silence: Duration) -> std::io::Result<()> {
    beat();
    poll();
    let watch = move || watch(silence);
    std::thread::Builder::new().name("watchdog".into()).stack_size(64 * 1024).spawn(watch).map(drop)
}

fn watch(silence: Duration) {
    loop {
        std::thread::sleep(Duration::from_secs(1));
        let since = |mark: &AtomicU64| Duration::from_millis(now().saturating_sub(mark.load(Relaxed)));
        if since(&STOPPING) > LAST_CALL {
            eprintln!("worker: still not stopped after {} s, ending now", LAST_CALL.as_secs());
            std::process::exit(1);
        }
        if since(&LAST_BEAT) > silence || (since(&LAST_POLL) > silence && STOPPING.load(Relaxed) == u64::MAX) {
            eprintln!("worker: no sign of life for {} s, ending for a restart", silence.as_secs());
            std::process::exit(HUNG);
        }
    }
}
