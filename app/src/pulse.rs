//! Whether PostgreSQL answers right now, felt on a connection of its own. A page that waits for a server that hangs is
//! told within two seconds, and a process whose pool has lost its places for good is replaced.

use crate::limits;
use anyhow::Result;
use futures_util::future::BoxFuture;
use sqlx::{Connection, PgConnection, PgPool, pool::PoolConnectionMetadata};
use std::{
    io::ErrorKind,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_millis(400);
/// For an answer that takes the server no time. With `EVERY` it stays below `limits::ANSWER`.
const PATIENCE: Duration = Duration::from_millis(1100);
/// A pool none of whose places works is given up after this long,
const ALL_LOST: Duration = Duration::from_secs(6);
/// one with some lost places after this: no handler holds a place for so long without a word to the server.
const SOME_LOST: Duration = Duration::from_secs(90);

/// By this name the server knows the connections of this process.
pub static APPLICATION: LazyLock<String> =
    LazyLock::new(|| format!("torvan web {}", &uuid::Uuid::new_v4().simple().to_string()[..8]));

pub struct Pulse {
    lost: watch::Sender<bool>,
    /// Cancelled when only a new process helps.
    pub unfit: CancellationToken,
}

impl Default for Pulse {
    fn default() -> Pulse {
        Pulse { lost: watch::Sender::new(false), unfit: CancellationToken::new() }
    }
}

impl Pulse {
    /// Returns at the first moment after `patience` at which PostgreSQL does not answer.
    pub async fn missed(&self, patience: Duration) {
        tokio::time::sleep(patience).await;
        if self.lost.subscribe().wait_for(|lost| *lost).await.is_err() {
            std::future::pending().await
        }
    }

    /// Keeps feeling until the process stops.
    pub async fn feel(self: Arc<Pulse>, db: PgPool, stopping: CancellationToken) {
        let mut held: Option<PgConnection> = None;
        let mut suspect = Suspect::default();
        while !stopping.is_cancelled() {
            let felt = tokio::time::timeout(PATIENCE, look(&db, held.take())).await;
            let error = match felt {
                Ok(Ok((connection, lost_places))) => {
                    held = Some(connection);
                    if suspect.is_certain(&db, lost_places) {
                        tracing::error!(
                            lost_places,
                            "places of the pool are lost for good; this process ends for a new one"
                        );
                        self.unfit.cancel();
                    }
                    None
                }
                Ok(Err(error)) => Some(format!("{error:#}")),
                Err(_) => Some(format!("no answer within {PATIENCE:?}")),
            };
            if self.lost.send_replace(error.is_some()) != error.is_some() {
                match error {
                    Some(error) => tracing::warn!(error, "PostgreSQL does not answer"),
                    None => tracing::info!("PostgreSQL answers again"),
                }
            }
            tokio::time::sleep(EVERY).await;
        }
    }
}

/// How many places of the pool are taken here while the server knows of nobody who asks anything. Its peer gone without
/// a word, a connection with a question in flight keeps its place for ever (sqlx 0.9).
async fn look(db: &PgPool, held: Option<PgConnection>) -> Result<(PgConnection, u32)> {
    let mut connection = match held {
        Some(connection) => connection,
        None => PgConnection::connect_with(&db.connect_options()).await?,
    };
    let taken = taken(db);
    let asking = sqlx::query_scalar!(
        r#"
        select count(*) as "asking!" from pg_stat_activity
        where application_name = $1 and pid <> pg_backend_pid()
          and (state <> 'idle' or state_change > now() - interval '3 s')
        "#,
        APPLICATION.as_str(),
    );
    let asking = asking.fetch_one(&mut connection).await?;
    Ok((connection, taken.saturating_sub(u32::try_from(asking).unwrap_or(u32::MAX))))
}

fn taken(db: &PgPool) -> u32 {
    db.size().saturating_sub(u32::try_from(db.num_idle()).unwrap_or(u32::MAX))
}

/// Since when places look lost.
#[derive(Default)]
struct Suspect {
    some: Option<Instant>,
    all: Option<Instant>,
}

impl Suspect {
    fn is_certain(&mut self, db: &PgPool, lost_places: u32) -> bool {
        let most = db.options().get_max_connections();
        lasts(&mut self.some, lost_places > 0, SOME_LOST) | lasts(&mut self.all, lost_places >= most, ALL_LOST)
    }
}

fn lasts(since: &mut Option<Instant>, is_so: bool, limit: Duration) -> bool {
    if !is_so {
        *since = None;
        return false;
    }
    since.get_or_insert_with(Instant::now).elapsed() > limit
}

/// Whether a connection that lay idle still reaches its server. Those of a server that vanished would cost a visitor the
/// whole wait for a place, one visitor after the other.
pub fn still_answers(connection: &mut PgConnection, _: PoolConnectionMetadata) -> BoxFuture<'_, sqlx::Result<bool>> {
    Box::pin(async move {
        let answered = tokio::time::timeout(limits::PING, connection.ping()).await;
        answered.unwrap_or_else(|_| Err(sqlx::Error::Io(ErrorKind::TimedOut.into()))).map(|()| true)
    })
}

/// Closes the pool, but does not wait for places that are lost.
pub async fn close(db: &PgPool) {
    let _ = tokio::time::timeout(limits::CLOSE, db.close()).await;
}
