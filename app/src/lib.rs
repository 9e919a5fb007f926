//! The web process: routes, handlers, sessions and live updates.

pub mod account;
pub mod admin_command;
pub mod assets;
pub mod audit;
pub mod backups;
pub mod bom_command;
pub mod boms;
pub mod budgets;
pub mod catalogue;
pub mod check;
pub mod commands;
pub mod company;
pub mod config;
pub mod configurator;
pub mod csrf;
pub mod csv;
pub mod deadline;
pub mod demo;
pub mod documents;
pub mod errors;
pub mod events;
pub mod forms;
pub mod gate;
pub mod golden;
pub mod health;
pub mod hx;
pub mod jobs;
pub mod limits;
pub mod listener;
pub mod orders;
pub mod passkeys;
pub mod people;
pub mod permissions;
pub mod pulse;
pub mod qr;
pub mod refusals;
pub mod routes;
pub mod rules;
pub mod security;
pub mod serve;
pub mod session;
pub mod sessions;
pub mod settings;
pub mod stations;
pub mod system;
pub mod today;

use poem::{EndpointExt, IntoResponse, Response, endpoint::BoxEndpoint, middleware::CatchPanic};
use sqlx::{PgPool, postgres::PgPoolOptions};
use std::{str::FromStr, sync::Arc};
use tokio_util::sync::CancellationToken;

/// What a handler returns.
pub type Page = Result<Response, errors::Error>;

/// What all requests share.
pub struct App {
    pub config: config::Config,
    pub db: PgPool,
    pub redis: redis::Client,
    /// What changed, for every open page.
    pub live: Arc<events::hub::Hub>,
    /// Alerts about the jobs that nobody has seen yet, as of a few seconds ago.
    pub alerts: std::sync::atomic::AtomicI64,
    /// A few connections of their own for health and for logging out: they answer while the pages' are all taken.
    pub reserve: PgPool,
    /// Where the company logs in, if there is such a place.
    pub company: Option<company::Company>,
    /// What everybody asked for in the last minute.
    pub budgets: budgets::Budgets,
    /// What was refused lately, on its way to the audit trail.
    pub refusals: refusals::Refusals,
    /// What each open connection is doing.
    pub turns: Arc<listener::Turns>,
    /// Whether PostgreSQL answers.
    pub pulse: Arc<pulse::Pulse>,
    pub started: std::time::Instant,
    /// The site as passkeys know it; none while nobody has said how it is called.
    pub passkeys: Option<models::users::passkeys::Site>,
    /// Cancelled when the process has been told to stop.
    pub stopping: CancellationToken,
}

impl App {
    /// Takes a pool that may not be connected yet: a database that is away only makes pages say so.
    ///
    /// # Errors
    /// When the address of Redis can't be read.
    pub fn new(config: config::Config, db: PgPool) -> anyhow::Result<Arc<App>> {
        let redis = redis_client(&config)?;
        let passkeys = passkeys::site(&config)?;
        let (live, pulse, stopping) = (Arc::default(), Arc::default(), CancellationToken::new());
        let (alerts, turns, started) = (Default::default(), Default::default(), std::time::Instant::now());
        let (reserve, budgets, refusals) = (reserve(&db), Default::default(), Default::default());
        let company = config.company.clone().map(company::Company::new).transpose()?;
        Ok(Arc::new(App {
            config,
            company,
            db,
            redis,
            live,
            alerts,
            refusals,
            reserve,
            budgets,
            turns,
            pulse,
            started,
            passkeys,
            stopping,
        }))
    }

    /// Starts what runs beside the requests: live updates, an eye on the jobs, a finger on PostgreSQL. Ends when
    /// `stopping` is cancelled.
    pub fn start(self: &Arc<App>) {
        tokio::spawn(self.live.clone().follow(self.db.clone(), self.stopping.clone()));
        tokio::spawn(jobs::alerts::watch(self.clone()));
        tokio::spawn(refusals::count(self.clone()));
        tokio::spawn(self.pulse.clone().feel(self.db.clone(), self.stopping.clone()));
    }

    /// The whole web process as one endpoint: what a socket serves and what tests drive.
    ///
    /// # Errors
    /// When the table of routes contradicts itself.
    pub fn endpoint(self: &Arc<App>) -> anyhow::Result<BoxEndpoint<'static, Response>> {
        let (app, dressed) = (self.clone(), self.clone());
        let routes = routes::all().into_route()?.data(self.db.clone()).data(self.clone());
        let guarded = routes.around(move |routes, req| security::guard(app.clone(), routes, req));
        let caught = guarded.with(CatchPanic::new().with_handler(move |panic: Box<dyn std::any::Any + Send>| {
            tracing::error!(panic = said(&*panic), "a handler panicked");
            let mut response = errors::bare(poem::http::StatusCode::INTERNAL_SERVER_ERROR);
            security::dress(response.headers_mut(), &dressed, "");
            response
        }));
        Ok(caught.map_to_response().map(|response: Response| async move { response.into_response() }).boxed())
    }
}

/// The words of a panic, for the log.
fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("unknown")
}

/// A client of Redis that trusts the authority of the settings, where they name one.
fn redis_client(config: &config::Config) -> anyhow::Result<redis::Client> {
    let url = config.redis_url.reveal();
    let client = match &config.tls.redis_ca {
        None => redis::Client::open(url),
        Some(path) => {
            let root_cert = Some(std::fs::read(path)?);
            redis::Client::build_with_tls(url, redis::TlsCertificates { client_tls: None, root_cert })
        }
    };
    // What it says of an address may quote it.
    client.map_err(|_| anyhow::anyhow!("REDIS_URL can't be read. It should look like redis://host/0."))
}

fn reserve(db: &PgPool) -> PgPool {
    let places = PgPoolOptions::new().max_connections(limits::RESERVE).acquire_timeout(limits::ACQUIRE);
    let places = places.idle_timeout(std::time::Duration::from_secs(60));
    places
        .test_before_acquire(false)
        .before_acquire(pulse::still_answers)
        .connect_lazy_with((*db.connect_options()).clone())
}

/// A pool that gives up quickly and whose server ends what takes too long.
///
/// # Errors
/// When the address can't be read. Nothing is connected yet.
pub fn pool(config: &config::Config) -> anyhow::Result<PgPool> {
    let mut options = sqlx::postgres::PgConnectOptions::from_str(config.database_url.reveal())
        .map_err(|_| anyhow::anyhow!("DATABASE_URL can't be read. It should look like postgres://user@host/name."))?;
    if let Some(authority) = &config.tls.database_ca {
        options = options.ssl_root_cert(authority);
    }
    let options = options.application_name(&pulse::APPLICATION).options([
        ("statement_timeout", limits::STATEMENT_TIMEOUT),
        ("lock_timeout", limits::LOCK_TIMEOUT),
        ("idle_in_transaction_session_timeout", limits::IDLE_TRANSACTION_TIMEOUT),
        // Filters are "null or …": planned without their values, a search of 100,000 orders takes seconds.
        ("plan_cache_mode", "force_custom_plan"),
        // Compiling a statement takes longer than any of ours runs: the list of jobs would be ten times slower.
        ("jit", "off"),
    ]);
    let places = PgPoolOptions::new().max_connections(config.pool).acquire_timeout(limits::ACQUIRE);
    Ok(places.test_before_acquire(false).before_acquire(pulse::still_answers).connect_lazy_with(options))
}
