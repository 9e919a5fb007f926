//! The company's provider, as we speak to it: what it says about itself is fetched when first needed and kept, its
//! answers are bounded in time and size, and what it signed is checked here.

pub mod pages;
pub mod token;

use crate::config::company::Provider;
use anyhow::{Context, Result};
use openidconnect::{
    HttpRequest, HttpResponse, IssuerUrl, ProviderMetadataWithLogout as Metadata, core::CoreJsonWebKeySet,
};
use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::Semaphore, time::Instant};
use url::Url;

/// For a connection to the provider, and for a whole answer.
const CONNECT: Duration = Duration::from_secs(2);
const ANSWER: Duration = Duration::from_secs(5);
/// Bytes of the largest answer.
const LARGEST: usize = 1024 * 1024;
/// Questions that are asked at once; whoever comes on top is told that the provider is away.
const AT_ONCE: usize = 16;
/// How long what it says about itself is taken for new, and for good enough when it is away.
const FRESH: Duration = Duration::from_secs(3600);
const STALE: Duration = Duration::from_secs(24 * 3600);
/// After a failure nobody asks for so long: while the provider is away each log-in says so at once.
const REST: Duration = Duration::from_secs(3);

/// The provider does not answer, or not with what it should.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct Away(String);

/// The provider and what is known of it.
pub struct Company {
    pub settings: Provider,
    http: reqwest::Client,
    places: Arc<Semaphore>,
    known: Mutex<Known>,
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Known {
    metadata: Option<(Arc<Metadata>, Instant)>,
    failed_at: Option<Instant>,
}

impl Company {
    /// Nothing is asked yet.
    ///
    /// # Errors
    /// When the certificate file can't be read.
    pub fn new(settings: Provider) -> Result<Company> {
        // Whoever came first has chosen; there is one choice.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(ANSWER)
            .redirect(reqwest::redirect::Policy::none())
            .https_only(settings.issuer.scheme() == "https");
        if let Some(path) = &settings.authority {
            for authority in reqwest::Certificate::from_pem_bundle(&std::fs::read(path)?)? {
                http = http.add_root_certificate(authority);
            }
        }
        let http = http.build().context("The way to the provider can't be opened.")?;
        let (places, known, fetching) = (Arc::new(Semaphore::new(AT_ONCE)), Mutex::default(), Default::default());
        Ok(Company { settings, http, places, known, fetching })
    }

    /// What the provider says about itself, its keys included.
    ///
    /// # Errors
    /// When it is away and was not heard of for a day.
    pub async fn metadata(&self) -> Result<Arc<Metadata>, Away> {
        if let Some(known) = self.heard_within(FRESH) {
            return Ok(known);
        }
        self.fetch(None).await.or_else(|away| self.heard_within(STALE).ok_or(away))
    }

    /// The same once more, because a signature is by a key that `seen` does not have.
    ///
    /// # Errors
    /// When it is away.
    pub async fn newer_than(&self, seen: &Arc<Metadata>) -> Result<Arc<Metadata>, Away> {
        self.fetch(Some(seen)).await
    }

    /// Where the provider's own session can be ended, if it was heard of and has such a page.
    pub fn end_session(&self) -> Option<String> {
        let known = self.heard_within(STALE)?;
        let end = known.additional_metadata().end_session_endpoint.clone()?;
        let mut url: Url = end.url().clone();
        if url.scheme() != self.settings.issuer.scheme() {
            return None;
        }
        let back = self.settings.here("/login");
        url.query_pairs_mut()
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("post_logout_redirect_uri", &back);
        Some(url.into())
    }

    fn heard_within(&self, age: Duration) -> Option<Arc<Metadata>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.metadata.as_ref().filter(|(_, at)| at.elapsed() < age).map(|(metadata, _)| metadata.clone())
    }

    /// One asks, the others wait for the answer.
    async fn fetch(&self, seen: Option<&Arc<Metadata>>) -> Result<Arc<Metadata>, Away> {
        let _turn = self.fetching.lock().await;
        if let Some(known) = self.heard_within(FRESH)
            && seen.is_none_or(|seen| !Arc::ptr_eq(seen, &known))
        {
            return Ok(known);
        }
        {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.failed_at.is_some_and(|at| at.elapsed() < REST) {
                return Err(Away("it did not answer a moment ago".into()));
            }
        }
        let heard = self.ask_about_itself().await;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match heard {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                *known = Known { metadata: Some((metadata.clone(), Instant::now())), failed_at: None };
                Ok(metadata)
            }
            Err(away) => {
                tracing::warn!(error = %away, "the company's provider does not say what it is");
                known.failed_at = Some(Instant::now());
                Err(away)
            }
        }
    }

    async fn ask_about_itself(&self) -> Result<Metadata, Away> {
        let issuer = self.settings.issuer.as_str();
        // An address without a path is written with and without its slash; the provider's own spelling counts.
        let plain = issuer.strip_suffix('/').unwrap_or(issuer);
        let client = self.asker();
        let mut heard = Err(Away("nothing was asked".into()));
        for spelling in [plain.to_owned(), format!("{plain}/")] {
            let issuer = IssuerUrl::new(spelling).map_err(|error| Away(error.to_string()))?;
            heard = match Metadata::discover_async(issuer, &client).await {
                Ok(metadata) => return self.judged(metadata),
                Err(openidconnect::DiscoveryError::Validation(told)) => Err(Away(told)),
                Err(error) => return Err(Away(chain(&error))),
            };
        }
        heard
    }

    /// What it says has to be usable and to stay on TLS.
    fn judged(&self, metadata: Metadata) -> Result<Metadata, Away> {
        let scheme = self.settings.issuer.scheme();
        let token = metadata.token_endpoint().ok_or_else(|| Away("it names no token endpoint".into()))?;
        for url in [metadata.authorization_endpoint().url(), token.url(), metadata.jwks_uri().url()] {
            if url.scheme() != scheme {
                return Err(Away(format!("{} is not reached by {scheme}", url.host_str().unwrap_or_default())));
            }
        }
        let keys: &CoreJsonWebKeySet = metadata.jwks();
        if keys.keys().is_empty() {
            return Err(Away("it has no keys".into()));
        }
        Ok(metadata)
    }

    /// Asks one question after the other, each bounded in time and size.
    fn asker(&self) -> impl Fn(HttpRequest) -> Answering + 'static {
        let (http, places) = (self.http.clone(), self.places.clone());
        move |request| Box::pin(ask(http.clone(), places.clone(), request))
    }
}

type Answering = Pin<Box<dyn Future<Output = Result<HttpResponse, Away>> + Send>>;

async fn ask(http: reqwest::Client, places: Arc<Semaphore>, request: HttpRequest) -> Result<HttpResponse, Away> {
    let _place = places.try_acquire().map_err(|_| Away("too many log-ins wait for it".into()))?;
    let request = reqwest::Request::try_from(request).map_err(|error| Away(error.to_string()))?;
    let mut response = http.execute(request).await.map_err(|error| Away(chain(&error)))?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Away(chain(&error)))? {
        if body.len() + chunk.len() > LARGEST {
            return Err(Away("it says more than we listen to".into()));
        }
        body.extend_from_slice(&chunk);
    }
    let mut whole = HttpResponse::new(body);
    *whole.status_mut() = response.status();
    *whole.headers_mut() = response.headers().clone();
    Ok(whole)
}

/// An error with its causes, without the addresses reqwest adds: codes stand in some.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = vec![plain(error)];
    let mut cause = error.source();
    while let Some(error) = cause {
        words.push(plain(error));
        cause = error.source();
    }
    words.join(": ")
}

fn plain(error: &(dyn std::error::Error + 'static)) -> String {
    match error.downcast_ref::<reqwest::Error>() {
        Some(error) if error.is_timeout() => "no answer in time".into(),
        Some(error) if error.is_connect() => "no connection".into(),
        Some(_) => "the question failed".into(),
        None => error.to_string(),
    }
}
