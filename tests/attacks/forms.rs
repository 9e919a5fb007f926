//! Bodies that are not the forms of our pages: of another kind, in pieces without end, with the same field twice.

use poem::http::Method;
use poem::{Body, Request};
use tests::{Answer, House, Person};

const FORM: &str = "application/x-www-form-urlencoded";

async fn send(person: &Person, path: &str, kind: &str, body: impl Into<Body>) -> Answer {
    let token = person.csrf();
    let mut request = Request::builder().method(Method::POST).uri(path.parse().unwrap()).header("host", "torvan.test");
    request = request.header("x-csrf-token", token);
    if !kind.is_empty() {
        request = request.header("content-type", kind);
    }
    person.send_raw(request.body(body)).await
}

async fn theme(house: &House) -> String {
    let asked = sqlx::query_scalar("select theme from users where email = 'coordinator@torvan.test'");
    asked.fetch_one(&house.db).await.unwrap()
}

#[tokio::test]
async fn only_a_form_is_read_as_a_form() {
    let house = House::open().await;
    let person = house.login("coordinator").await;

    for kind in [
        "application/json",
        "text/plain",
        "text/plain; application/x-www-form-urlencoded",
        "application/xml",
        "application/octet-stream",
        "multipart/mixed; boundary=x",
        "application/x-www-form-urlencodedx",
        "*/*",
    ] {
        send(&person, "/preferences", kind, "theme=dark").await.assert_status(415);
    }
    send(&person, "/preferences", "application/json", "{\"theme\":\"dark\"}").await.assert_status(415);
    assert_eq!(theme(&house).await, "system");
    send(&person, "/preferences", "Application/X-WWW-Form-Urlencoded ; charset=utf-8", "theme=dark")
        .await
        .assert_status(303);
    assert_eq!(theme(&house).await, "dark");
}

#[tokio::test]
async fn a_method_in_a_header_or_a_field_is_not_another_method() {
    let house = House::open().await;
    let person = house.login("coordinator").await;

    for header in ["x-http-method-override", "x-method-override", "x-http-method"] {
        let request = Request::builder().uri("/preferences?theme=dark&_method=POST".parse().unwrap());
        let request =
            request.header("host", "torvan.test").header(header, "POST").header("x-csrf-token", person.csrf());
        person.send_raw(request.finish()).await.assert_status(405);
    }
    person.get("/logout?_method=POST").await.assert_status(405);
    assert_eq!(theme(&house).await, "system");
}

#[tokio::test]
async fn a_token_given_twice_or_by_the_query_is_worth_nothing() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    let token = person.csrf();

    for (path, body) in [
        (format!("/preferences?csrf={token}"), "theme=dark".to_owned()),
        ("/preferences".into(), format!("csrf=wrong&csrf={token}&theme=dark")),
        ("/preferences".into(), format!("CSRF={token}&theme=dark")),
        ("/preferences".into(), format!("csrf%5B%5D={token}&theme=dark")),
        ("/preferences".into(), format!("csrf={}&theme=dark", token.to_uppercase())),
        ("/preferences".into(), format!("csrf={token}%20&theme=dark")),
        ("/preferences".into(), format!("csrf={}&theme=dark", &token[..32])),
    ] {
        let request = Request::builder().method(Method::POST).uri(path.parse().unwrap()).header("host", "torvan.test");
        person.send_raw(request.header("content-type", FORM).body(body)).await.assert_status(403);
    }
    assert_eq!(theme(&house).await, "system");
}

#[tokio::test]
async fn a_field_that_comes_twice_or_under_another_name_changes_nothing() {
    let house = House::open().await;
    let person = house.login("coordinator").await;

    for form in ["theme=dark&theme=light&theme=%3Cscript%3E", "theme=light&theme%5B0%5D=light"] {
        send(&person, "/preferences", FORM, form).await.assert_status(422);
    }
    assert_eq!(theme(&house).await, "system");
    for address in [
        "/orders?page=1&page=2",
        "/orders?q=a&q=b",
        "/orders?q[]=a",
        "/orders?q[a][b]=1",
        "/orders?__proto__=1&constructor=2",
    ] {
        let status = person.get(address).await.status.as_u16();
        assert!(matches!(status, 200 | 422), "{address}: {status}");
    }
}

/// An upload of the test's own making, its token in the header.
async fn upload(person: &Person, kind: &str, body: Vec<u8>) -> Answer {
    send(person, "/drafts/1/documents?kind=po_document", kind, body).await
}

#[tokio::test]
async fn an_upload_in_thousands_of_pieces_or_without_an_end_is_refused() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    let kind = "multipart/form-data; boundary=b";
    let draft = person.post("/drafts", &[]).await;
    let id = draft.location().split('/').nth(2).unwrap_or("1").to_owned();
    assert_eq!(id, "1", "the first draft of a new house");

    let parts = "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n".repeat(10_000);
    let nested = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\n%PDF-\r\n--c--\r\n--b--\r\n";
    let long_head =
        format!("--b\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n1\r\n--b--\r\n", "n".repeat(100_000));
    let cases: [(&str, Vec<u8>); 9] = [
        (kind, (parts + "--b--\r\n").into_bytes()),
        (kind, b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n%PDF-1.7".to_vec()),
        (kind, b"no boundary in here at all".to_vec()),
        (kind, Vec::new()),
        (kind, nested.into()),
        (kind, long_head.into_bytes()),
        (kind, b"--b\r\n\r\nno head\r\n--b--\r\n".to_vec()),
        ("multipart/form-data", b"--b\r\n\r\n".to_vec()),
        ("multipart/form-data; boundary=", b"--\r\n\r\n".to_vec()),
    ];
    for (number, (kind, body)) in cases.into_iter().enumerate() {
        let start = std::time::Instant::now();
        let answer = upload(&person, kind, body).await;
        let status = answer.status.as_u16();
        assert!(matches!(status, 413 | 415 | 422), "case {number}: {status} {}", answer.text());
        assert!(start.elapsed().as_secs() < 10, "case {number} took {:?}", start.elapsed());
    }
    let kept: i64 = sqlx::query_scalar("select count(*) from documents").fetch_one(&house.db).await.unwrap();
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn the_name_of_a_file_writes_no_header_and_no_path() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    person.post("/drafts", &[]).await;

    for (number, name) in [
        "po\r\nSet-Cookie: session=evil",
        "../../../../etc/cron.d/x.pdf",
        "po.pdf\"; filename=\"evil.exe",
        "..\\..\\evil.pdf",
        "%0d%0aX-Evil: 1.pdf",
        "po.pdf\u{202e}fdp.exe",
        "CON",
        &"n".repeat(3000),
    ]
    .into_iter()
    .enumerate()
    {
        let contents = format!("%PDF-1.7 number {number}");
        person.upload("/drafts/1/documents?kind=po_document", &[], &[("file", name, contents.as_bytes())]).await;
    }
    let ids: Vec<String> = sqlx::query_scalar("select id::text from documents").fetch_all(&house.db).await.unwrap();
    assert!(!ids.is_empty(), "some names are fine once they are only names");
    for id in ids {
        let answer = person.get(&format!("/documents/{id}")).await;
        answer.assert_ok();
        let said = answer.header("content-disposition").unwrap();
        assert!(said.starts_with("attachment; filename*=UTF-8''") && said.len() < 1600, "{said}");
        assert!(!said.contains(['/', '\\', '"', '\r']) || said.matches('/').count() == 0, "{said}");
        assert!(answer.header("x-evil").is_none() && answer.header("set-cookie").is_none());
        assert_eq!(answer.header("content-security-policy"), Some("default-src 'none'; sandbox"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
}

#[tokio::test]
async fn cookies_that_are_not_ours_are_nothing() {
    let house = House::open().await;
    let stranger = house.stranger();

    for value in [
        "",
        "1",
        "../../../etc/passwd",
        &"a".repeat(64),
        &"0".repeat(64),
        &"é".repeat(40),
        "' or 1=1--",
        "null",
        "{\"user\":1}",
    ] {
        stranger.set_cookie("session", value);
        stranger.get("/orders").await.assert_status(303);
    }
    for (name, value) in
        [("did", "%7B%22x%22"), ("did", &"x".repeat(4000)), ("visit", "<script>"), ("__Host-session", "1")]
    {
        stranger.set_cookie(name, value);
        let page = stranger.get("/login").await;
        page.assert_ok();
        assert!(!page.body.contains("<script>"), "a cookie came out as markup");
    }
}
