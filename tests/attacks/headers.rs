//! The protecting headers, on every answer of every route and of every kind of refusal.

use app::routes::{self, Rule};
use poem::Request;
use poem::http::Method;
use tests::{Answer, House, Person};

/// What an answer lacks or says too much, in words; nothing when it is as it should be.
fn findings(answer: &Answer) -> Vec<String> {
    let mut found = Vec::new();
    let has = |name: &str| answer.header(name).unwrap_or_default().to_owned();
    let policy = has("content-security-policy");
    let parts: Vec<&str> = policy.split(';').map(str::trim).collect();
    let is_document = parts.contains(&"sandbox");
    let needed = match is_document {
        true => vec!["default-src 'none'"],
        false => vec![
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "object-src 'none'",
        ],
    };
    found.extend(needed.iter().filter(|part| !parts.contains(part)).map(|part| format!("the policy lacks {part}")));
    for bad in ["unsafe-inline", "unsafe-eval", "http:", "https:", "*"] {
        if policy.contains(bad) {
            found.push(format!("the policy allows {bad}"));
        }
    }
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-permitted-cross-domain-policies", "none"),
    ] {
        if has(name) != value {
            found.push(format!("{name} is {:?}", has(name)));
        }
    }
    let cache = has("cache-control");
    let is_asset = answer.path.starts_with("/assets/") && matches!(answer.status.as_u16(), 200 | 304);
    if !is_asset && cache != "no-store" {
        found.push(format!("it may be kept: {cache:?}"));
    }
    for name in ["server", "x-powered-by", "access-control-allow-origin", "via"] {
        if answer.header(name).is_some() {
            found.push(format!("{name} is {:?}", has(name)));
        }
    }
    if has("permissions-policy").is_empty() || has("x-request-id").len() != 16 {
        found.push("no permissions policy or no request id".into());
    }
    found
}

/// What no body may tell: where it runs, what it asked, what it is made of.
fn tells_too_much(answer: &Answer) -> Option<&'static str> {
    let words = [
        "panicked at",
        "sqlx",
        "PgDatabaseError",
        "/src/",
        "RUST_BACKTRACE",
        "syntax error at",
        "poem::",
        "select * from",
        "/rustc/",
    ];
    words.into_iter().find(|word| answer.body.contains(word))
}

#[track_caller]
fn assert_clean(what: &str, answer: &Answer) {
    assert_eq!(findings(answer), Vec::<String>::new(), "{what} {} ({})", answer.path, answer.status);
    assert_eq!(tells_too_much(answer), None, "{what} {} ({})", answer.path, answer.status);
}

fn sample(rule: &Rule) -> String {
    let parts = rule.pattern.split('/').map(|part| if part.contains([':', '*', '<']) { "1" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

async fn head_of(person: &Person, method: Method, path: &str) -> Answer {
    person
        .send_raw(Request::builder().method(method).uri(path.parse().unwrap()).header("host", "torvan.test").finish())
        .await
}

#[tokio::test]
async fn every_route_answers_with_every_protecting_header_whatever_it_answers() {
    let house = House::open().await;
    let people = [house.stranger(), house.login("administrator").await, house.login("assembler").await];
    let rules: Vec<Rule> = routes::all().rules().filter(|rule| rule.pattern != "/events").cloned().collect();
    assert!(rules.len() > 80);

    for person in &people {
        for rule in &rules {
            let path = sample(rule);
            if rule.method == Method::GET {
                assert_clean("page", &person.get(&path).await);
                assert_clean("fragment", &person.get_fragment(&path).await);
                assert_clean("HEAD", &head_of(person, Method::HEAD, &path).await);
            } else {
                // Without a token: refused by the gate. The logged-in token would end the session at /logout.
                assert_clean("POST", &head_of(person, Method::POST, &path).await);
            }
        }
    }
}

#[tokio::test]
async fn refusals_of_every_kind_carry_the_headers_too() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    let long = format!("/login?next=/{}", "a".repeat(9000));
    let post = |path: &str, name: &str, value: &str, body: Vec<u8>| {
        let request = Request::builder().method(Method::POST).uri(path.parse().unwrap()).header("host", "torvan.test");
        request.header("x-csrf-token", person.csrf()).header(name, value).body(body)
    };
    let form = "application/x-www-form-urlencoded";
    let asset = person.get("/orders").await;
    let asset = asset.body.split('"').find(|word| word.starts_with("/assets/")).unwrap().to_owned();
    let tag = person.get(&asset).await.header("etag").unwrap().to_owned();
    let known =
        Request::builder().uri(asset.parse().unwrap()).header("host", "torvan.test").header("if-none-match", tag);

    for (status, answer) in [
        (303, person.post("/preferences", &[("theme", "dark")]).await),
        (304, person.send_raw(known.finish()).await),
        (308, person.get("/orders/").await),
        (400, person.send_raw(Request::builder().uri("/login".parse().unwrap()).finish()).await),
        (403, person.get("/system").await),
        (404, person.get("/no/such/page").await),
        (405, head_of(&person, Method::DELETE, "/login").await),
        (405, person.get("/logout").await),
        (413, person.send_raw(post("/preferences", "content-type", form, vec![b'a'; 100_000])).await),
        (414, person.get(&long).await),
        (415, person.send_raw(post("/preferences", "content-type", "application/json", b"{}".to_vec())).await),
        (422, person.get("/orders?q=%00").await),
        (431, {
            let request = Request::builder().uri("/login".parse().unwrap()).header("host", "torvan.test");
            person.send_raw(request.header("x-filler", "x".repeat(20_000)).finish()).await
        }),
        (200, person.get("/orders.csv").await),
    ] {
        if answer.status.as_u16() != 404 || status == 404 {
            assert_eq!(answer.status.as_u16(), status, "{}", answer.path);
        }
        assert_clean("refusal", &answer);
    }
    house.app.db.close().await;
    let away = person.get("/orders").await;
    away.assert_status(503);
    assert_clean("away", &away);
}

#[tokio::test]
async fn a_live_stream_carries_the_headers_and_no_word_of_a_visitor() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    let request = Request::builder().uri("/events".parse().unwrap()).header("host", "torvan.test");
    let cookie = format!("session={}", person.cookie("session").unwrap());
    let request = request.header("cookie", cookie).header("last-event-id", "1\u{b}event: admin");
    let endpoint = house.app.endpoint().unwrap();
    let response = poem::Endpoint::get_response(&endpoint, request.finish()).await;
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();

    assert_eq!((response.status().as_u16(), header("cache-control")), (200, "no-store"));
    assert!(header("content-security-policy").contains("default-src 'none'"));
    assert_eq!((header("x-content-type-options"), header("content-type")), ("nosniff", "text/event-stream"));
}
