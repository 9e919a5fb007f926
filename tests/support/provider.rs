//! An OpenID Connect provider of our own: it vouches for whom the test says, and lies where the test says so.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poem::http::StatusCode;
use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use poem::web::{Data, Form, Json, Query};
use poem::{EndpointExt as _, IntoResponse, Response, Route, get, handler, post};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// What we are called there, and the secret that goes with it.
pub const CLIENT: &str = "torvan";
pub const SECRET: &str = "a secret between the two";

/// Where it listens, and what it does.
pub struct Provider {
    pub issuer: String,
    desk: Arc<Mutex<Desk>>,
}

/// How the provider behaves; tests change it.
pub struct Desk {
    issuer: String,
    /// Over the usual claims; null takes one away.
    pub claims: Map<String, Value>,
    /// ES256 unless told: `none`, or `HS256` with the client's secret.
    pub alg: &'static str,
    /// Before it answers.
    pub delay: Duration,
    /// It answers 503 to everything.
    pub is_away: bool,
    /// How often its keys were fetched.
    pub fetched: usize,
    key: (String, EcdsaKeyPair),
    codes: HashMap<String, HashMap<String, String>>,
    made: usize,
}

type Shared = Arc<Mutex<Desk>>;

impl Provider {
    /// Starts on a free port of this machine.
    pub async fn open() -> Provider {
        let door = TcpListener::bind("127.0.0.1:0").into_acceptor().await.expect("a free port");
        let address = door.local_addr()[0].to_string();
        let issuer = format!("http://{}", address.rsplit("//").next().expect("an address"));
        let desk = Desk {
            issuer: issuer.clone(),
            claims: Map::new(),
            alg: "ES256",
            delay: Duration::ZERO,
            is_away: false,
            fetched: 0,
            key: new_key("first"),
            codes: HashMap::new(),
            made: 0,
        };
        let desk = Arc::new(Mutex::new(desk));
        let routes = Route::new()
            .at("/.well-known/openid-configuration", get(discovery))
            .at("/keys", get(keys))
            .at("/authorize", get(authorize))
            .at("/token", post(token))
            .data(desk.clone());
        tokio::spawn(poem::Server::new_with_acceptor(door).run(routes));
        Provider { issuer, desk }
    }

    /// The settings that lead to it.
    pub fn settings(&self) -> app::config::company::Provider {
        app::config::company::Provider {
            issuer: self.issuer.parse().expect("an address"),
            client_id: CLIENT.into(),
            client_secret: Some(SECRET.into()),
            redirect: "http://torvan.test/login/company/return".parse().expect("an address"),
            authority: None,
            scopes: vec!["email".into(), "profile".into()],
        }
    }

    /// What it does from now on.
    pub fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().expect("no test panicked here")
    }

    /// Vouches from now on for this person in these groups.
    pub fn person(&self, subject: &str, email: &str, groups: &[&str]) {
        let mut desk = self.desk();
        desk.claims = Map::new();
        for (name, value) in
            [("sub", json!(subject)), ("email", json!(email)), ("name", json!("Ana Silva")), ("groups", json!(groups))]
        {
            desk.claims.insert(name.into(), value);
        }
    }

    /// Says one claim differently; null leaves it out.
    pub fn claim(&self, name: &str, value: Value) {
        self.desk().claims.insert(name.into(), value);
    }

    /// Signs with another key from now on, and forgets the one before.
    pub fn change_key(&self, id: &str) {
        self.desk().key = new_key(id);
    }

    /// Somebody logs in there who was sent to this address: where they are sent back to, on our site.
    pub fn log_in(&self, address: &str) -> String {
        let url: url::Url = address.parse().expect("an address");
        let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let back = self.desk().consent(asked);
        let back: url::Url = back.parse().expect("an address");
        format!("{}?{}", back.path(), back.query().expect("a code"))
    }
}

impl Desk {
    /// Notes what was asked under a new code, and says where to go back to.
    fn consent(&mut self, asked: HashMap<String, String>) -> String {
        assert_eq!(asked.get("response_type").map(String::as_str), Some("code"));
        assert_eq!(asked.get("code_challenge_method").map(String::as_str), Some("S256"), "PKCE is asked for");
        self.made += 1;
        let code = format!("code-{}", self.made);
        let mut back: url::Url = asked["redirect_uri"].parse().expect("an address");
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &asked["state"])
            .append_pair("iss", &self.issuer);
        self.codes.insert(code, asked);
        back.into()
    }

    fn token(&self, asked: &HashMap<String, String>) -> String {
        let now = chrono::Utc::now().timestamp();
        let mut claims = json!({
            "iss": self.issuer, "aud": CLIENT, "exp": now + 300, "iat": now, "auth_time": now,
            "nonce": asked.get("nonce"), "email_verified": true,
        });
        let known = claims.as_object_mut().expect("claims");
        for (name, value) in &self.claims {
            match value {
                Value::Null => drop(known.remove(name)),
                value => drop(known.insert(name.clone(), value.clone())),
            }
        }
        let header = match self.alg {
            "ES256" => json!({ "alg": "ES256", "kid": self.key.0, "typ": "JWT" }),
            alg => json!({ "alg": alg, "typ": "JWT" }),
        };
        let text = format!("{}.{}", part(&header), part(&claims));
        let signature = match self.alg {
            "ES256" => self.key.1.sign(&SystemRandom::new(), text.as_bytes()).expect("a signature").as_ref().to_vec(),
            "HS256" => {
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
                ring::hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
            }
            _ => Vec::new(),
        };
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn new_key(id: &str) -> (String, EcdsaKeyPair) {
    let (alg, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let made = EcdsaKeyPair::generate_pkcs8(alg, &random).expect("a key");
    (id.into(), EcdsaKeyPair::from_pkcs8(alg, made.as_ref(), &random).expect("the key"))
}

async fn pause(desk: &Shared) -> Option<Response> {
    let (delay, is_away) = {
        let desk = desk.lock().expect("the desk");
        (desk.delay, desk.is_away)
    };
    tokio::time::sleep(delay).await;
    is_away.then(|| StatusCode::SERVICE_UNAVAILABLE.into())
}

#[handler]
async fn discovery(Data(desk): Data<&Shared>) -> Response {
    if let Some(away) = pause(desk).await {
        return away;
    }
    let issuer = desk.lock().expect("the desk").issuer.clone();
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "end_session_endpoint": format!("{issuer}/end"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        // As some do: what it offers is not what we take.
        "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
    }))
    .into_response()
}

#[handler]
async fn keys(Data(desk): Data<&Shared>) -> Response {
    if let Some(away) = pause(desk).await {
        return away;
    }
    let mut desk = desk.lock().expect("the desk");
    desk.fetched += 1;
    let point = desk.key.1.public_key().as_ref();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..65]));
    let key = json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": desk.key.0, "x": x, "y": y });
    Json(json!({ "keys": [key] })).into_response()
}

#[handler]
async fn authorize(Query(asked): Query<HashMap<String, String>>, Data(desk): Data<&Shared>) -> Response {
    let back = desk.lock().expect("the desk").consent(asked);
    Response::builder().status(StatusCode::SEE_OTHER).header("location", back).finish()
}

#[handler]
async fn token(Form(form): Form<HashMap<String, String>>, Data(desk): Data<&Shared>) -> Response {
    if let Some(away) = pause(desk).await {
        return away;
    }
    let mut desk = desk.lock().expect("the desk");
    let verifier = form.get("code_verifier").map(String::as_str).unwrap_or_default();
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    let asked = desk.codes.remove(form.get("code").map(String::as_str).unwrap_or_default());
    match asked.filter(|asked| asked["code_challenge"] == challenge) {
        Some(asked) => {
            let token = desk.token(&asked);
            Json(json!({ "access_token": "unused", "token_type": "Bearer", "expires_in": 300, "id_token": token }))
                .into_response()
        }
        None => Json(json!({ "error": "invalid_grant" })).with_status(StatusCode::BAD_REQUEST).into_response(),
    }
}
