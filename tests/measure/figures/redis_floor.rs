//! What Redis itself allows: an id pushed on one connection until another one, waiting for it, has it.

use std::time::Instant;

use super::at;

const SAMPLES: usize = 2000;

/// LPUSH to a blocked BRPOP, one at a time: p50 and p99 in milliseconds.
pub async fn measure(redis_url: &str, prefix: &str) -> (f64, f64) {
    let client = redis::Client::open(redis_url).expect("REDIS_URL is an address");
    let mut push = client.get_multiplexed_async_connection().await.expect("Redis answers");
    let key = format!("{prefix}:floor");
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let (name, waiting) = (key.clone(), client.clone());
    let popper = tokio::spawn(async move {
        let patient = redis::AsyncConnectionConfig::new().set_response_timeout(None);
        let mut pop = waiting.get_multiplexed_async_connection_with_config(&patient).await.expect("Redis answers");
        for _ in 0..SAMPLES {
            redis::cmd("BRPOP").arg(&name).arg(5).query_async::<redis::Value>(&mut pop).await.expect("an id");
            let _ = tell.send(Instant::now());
        }
    });
    let mut waits = Vec::new();
    for _ in 0..SAMPLES {
        // So that the other one waits when the id is pushed.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        let start = Instant::now();
        redis::cmd("LPUSH").arg(&key).arg(1).query_async::<()>(&mut push).await.expect("Redis answers");
        waits.push((told.recv().await.expect("the id arrives") - start).as_secs_f64() * 1000.0);
    }
    popper.await.expect("every id arrives");
    (at(&mut waits, 50.0), at(&mut waits, 99.0))
}

/// Removes what a worker with this prefix left.
pub async fn forget(redis_url: &str, prefix: &str) {
    let client = redis::Client::open(redis_url).expect("REDIS_URL is an address");
    let Ok(mut connection) = client.get_multiplexed_async_connection().await else { return };
    let keys: Vec<String> =
        redis::cmd("KEYS").arg(format!("{prefix}*")).query_async(&mut connection).await.unwrap_or_default();
    if !keys.is_empty() {
        let _ = redis::cmd("DEL").arg(keys).query_async::<()>(&mut connection).await;
    }
}
