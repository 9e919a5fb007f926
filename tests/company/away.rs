//! A provider that is away, slow, or says nonsense.

use std::time::{Duration, Instant};

use super::{come, decide, house, sent};
use models::company::CompanyAccount;
use tests::PASSWORD;

#[tokio::test]
async fn while_the_provider_is_away_the_page_says_so_and_the_emergency_account_comes_in() {
    let (house, provider) = house().await;
    let administrator = house.account("administrator").await;
    let required =
        CompanyAccount { is_required: true, emergency_account: Some(administrator.id), ..Default::default() };
    decide(&house, required).await;
    provider.desk().is_away = true;

    let person = house.stranger();
    person.get("/login").await.assert_ok();
    let away = person.post("/login/company", &[]).await;
    away.assert_status(503).assert_shows("does not answer");
    assert!(away.header("retry-after").is_some());
    let kept: i64 = sqlx::query_scalar("select count(*) from company_logins").fetch_one(&house.db).await.unwrap();
    assert_eq!(kept, 0);

    person.get("/login").await.assert_ok().assert_shows("Emergency account");
    person.log_in("administrator@torvan.test", PASSWORD).await;
    person.get("/system/company-account").await.assert_ok().assert_shows("Away");
}

#[tokio::test]
async fn a_provider_that_goes_away_in_between_logs_nobody_in_and_is_asked_again_when_it_is_back() {
    let (house, provider) = house().await;
    provider.person("s-1", "ana@company.example", &["torvan-qc"]);
    let person = house.stranger();
    let back = provider.log_in(&sent(&person, "/account").await);
    provider.desk().is_away = true;
    let answer = person.get(&back).await;
    assert!(answer.status.is_client_error() || answer.status == 503, "{}", answer.status);
    person.get("/account").await.assert_status(303);

    provider.desk().is_away = false;
    come(&person, &provider).await.assert_status(303);
    person.get("/account").await.assert_ok();
}

#[tokio::test]
async fn a_provider_that_does_not_answer_holds_nobody_up_for_long() {
    let (house, provider) = house().await;
    provider.desk().delay = Duration::from_secs(60);
    let (person, other) = (house.stranger(), house.stranger());
    person.get("/login").await.assert_ok();
    other.get("/login").await.assert_ok();
    let began = Instant::now();
    let (slow, page) = tokio::join!(person.post("/login/company", &[]), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let began = Instant::now();
        other.get("/login").await.assert_ok();
        began.elapsed()
    });
    slow.assert_status(503);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert!(page < Duration::from_secs(2), "{page:?}");
}

#[tokio::test]
async fn a_house_without_a_provider_knows_only_passwords() {
    let house = tests::House::open().await;
    let stranger = house.stranger();
    stranger.get("/login").await.assert_ok().assert_hides("company account");
    stranger.post("/login/company", &[]).await.assert_status(404);
    stranger.get("/login/company/return?state=x&code=y").await.assert_status(404);

    let administrator = house.login("administrator").await;
    administrator.get("/system/company-account").await.assert_ok().assert_shows("No provider is set up");
    let fields = [
        ("revision", "0"),
        ("groups_claim", "groups"),
        ("emergency_account", "administrator@torvan.test"),
        ("is_required", "yes"),
        ("reason", "for the test"),
    ];
    administrator
        .post("/system/company-account", &fields)
        .await
        .assert_status(422)
        .assert_shows("No provider is set up");
}
