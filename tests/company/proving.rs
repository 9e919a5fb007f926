//! Whoever has no password chooses one to sign with, after the provider said anew who they are.

use serde_json::json;

use super::{address_of, come, entries, house};
use tests::support::provider::Provider;
use tests::{House, PASSWORD, Person};

async fn ana(house: &House, provider: &Provider) -> Person {
    provider.person("s-1", "ana@company.example", &["torvan-procurement"]);
    let person = house.stranger();
    come(&person, provider).await.assert_status(303);
    person.get("/account").await.assert_ok();
    person
}

const CHOICE: [(&str, &str); 2] = [("new", PASSWORD), ("again", PASSWORD)];

#[tokio::test]
async fn whoever_logs_in_with_the_company_account_chooses_a_password_to_sign_with() {
    let (house, provider) = house().await;
    let person = ana(&house, &provider).await;
    assert_eq!(person.get("/password").await.location(), "/password/new");
    person.get("/password/new").await.assert_ok().assert_shows("show at");
    person.post("/password/new", &CHOICE).await.assert_status(422).assert_shows("Show first that it is you");

    let address = address_of(&person.post("/password/company", &[]).await);
    for part in ["prompt=login", "max_age=0"] {
        assert!(address.contains(part), "{address}");
    }
    assert_eq!(person.get(&provider.log_in(&address)).await.location(), "/password/new");
    person.get("/password/new").await.assert_ok();
    person.post("/password/new", &[("new", "short"), ("again", "short")]).await.assert_status(422);
    person.post("/password/new", &CHOICE).await.assert_ok().assert_shows("You sign with it from now on");
    person.get("/password/new").await;
    person.post("/password/new", &CHOICE).await.assert_status(422).assert_shows("Show first that it is you");
    assert_eq!(entries(&house, "proved who they are", true).await, 1);
    let fits: String = sqlx::query_scalar("select password_hash from users").fetch_one(&house.db).await.unwrap();
    assert!(fits.starts_with("$argon2id$"));
}

#[tokio::test]
async fn a_log_in_of_long_ago_or_of_somebody_else_proves_nothing() {
    let (house, provider) = house().await;
    let person = ana(&house, &provider).await;
    let before = chrono::Utc::now().timestamp() - 3600;
    for (claim, value) in [("auth_time", json!(before)), ("auth_time", json!(null)), ("sub", json!("s-2"))] {
        provider.person("s-1", "ana@company.example", &["torvan-procurement"]);
        provider.claim(claim, value);
        person.get("/password/new").await;
        let address = address_of(&person.post("/password/company", &[]).await);
        person.get(&provider.log_in(&address)).await.assert_status(422);
        person.get("/password/new").await;
        person.post("/password/new", &CHOICE).await.assert_status(422).assert_shows("Show first that it is you");
    }
    assert_eq!(entries(&house, "proved who they are", true).await, 0);
}

#[tokio::test]
async fn a_proof_is_of_the_session_that_asked_for_it() {
    let (house, provider) = house().await;
    let person = ana(&house, &provider).await;
    let other = ana(&house, &provider).await;
    let address = address_of(&person.post("/password/company", &[]).await);
    let back = provider.log_in(&address);
    other.set_cookie("company", &person.cookie("company").unwrap());
    other.get(&back).await.assert_status(422);
    other.get("/password/new").await;
    other.post("/password/new", &CHOICE).await.assert_status(422);
}
