//! The whole product on a database of its own: accounts of every role, the web process, and the worker on demand.

use std::sync::Arc;

use app::App;
use app::config::{Config, Environment, LogFormat, Secret, SessionKey};
use models::audit::Actor;
use models::documents::Store;
use models::users::{NewUser, Role, User, passwords};
use poem::Response;
use poem::endpoint::BoxEndpoint;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::browser::{Browser, Scripts};
use super::database::Database;
use super::person::Person;
use super::servers::{own_word, servers, wipe_redis};
use super::shift::Shift;

/// What everybody in the house types to log in.
pub const PASSWORD: &str = "sinks need clean water";

pub struct House {
    pub app: Arc<App>,
    pub db: PgPool,
    endpoint: Arc<BoxEndpoint<'static, Response>>,
    address: OnceCell<String>,
    queue: String,
    database: Database,
    /// The file store of the web process and of every worker.
    pub storage: TempDir,
}

impl House {
    /// A house with one account per role and nothing else.
    pub async fn open() -> House {
        House::over(Database::open().await, tempfile::tempdir().expect("a temp folder")).await
    }

    /// A house with other settings than most.
    pub async fn open_with(change: impl FnOnce(&mut Config)) -> House {
        House::built(Database::open().await, tempfile::tempdir().expect("a temp folder"), change).await
    }

    /// A house over a database and a file store that are there already.
    pub async fn over(database: Database, storage: TempDir) -> House {
        House::built(database, storage, |_| {}).await
    }

    async fn built(database: Database, storage: TempDir, change: impl FnOnce(&mut Config)) -> House {
        // The pages work with the rights they have in production; only the test itself owns the database.
        let places = PgPoolOptions::new().max_connections(8);
        let web: PgConnectOptions = database.web_url().parse().expect("the address of the test's database");
        // As the process has it: compiling a statement takes longer than any of ours runs.
        let web = places.connect_lazy_with(web.options([("jit", "off")]));
        let mut config = config(&database, &storage);
        change(&mut config);
        let app = App::new(config, web).expect("the settings fit");
        app.start();
        let endpoint = Arc::new(app.endpoint().expect("the routes do not contradict each other"));
        let db = database.pool.clone();
        House { app, db, endpoint, address: OnceCell::new(), queue: own_word(), database, storage }
    }

    /// The address of the database as its owner comes to it: for backups, and for those who tamper.
    pub fn owner_url(&self) -> &str {
        &self.database.url
    }

    /// As the web process comes to it.
    pub fn web_url(&self) -> String {
        self.database.web_url()
    }

    /// As the worker does.
    pub fn worker_url(&self) -> String {
        self.database.worker_url()
    }

    /// Somebody who works here and has just logged in. Roles go by their word: `coordinator`, `qc`, …
    pub async fn login(&self, role: &str) -> Person {
        self.account(role).await;
        let person = self.stranger();
        person.log_in(&email(role), PASSWORD).await;
        person
    }

    /// Somebody who has not logged in.
    pub fn stranger(&self) -> Person {
        Person::new(self.endpoint.clone())
    }

    /// The account of a role, made when it is first asked for.
    pub async fn account(&self, role: &str) -> User {
        let email = email(role);
        if let Some(user) = User::find_by_email(&self.db, &email).await.expect("the accounts") {
            return user;
        }
        static HASH: OnceCell<String> = OnceCell::const_new();
        let hash = HASH.get_or_init(async || match passwords::hash(PASSWORD.into()).await {
            Ok(hash) => hash,
            Err(_) => panic!("the password is hashed"),
        });
        let hash = hash.await;
        let known = Role::ALL.into_iter().find(|known| word(*known) == role);
        let role = known.unwrap_or_else(|| panic!("{role} is no role"));
        let mut tx = self.db.begin().await.expect("a transaction");
        let new = NewUser { email: &email, name: role.title(), role };
        let user = User::create(&mut tx, &Actor::system(), new, hash).await.expect("the account is made");
        tx.commit().await.expect("the account is kept");
        user
    }

    /// Where the web process really listens, for browsers and streams; started when it is first asked for.
    pub async fn address(&self) -> &str {
        let start = async || {
            let door = app::listener::Door::open(&self.app.config, self.app.turns.clone()).await.expect("a free port");
            let address = format!("http://{}", door.address().expect("its address"));
            tokio::spawn(poem::Server::new_with_acceptor(door).run(self.endpoint.clone()));
            address
        };
        self.address.get_or_init(start).await
    }

    /// A browser at the log-in page of this house.
    pub async fn browser(&self) -> Browser {
        self.browser_with(Scripts::On).await
    }

    pub async fn browser_with(&self, scripts: Scripts) -> Browser {
        let browser = Browser::open_with(self.address().await, scripts).await;
        browser.visit("/login").await;
        browser
    }

    /// A browser in which somebody has logged in by the form.
    pub async fn browser_as(&self, role: &str) -> Browser {
        self.browser_as_with(role, Scripts::On).await
    }

    pub async fn browser_as_with(&self, role: &str, scripts: Scripts) -> Browser {
        self.account(role).await;
        let browser = self.browser_with(scripts).await;
        browser.fill("email", &email(role)).await;
        browser.fill("password", PASSWORD).await;
        browser.click("Log in").await;
        browser.wait_until("logged in", async || !browser.path().await.starts_with("/login")).await;
        browser
    }

    /// Starts a worker on this house's jobs; it goes home when the shift is dropped.
    pub fn start_worker(&self) -> Shift {
        Shift::start(&self.database.worker_url(), &self.queue, (self.storage.path(), self.app.config.files.clone()))
    }

    /// Redis loses everything it holds for this house.
    pub async fn wipe_redis(&self) {
        wipe_redis(&self.queue).await;
    }

    /// Lets a worker do everything that waits, and returns when no job is waiting or running any more.
    pub async fn work(&self) {
        let shift = self.start_worker();
        shift.until_done(&self.db).await;
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.app.stopping.cancel();
    }
}

fn config(database: &Database, storage: &TempDir) -> Config {
    Config {
        time_zone: "America/Toronto".into(),
        breached_passwords: None,
        company: None,
        audit_anchor: None,
        stream_recheck: app::limits::SESSION_RECHECK,
        reader_patience: app::limits::READER_PATIENCE,
        database_url: Secret::new(database.web_url()),
        redis_url: Secret::new(servers().redis.clone()),
        tls: Default::default(),
        listen: ([127, 0, 0, 1], 0).into(),
        public_address: Some("http://localhost".into()),
        files: Store::new(storage.path()),
        storage: storage.path().to_owned(),
        session_key: SessionKey::new(std::array::from_fn(|index| index as u8)),
        environment: Environment::Development,
        secure_cookies: false,
        trusted_proxies: Vec::new(),
        log: "off".into(),
        log_format: LogFormat::Text,
        connections: 400,
        connections_per_peer: 100,
        pool: 8,
        budget_percent: 10_000,
    }
}

fn email(role: &str) -> String {
    format!("{role}@torvan.test")
}

fn word(role: Role) -> String {
    serde_json::to_value(role).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}
