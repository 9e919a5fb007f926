//! /healthz, /readyz and /api/health: for whoever watches over the process.

use crate::{
    App, Page, limits,
    routes::{Access, Routes},
    session,
};
use models::{
    health::{self, Database},
    users::Can,
};
use poem::{
    Request, Response, handler,
    http::{HeaderValue, StatusCode, header},
    web::Data,
};
use serde_json::json;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

pub fn routes() -> Routes {
    Routes::new().get("/healthz", Access::Public, alive).get("/readyz", Access::Public, ready).get(
        "/api/health",
        Access::Public,
        report,
    )
}

/// The process answers: nothing else is asked, or a sick database would have us restarted.
#[handler]
fn alive() -> &'static str {
    "alive\n"
}

/// Ready to serve: PostgreSQL is needed, Redis only makes jobs wait.
#[handler]
async fn ready(Data(app): Data<&Arc<App>>) -> Page {
    if app.stopping.is_cancelled() {
        return Ok(not_ready("stopping\n".into()));
    }
    let (database, redis) = tokio::join!(database(app), redis(app));
    let redis = if redis.is_ok() { "redis: answers" } else { "redis: away, jobs wait" };
    match database {
        Ok(found) if found.is_current => Ok(text(StatusCode::OK, format!("ready\npostgresql: answers\n{redis}\n"))),
        Ok(_) => Ok(not_ready(format!("postgresql: migrations are missing\n{redis}\n"))),
        Err(_) => Ok(not_ready(format!("postgresql: away\n{redis}\n"))),
    }
}

#[handler]
async fn report(req: &Request, Data(app): Data<&Arc<App>>) -> Page {
    let health = Health::look(app).await;
    let database = health.database.as_ref();
    let mut body = json!({
        "status": if health.is_well() { "ok" } else if database.is_some() { "degraded" } else { "down" },
        "database": {
            "ok": database.is_some(),
            "ms": health.database_ms,
            "migrated": database.is_some_and(|database| database.is_current),
        },
        "redis": { "ok": health.redis_ms.is_some(), "ms": health.redis_ms },
        "workers": { "alive": database.map(|database| database.workers_alive) },
        "streams": app.live.open_streams(),
        "log_lines_dropped": models::log::dropped(),
    });
    // Which build runs, and since when, is nothing for strangers.
    let session = session::visitor(req)?.session().await.ok().flatten();
    if session.is_some_and(|session| session.user.may(Can::SeeSystem)) {
        body["version"] = VERSION.into();
        body["uptime_seconds"] = app.started.elapsed().as_secs().into();
    }
    let status = if database.is_some() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok(Response::builder().status(status).content_type("application/json").body(format!("{body}\n")))
}

pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How the servers behind the process are.
pub struct Health {
    pub database: Option<Database>,
    pub database_ms: Option<u64>,
    pub redis_ms: Option<u64>,
}

impl Health {
    pub async fn look(app: &App) -> Health {
        let started = Instant::now();
        let (database, redis) = tokio::join!(
            async { database(app).await.ok().map(|found| (found, started.elapsed().as_millis() as u64)) },
            async { redis(app).await.ok().map(|took| took.as_millis() as u64) },
        );
        let (database, database_ms) = database.map_or((None, None), |(found, ms)| (Some(found), Some(ms)));
        Health { database, database_ms, redis_ms: redis }
    }

    pub fn is_well(&self) -> bool {
        let database_is_well = self.database.as_ref().is_some_and(|found| found.is_current && found.workers_alive > 0);
        database_is_well && self.redis_ms.is_some()
    }
}

async fn database(app: &App) -> models::Result<Database> {
    let db = app.reserve.clone();
    // On its own: a question dropped in flight keeps its place in the pool until the server answers.
    let asked = tokio::spawn(async move { health::database(&db).await });
    let answered = tokio::time::timeout(limits::ACQUIRE + Duration::from_millis(300), asked).await;
    let late = || Err(models::Error::Database(sqlx::Error::PoolTimedOut));
    answered.ok().and_then(Result::ok).unwrap_or_else(late)
}

/// How long Redis took to answer.
///
/// # Errors
/// When it is away or slower than its limit.
pub async fn redis(app: &App) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let asked = async {
        let mut connection = app.redis.get_multiplexed_async_connection().await?;
        redis::cmd("PING").query_async::<()>(&mut connection).await
    };
    tokio::time::timeout(limits::REDIS, asked).await??;
    Ok(started.elapsed())
}

fn not_ready(words: String) -> Response {
    let mut response = text(StatusCode::SERVICE_UNAVAILABLE, words);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

fn text(status: StatusCode, words: String) -> Response {
    Response::builder().status(status).content_type("text/plain; charset=utf-8").body(words)
}
