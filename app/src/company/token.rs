//! The way to the provider and what comes back: authorization code with PKCE, state and nonce, and an ID token that is
//! checked against the provider's keys (OpenID Connect Core 3.1; RFC 7636, 9207, 9700).

use super::{Away, Company, chain};
use chrono::{DateTime, TimeDelta, Utc};
use models::company::{
    admitting::Told,
    logins::{Begun, Purpose},
};
use openidconnect::{
    AdditionalClaims, AuthorizationCode, ClaimsVerificationError, Client, ClientId, ClientSecret,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenFields, IdTokenVerifier, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, ProviderMetadataWithLogout as Metadata, RedirectUrl, RequestTokenError, Scope,
    SignatureVerificationError, StandardErrorResponse, StandardTokenResponse, TokenResponse as _,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim,
        CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm as Alg, CoreRevocableToken,
        CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Claims besides the standard ones: the groups stand under a name that administrators decide.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct More(Map<String, Value>);

impl AdditionalClaims for More {}

type Fields = IdTokenFields<More, EmptyExtraTokenFields, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, Alg>;
type Answer = StandardTokenResponse<Fields, CoreTokenType>;
type Ours = Client<
    More,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Answer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Signatures by keys that only the provider holds. None and shared secrets are not among them.
const SIGNED: [Alg; 9] = [
    Alg::RsaSsaPkcs1V15Sha256,
    Alg::RsaSsaPkcs1V15Sha384,
    Alg::RsaSsaPkcs1V15Sha512,
    Alg::RsaSsaPssSha256,
    Alg::RsaSsaPssSha384,
    Alg::RsaSsaPssSha512,
    Alg::EcdsaP256Sha256,
    Alg::EcdsaP384Sha384,
    Alg::EdDsa,
];
/// How far the provider's clock may be ahead, and how old a token may be that was just made.
const AHEAD: TimeDelta = TimeDelta::seconds(60);
const OLD: TimeDelta = TimeDelta::minutes(10);
/// Characters of a subject (OpenID Connect Core 2).
const LONGEST_SUBJECT: usize = 255;
/// Groups of one person that are looked at.
const GROUPS: usize = 2000;

/// Why the way back led nowhere.
#[derive(Debug)]
pub enum Trouble {
    Away(Away),
    /// What came back is not what was asked for; the words are for the log and the trail.
    Wrong(String),
}

impl From<Away> for Trouble {
    fn from(away: Away) -> Trouble {
        Trouble::Away(away)
    }
}

/// What is kept here until somebody comes back.
pub struct Kept {
    pub nonce: String,
    pub verifier: String,
    challenge: PkceCodeChallenge,
}

/// Two secrets nobody has seen before.
pub fn secrets() -> Kept {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    Kept { nonce: Nonce::new_random().secret().clone(), verifier: verifier.secret().clone(), challenge }
}

impl Company {
    /// The provider's page for this log-in.
    ///
    /// # Errors
    /// When the provider is away.
    pub async fn address(&self, state: String, kept: Kept, purpose: Purpose) -> Result<String, Away> {
        let client = self.client(&*self.metadata().await?)?;
        let nonce = kept.nonce;
        let mut asked = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || openidconnect::CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .set_pkce_challenge(kept.challenge);
        for scope in &self.settings.scopes {
            asked = asked.add_scope(Scope::new(scope.clone()));
        }
        if purpose == Purpose::Prove {
            asked = asked.add_prompt(CoreAuthPrompt::Login).set_max_age(std::time::Duration::ZERO);
        }
        Ok(asked.url().0.into())
    }

    /// Redeems the code and checks what it brings. `now` is the database's clock.
    ///
    /// # Errors
    /// `Away` when the provider does not answer, `Wrong` when the answer is not for this log-in.
    pub async fn redeem(
        &self,
        code: &str,
        begun: &Begun,
        now: DateTime<Utc>,
        groups_claim: &str,
    ) -> Result<Told, Trouble> {
        let metadata = self.metadata().await?;
        let client = self.client(&metadata)?;
        let ask = self.asker();
        let request = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| Away(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier.clone()));
        let answer = request.request_async(&ask).await.map_err(|error| match error {
            RequestTokenError::Request(away) => Trouble::Away(away),
            RequestTokenError::ServerResponse(refusal) => Trouble::Wrong(format!("the code: {}", refusal.error())),
            RequestTokenError::Parse(error, _) => Trouble::Wrong(format!("the answer: {error}")),
            other => Trouble::Away(Away(chain(&other))),
        })?;
        let found = self.judge(&metadata, &answer, begun, now, groups_claim);
        if !found.as_ref().is_err_and(is_by_unknown_key) {
            return found.map_err(|error| Trouble::Wrong(chain(&error)));
        }
        // The provider changes its keys without a word: they are fetched again, once.
        let newer = self.newer_than(&metadata).await?;
        self.judge(&newer, &answer, begun, now, groups_claim).map_err(|error| Trouble::Wrong(chain(&error)))
    }

    fn client(&self, metadata: &Metadata) -> Result<Ours, Away> {
        let settings = &self.settings;
        let secret = settings.client_secret.as_ref().map(|secret| ClientSecret::new(secret.reveal().to_owned()));
        let back = RedirectUrl::new(settings.redirect.to_string()).map_err(|error| Away(error.to_string()))?;
        let client = Ours::from_provider_metadata(metadata.clone(), ClientId::new(settings.client_id.clone()), secret);
        Ok(client.set_redirect_uri(back))
    }

    fn judge(
        &self,
        metadata: &Metadata,
        answer: &Answer,
        begun: &Begun,
        now: DateTime<Utc>,
        groups_claim: &str,
    ) -> Result<Told, ClaimsVerificationError> {
        let other = |told: &str| ClaimsVerificationError::Other(told.into());
        let token = answer.id_token().ok_or_else(|| other("no ID token came"))?;
        let client_id = ClientId::new(self.settings.client_id.clone());
        let offered = metadata.id_token_signing_alg_values_supported();
        let verifier =
            IdTokenVerifier::new_public_client(client_id, metadata.issuer().clone(), metadata.jwks().clone())
                .set_allowed_algs(SIGNED.into_iter().filter(|alg| offered.contains(alg)))
                .set_time_fn(move || now)
                .set_issue_time_verifier_fn(move |at| within(at, now - OLD, now + AHEAD, "issued"));
        let verifier = match begun.purpose {
            Purpose::LogIn => verifier,
            // "Just now" is since we sent them there, by the provider's clock.
            Purpose::Prove => verifier.set_auth_time_verifier_fn(move |at| {
                let at = at.ok_or("it does not say when they logged in")?;
                within(at, begun.begun_at - AHEAD, now + AHEAD, "logged in")
            }),
        };
        let claims = token.claims(&verifier, &Nonce::new(begun.nonce.clone()))?;
        if claims.authorized_party().is_some_and(|party| party.as_str() != self.settings.client_id) {
            return Err(other("it was made for another party"));
        }
        if !(1..=LONGEST_SUBJECT).contains(&claims.subject().len()) {
            return Err(other("its subject is too long"));
        }
        let name = claims.name().and_then(|name| name.get(None)).map(|name| name.as_str().to_owned());
        let methods = claims.auth_method_refs().map(Vec::as_slice).unwrap_or_default();
        let class = claims.auth_context_ref().map(|class| class.as_str());
        Ok(Told {
            issuer: claims.issuer().as_str().to_owned(),
            subject: claims.subject().as_str().to_owned(),
            email: claims.email().map(|email| email.as_str().to_owned()).unwrap_or_default(),
            is_email_verified: claims.email_verified() == Some(true),
            name: name.unwrap_or_default(),
            groups: groups(claims.additional_claims().0.get(groups_claim)),
            has_second_factor: class == Some("mfa") || methods.iter().any(|method| method.as_str() == "mfa"),
        })
    }
}

fn within(at: DateTime<Utc>, least: DateTime<Utc>, most: DateTime<Utc>, what: &str) -> Result<(), String> {
    if (least..=most).contains(&at) { Ok(()) } else { Err(format!("{what} at {at}, which is not now")) }
}

fn is_by_unknown_key(error: &ClaimsVerificationError) -> bool {
    use SignatureVerificationError::{AmbiguousKeyId, CryptoError, NoMatchingKey};
    // A new key may come under the name of the old one.
    matches!(error, ClaimsVerificationError::SignatureVerification(NoMatchingKey | CryptoError(_) | AmbiguousKeyId(_)))
}

/// A list of names, or one.
fn groups(claim: Option<&Value>) -> Vec<String> {
    match claim {
        Some(Value::String(name)) => vec![name.clone()],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).take(GROUPS).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::groups;
    use serde_json::json;

    #[test]
    fn groups_come_as_a_list_or_alone_and_anything_else_is_none() {
        assert_eq!(groups(Some(&json!(["QC", 7, "Office"]))), ["QC", "Office"]);
        assert_eq!(groups(Some(&json!("QC"))), ["QC"]);
        assert!(groups(Some(&json!({"QC": true}))).is_empty() && groups(None).is_empty());
    }
}
