//! What strangers, forged forms and broken requests meet at the door.

use app::routes::{self, Access};
use futures_util::StreamExt as _;
use models::users::Role;
use poem::Request;
use poem::http::Method;

use tests::Answer;
use tests::House;

/// A request as no page of ours would make it.
fn raw(method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<poem::Body>) -> Request {
    let mut request = Request::builder().method(method).uri(path.parse().unwrap()).header("host", "torvan.test");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body)
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn assert_dressed(answer: &Answer) {
    let policy = answer.header("content-security-policy").unwrap_or_default();
    for part in
        ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]
    {
        assert!(policy.contains(part), "{} has the policy {policy:?}", answer.path);
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{} {name}", answer.path);
    }
    assert!(answer.header("permissions-policy").is_some());
    assert!(answer.header("x-request-id").is_some_and(|id| id.len() == 16), "{}", answer.path);
    assert!(answer.header("server").is_none());
    let cache = answer.header("cache-control").unwrap_or_default();
    assert!(cache.contains("no-store") || cache.contains("immutable"), "{} may be kept: {cache:?}", answer.path);
}

#[tokio::test]
async fn every_answer_carries_the_protecting_headers() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    let stranger = house.stranger();

    for answer in [
        stranger.get("/login").await,
        stranger.get("/healthz").await,
        stranger.get("/readyz").await,
        stranger.get("/api/health").await,
        stranger.get("/no/such/page").await,
        stranger.get("/login/").await,
        stranger.get("/login?next=%00").await,
        stranger.post("/login", &[("email", "x")]).await,
        stranger.send_raw(raw(Method::PUT, "/login", &[], "")).await,
        person.get_fragment("/no/such/page").await,
        person.post("/preferences", &[("theme", "dark")]).await,
        person.post("/preferences", &[("theme", "pink")]).await,
        person.send_raw(raw(Method::POST, "/logout", &[FORM], "")).await,
    ] {
        assert_dressed(&answer);
    }
}

#[tokio::test]
async fn a_page_for_one_person_is_kept_by_nobody() {
    let house = House::open().await;
    let person = house.login("coordinator").await;

    let answer = person.get("/no/such/page").await;

    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.header("vary").is_some_and(|vary| vary.contains("HX-Request-Type")));
}

#[tokio::test]
async fn a_change_without_the_pages_token_is_refused() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    let colleague = house.login("qc").await;

    for token in [String::new(), "0".repeat(64), colleague.csrf()] {
        let body = format!("csrf={token}&theme=dark");
        person.send_raw(raw(Method::POST, "/preferences", &[FORM], body)).await.assert_status(403);
        person.send_raw(raw(Method::POST, "/preferences", &[("x-csrf-token", &token)], "")).await.assert_status(403);
    }
    let theme: String = sqlx::query_scalar("select theme from users where email = 'coordinator@torvan.test'")
        .fetch_one(&house.db)
        .await
        .unwrap();
    assert_eq!(theme, "system");

    person.post("/preferences", &[("theme", "dark")]).await.assert_status(303);
}

#[tokio::test]
async fn logging_in_and_out_needs_the_pages_token_too() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    let stranger = house.stranger();
    stranger.get("/login").await.assert_ok();

    let body = "email=coordinator%40torvan.test&password=sinks+need+clean+water";
    let forged = stranger.send_raw(raw(Method::POST, "/login", &[FORM], body)).await;
    forged.assert_status(403);
    assert!(stranger.cookie("session").is_none());

    person.send_raw(raw(Method::POST, "/logout", &[FORM], "")).await.assert_status(403);
    person.get("/login").await.assert_status(303);
}

#[tokio::test]
async fn a_change_from_another_site_is_refused_even_with_the_token() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    let token = person.csrf();

    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://torvan.test.evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let request = raw(Method::POST, "/preferences", &[("x-csrf-token", &token), FORM, (name, value)], "theme=dark");
        person.send_raw(request).await.assert_status(403);
    }
    let own =
        [("x-csrf-token", token.as_str()), FORM, ("origin", "http://torvan.test"), ("sec-fetch-site", "same-origin")];
    person.send_raw(raw(Method::POST, "/preferences", &own, "theme=dark")).await.assert_status(303);
}

#[tokio::test]
async fn a_body_of_300_mb_is_refused_without_being_kept() {
    let house = House::open().await;
    let stranger = house.stranger();
    stranger.get("/login").await;
    let read = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = read.clone();
    let chunks = futures_util::stream::iter(0..300).map(move |_| {
        counter.fetch_add(1 << 20, std::sync::atomic::Ordering::Relaxed);
        Ok::<_, std::io::Error>(vec![b'a'; 1 << 20])
    });

    let request = raw(Method::POST, "/login", &[FORM], poem::Body::from_bytes_stream(chunks));
    stranger.send_raw(request).await.assert_status(413);

    let read = read.load(std::sync::atomic::Ordering::Relaxed);
    assert!(read <= 2 << 20, "{read} bytes were taken in");
    let announced = raw(Method::POST, "/login", &[FORM, ("content-length", "300000000")], "");
    stranger.send_raw(announced).await.assert_status(413);
}

#[tokio::test]
async fn a_form_with_invisible_characters_or_too_many_fields_is_refused() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    let token = person.csrf();

    for body in ["theme=da%00rk", "theme%00=dark", "theme=%1b", "theme=%ff%fe", "theme=%8", &"a=1&".repeat(1500)] {
        let request = raw(Method::POST, "/preferences", &[("x-csrf-token", &token), FORM], body.to_string());
        person.send_raw(request).await.assert_status(422);
    }
    person.get("/login?next=%00").await.assert_status(422);
    person.get("/orders/a%00b").await.assert_status(404);
}

#[tokio::test]
async fn an_address_has_one_spelling_and_the_rest_is_not_found() {
    let house = House::open().await;
    let person = house.login("administrator").await;

    for (path, place) in
        [("/login/", "/login"), ("//login", "/login"), ("/login//?next=/orders", "/login?next=/orders")]
    {
        assert_eq!(person.get(path).await.assert_status(308).location(), place);
    }
    for path in ["/LOGIN", "/no-such-page", "/.env", "/static/../Cargo.toml", "/login/%2e%2e"] {
        person.get(path).await.assert_status(404);
    }
}

#[tokio::test]
async fn only_reading_and_sending_forms_is_possible() {
    let house = House::open().await;
    let stranger = house.stranger();

    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::TRACE, Method::CONNECT] {
        stranger.send_raw(raw(method, "/login", &[], "")).await.assert_status(405);
    }
    stranger.get("/logout").await.assert_status(405);
    let head = stranger.send_raw(raw(Method::HEAD, "/login", &[], "")).await;
    head.assert_ok();
    assert_eq!(head.body, "");
}

#[tokio::test]
async fn requests_that_proxies_read_in_two_ways_are_refused() {
    let house = House::open().await;
    let stranger = house.stranger();

    let both = raw(Method::POST, "/login", &[("content-length", "4"), ("transfer-encoding", "chunked")], "a=bc");
    stranger.send_raw(both).await.assert_status(400);
    let nameless = Request::builder().uri("/login".parse().unwrap()).finish();
    stranger.send_raw(nameless).await.assert_status(400);
    let packed = raw(Method::POST, "/login", &[FORM, ("content-encoding", "gzip")], "a=b");
    stranger.send_raw(packed).await.assert_status(415);
    stranger.get(&format!("/login?next=/{}", "a".repeat(9000))).await.assert_status(414);
}

#[tokio::test]
async fn after_logging_in_nobody_is_sent_to_another_site() {
    let house = House::open().await;
    house.account("coordinator").await;

    for evil in
        ["https://evil.example", "//evil.example", "/\\evil.example", "/%09/evil.example", "javascript:alert(1)"]
    {
        let person = house.stranger();
        person.get("/login").await;
        let fields = [("email", "coordinator@torvan.test"), ("password", tests::PASSWORD), ("next", evil)];
        assert_eq!(person.post("/login", &fields).await.assert_status(303).location(), "/");
        let again = format!("/login?next={}", app::hx::encode(evil));
        assert_eq!(person.get(&again).await.assert_status(303).location(), "/");
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_said_quickly_and_without_details() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    house.app.db.close().await;

    let answer = person.get("/login").await;

    answer.assert_status(503).assert_hides("pool").assert_hides("sqlx");
    assert!(answer.header("retry-after").is_some());
    assert_dressed(&answer);
}

#[tokio::test]
async fn a_form_sent_while_the_database_is_away_is_kept_with_its_own_token_to_be_sent_again() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    house.app.db.close().await;

    let answer = person.post("/preferences", &[("theme", "dark"), ("next", "/orders?q=\"><b>")]).await;

    answer.assert_status(503).assert_shows("Send again").assert_shows("What you typed is kept on this page.");
    let token = format!("name=\"csrf\" value=\"{}\"", person.csrf());
    assert!(answer.body.contains("name=\"theme\" value=\"dark\"") && answer.body.contains(&token), "{}", answer.body);
    assert!(!answer.body.contains("\"><b>"), "{}", answer.body);
    let secret = person.post("/password", &[("password", "never shown again")]).await;
    secret.assert_status(503).assert_hides("Send again").assert_hides("never shown again");
}

#[tokio::test]
async fn a_role_reaches_exactly_the_routes_of_the_permission_table() {
    let house = House::open().await;
    let rules: Vec<_> = routes::all().rules().cloned().collect();
    assert!(rules.len() > 5);

    for role in Role::ALL {
        let word = serde_json::to_value(role).unwrap();
        let person = house.login(word.as_str().unwrap()).await;
        for rule in rules.iter().filter(|rule| matches!(rule.access, Access::To(_)) && rule.method == Method::GET) {
            let path = sample(&rule.pattern);
            let status = person.get(&path).await.status.as_u16();
            assert_eq!(status == 403, !rule.access.allows(Some(role)), "{role:?} at {path}: {status}");
        }
    }
}

#[tokio::test]
async fn a_stranger_is_sent_to_log_in_from_every_page_behind_it() {
    let house = House::open().await;
    let stranger = house.stranger();

    for rule in routes::all().rules().filter(|rule| rule.access != Access::Public) {
        let path = sample(&rule.pattern);
        match rule.method {
            _ if path.starts_with("/events") || path.starts_with("/api/") => {
                stranger.get(&path).await.assert_status(401);
            }
            Method::GET => {
                let place = format!("/login?next={}", app::hx::encode(&path));
                assert_eq!(stranger.get(&path).await.assert_status(303).location(), place);
                let fragment = stranger.get_fragment(&path).await;
                fragment.assert_status(401);
                assert!(fragment.header("hx-redirect").is_some_and(|place| place.starts_with("/login")));
            }
            _ => {
                stranger.post(&path, &[]).await.assert_status(303);
            }
        }
    }
}

/// A pattern with something in its places: "/orders/:number" becomes "/orders/1".
fn sample(pattern: &str) -> String {
    let parts = pattern.split('/').map(|part| if part.contains([':', '*', '<']) { "1" } else { part });
    parts.collect::<Vec<_>>().join("/")
}
