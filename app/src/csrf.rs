//! Forged forms: every change proves that it comes from a page of ours, by a token bound to the session.

use crate::{
    errors::Error,
    limits,
    session::{Visitor, cookie, header_text},
};
use hmac::{Hmac, Mac};
use poem::{Body, Request};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// The token of this visitor's pages. Strangers get one bound to a cookie that only the log-in page sets.
pub fn token(visitor: &Visitor, anonymous: Option<&str>) -> String {
    match visitor.known_session() {
        Some(session) => sign(&session.csrf_secret, &session.id_hash),
        None => anonymous.map(|nonce| anonymous_token(visitor, nonce)).unwrap_or_default(),
    }
}

/// The token of a log-in page, made from the cookie that goes with it.
pub fn anonymous_token(visitor: &Visitor, nonce: &str) -> String {
    sign(visitor.app.config.session_key.bytes(), format!("log-in:{nonce}").as_bytes())
}

/// A fresh value for the log-in page's cookie.
pub fn nonce() -> Result<String, Error> {
    Ok(hex::encode(models::sessions::random()?))
}

/// Whether a form was made on a page of this ended session, so that what was typed into it may be kept. The header or
/// the field says so, as for every change.
pub fn is_from(req: &Request, fields: &[(String, String)], csrf_secret: &[u8], id_hash: &[u8]) -> bool {
    let header = header_text(req, "x-csrf-token");
    let field = fields.iter().find(|(name, _)| name == "csrf").map_or("", |(_, value)| value);
    let given = if header.is_empty() { field } else { header };
    let expected = sign(csrf_secret, id_hash);
    refuse_other_sites(req).is_ok() && !expected.is_empty() && bool::from(given.as_bytes().ct_eq(expected.as_bytes()))
}

/// A keyed hash in hex: nobody without the key makes another.
pub fn sign(key: &[u8], text: &[u8]) -> String {
    // HMAC takes a key of any length, so this can't fail; an empty token never matches.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(text);
    hex::encode(mac.finalize().into_bytes())
}

/// Refuses a change that another site asked for, or that doesn't carry this visitor's token. Call it after the
/// session was looked up. The token stands in the header `X-CSRF-Token` or in the form's first field `csrf`.
pub async fn check(req: &mut Request, visitor: &Visitor) -> Result<(), Error> {
    refuse_other_sites(req)?;
    let nonce = cookie(req, visitor.app.config.anonymous_cookie_name());
    let expected = token(visitor, nonce.as_deref());
    let mut given = header_text(req, "x-csrf-token").to_string();
    if given.is_empty() {
        given = field(req).await?.unwrap_or_default();
    }
    if expected.is_empty() || !bool::from(given.as_bytes().ct_eq(expected.as_bytes())) {
        return Err(Error::Forbidden(
            "This form is from an earlier visit, so nothing was changed. Open the page again and repeat it.".into(),
        ));
    }
    Ok(())
}

/// The token that came with a form, whoever it belongs to.
///
/// # Errors
/// When the fields can't be read.
pub fn given(req: &Request, bytes: &[u8]) -> Result<String, Error> {
    let header = header_text(req, "x-csrf-token");
    if !header.is_empty() {
        return Ok(header.to_owned());
    }
    let field = crate::forms::parse(bytes)?.into_iter().find(|(name, _)| name == "csrf");
    Ok(field.map(|(_, value)| value).unwrap_or_default())
}

/// Browsers say where a request comes from; when they do, it has to be here.
pub fn refuse_other_sites(req: &Request) -> Result<(), Error> {
    let site = header_text(req, "sec-fetch-site");
    let origin = header_text(req, "origin");
    let host = req.uri().authority().map_or(header_text(req, "host"), |authority| authority.as_str());
    let origin_is_ours = origin.split_once("://").is_some_and(|(_, origin)| origin.eq_ignore_ascii_case(host));
    let has_origin = req.headers().contains_key("origin");
    if (!site.is_empty() && site != "same-origin" && site != "none") || (has_origin && !origin_is_ours) {
        return Err(Error::Forbidden("This form was sent from another site, so nothing was changed.".into()));
    }
    Ok(())
}

/// The token inside the body, which is put back as it was.
async fn field(req: &mut Request) -> Result<Option<String>, Error> {
    match crate::forms::kind(req) {
        crate::forms::Kind::Fields => {
            let bytes = crate::forms::read(req).await?;
            let token = given(req, &bytes)?;
            req.set_body(Body::from(bytes));
            Ok(Some(token))
        }
        crate::forms::Kind::Upload => upload_field(req).await,
        crate::forms::Kind::Other => Ok(None),
    }
}

/// Looks through the first bytes of an upload only; the files behind stay a stream.
async fn upload_field(req: &mut Request) -> Result<Option<String>, Error> {
    use futures_util::StreamExt;
    let mut stream = Box::pin(req.take_body().into_bytes_stream());
    let mut chunks = Vec::new();
    let mut head = Vec::new();
    while head.len() < limits::UPLOAD_HEAD && in_head(&head).is_none() {
        let Some(chunk) = stream.next().await else { break };
        let chunk = chunk.map_err(|_| Error::TooLarge)?;
        head.extend_from_slice(&chunk[..chunk.len().min(limits::UPLOAD_HEAD)]);
        chunks.push(Ok(chunk));
    }
    let token = in_head(&head);
    req.set_body(Body::from_bytes_stream(futures_util::stream::iter(chunks).chain(stream)));
    Ok(token)
}

fn in_head(head: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(head);
    let (_, after) = text.split_once("name=\"csrf\"")?;
    let (_, value) = after.split_once("\r\n\r\n")?;
    let (value, _) = value.split_once("\r\n")?;
    Some(value.to_string())
}
