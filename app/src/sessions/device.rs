//! Browsers in which somebody has logged in before. They carry a signed word for each person, so that guessers elsewhere
//! can't make these people wait. The word opens nothing.

use crate::{csrf, errors::Error, hx::Hx, session::keep_cookie};
use models::sessions::throttle::{self, Keys};
use poem::Response;
use std::time::Duration;
use subtle::ConstantTimeEq;

/// People one browser is remembered for: a tablet at the bench has a shift of them.
const PEOPLE: usize = 8;
/// How long a browser is remembered; browsers keep no cookie longer than 400 days.
const KEPT: Duration = Duration::from_secs(365 * 24 * 3600);
/// Hex digits of the browser's own word, before the signature's sixty-four.
const WORD: usize = 32;

/// Stands for the company account among the people a browser is remembered for.
pub const COMPANY: &str = "company account";

/// What is counted for a way back from the company's provider, where nobody knows yet who comes.
pub fn company_keys(hx: &Hx) -> Keys {
    match known(hx, COMPANY) {
        Some(word) => Keys::from_known_device(COMPANY, word),
        None => Keys::at_provider(&hx.visitor().peer),
    }
}

/// What is counted for a try to log in with this address from this browser.
pub fn keys(hx: &Hx, email: &str) -> Keys {
    match known(hx, email) {
        Some(word) => Keys::from_known_device(email, word),
        None => Keys::new(email, &hx.visitor().peer),
    }
}

/// The browser's word for this address, if somebody has logged in with it here.
fn known<'a>(hx: &'a Hx, email: &str) -> Option<&'a str> {
    let cookie = hx.visitor().device.as_deref()?;
    cookie.split('.').take(PEOPLE).find_map(|entry| {
        let (word, signature) = entry.split_at_checked(WORD)?;
        let right = sign(hx, email, word);
        bool::from(right.as_bytes().ct_eq(signature.as_bytes())).then_some(word)
    })
}

/// Remembers that these people have logged in here.
///
/// # Errors
/// When the system gives no random bytes.
pub fn remember(hx: &Hx, response: &mut Response, emails: &[&str]) -> Result<(), Error> {
    let mut entries: Vec<String> =
        hx.visitor().device.iter().flat_map(|cookie| cookie.split('.')).take(PEOPLE).map(str::to_owned).collect();
    for email in emails.iter().filter(|email| known(hx, email).is_none()) {
        let word = crate::csrf::nonce()?[..WORD].to_string();
        let signature = sign(hx, email, &word);
        entries.insert(0, format!("{word}{signature}"));
        entries.truncate(PEOPLE);
    }
    let config = &hx.visitor().app.config;
    keep_cookie(response, config, (config.device_cookie_name(), &entries.join(".")), Some(KEPT));
    Ok(())
}

fn sign(hx: &Hx, email: &str, word: &str) -> String {
    let text = format!("device:{}:{word}", throttle::account_of(email));
    csrf::sign(hx.visitor().app.config.session_key.bytes(), text.as_bytes())
}
