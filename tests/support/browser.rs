//! A real browser: headless Chromium, a fresh profile for every test, ended with the test.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::devtools::DevTools;

const PATIENCE: Duration = Duration::from_secs(15);
const FLAGS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
];

pub struct Browser {
    pub client: Client,
    origin: String,
    _driver: Driver,
    // Removed last: the browser writes to it until it is gone.
    _profile: TempDir,
}

/// How the person who looks has set up the browser.
#[derive(Clone, Copy, PartialEq)]
pub enum Scripts {
    On,
    Off,
}

impl Browser {
    /// Opens a window of 1280 × 800 for the site at `origin`, such as `http://127.0.0.1:8080`.
    pub async fn open(origin: &str) -> Browser {
        Browser::open_with(origin, Scripts::On).await
    }

    pub async fn open_with(origin: &str, scripts: Scripts) -> Browser {
        let driver = Driver::start();
        let profile = tempfile::Builder::new().prefix("torvan-browser").tempdir().expect("a temp folder");
        let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
        let client = builder.capabilities(capabilities(profile.path(), scripts)).connect(&driver.url()).await;
        let client = client.expect("chromedriver opens Chromium");
        let browser =
            Browser { client, origin: origin.trim_end_matches('/').to_owned(), _driver: driver, _profile: profile };
        browser.viewport(1280, 800).await;
        browser
    }

    /// Goes to a path of the site and waits until it has loaded.
    pub async fn visit(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.origin)).await.unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    /// The path the address bar shows, with its query.
    pub async fn path(&self) -> String {
        let url = self.client.current_url().await.expect("the window has an address");
        url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    /// The element a CSS selector finds, waiting for it to appear.
    pub async fn wait_for(&self, css: &str) -> Element {
        let found =
            self.client.wait().at_most(PATIENCE).every(Duration::from_millis(25)).for_element(Locator::Css(css));
        match found.await {
            Ok(element) => element,
            Err(error) => panic!("{css} did not appear on {}: {error}\n{}", self.path().await, self.text().await),
        }
    }

    /// Waits until the page shows a text.
    pub async fn wait_for_text(&self, text: &str) {
        self.wait_until(text, async || self.text().await.contains(text)).await;
    }

    /// Waits until the page no longer shows a text.
    pub async fn wait_until_gone(&self, text: &str) {
        self.wait_until(&format!("no more {text}"), async || !self.text().await.contains(text)).await;
    }

    /// Waits until something holds; `what` is said when it never does.
    pub async fn wait_until(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        let end = tokio::time::Instant::now() + PATIENCE;
        while !is_so().await {
            assert!(tokio::time::Instant::now() < end, "waited in vain for {what:?}; shown:\n{}", self.text().await);
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// Everything the page shows as text.
    pub async fn text(&self) -> String {
        // A page that is being replaced has no body for a moment.
        let Ok(body) = self.client.find(Locator::Css("body")).await else { return String::new() };
        body.text().await.unwrap_or_default()
    }

    /// Clicks the button, link, tab or choice that carries a text.
    pub async fn click(&self, text: &str) {
        let quoted = quoted(text);
        let path = ["button", "a", "summary", "label"].map(|tag| format!("//{tag}[normalize-space()={quoted}]"));
        let path = format!("{} | //*[self::button or self::a][@aria-label={quoted}]", path.join(" | "));
        let element = self.element(&path, text).await;
        self.press(element, text).await;
    }

    pub async fn click_css(&self, css: &str) {
        let element = self.wait_for(css).await;
        self.press(element, css).await;
    }

    /// Clicks in the middle of the window, where no bar covers anything.
    async fn press(&self, element: Element, what: &str) {
        let target = serde_json::to_value(&element).expect("an element has a name");
        let scroll = "arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })";
        let _ = self.client.execute(scroll, vec![target]).await;
        element.click().await.unwrap_or_else(|error| panic!("cannot click {what}: {error}"));
    }

    /// Replaces what a field holds; the field is found by its label or its name.
    pub async fn fill(&self, field: &str, value: &str) {
        let element = self.field(field).await;
        element.clear().await.unwrap_or_else(|error| panic!("cannot empty {field}: {error}"));
        element.send_keys(value).await.unwrap_or_else(|error| panic!("cannot fill {field}: {error}"));
    }

    /// Chooses an option of a select by its visible words.
    pub async fn choose(&self, field: &str, option: &str) {
        let element = self.field(field).await;
        element.select_by_label(option).await.unwrap_or_else(|error| panic!("{field} has no {option}: {error}"));
    }

    async fn field(&self, field: &str) -> Element {
        let quoted = quoted(field);
        let labelled = format!("//label[starts-with(normalize-space(), {quoted})]");
        let kinds = "[self::input or self::select or self::textarea]";
        let path = format!(
            "//*{kinds}[@name={quoted} or @aria-label={quoted}] | //*{kinds}[@id={labelled}/@for] | {labelled}//*{kinds}"
        );
        self.element(&path, field).await
    }

    async fn element(&self, path: &str, what: &str) -> Element {
        let found = self.client.wait().at_most(PATIENCE).every(Duration::from_millis(25));
        match found.for_element(Locator::XPath(path)).await {
            Ok(element) => element,
            Err(_) => panic!("nothing called {what:?} on {}:\n{}", self.path().await, self.text().await),
        }
    }

    /// Sets the size of the page, in CSS pixels: 1280 for the desk, 820 for the tablet on the bench.
    pub async fn viewport(&self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.command("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// What the system prefers: `light` or `dark`.
    pub async fn colour_scheme(&self, scheme: &str) {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.command("Emulation.setEmulatedMedia", features).await;
    }

    pub async fn reduced_motion(&self) {
        let features = json!({"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]});
        self.command("Emulation.setEmulatedMedia", features).await;
    }

    /// Cuts the browser off from the network, or lets it back on.
    pub async fn offline(&self, offline: bool) {
        self.command("Network.enable", json!({})).await;
        let conditions = json!({"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        self.command("Network.emulateNetworkConditions", conditions).await;
    }

    pub async fn command(&self, name: &'static str, parameters: Value) -> Value {
        let answer = self.client.issue_cmd(DevTools::Command(name, parameters)).await;
        answer.unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Errors and refusals (content security policy) the console has shown since it was last asked.
    pub async fn complaints(&self) -> Vec<String> {
        let entries = self.client.issue_cmd(DevTools::Console).await.expect("chromedriver keeps the console");
        let entries = entries.as_array().cloned().unwrap_or_default();
        let severe = entries.iter().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Saves a picture as `target/screenshots/<name>.png`, or in the folder `SCREENSHOTS` names.
    pub async fn screenshot(&self, name: &str) -> PathBuf {
        let folder = std::env::var_os("SCREENSHOTS")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/screenshots"), PathBuf::from);
        std::fs::create_dir_all(&folder).expect("the folder for pictures");
        let picture = self.client.screenshot().await.expect("the browser draws");
        let path = folder.join(format!("{name}.png"));
        std::fs::write(&path, picture).expect("the picture is written");
        path
    }
}

fn capabilities(profile: &Path, scripts: Scripts) -> Map<String, Value> {
    let mut flags: Vec<String> = FLAGS.map(String::from).to_vec();
    flags.push(format!("--user-data-dir={}", profile.display()));
    let mut options = json!({"args": flags});
    if scripts == Scripts::Off {
        options["prefs"] = json!({"profile.managed_default_content_settings.javascript": 2});
    }
    let wanted = json!({"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}});
    wanted.as_object().cloned().unwrap_or_default()
}

/// A text as an XPath literal; XPath has no escapes.
fn quoted(text: &str) -> String {
    if text.contains('\'') { format!("\"{text}\"") } else { format!("'{text}'") }
}

/// chromedriver on a port it chose; ended, with every Chromium it opened, when dropped.
struct Driver {
    process: Child,
    port: u16,
}

impl Driver {
    fn start() -> Driver {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut process = command.spawn().expect("chromedriver is installed: bin/test brings it");
        let output = BufReader::new(process.stdout.take().expect("its output"));
        let port = output.lines().map_while(Result::ok).find_map(|line| {
            line.split_once("started successfully on port ")
                .and_then(|(_, port)| port.trim_end_matches('.').parse().ok())
        });
        Driver { process, port: port.expect("chromedriver says its port") }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let group = format!("-{}", self.process.id());
        let _ = Command::new("kill").args(["-TERM", "--", &group]).status();
        let _ = self.process.wait();
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
    }
}
