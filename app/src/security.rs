//! The outermost layer: what every answer carries, what no request may be, and the line in the log.

use crate::{
    App,
    deadline::Deadline,
    errors,
    gate::{Meter, Sent},
    limits,
    session::Visitor,
};
use futures_util::FutureExt;
use poem::{
    Endpoint, PathPattern, Request, Response, Result,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
};
use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

/// Nothing inline, nothing from elsewhere; htmx needs `connect-src`.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'";

const ALWAYS: [(&str, &str); 8] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("x-permitted-cross-domain-policies", "none"),
];

/// When trying again did not help.
const BESIDE: &str =
    "Somebody else changed the same thing at the same moment, so nothing was changed here. Send it again.";

/// Runs one request: refuses the malformed, answers errors with pages, dresses and logs every answer.
pub async fn guard(
    app: Arc<App>,
    inner: Arc<impl Endpoint<Output = Response> + 'static>,
    mut req: Request,
) -> Result<Response> {
    let started = Instant::now();
    let visitor = Arc::new(Visitor::new(app.clone(), &req));
    let _working = app.turns.begin(req.remote_addr().as_socket_addr().copied());
    let meter = Meter::default();
    req.set_data(visitor.clone());
    req.set_data(meter.clone());
    req.set_data(Deadline::default());
    let sent = Sent::default();
    req.set_data(sent.clone());
    let method = req.method().clone();
    let came_in_chunks = req.headers().contains_key(header::TRANSFER_ENCODING);
    // The body goes to the handler; the rest is kept for the page of an error.
    let mut kept = kept(&req, &visitor);
    kept.set_data(sent);
    let result = match refuse(&req) {
        Some(response) => Ok(response),
        None => handle(&app, inner, req).await,
    };
    // Whatever its reader made of a body that broke off.
    let result = meter.refusal().map_or(result, |refusal| Err(refusal.into()));
    let pattern = match &result {
        Ok(response) => response.data::<PathPattern>().map(|pattern| pattern.0.clone()),
        Err(error) => error.data::<PathPattern>().map(|pattern| pattern.0.clone()),
    };
    let mut response = match result {
        Ok(response) => response,
        Err(error) => errors::answer(error, &kept).await,
    };
    if method == Method::HEAD {
        response.set_body(());
    }
    dress(response.headers_mut(), &app, &visitor.request_id);
    if came_in_chunks {
        // Whatever stands behind the last chunk is nobody's request.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    log(&visitor, &method, pattern.as_deref(), response.status(), started);
    Ok(response)
}

/// Runs the handler on its own: a visitor who leaves, or who is told that PostgreSQL hangs, must not drop a question that
/// is in flight, because its connection would keep its place in the pool for ever (sqlx 0.9).
async fn handle(app: &App, inner: Arc<impl Endpoint<Output = Response> + 'static>, req: Request) -> Result<Response> {
    let was_change = *req.method() == Method::POST;
    let deadline = req.data::<Deadline>().cloned().unwrap_or_default();
    let handled = tokio::spawn(async move { AssertUnwindSafe(tried(inner, req)).catch_unwind().await });
    let said = |what: &str| Err(errors::Error::Broken(anyhow::anyhow!("a handler panicked: {what}")).into());
    tokio::select! {
        biased;
        handled = handled => match handled {
            Ok(Ok(answer)) => answer,
            Ok(Err(panic)) => said(crate::said(&*panic)),
            Err(error) => said(&error.to_string()),
        },
        () = app.pulse.missed(limits::ANSWER) => Err(errors::Error::Silent { was_change }.into()),
        () = deadline.over() => Err(errors::Error::Overdue { was_change }.into()),
    }
}

/// Runs the handler, and again when PostgreSQL undid its change for another's sake: a deadlock, or two changes that
/// could not have happened one after the other. Nothing of it was kept, so nobody needs to know.
async fn tried(inner: Arc<impl Endpoint<Output = Response>>, req: Request) -> Result<Response> {
    let head = again(&req, Vec::new());
    let sent = req.data::<Sent>().cloned().unwrap_or_default();
    let mut answer = inner.call(req).await;
    for attempt in 1..=limits::TRIES {
        let (Err(error), Some(bytes)) = (&answer, sent.bytes()) else { break };
        if !errors::was_undone(error) {
            break;
        }
        tracing::info!(attempt, "a change was undone for another's sake and is tried again");
        let pause = rand::random_range(10..60) << attempt;
        tokio::time::sleep(std::time::Duration::from_millis(pause)).await;
        answer = inner.call(again(&head, bytes)).await;
    }
    match answer {
        Err(error) if errors::was_undone(&error) => Err(errors::Error::Stale(BESIDE.into()).into()),
        answer => answer,
    }
}

/// The same request once more, with this body.
fn again(req: &Request, body: Vec<u8>) -> Request {
    let mut again = Request::builder().method(req.method().clone()).uri(req.uri().clone()).body(body);
    *again.headers_mut() = req.headers().clone();
    *again.extensions_mut() = req.extensions().clone();
    again
}

/// One line per request: the route's pattern instead of its address, and nothing that was typed.
fn log(visitor: &Visitor, method: &Method, pattern: Option<&str>, status: StatusCode, started: Instant) {
    tracing::info!(
        request_id = visitor.request_id,
        method = %method,
        route = pattern.unwrap_or("none"),
        status = status.as_u16(),
        ms = started.elapsed().as_secs_f64() * 1000.0,
        user = visitor.known_session().map(|session| session.user.id),
        peer = visitor.peer,
        "request"
    );
}

fn kept(req: &Request, visitor: &Arc<Visitor>) -> Request {
    let mut kept = Request::builder().method(req.method().clone()).uri(req.uri().clone()).finish();
    *kept.headers_mut() = req.headers().clone();
    kept.set_data(visitor.clone());
    kept
}

/// Headers of every answer, whoever made it.
pub fn dress(headers: &mut HeaderMap, app: &App, request_id: &str) {
    for (name, value) in ALWAYS {
        // A document's own, stricter policy stays.
        if !headers.contains_key(name) {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
    }
    if app.config.secure_cookies {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("x-request-id", id);
    }
}

/// Requests that no browser sends, and addresses that have one right spelling.
fn refuse(req: &Request) -> Option<Response> {
    let (headers, uri) = (req.headers(), req.uri());
    let is_smuggled = headers.contains_key(header::CONTENT_LENGTH) && headers.contains_key(header::TRANSFER_ENCODING);
    if !names_one_host(req) || is_smuggled {
        return Some(errors::bare(StatusCode::BAD_REQUEST));
    }
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if size > limits::HEAD {
        return Some(errors::bare(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE));
    }
    if uri.path_and_query().is_some_and(|address| address.as_str().len() > crate::limits::ADDRESS) {
        return Some(errors::bare(StatusCode::URI_TOO_LONG));
    }
    if !matches!(*req.method(), Method::GET | Method::HEAD | Method::POST) {
        let mut response = errors::bare(StatusCode::METHOD_NOT_ALLOWED);
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
        return Some(response);
    }
    let path = uri.path();
    // Browsers read a backslash as a slash: "/\\evil.example" would be another site.
    let is_odd = path.contains('\\') || !path.starts_with('/');
    if is_odd || crate::forms::decode(path.as_bytes(), false).is_none_or(|path| path.chars().any(char::is_control)) {
        return Some(errors::bare(StatusCode::NOT_FOUND));
    }
    canonical(path).map(|canonical| {
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let mut response = errors::bare(StatusCode::PERMANENT_REDIRECT);
        if let Ok(value) = HeaderValue::from_str(&format!("{canonical}{query}")) {
            response.headers_mut().insert(header::LOCATION, value);
        }
        response
    })
}

/// One host, and the same one when the address names it as well.
fn names_one_host(req: &Request) -> bool {
    let mut hosts = req.headers().get_all(header::HOST).iter();
    let in_address = req.uri().authority().map(|authority| authority.as_str());
    let host = match (hosts.next().map(HeaderValue::to_str), hosts.next()) {
        (None, _) => in_address,
        (Some(Ok(host)), None) if in_address.is_none_or(|address| address.eq_ignore_ascii_case(host)) => Some(host),
        _ => return false,
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    host.is_some_and(|host| !host.is_empty() && host.len() <= 255 && host.chars().all(is_plain))
}

/// The path without doubled and trailing slashes, when that is another one.
fn canonical(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let canonical = format!("/{}", parts.join("/"));
    (canonical != path).then_some(canonical)
}

#[cfg(test)]
mod tests {
    use super::*;
    use poem::{EndpointExt, endpoint::make};

    #[tokio::test]
    async fn a_handler_that_panics_costs_one_request_and_tells_nothing() {
        let vars = [("DATABASE_URL", "postgres://torvan@127.0.0.1:1/torvan"), ("REDIS_URL", "redis://127.0.0.1:1/0")];
        let key = "0123456789abcdef".repeat(4);
        let vars = vars.into_iter().chain([("SESSION_KEY", key.as_str())]);
        let vars = vars.map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let app = crate::commands::app(crate::config::Config::read(&vars).unwrap()).unwrap();
        let broken = make(|_| async { Err::<Response, _>(poem::Error::from(panic_now())) }).boxed();
        let request = Request::builder().uri("/orders".parse().unwrap()).header("host", "torvan.test").finish();

        let response = guard(app, Arc::new(broken), request).await.unwrap();

        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let id = response.headers()["x-request-id"].to_str().unwrap().to_string();
        let page = response.into_body().into_string().await.unwrap();
        assert!(page.contains(&id) && !page.contains("drawer 3"), "{page}");
    }

    fn panic_now() -> StatusCode {
        panic!("the secret of drawer 3")
    }

    #[test]
    fn a_path_has_one_spelling() {
        assert_eq!(canonical("/orders/"), Some("/orders".into()));
        assert_eq!(canonical("//evil.example//x"), Some("/evil.example/x".into()));
        assert_eq!(canonical("/"), None);
        assert_eq!(canonical("/orders/T-1"), None);
    }
}
