//! The gate before every handler: who comes in, how much they may carry, and that the form is ours.

use crate::{
    budgets::Cost,
    csrf,
    deadline::Deadline,
    errors::Error,
    forms, limits,
    routes::{Access, CachePolicy, Declared, Rule},
    session::{set_cookie, visitor},
};
use futures_util::StreamExt;
use poem::{
    Body, Endpoint, Request, Response, Result,
    http::{HeaderValue, Method, header},
};
use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::time::{Duration, Instant};
use views::errors::Kept;

/// What the meter saw of a body, whatever its reader made of it.
#[derive(Clone, Default)]
pub struct Meter(Arc<Seen>);

#[derive(Default)]
struct Seen {
    too_large: AtomicBool,
    too_slow: AtomicBool,
}

impl Meter {
    /// Why the body was not taken whole.
    pub fn refusal(&self) -> Option<Error> {
        if self.0.too_large.load(Ordering::Relaxed) {
            return Some(Error::TooLarge);
        }
        self.0.too_slow.load(Ordering::Relaxed).then_some(Error::TooSlow)
    }
}

/// A form's bytes as they were sent, for a change that PostgreSQL undid for another's sake and that is tried again.
#[derive(Clone, Default)]
pub struct Sent(Arc<Mutex<Option<Vec<u8>>>>);

impl Sent {
    pub fn bytes(&self) -> Option<Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Lets a request through to its handler, or says why not.
pub async fn pass(
    rule: Arc<Rule>,
    handler: Arc<impl Endpoint<Output = Response>>,
    mut req: Request,
) -> Result<Response> {
    let visitor = visitor(&req)?.clone();
    if rule.access != Access::Public || rule.method == Method::POST {
        let session = match visitor.session().await {
            Ok(session) => session,
            Err(error) => {
                remember(&mut req, &rule).await;
                return Err(error.into());
            }
        };
        let has_to_enrol = session.is_some_and(|session| session.has_to_enrol);
        if has_to_enrol && rule.access != Access::Public && !crate::account::is_open_while_enrolling(&rule.pattern) {
            return Err(Error::SecondFactorNeeded.into());
        }
        match (rule.access, session) {
            (Access::Public, _) | (Access::SignedIn, Some(_)) => {}
            (_, None) => {
                visitor.app.budgets.spend(&visitor, Cost::of(&rule, &req))?;
                return Err(ask_to_log_in(&mut req, &visitor, &rule).await.into());
            }
            (Access::To(action), Some(session)) => session.must(action).map_err(Error::from)?,
        }
    }
    meter(&mut req, rule.limit, rule.deadline)?;
    let declared = rule.fields.unwrap_or(Declared::form(&[]));
    // One that is tried again has been paid for.
    let is_again = req.data::<Sent>().is_some_and(|sent| sent.bytes().is_some());
    let paid = if is_again { Ok(()) } else { visitor.app.budgets.spend(&visitor, Cost::of(&rule, &req)) };
    if rule.method == Method::POST {
        refuse_other_kinds(&req)?;
        csrf::check(&mut req, &visitor).await?;
        declared.check_kind(&req)?;
        declared.check_address(&req)?;
        req.set_data(declared);
    }
    if rule.method == Method::POST && forms::kind(&req) == forms::Kind::Fields {
        let bytes = forms::read(&mut req).await?;
        declared.check(&bytes)?;
        if let Err(Error::Spent { wait, what, .. }) = paid {
            return Err(Error::Spent { wait, what, kept: kept(&req, &bytes)? }.into());
        }
        if let Some(sent) = req.data::<Sent>() {
            *sent.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(bytes.clone());
        }
        req.set_body(Body::from(bytes));
    }
    paid?;
    if let Some(deadline) = req.data::<Deadline>() {
        // An upload is read by its handler; once it is there, the time is that of the route.
        let is_upload = rule.method == Method::POST && forms::kind(&req) == forms::Kind::Upload;
        deadline.start(if is_upload { time_for(rule.limit) + rule.deadline } else { rule.deadline });
    }
    let mut response = handler.call(req).await?;
    if let Some(token) = visitor.new_token() {
        set_cookie(&mut response, &visitor.app.config, visitor.app.config.cookie_name(), token);
    }
    if rule.cache == CachePolicy::NoStore {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(response)
}

/// What the handler was given, for a page that offers to send it again; none before the form was there.
pub fn typed(req: &Request) -> Option<Kept> {
    let bytes = req.data::<Sent>()?.bytes()?;
    kept(req, &bytes).ok().flatten()
}

/// What was typed, for a page that offers to send it again. A form with a password in it is typed again instead.
fn kept(req: &Request, bytes: &[u8]) -> Result<Option<Kept>, Error> {
    let fields: Vec<(String, String)> = forms::parse(bytes)?.into_iter().filter(|(name, _)| name != "csrf").collect();
    let is_secret =
        |name: &str| ["password", "passkey", "code", "pin", "secret", "token"].iter().any(|word| name.contains(word));
    let action = req.uri().path_and_query().map_or("/", |address| address.as_str()).to_owned();
    let is_plain = fields.iter().all(|(name, _)| !is_secret(&name.to_lowercase()));
    let token = csrf::given(req, bytes)?;
    Ok(is_plain.then_some(Kept { action, fields, token }))
}

/// Nobody can say whose form this is while PostgreSQL is away. It is kept all the same for the page that offers to send
/// it again, with the token it came with: that is judged when it comes back.
async fn remember(req: &mut Request, rule: &Rule) {
    let is_form = rule.method == Method::POST && forms::kind(req) == forms::Kind::Fields;
    let limit = rule.limit.min(models::sessions::kept::LARGEST);
    if !is_form || csrf::refuse_other_sites(req).is_err() || meter(req, limit, rule.deadline).is_err() {
        return;
    }
    if let (Ok(bytes), Some(sent)) = (forms::read(req).await, req.data::<Sent>()) {
        *sent.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(bytes);
    }
}

/// A body is a form of ours or nothing: other kinds can be sent from other sites without a question.
fn refuse_other_kinds(req: &Request) -> Result<(), Error> {
    let headers = req.headers();
    let has_length = headers.get(header::CONTENT_LENGTH).is_some_and(|length| length != "0");
    let has_body = has_length || headers.contains_key(header::TRANSFER_ENCODING);
    let is_said = headers.contains_key(header::CONTENT_TYPE);
    if (is_said || has_body) && forms::kind(req) == forms::Kind::Other {
        return Err(Error::Unsupported("Only forms are taken here.".into()));
    }
    Ok(())
}

/// Sends a stranger to log in. Somebody whose session ended over a form finds it again afterwards.
async fn ask_to_log_in(req: &mut Request, visitor: &crate::session::Visitor, rule: &Rule) -> Error {
    let is_kept = rule.method == Method::POST
        && meter(req, rule.limit.min(models::sessions::kept::LARGEST), rule.deadline).is_ok();
    if !is_kept {
        return Error::LoginNeeded;
    }
    crate::sessions::kept::keep(req, visitor, &rule.pattern).await.map_or(Error::LoginNeeded, Error::LoginAgain)
}

/// Counts the body and its time while it arrives, so that neither a chunked upload without a length nor one byte a
/// minute costs anything. The query is checked for control characters before any handler sees it.
fn meter(req: &mut Request, limit: usize, time: Duration) -> Result<(), Error> {
    forms::parse(req.uri().query().unwrap_or_default().as_bytes())?;
    let announced =
        req.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(Error::TooLarge);
    }
    if req.headers().contains_key(header::CONTENT_ENCODING) {
        return Err(Error::Unsupported("Packed forms are not taken.".into()));
    }
    let seen = req.data::<Meter>().cloned().unwrap_or_default().0;
    let deadline = req.data::<Deadline>().cloned().unwrap_or_default();
    let mut chunks = Box::pin(req.take_body().into_bytes_stream());
    req.set_body(Body::from_bytes_stream(async_stream::stream! {
        let (began, mut taken) = (Instant::now(), 0);
        loop {
            let chunk = match tokio::time::timeout_at(began + time_for(taken), chunks.next()).await {
                Ok(None) => {
                    deadline.start(time);
                    break;
                }
                Ok(Some(chunk)) => chunk,
                Err(_) => {
                    seen.too_slow.store(true, Ordering::Relaxed);
                    Err(io::ErrorKind::TimedOut.into())
                }
            };
            taken += chunk.as_ref().map_or(0, |chunk| chunk.len());
            if taken > limit {
                seen.too_large.store(true, Ordering::Relaxed);
                yield Err(io::Error::other("the body is larger than this route takes"));
                break;
            }
            let is_over = chunk.is_err();
            yield chunk;
            if is_over { break }
        }
    }));
    Ok(())
}

/// How long a body may have taken so far: a minute for any form, and as much again as a slow line needs for an upload.
fn time_for(taken: usize) -> Duration {
    let more = Duration::from_secs((taken / limits::SLOWEST_UPLOAD) as u64);
    limits::BODY_DEADLINE.max(more)
}
