//! Who is asking: the visitor of one request, and the person logged in behind it.

use crate::{App, config, errors::Error};
use models::{sessions, sessions::Session, users::User};
use poem::{
    FromRequest, Request, RequestBody, Response,
    http::{HeaderValue, Method, header},
    web::cookie::{Cookie, SameSite},
};
use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
};
use tokio::sync::OnceCell;

/// One request's visitor. Who it is gets looked up at most once, and only when somebody asks.
pub struct Visitor {
    pub app: Arc<App>,
    pub request_id: String,
    /// The peer's address, as the trusted proxies report it.
    pub peer: String,
    user_agent: String,
    token_hash: Option<Vec<u8>>,
    /// The browsers' long memory of who has logged in there, see `sessions::device`.
    pub device: Option<String>,
    /// The device says that it is a bench tablet.
    pub is_station: bool,
    /// The right password was typed and the second factor is awaited.
    pub half: Option<String>,
    /// The name this site was called by.
    host: String,
    /// Polls and streams are not a person at work.
    is_activity: bool,
    session: OnceCell<Option<Session>>,
    /// The session goes on under this token.
    renewed: OnceLock<(sessions::Token, Session)>,
    /// Logging out works while the pages' connections are all taken.
    leaves: bool,
}

impl Visitor {
    pub fn new(app: Arc<App>, req: &Request) -> Visitor {
        let token = cookie(req, app.config.cookie_name()).filter(|token| token.len() == 64);
        Visitor {
            request_id: uuid::Uuid::new_v4().simple().to_string()[..16].to_string(),
            peer: peer(req, &app.config),
            user_agent: header_text(req, header::USER_AGENT.as_str()).chars().take(200).collect(),
            token_hash: token.map(|token| sessions::id_hash(&token)),
            is_station: cookie(req, config::STATION_COOKIE).is_some_and(|token| token.len() == 64),
            device: cookie(req, app.config.device_cookie_name()),
            half: cookie(req, app.config.half_cookie_name()).filter(|token| token.len() == 64),
            host: host(req),
            is_activity: is_activity(req),
            session: OnceCell::new(),
            renewed: OnceLock::new(),
            leaves: req.method() == Method::POST && req.uri().path() == "/logout",
            app,
        }
    }

    /// The live session, if there is one.
    pub async fn session(&self) -> Result<Option<&Session>, Error> {
        let found = self.session.get_or_try_init(|| async {
            let Some(hash) = &self.token_hash else { return Ok::<_, Error>(None) };
            let session = sessions::find(self.db(), hash).await?;
            if session.is_some() && self.is_activity {
                sessions::touch(self.db(), hash).await?;
            }
            Ok(session)
        });
        Ok(found.await?.as_ref())
    }

    /// Where this request's session is looked up.
    pub fn db(&self) -> &sqlx::PgPool {
        if self.leaves { &self.app.reserve } else { &self.app.db }
    }

    /// The session if it has been looked up already; for answers that must not touch the database.
    pub fn known_session(&self) -> Option<&Session> {
        let renewed = self.renewed.get().map(|(_, session)| session);
        renewed.or_else(|| self.session.get().and_then(Option::as_ref))
    }

    /// From here on the session goes by another token: the gate hands it over with the answer. Call it once the change
    /// is kept.
    pub fn go_on_as(&self, renewed: (sessions::Token, Session)) {
        let _ = self.renewed.set(renewed);
    }

    /// The token that the answer has to bring, if there is a new one.
    pub fn new_token(&self) -> Option<&str> {
        self.renewed.get().map(|(token, _)| token.as_str())
    }

    /// What the session's cookie holds, live or ended, as the table knows it.
    pub fn token_hash(&self) -> Option<&[u8]> {
        self.token_hash.as_deref()
    }

    /// This site as the visitor's browser calls it, for links that are handed over: `https://torvan.example`.
    pub fn site(&self) -> String {
        let scheme = if self.app.config.secure_cookies { "https" } else { "http" };
        format!("{scheme}://{}", self.host)
    }

    pub fn user_agent(&self) -> &str {
        &self.user_agent
    }
}

/// The visitor that the outermost layer attached to the request.
pub fn visitor(req: &Request) -> Result<&Arc<Visitor>, Error> {
    req.data::<Arc<Visitor>>().ok_or_else(|| Error::Broken(anyhow::anyhow!("a request without a visitor")))
}

/// The person logged in. A route that takes it answers strangers with the log-in page.
pub struct Signed(pub User);

impl<'a> FromRequest<'a> for Signed {
    async fn from_request(req: &'a Request, _: &mut RequestBody) -> poem::Result<Signed> {
        let session = visitor(req)?.session().await?.ok_or(Error::LoginNeeded)?;
        Ok(Signed(session.user.clone()))
    }
}

/// A cookie nobody's script can read and no other site can send with a form.
pub fn set_cookie(response: &mut Response, config: &config::Config, name: &str, value: &str) {
    keep_cookie(response, config, (name, value), None);
}

/// The same, kept by the browser for so long; until it is closed when nothing is said.
pub fn keep_cookie(
    response: &mut Response,
    config: &config::Config,
    (name, value): (&str, &str),
    for_how_long: Option<std::time::Duration>,
) {
    let mut cookie = Cookie::new_with_str(name, value);
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Lax);
    cookie.set_path("/");
    cookie.set_secure(config.secure_cookies);
    if value.is_empty() {
        cookie.set_max_age(std::time::Duration::ZERO);
    } else if let Some(time) = for_how_long {
        cookie.set_max_age(time);
    }
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

pub fn cookie(req: &Request, name: &str) -> Option<String> {
    let headers = req.headers().get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = headers.flat_map(cookie::Cookie::split_parse).filter_map(Result::ok);
    cookies.find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_string())
}

pub fn header_text<'a>(req: &'a Request, name: &str) -> &'a str {
    req.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

impl config::Config {
    /// `__Host-` makes browsers insist on TLS, the root path and this very host.
    pub fn cookie_name(&self) -> &'static str {
        if self.secure_cookies { "__Host-session" } else { "session" }
    }

    pub fn device_cookie_name(&self) -> &'static str {
        if self.secure_cookies { "__Host-device" } else { "device" }
    }

    pub fn half_cookie_name(&self) -> &'static str {
        if self.secure_cookies { "__Host-half" } else { "half" }
    }

    /// Which browser was sent to the company's provider.
    pub fn company_cookie_name(&self) -> &'static str {
        if self.secure_cookies { "__Host-company" } else { "company" }
    }

    pub fn anonymous_cookie_name(&self) -> &'static str {
        if self.secure_cookies { "__Host-visit" } else { "visit" }
    }
}

fn host(req: &Request) -> String {
    let host = req.uri().authority().map_or(header_text(req, "host"), |authority| authority.as_str());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    host.chars().filter(|c| is_plain(*c)).take(255).collect()
}

/// A page somebody opened or a form somebody sent. Fragments fetched by a live page and the stream itself are not.
fn is_activity(req: &Request) -> bool {
    let is_fragment = header_text(req, "hx-request-type") == "partial";
    req.method() == Method::POST || (!is_fragment && req.uri().path() != "/events")
}

fn peer(req: &Request, config: &config::Config) -> String {
    let peer: Option<IpAddr> = req.remote_addr().as_socket_addr().map(std::net::SocketAddr::ip);
    match peer {
        Some(peer) => {
            let forwarded: Vec<&str> =
                req.headers().get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
            let forwarded = forwarded.join(",");
            config::visitor(peer, Some(&forwarded), &config.trusted_proxies).to_string()
        }
        None => "local".into(),
    }
}
