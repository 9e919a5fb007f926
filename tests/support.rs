//! What tests stand on: private servers, a database of their own, the product on it, people and browsers using it.

pub mod authenticator;
pub mod axe;
pub mod browser;
pub mod bucket;
pub mod database;
pub mod devtools;
pub mod house;
pub mod person;
pub mod provider;
pub mod proxy;
pub mod servers;
pub mod shift;
pub mod shop;
pub mod stream;

use std::time::{Duration, Instant};

/// Waits until `reached`; how long that took.
///
/// # Panics
/// When `limit` is over: what was promised did not happen.
pub async fn until(limit: Duration, what: &str, mut reached: impl AsyncFnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !reached().await {
        assert!(start.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    start.elapsed()
}
