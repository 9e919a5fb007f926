//! A bucket that speaks S3 over real HTTP: it keeps objects in memory, takes uploads in parts, and turns away requests
//! that nobody signed or whose bytes are not the signed ones.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use models::documents::{self, Store};
use poem::http::{Method, StatusCode};
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::{Endpoint, Request, Response, Server};
use sha2::{Digest, Sha256};
use tokio::task::JoinHandle;

const NAME: &str = "torvan-documents";
const KEY: &str = "torvan-test-key";
pub const SECRET: &str = "torvan-test-secret-word";

pub struct Bucket {
    kept: Arc<Kept>,
    address: String,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Kept {
    objects: Mutex<BTreeMap<String, (Vec<u8>, SystemTime)>>,
    uploads: Mutex<HashMap<String, BTreeMap<u32, Vec<u8>>>>,
    largest: AtomicUsize,
    refused: AtomicUsize,
    is_broken: AtomicBool,
}

impl Bucket {
    pub async fn open() -> Bucket {
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.expect("a free port");
        let address = acceptor.local_addr()[0].as_socket_addr().expect("an address").to_string();
        let kept = Arc::new(Kept::default());
        let door = Door(kept.clone());
        let task = tokio::spawn(async move { Server::new_with_acceptor(acceptor).run(door).await.expect("it serves") });
        Bucket { kept, address: format!("http://{address}"), task }
    }

    /// The settings that lead here.
    pub fn settings(&self) -> HashMap<String, String> {
        let settings = [
            ("FILES_S3_BUCKET", NAME),
            ("FILES_S3_ENDPOINT", self.address.as_str()),
            ("FILES_S3_KEY_ID", KEY),
            ("FILES_S3_SECRET", SECRET),
        ];
        settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    pub fn store(&self) -> Store {
        let bucket = documents::Bucket::read(&self.settings()).expect("settings that fit").expect("a bucket");
        Store::in_bucket(bucket).expect("a bucket that can be used")
    }

    /// What is there, by name.
    pub fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        let objects = self.kept.objects.lock().expect("no test panicked here");
        objects.iter().map(|(name, (bytes, _))| (name.clone(), bytes.clone())).collect()
    }

    /// Uploads in parts that were neither finished nor given up.
    pub fn unfinished(&self) -> usize {
        self.kept.uploads.lock().expect("no test panicked here").len()
    }

    /// Bytes of the largest body that ever came.
    pub fn largest_body(&self) -> usize {
        self.kept.largest.load(Relaxed)
    }

    /// Requests without a signature or with other bytes than the signed ones.
    pub fn refused(&self) -> usize {
        self.kept.refused.load(Relaxed)
    }

    /// Makes everything that is there so much older.
    pub fn age(&self, by: Duration) {
        for (_, at) in self.kept.objects.lock().expect("no test panicked here").values_mut() {
            *at -= by;
        }
    }

    /// From here on every request fails, or works again.
    pub fn set_broken(&self, is_broken: bool) {
        self.kept.is_broken.store(is_broken, Relaxed);
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Door(Arc<Kept>);

impl Endpoint for Door {
    type Output = Response;

    async fn call(&self, req: Request) -> poem::Result<Response> {
        Ok(answer(&self.0, req).await)
    }
}

async fn answer(kept: &Kept, mut req: Request) -> Response {
    let body = req.take_body().into_vec().await.unwrap_or_default();
    kept.largest.fetch_max(body.len(), Relaxed);
    if kept.is_broken.load(Relaxed) {
        return status(StatusCode::FORBIDDEN);
    }
    if !is_signed(&req, &body) {
        kept.refused.fetch_add(1, Relaxed);
        return status(StatusCode::FORBIDDEN);
    }
    let path = req.uri().path().trim_start_matches('/').to_owned();
    let Some(key) = path.strip_prefix(NAME).map(|key| key.trim_start_matches('/').to_owned()) else {
        return status(StatusCode::NOT_FOUND);
    };
    let query = req.uri().query().unwrap_or_default().to_owned();
    let asked = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
    };
    match (req.method(), asked("uploadId")) {
        (&Method::GET, None) if key.is_empty() => list(kept, &asked("prefix").unwrap_or_default()),
        (&Method::POST, None) if asked("uploads").is_some() => begin(kept),
        (&Method::POST, Some(upload)) => finish(kept, &upload, key),
        (&Method::PUT, Some(upload)) => part(kept, &upload, asked("partNumber"), body),
        (&Method::DELETE, Some(upload)) => {
            kept.uploads.lock().expect("kept").remove(&upload);
            status(StatusCode::NO_CONTENT)
        }
        (&Method::PUT, None) => {
            kept.objects.lock().expect("kept").insert(key, (body, SystemTime::now()));
            Response::builder().header("etag", "\"kept\"").finish()
        }
        (&Method::DELETE, None) => {
            kept.objects.lock().expect("kept").remove(&key);
            status(StatusCode::NO_CONTENT)
        }
        (method, None) if *method == Method::GET || *method == Method::HEAD => hand_out(kept, &key, method),
        _ => status(StatusCode::METHOD_NOT_ALLOWED),
    }
}

/// Signed by our key, and the bytes are those that were signed.
fn is_signed(req: &Request, body: &[u8]) -> bool {
    let text = |name: &str| req.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let word = text("authorization");
    let signature = word.split_once("Signature=").map_or("", |(_, signature)| signature);
    let is_ours = word.starts_with(&format!("AWS4-HMAC-SHA256 Credential={KEY}/")) && word.contains("/s3/aws4_request");
    let is_whole = text("x-amz-content-sha256") == hex::encode(Sha256::digest(body));
    is_ours && signature.len() == 64 && !text("x-amz-date").is_empty() && is_whole
}

fn begin(kept: &Kept) -> Response {
    let upload = uuid::Uuid::new_v4().to_string();
    kept.uploads.lock().expect("kept").insert(upload.clone(), BTreeMap::new());
    xml(&format!("<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"))
}

fn part(kept: &Kept, upload: &str, number: Option<String>, body: Vec<u8>) -> Response {
    let number = number.and_then(|number| number.parse().ok());
    match (kept.uploads.lock().expect("kept").get_mut(upload), number) {
        (Some(parts), Some(number)) => drop(parts.insert(number, body)),
        _ => return status(StatusCode::NOT_FOUND),
    }
    Response::builder().header("etag", format!("\"part-{}\"", number.unwrap_or_default())).finish()
}

fn finish(kept: &Kept, upload: &str, key: String) -> Response {
    let Some(parts) = kept.uploads.lock().expect("kept").remove(upload) else { return status(StatusCode::NOT_FOUND) };
    let whole: Vec<u8> = parts.into_values().flatten().collect();
    kept.objects.lock().expect("kept").insert(key, (whole, SystemTime::now()));
    xml("<CompleteMultipartUploadResult><ETag>\"kept\"</ETag></CompleteMultipartUploadResult>")
}

fn list(kept: &Kept, prefix: &str) -> Response {
    let objects = kept.objects.lock().expect("kept");
    let found = objects.iter().filter(|(name, _)| name.starts_with(prefix));
    let found = found.map(|(name, (bytes, at))| {
        let at = chrono::DateTime::<chrono::Utc>::from(*at).to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        format!(
            "<Contents><Key>{name}</Key><LastModified>{at}</LastModified><ETag>\"kept\"</ETag><Size>{}</Size></Contents>",
            bytes.len()
        )
    });
    let found: String = found.collect();
    xml(&format!("<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>"))
}

fn hand_out(kept: &Kept, key: &str, method: &Method) -> Response {
    let objects = kept.objects.lock().expect("kept");
    let Some((bytes, at)) = objects.get(key) else { return status(StatusCode::NOT_FOUND) };
    let at = chrono::DateTime::<chrono::Utc>::from(*at).to_rfc2822();
    let answer = Response::builder().header("etag", "\"kept\"").header("last-modified", at);
    let answer = answer.header("content-length", bytes.len());
    if *method == Method::HEAD { answer.finish() } else { answer.body(bytes.clone()) }
}

fn xml(text: &str) -> Response {
    Response::builder().content_type("application/xml").body(format!("<?xml version=\"1.0\"?>{text}"))
}

fn status(status: StatusCode) -> Response {
    Response::builder().status(status).finish()
}
