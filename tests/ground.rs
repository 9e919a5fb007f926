//! The ground the other tests stand on.

use tests::{Browser, Database, House, Scripts};

#[tokio::test]
async fn two_tests_never_see_each_others_rows() {
    let (one, other) = (Database::open().await, Database::open().await);

    sqlx::query("insert into items (number) values ('T2-BODY-48-60-HA')").execute(&one.pool).await.unwrap();

    let count = "select count(*) from items where number = 'T2-BODY-48-60-HA'";
    assert_eq!(sqlx::query_scalar::<_, i64>(count).fetch_one(&one.pool).await.unwrap(), 1);
    assert_eq!(sqlx::query_scalar::<_, i64>(count).fetch_one(&other.pool).await.unwrap(), 0);
}

#[tokio::test]
async fn a_browser_sees_what_the_person_sees() {
    let site = site().await;
    let browser = Browser::open(&site).await;

    browser.visit("/").await;
    browser.wait_for_text("Written by a script").await;
    browser.fill("Customer", "Torvan").await;
    browser.click("Save order").await;

    browser.wait_for_text("Saved for Torvan").await;
    assert_eq!(browser.path().await, "/?customer=Torvan");
    assert!(
        browser.complaints().await.iter().any(|text| text.contains("Content Security Policy")),
        "the console is read"
    );
    browser.viewport(820, 1180).await;
    browser.colour_scheme("dark").await;
    browser.wait_for_text("dark at 820").await;
}

#[tokio::test]
async fn a_browser_without_scripts_still_sends_forms() {
    let site = site().await;
    let browser = Browser::open_with(&site, Scripts::Off).await;

    browser.visit("/").await;
    browser.fill("customer", "Torvan").await;
    browser.click("Save order").await;

    browser.wait_for_text("Saved for Torvan").await;
    assert!(!browser.text().await.contains("Written by a script"));
}

/// A page with a form, a script, a refused script, and a word on the colours and the width it is shown in.
async fn site() -> String {
    #[poem::handler]
    fn page(request: &poem::Request) -> poem::Response {
        let saved = request.uri().query().map_or(String::new(), |query| query.replace("customer=", "Saved for "));
        let page = format!(
            "<!doctype html><title>Ground</title><p>{saved}<p id=seen><p id=look><script>alert('refused')</script>\
             <form><label for=c>Customer</label><input id=c name=customer><button>Save order</button></form>\
             <script nonce=n>seen.textContent = 'Written by a script'; \
             setInterval(() => look.textContent = (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light') \
             + ' at ' + innerWidth, 20)</script>"
        );
        let policy = "default-src 'self'; script-src 'nonce-n'";
        poem::Response::builder().content_type("text/html").header("content-security-policy", policy).body(page)
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = poem::listener::TcpAcceptor::from_tokio(listener).unwrap();
    tokio::spawn(poem::Server::new_with_acceptor(acceptor).run(poem::Route::new().at("/", poem::get(page))));
    format!("http://{address}")
}

#[tokio::test]
async fn people_log_in_and_out_of_the_house() {
    let house = House::open().await;
    house.stranger().get("/preferences").await;
    let coordinator = house.login("coordinator").await;

    let answer =
        coordinator.post("/preferences", &[("theme", "dark"), ("density", "bench"), ("text_size", "115")]).await;

    answer.assert_status(303);
    let theme = "select theme from users where role = 'coordinator'";
    assert_eq!(sqlx::query_scalar::<_, String>(theme).fetch_one(&house.db).await.unwrap(), "dark");
    coordinator.post("/logout", &[]).await.assert_status(303);
    assert_eq!(coordinator.cookie("session"), None);
}

#[tokio::test]
async fn a_browser_logs_in_by_the_form() {
    let house = House::open().await;
    let browser = house.browser_as("qc").await;
    browser.visit("/login").await;
    assert_eq!(browser.path().await, "/");
}

#[tokio::test]
async fn work_ends_when_nothing_waits() {
    let house = House::open().await;
    house.work().await;
}
