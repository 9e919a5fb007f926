//! Somebody at a browser far away: one connection per request, and answers that may never come.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

pub const PASSWORD: &str = "sinks need clean water";
/// After this, somebody takes an answer for lost.
pub const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone)]
pub struct Visitor {
    pub address: SocketAddr,
    cookies: BTreeMap<String, String>,
    csrf: String,
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
    pub took: Duration,
}

impl Visitor {
    pub fn stranger(address: SocketAddr) -> Visitor {
        Visitor { address, cookies: BTreeMap::new(), csrf: String::new() }
    }

    /// Logs in through the form.
    pub async fn log_in(address: SocketAddr, email: &str) -> Visitor {
        let mut visitor = Visitor::stranger(address);
        let page = visitor.get("/login").await.expect("the log-in page");
        visitor.learn(&page);
        let answer = visitor.post("/login", &[("email", email), ("password", PASSWORD)]).await.expect("an answer");
        assert_eq!(answer.status, 303, "{email} logs in: {}", answer.body);
        visitor.learn(&answer);
        let page = visitor.get("/orders").await.expect("the first page");
        assert_eq!(page.status, 200, "{}", page.body);
        visitor.learn(&page);
        visitor
    }

    /// A browser at the log-in page, with whatever it remembers.
    pub async fn at_the_door(mut self) -> Visitor {
        let page = self.get("/login").await.expect("the log-in page");
        self.learn(&page);
        self
    }

    /// Logs out; the browser remembers whose it was.
    pub async fn log_out(mut self) -> Visitor {
        let answer = self.post("/logout", &[]).await.expect("an answer");
        assert_eq!(answer.status, 303, "{}", answer.body);
        self.learn(&answer);
        self
    }

    /// The same person at another process.
    pub fn at(&self, address: SocketAddr) -> Visitor {
        Visitor { address, ..self.clone() }
    }

    /// None when no whole answer came.
    pub async fn get(&self, path: &str) -> Option<Answer> {
        self.send("GET", path, None).await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Option<Answer> {
        let fields = [("csrf", self.csrf.as_str())].into_iter().chain(fields.iter().copied());
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send("POST", path, Some(form)).await
    }

    /// Presses "Create order" on the review of a draft.
    pub async fn submit(&self, draft: i64) -> Option<Answer> {
        self.post(&format!("/drafts/{draft}/submit"), &[]).await
    }

    async fn send(&self, method: &str, path: &str, body: Option<String>) -> Option<Answer> {
        let start = Instant::now();
        let request = self.request(method, path, body.as_deref());
        let asked = async {
            let mut stream = TcpStream::connect(self.address).await?;
            stream.write_all(request.as_bytes()).await?;
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).await?;
            std::io::Result::Ok(bytes)
        };
        let bytes = tokio::time::timeout(PATIENCE, asked).await.ok()?.ok()?;
        Answer::read(&bytes, start.elapsed())
    }

    fn request(&self, method: &str, path: &str, body: Option<&str>) -> String {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: torvan.test\r\nconnection: close\r\n");
        if !cookies.is_empty() {
            head += &format!("cookie: {}\r\n", cookies.join("; "));
        }
        if let Some(body) = body {
            head += &format!(
                "content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            return head;
        }
        head + "\r\n"
    }

    /// Opens the live stream, as a page does; `since` is the last event it has seen.
    pub async fn listen(&self, since: Option<&str>) -> Option<Stream> {
        let mut stream = TcpStream::connect(self.address).await.ok()?;
        let mut request = self.request("GET", "/events", None);
        if let Some(since) = since {
            request.insert_str(request.len() - 2, &format!("last-event-id: {since}\r\n"));
        }
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut lines = BufReader::new(stream);
        let mut status = String::new();
        lines.read_line(&mut status).await.ok()?;
        status.contains(" 200 ").then_some(Stream { lines, last_id: since.map(str::to_owned) })
    }

    fn learn(&mut self, answer: &Answer) {
        for line in answer.head.lines() {
            let Some((name, value)) = line.split_once(": ") else { continue };
            if !name.eq_ignore_ascii_case("set-cookie") {
                continue;
            }
            let (name, value) = value.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            if value.is_empty() {
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

impl Answer {
    fn read(bytes: &[u8], took: Duration) -> Option<Answer> {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let is_whole = match header_of(head, "content-length") {
            Some(length) => body.len() >= length.parse().ok()?,
            None => !head.to_ascii_lowercase().contains("transfer-encoding: chunked") || body.ends_with("0\r\n\r\n"),
        };
        is_whole.then(|| Answer { status, head: head.into(), body: body.into(), took })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        header_of(&self.head, name)
    }

    /// What a person reads.
    pub fn text(&self) -> String {
        let words = self.body.split('<').filter_map(|piece| piece.split_once('>')).map(|(_, words)| words.trim());
        words.filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// The number of the order to which somebody is sent.
    pub fn order(&self) -> Option<String> {
        (self.status == 303).then(|| self.header("location")?.strip_prefix("/orders/").map(str::to_owned)).flatten()
    }
}

fn header_of<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

pub struct Stream {
    lines: BufReader<TcpStream>,
    pub last_id: Option<String>,
}

impl Stream {
    /// The name of the next event; None when the stream ended.
    pub async fn next(&mut self) -> Option<String> {
        let mut name = None;
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            let line = line.trim();
            if let Some(id) = line.strip_prefix("id:") {
                self.last_id = Some(id.trim().into());
            } else if let Some(event) = line.strip_prefix("event:") {
                name = Some(event.trim().to_owned());
            } else if line.is_empty() && name.is_some() {
                return name;
            }
        }
    }

    /// Reads on until an event of this name, or None when the stream ends first.
    pub async fn next_called(&mut self, wanted: &[&str]) -> Option<String> {
        loop {
            let name = self.next().await?;
            if wanted.contains(&name.as_str()) {
                return Some(name);
            }
        }
    }
}
