//! Style sheets and scripts, as browsers fetch and keep them.

use poem::Request;
use tests::{Answer, House, Person};

async fn fetch(person: &Person, path: &str, header: (&str, &str)) -> Answer {
    let request =
        Request::builder().uri(path.parse().unwrap()).header("host", "torvan.test").header(header.0, header.1);
    person.send_raw(request.finish()).await
}

#[tokio::test]
async fn an_asset_is_kept_for_ever_under_an_address_that_changes_with_it() {
    let house = House::open().await;
    let stranger = house.stranger();
    let page = stranger.get("/login").await;
    let path = views::assets::url("app.css");
    assert!(page.body.contains(path), "the page asks for it");

    let answer = stranger.get(path).await;

    answer.assert_ok();
    assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(answer.header("content-type"), Some("text/css; charset=utf-8"));
    let etag = answer.header("etag").unwrap();
    assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag}");
    for known in [etag.to_string(), format!("W/{etag}"), format!("\"other\", {etag}")] {
        let again = fetch(&stranger, path, ("if-none-match", &known)).await;
        again.assert_status(304);
        assert_eq!(again.body, "");
    }
    fetch(&stranger, path, ("if-none-match", "\"other\"")).await.assert_ok();
}

#[tokio::test]
async fn an_asset_comes_packed_for_who_can_read_it() {
    let house = House::open().await;
    let stranger = house.stranger();
    let path = views::assets::url("app.js");

    let packed = fetch(&stranger, path, ("accept-encoding", "gzip, br")).await;
    let plain = fetch(&stranger, path, ("accept-encoding", "gzip;q=0")).await;

    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert_eq!(plain.header("content-encoding"), None);
    assert!(packed.body.len() < plain.body.len());
    assert_eq!(packed.header("vary"), Some("Accept-Encoding"));
}

#[tokio::test]
async fn nothing_but_our_own_files_is_served() {
    let house = House::open().await;
    let stranger = house.stranger();

    for path in ["/assets/app.css", "/assets/app-0000.css", "/assets/..%2f..%2fCargo.toml", "/assets/%2e%2e", "/assets"]
    {
        stranger.get(path).await.assert_status(404);
    }
}

#[tokio::test]
async fn an_administrator_sees_how_the_product_runs_and_others_do_not() {
    let house = House::open().await;

    let page = house.login("administrator").await.get("/system").await;
    page.assert_ok().assert_shows("PostgreSQL").assert_shows("No worker is running.");
    let refused = house.login("coordinator").await.get("/system").await;
    refused.assert_status(403).assert_shows("Administrators see the system pages.");
    house.login("assembler").await.get("/system/components").await.assert_ok().assert_shows("Components");
}
