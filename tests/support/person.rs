//! Somebody using the product without a browser: keeps cookies, sends forms as the page would, reads what comes back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use poem::endpoint::BoxEndpoint;
use poem::http::{HeaderMap, Method, StatusCode, header};
use poem::{Endpoint, Request, Response};

use super::stream::EventStream;

const BOUNDARY: &str = "torvan-form-boundary";

pub struct Person {
    endpoint: Arc<BoxEndpoint<'static, Response>>,
    memory: Mutex<Memory>,
}

/// What a browser would remember between two requests.
#[derive(Default)]
struct Memory {
    cookies: BTreeMap<String, String>,
    csrf: String,
}

/// How a request is made.
#[derive(Clone, Copy, PartialEq)]
enum By {
    Browser,
    Htmx,
}

impl Person {
    pub(super) fn new(endpoint: Arc<BoxEndpoint<'static, Response>>) -> Person {
        Person { endpoint, memory: Mutex::default() }
    }

    /// Logs in through the form and stands on the first page.
    pub async fn log_in(&self, email: &str, password: &str) {
        self.get("/login").await.assert_ok();
        let answer = self.post("/login", &[("email", email), ("password", password)]).await;
        answer.assert_status(303);
        // Any page of the house carries the session's token, an error page too.
        self.get(answer.location()).await;
    }

    /// Opens a page as a browser does.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(By::Browser, Method::GET, path, None).await
    }

    /// Fetches a fragment as htmx does.
    pub async fn get_fragment(&self, path: &str) -> Answer {
        self.send(By::Htmx, Method::GET, path, None).await
    }

    /// Sends a form as a browser without JavaScript does. The token is added.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(By::Browser, Method::POST, path, Some(self.form(fields))).await
    }

    /// Sends a form as htmx does.
    pub async fn post_fragment(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(By::Htmx, Method::POST, path, Some(self.form(fields))).await
    }

    /// Sends a form with files: field, file name, contents.
    pub async fn upload(&self, path: &str, fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Answer {
        let csrf = self.csrf();
        let mut body = Vec::new();
        for (name, value) in [("csrf", csrf.as_str())].iter().chain(fields) {
            let part = format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        for (name, file, contents) in files {
            let part = format!(
                "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\
                content-type: application/octet-stream\r\n\r\n"
            );
            body.extend_from_slice(part.as_bytes());
            body.extend_from_slice(contents);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        self.send(By::Browser, Method::POST, path, Some((kind, body))).await
    }

    /// Opens a live stream, as a page does; `since` is the last event it has seen, if any.
    pub async fn listen(&self, path: &str, since: Option<&str>) -> EventStream {
        let mut request = Request::builder().uri(path.parse().expect("a path")).header("host", "torvan.test");
        if let Some(since) = since {
            request = request.header("last-event-id", since);
        }
        let response = self.endpoint.get_response(self.with_cookies(request.finish())).await;
        assert_eq!(response.status(), StatusCode::OK, "{path} opens a stream");
        EventStream::of(response)
    }

    /// Sends a request of the test's own making, with this person's cookies.
    pub async fn send_raw(&self, request: Request) -> Answer {
        let request = self.with_cookies(request);
        let path = request.uri().to_string();
        let answer = Answer::of(path, self.endpoint.get_response(request).await).await;
        self.memory().learn(&answer);
        answer
    }

    fn with_cookies(&self, mut request: Request) -> Request {
        let cookies: Vec<String> =
            self.memory().cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if let Ok(cookies) = cookies.join("; ").parse() {
            request.headers_mut().insert(header::COOKIE, cookies);
        }
        request
    }

    /// The token of this person's forms, as the last page carried it.
    pub fn csrf(&self) -> String {
        self.memory().csrf.clone()
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.memory().cookies.get(name).cloned()
    }

    /// Makes the browser send this cookie from now on.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.memory().cookies.insert(name.into(), value.into());
    }

    async fn send(&self, by: By, method: Method, path: &str, body: Option<(String, Vec<u8>)>) -> Answer {
        let mut request =
            Request::builder().method(method).uri(path.parse().expect("a path")).header("host", "torvan.test");
        if by == By::Htmx {
            request = request.header("hx-request", "true").header("hx-request-type", "partial");
            request = request.header("x-csrf-token", self.csrf());
        }
        let request = match body {
            Some((kind, body)) => request.header("content-type", kind).body(body),
            None => request.finish(),
        };
        self.send_raw(request).await
    }

    fn form(&self, fields: &[(&str, &str)]) -> (String, Vec<u8>) {
        let csrf = self.csrf();
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", &csrf).extend_pairs(fields);
        ("application/x-www-form-urlencoded".into(), form.finish().into_bytes())
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().expect("no test panicked here")
    }
}

impl Memory {
    fn learn(&mut self, answer: &Answer) {
        for cookie in answer.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            if value.is_empty() || cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.into(), value.into());
            }
        }
        if let Some((_, rest)) = answer.body.split_once("name=\"csrf\" value=\"") {
            self.csrf = rest.split('"').next().unwrap_or_default().into();
        } else if let Some((_, rest)) = answer.body.split_once("&quot;X-CSRF-Token&quot;:&quot;") {
            self.csrf = rest.split('&').next().unwrap_or_default().into();
        }
    }
}

/// What came back, with claims to make about it.
pub struct Answer {
    pub path: String,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    async fn of(path: String, response: Response) -> Answer {
        let (parts, body) = response.into_parts();
        let bytes = body.into_bytes().await.expect("the answer arrives whole");
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Answer { path, status: parts.status, headers: parts.headers, body }
    }

    #[track_caller]
    pub fn assert_ok(&self) -> &Answer {
        self.assert_status(200)
    }

    #[track_caller]
    pub fn assert_status(&self, status: u16) -> &Answer {
        assert_eq!(self.status.as_u16(), status, "{} answered:\n{}", self.path, self.text());
        self
    }

    #[track_caller]
    pub fn assert_shows(&self, text: &str) -> &Answer {
        assert!(self.text().contains(text), "{} does not show {text:?}:\n{}", self.path, self.text());
        self
    }

    #[track_caller]
    pub fn assert_hides(&self, text: &str) -> &Answer {
        assert!(!self.text().contains(text), "{} shows {text:?}:\n{}", self.path, self.text());
        self
    }

    /// Where a browser is sent on to, or where htmx is told to go.
    #[track_caller]
    pub fn location(&self) -> &str {
        let place = ["location", "hx-redirect", "hx-push-url"].into_iter().find_map(|name| self.header(name));
        place.unwrap_or_else(|| panic!("{} ({}) sends nobody on:\n{}", self.path, self.status, self.text()))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// What a person reads: the body without its tags, spaces drawn together, entities read.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (index, piece) in self.body.split('<').enumerate() {
            let words = if index == 0 { piece } else { piece.split_once('>').map_or("", |(_, words)| words) };
            text.push_str(words);
            text.push(' ');
        }
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
            .iter()
            .fold(text, |text, (entity, letter)| text.replace(entity, letter))
    }
}
