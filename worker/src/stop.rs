//! Stopping in two steps: take no new work, then give back what is still running.

use tokio_util::sync::CancellationToken;

/// Shared by everything that has to stop. Clones are the same sign.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    draining: CancellationToken,
    now: CancellationToken,
}

impl Stop {
    /// Take no new work; what runs may finish.
    pub fn request(&self) {
        self.draining.cancel();
    }

    /// Give back what runs, at once.
    pub fn insist(&self) {
        self.draining.cancel();
        self.now.cancel();
    }

    pub fn is_requested(&self) -> bool {
        self.draining.is_cancelled()
    }

    pub async fn requested(&self) {
        self.draining.cancelled().await;
    }

    pub async fn insisted(&self) {
        self.now.cancelled().await;
    }
}
