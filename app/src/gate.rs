//! The gate before every handler: who comes in, how much they may carry, and that the form is ours.

use crate::{
    csrf,
    errors::Error,
    forms,
    routes::{Access, CachePolicy, Rule},
    session::visitor,
};
use futures_util::StreamExt;
use poem::{
    Body, Endpoint, Request, Response, Result,
    http::{HeaderValue, Method, header},
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Set when a body grew past its route's limit, whatever the reader of the body made of it.
#[derive(Clone, Default)]
pub struct Overflow(Arc<AtomicBool>);

impl Overflow {
    pub fn happened(&self) -> bool {
        self.0.load(Ordering::Relaxed)
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
        let session = visitor.session().await?;
        match (rule.access, session) {
            (Access::Public, _) | (Access::SignedIn, Some(_)) => {}
            (_, None) => return Err(Error::LoginNeeded.into()),
            (Access::To(action), Some(session)) => session.user.must(action).map_err(Error::from)?,
        }
    }
    meter(&mut req, rule.limit)?;
    if rule.method == Method::POST {
        csrf::check(&mut req, &visitor).await?;
    }
    let mut response = handler.call(req).await?;
    if rule.cache == CachePolicy::NoStore {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(response)
}

/// Counts the body while it arrives, so that a chunked upload without a length costs no memory either. Ordinary
/// fields and the query are checked for control characters before any handler sees them.
fn meter(req: &mut Request, limit: usize) -> Result<(), Error> {
    forms::parse(req.uri().query().unwrap_or_default().as_bytes())?;
    let announced =
        req.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(Error::TooLarge);
    }
    if req.headers().contains_key(header::CONTENT_ENCODING) {
        return Err(Error::Unsupported("Packed forms are not taken.".into()));
    }
    let overflow = req.data::<Overflow>().cloned().unwrap_or_default();
    let mut room = limit;
    let counted = req.take_body().into_bytes_stream().map(move |chunk| {
        let chunk = chunk?;
        match room.checked_sub(chunk.len()) {
            Some(left) => room = left,
            None => {
                overflow.0.store(true, Ordering::Relaxed);
                return Err(std::io::Error::other("the body is larger than this route takes"));
            }
        }
        Ok(chunk)
    });
    req.set_body(Body::from_bytes_stream(counted));
    Ok(())
}
