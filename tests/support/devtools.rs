//! What chromedriver can do beyond the WebDriver standard: the browser's own protocol, and its console.

use fantoccini::wd::WebDriverCompatibleCommand;
use poem::http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

#[derive(Debug)]
pub enum DevTools {
    /// A command of the browser's protocol: its name and parameters.
    Command(&'static str, Value),
    /// What the console has collected since it was last read.
    Console,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        let session = session.unwrap_or_default();
        match self {
            DevTools::Command(..) => base.join(&format!("session/{session}/goog/cdp/execute")),
            DevTools::Console => base.join(&format!("session/{session}/se/log")),
        }
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let body = match self {
            DevTools::Command(name, parameters) => json!({"cmd": name, "params": parameters}),
            DevTools::Console => json!({"type": "browser"}),
        };
        (Method::POST, Some(body.to_string()))
    }
}
