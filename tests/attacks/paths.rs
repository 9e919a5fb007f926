//! Addresses spelled so that two readers of them disagree.

use poem::Request;
use poem::http::Uri;
use tests::{Answer, House, Person};

async fn get(person: &Person, address: &str) -> Option<Answer> {
    let uri: Uri = address.parse().ok()?;
    Some(person.send_raw(Request::builder().uri(uri).header("host", "torvan.test").finish()).await)
}

#[tokio::test]
async fn no_spelling_of_an_address_leads_to_another_site() {
    let house = House::open().await;
    let person = house.login("administrator").await;

    for address in [
        "/\\evil.example/",
        "/\\evil.example//",
        "/\\/evil.example/",
        "//evil.example/",
        "///evil.example/%2f..",
        "/%5cevil.example/",
        "/%2fevil.example/",
        "/%09/evil.example/",
        "/%0d%0aLocation:%20https://evil.example/",
        "/;//evil.example/",
        "/.//evil.example/",
        "/orders//?next=//evil.example",
    ] {
        let Some(answer) = get(&person, address).await else { continue };
        let place = answer.header("location").unwrap_or("/");
        let goes_away =
            !place.starts_with('/') || place[1..].starts_with(['/', '\\']) || place.contains(['\r', '\n', '\t']);
        assert!(!goes_away, "{address} leads to {place}");
        assert!(answer.status.as_u16() < 500, "{address}: {}", answer.status);
    }
}

#[tokio::test]
async fn a_guarded_page_has_no_second_address_past_its_gate() {
    let house = House::open().await;
    let (stranger, qc) = (house.stranger(), house.login("qc").await);

    for address in [
        "/SYSTEM",
        "/System",
        "/system/.",
        "/system/%2e",
        "/./system",
        "/%2e/system",
        "/x/../system",
        "/x/%2e%2e/system",
        "/system%2f",
        "/%73ystem",
        "/system%00",
        "/system;x=1",
        "/system%20",
        "/system%3f",
        "//system",
        "/system//",
        "/assets/..%2fsystem",
        "/assets/../system",
        "/login/..%2fsystem",
        "/login/%2e%2e/system",
        "/ＳＹＳＴＥＭ",
        "/system%ef%bc%8f",
    ] {
        for person in [&stranger, &qc] {
            let Some(answer) = get(person, address).await else { continue };
            let status = answer.status.as_u16();
            assert!(matches!(status, 303 | 308 | 403 | 404), "{address}: {status}");
            answer.assert_hides("Connections");
        }
    }
}

#[tokio::test]
async fn no_address_reaches_a_file_that_is_not_ours_to_serve() {
    let house = House::open().await;
    let person = house.login("administrator").await;

    for file in ["Cargo.toml", "etc/passwd", ".env", "proc/self/environ", "README.md"] {
        for way in [
            "../",
            "..%2f",
            "%2e%2e/",
            "%2e%2e%2f",
            "..%5c",
            "....//",
            "..%c0%af",
            "..%252f",
            "..%00/",
            "/",
            "file:///",
        ] {
            for depth in [1, 6] {
                let address = format!("/assets/{}{file}", way.repeat(depth));
                let Some(answer) = get(&person, &address).await else { continue };
                assert!(matches!(answer.status.as_u16(), 308 | 404), "{address}: {}", answer.status);
                answer.assert_hides("[workspace]").assert_hides("root:").assert_hides("PATH=");
            }
        }
    }
}

#[tokio::test]
async fn ranges_and_encodings_never_multiply_an_answer() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    let page = person.get("/login").await;
    let style = format!("{}{}", page.body, person.get("/orders").await.body);
    let asset =
        style.split('"').find(|word| word.starts_with("/assets/")).expect("a page has a style sheet").to_owned();
    let whole = person.get(&asset).await.assert_ok().body.len();

    let ranges = format!("bytes={}", vec!["0-"; 1000].join(","));
    for (name, value) in [
        ("range", "bytes=0-0,1-1,2-2"),
        ("range", ranges.as_str()),
        ("range", "bytes=-1"),
        ("range", "bytes=5-1"),
        ("if-range", "\"x\""),
        ("accept-encoding", "br;q=1e9, *;q=0.000000001"),
        ("accept-encoding", "gzip;q=NaN, identity;q=0, *;q=0"),
        ("accept-encoding", "deflate, zstd, br, compress"),
    ] {
        for address in [asset.as_str(), "/orders.csv", "/orders"] {
            let request =
                Request::builder().uri(address.parse().unwrap()).header("host", "torvan.test").header(name, value);
            let answer = person.send_raw(request.finish()).await;
            let status = answer.status.as_u16();
            assert!(matches!(status, 200 | 404), "{address} with {name}: {value:.40}: {status}");
            if address == asset {
                assert!(answer.body.len() <= whole * 2, "{name}: {value:.40}: {} bytes of {whole}", answer.body.len());
            }
        }
    }
}
