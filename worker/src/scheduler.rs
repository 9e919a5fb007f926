//! Work by the clock: every worker looks each second whether a schedule is due, and whoever locks it first asks.

use crate::Engine;
use std::sync::Arc;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(1);
/// A ledger that can't be read is not asked every second.
const PAUSE: Duration = Duration::from_secs(5);

pub async fn run(engine: Arc<Engine>) {
    while let Err(error) = jobs::schedules::ensure(&engine.ledger).await {
        tracing::warn!(%error, "the schedules were not looked through");
        tokio::time::sleep(PAUSE).await;
    }
    loop {
        let pause = match jobs::schedules::ask_due(&engine.ledger).await {
            Ok(_) => EVERY,
            Err(error) => {
                tracing::warn!(%error, "what is due by the clock was not asked for");
                PAUSE
            }
        };
        tokio::time::sleep(pause).await;
    }
}
