//! A device that holds passkeys, as Chromium plays it: whoever has it in hand is taken to have shown a finger.

use serde_json::{Value, json};

use super::browser::Browser;

pub struct Authenticator<'a> {
    browser: &'a Browser,
    id: String,
}

impl<'a> Authenticator<'a> {
    /// A device with a fingerprint reader, in the hands of its owner.
    pub async fn plug_in(browser: &'a Browser) -> Authenticator<'a> {
        Authenticator::with(browser, true).await
    }

    /// `is_verified`: whether it recognises who holds it.
    pub async fn with(browser: &'a Browser, is_verified: bool) -> Authenticator<'a> {
        browser.command("WebAuthn.enable", json!({ "enableUI": false })).await;
        let options = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserVerified": is_verified, "automaticPresenceSimulation": true,
        });
        let made = browser.command("WebAuthn.addVirtualAuthenticator", json!({ "options": options })).await;
        let id = made["authenticatorId"].as_str().expect("the device has a name").to_owned();
        Authenticator { browser, id }
    }

    /// The keys it holds, private halves included.
    pub async fn keys(&self) -> Vec<Value> {
        let held = self.browser.command("WebAuthn.getCredentials", json!({ "authenticatorId": self.id })).await;
        held["credentials"].as_array().cloned().unwrap_or_default()
    }

    /// Puts a key into it, in place of the same key.
    pub async fn hold(&self, key: &Value) {
        let known = self.keys().await.iter().any(|one| one["credentialId"] == key["credentialId"]);
        if known {
            let which = json!({ "authenticatorId": self.id, "credentialId": key["credentialId"] });
            self.browser.command("WebAuthn.removeCredential", which).await;
        }
        self.browser.command("WebAuthn.addCredential", json!({ "authenticatorId": self.id, "credential": key })).await;
    }
}
