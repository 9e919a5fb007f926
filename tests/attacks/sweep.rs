//! Every route of the table, asked with what attackers type: no answer is our fault, and none is taken literally.

use std::time::{Duration, Instant};

use app::routes::{self, Rule};
use poem::Request;
use poem::http::{Method, Uri};
use tests::{House, Person};

const HOSTILE: [&str; 14] = [
    "0",
    "-1",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999999999",
    "1e309",
    "NaN",
    "%D9%A3",
    "%27%20OR%201%3D1--",
    "%27%3B%20DROP%20TABLE%20orders%3B--",
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "..%2f..%2fetc%2fpasswd",
    "%E2%80%AEfdp.exe",
    "%EF%BC%87%20or%201=1",
];

fn with(rule: &Rule, word: &str) -> String {
    let parts = rule.pattern.split('/').map(|part| if part.contains([':', '*', '<']) { word } else { part });
    parts.collect::<Vec<_>>().join("/")
}

async fn get(person: &Person, address: &str) -> Option<tests::Answer> {
    let uri: Uri = address.parse().ok()?;
    Some(person.send_raw(Request::builder().uri(uri).header("host", "torvan.test").finish()).await)
}

fn pages() -> Vec<Rule> {
    let is_page = |rule: &&Rule| rule.method == Method::GET && rule.pattern != "/events";
    routes::all().rules().filter(is_page).cloned().collect()
}

#[track_caller]
fn assert_ours(answer: &tests::Answer) {
    let status = answer.status.as_u16();
    assert!(
        status < 500 || status == 503 && answer.path.contains("/readyz"),
        "{}: {status}\n{}",
        answer.path,
        answer.text()
    );
    assert!(!answer.body.contains("<script>alert(1)"), "{} came back as markup", answer.path);
    for word in ["syntax error", "invalid input syntax", "out of range for type", "panicked"] {
        assert!(!answer.body.contains(word), "{} says {word:?}", answer.path);
    }
}

#[tokio::test]
async fn a_hostile_word_in_any_place_of_any_address_finds_nothing_and_breaks_nothing() {
    let house = House::open().await;
    let person = house.login("administrator").await;
    let mut asked = 0;
    for rule in pages().iter().filter(|rule| rule.pattern.contains(':')) {
        for word in HOSTILE {
            let Some(answer) = get(&person, &with(rule, word)).await else { continue };
            assert_ours(&answer);
            asked += 1;
        }
    }
    assert!(asked > 300, "{asked}");
    let orders: Option<String> =
        sqlx::query_scalar("select to_regclass('orders')::text").fetch_one(&house.db).await.unwrap();
    assert!(orders.is_some());
}

#[tokio::test]
async fn a_hostile_word_in_any_filter_of_any_page_is_taken_literally() {
    let house = House::open().await;
    let person = house.login("administrator").await;
    let names = [
        "q", "search", "page", "after", "before", "sort", "state", "stage", "from", "to", "tab", "kind", "view",
        "limit", "noun", "who", "queue", "version",
    ];
    for rule in pages() {
        for turn in [0, 5, 10] {
            let word = |at: usize| HOSTILE[(at + turn) % HOSTILE.len()];
            let query: Vec<String> =
                names.iter().enumerate().map(|(at, name)| format!("{name}={}", word(at))).collect();
            let address = format!("{}?{}", with(&rule, "1"), query.join("&"));
            let Some(answer) = get(&person, &address).await else { continue };
            assert_ours(&answer);
        }
    }
}

#[tokio::test]
async fn an_invisible_character_is_refused_in_every_query_and_every_form() {
    let house = House::open().await;
    let person = house.login("administrator").await;
    for rule in routes::all().rules().filter(|rule| rule.pattern != "/logout") {
        let path = with(rule, "1");
        if rule.method == Method::GET {
            let answer = get(&person, &format!("{path}?q=a%00b")).await.unwrap();
            assert!(matches!(answer.status.as_u16(), 403 | 422), "{path}: {}", answer.status);
            continue;
        }
        let request = Request::builder().method(Method::POST).uri(path.parse().unwrap()).header("host", "torvan.test");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = request.header("x-csrf-token", person.csrf()).body("name=a%00b&note=%1b&csrf=x");
        let answer = person.send_raw(request).await;
        assert!(
            matches!(answer.status.as_u16(), 303 | 400 | 403 | 404 | 409 | 415 | 422),
            "{path}: {} {}",
            answer.status,
            answer.text()
        );
        assert_ours(&answer);
    }
    let kept: i64 = sqlx::query_scalar(
        "select count(*) from audit_log where after::text like '%\\\\u0000%' or after::text like '%a\\\\u0000b%'",
    )
    .fetch_one(&house.db)
    .await
    .unwrap();
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn empty_strange_and_huge_forms_are_answered_at_every_address_that_takes_one() {
    let house = House::open().await;
    let person = house.login("administrator").await;
    let huge = format!("note={}", "a".repeat(60_000));
    let forms = [
        "",
        "&&&=&=&",
        "a=1&a=2&a[]=3&a[b]=4",
        "id=-1&quantity=9223372036854775808&version=1e309&after=NaN&page=%D9%A3&reason=",
        "quantity=0x10&quantity=1.5&amount=-0&amount=1%2C5&version=%EF%BC%91",
        huge.as_str(),
    ];
    for rule in routes::all().rules().filter(|rule| rule.method == Method::POST) {
        if matches!(rule.pattern.as_str(), "/logout" | "/login" | "/station/lock") {
            continue;
        }
        for form in forms {
            let path = with(rule, "1");
            let request =
                Request::builder().method(Method::POST).uri(path.parse().unwrap()).header("host", "torvan.test");
            let request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .header("x-csrf-token", person.csrf());
            let answer = person.send_raw(request.body(form.to_owned())).await;
            assert_ours(&answer);
        }
    }
    person.get("/orders").await.assert_ok();
}

#[tokio::test]
async fn a_search_for_ten_thousand_wildcards_is_quick() {
    let house = House::open().await;
    let person = house.login("administrator").await;
    for word in ["%25".repeat(2500), "_".repeat(7000), "%5C".repeat(2500), "a%25".repeat(1900)] {
        for page in ["/orders", "/catalogue/items", "/jobs"] {
            let start = Instant::now();
            let Some(answer) = get(&person, &format!("{page}?q={word}&search={word}")).await else { continue };
            assert_ours(&answer);
            // Far from the seconds a pattern would take that is tried at every place, also on a busy machine.
            assert!(start.elapsed() < Duration::from_secs(8), "{page} took {:?}", start.elapsed());
        }
    }
}
