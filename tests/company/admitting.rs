//! Who somebody is here whom the provider vouches for, and in which role.

use models::company::CompanyAccount;
use serde_json::json;

use super::{come, decide, entries, house, sent};

#[tokio::test]
async fn a_group_gives_its_role_and_the_page_that_was_asked_for_follows() {
    let (house, provider) = house().await;
    for (group, title) in [
        ("torvan-coordinator", "Production coordinator"),
        ("torvan-administrator", "Administrator"),
        ("torvan-procurement", "Procurement specialist"),
        ("torvan-qc", "QC inspector"),
        ("torvan-assembler", "Assembler"),
        ("torvan-service", "Service department"),
    ] {
        let person = house.stranger();
        provider.person(group, &format!("{group}@company.example"), &["everybody", group]);
        let answer = come(&person, &provider).await;
        answer.assert_status(303);
        assert_eq!(answer.location(), "/account");
        person.get("/account").await.assert_ok().assert_shows(title).assert_shows("Ana Silva");
    }
    assert_eq!(entries(&house, "linked the company account", true).await, 6);
    assert_eq!(entries(&house, "logged in", true).await, 6);
}

#[tokio::test]
async fn somebody_in_several_groups_works_in_the_highest_role() {
    let (house, provider) = house().await;
    let person = house.stranger();
    provider.person("s-1", "ana@company.example", &["torvan-service", "torvan-procurement", "torvan-qc"]);
    come(&person, &provider).await.assert_status(303);
    person.get("/account").await.assert_shows("Procurement specialist");
}

#[tokio::test]
async fn somebody_with_an_account_is_found_by_the_checked_address_once_and_by_subject_from_then_on() {
    let (house, provider) = house().await;
    let account = house.account("qc").await;
    provider.person("s-7", "QC@torvan.test", &["torvan-qc"]);
    come(&house.stranger(), &provider).await.assert_status(303);

    provider.person("s-7", "new.name@company.example", &["torvan-qc"]);
    let person = house.stranger();
    come(&person, &provider).await.assert_status(303);
    person.get("/account").await.assert_shows("qc@torvan.test");
    let people: i64 = sqlx::query_scalar("select count(*) from users").fetch_one(&house.db).await.unwrap();
    assert_eq!(people, 1);
    let linked: i64 = sqlx::query_scalar("select user_id from company_accounts").fetch_one(&house.db).await.unwrap();
    assert_eq!(linked, account.id);

    provider.person("s-8", "qc@torvan.test", &["torvan-qc"]);
    let other = come(&house.stranger(), &provider).await;
    other.assert_status(422).assert_shows("somebody with another company account");
}

#[tokio::test]
async fn an_address_that_nobody_checked_opens_no_account_and_makes_none() {
    let (house, provider) = house().await;
    house.account("qc").await;
    for unchecked in [json!(false), json!(null)] {
        provider.person("s-9", "qc@torvan.test", &["torvan-qc"]);
        provider.claim("email_verified", unchecked);
        let person = house.stranger();
        come(&person, &provider).await.assert_status(422).assert_shows("does not vouch for your e-mail address");
        person.get("/account").await.assert_status(303);
    }
    let linked: i64 = sqlx::query_scalar("select count(*) from company_accounts").fetch_one(&house.db).await.unwrap();
    assert_eq!(linked, 0);
}

#[tokio::test]
async fn without_a_group_that_gives_a_role_nobody_comes_in_and_it_is_written_down() {
    let (house, provider) = house().await;
    for groups in [&["everybody", "TORVAN-QC"][..], &[]] {
        provider.person("s-1", "ana@company.example", groups);
        come(&house.stranger(), &provider).await.assert_status(422).assert_shows("None of your groups");
    }
    provider.claim("groups", json!({ "torvan-qc": true }));
    come(&house.stranger(), &provider).await.assert_status(422);
    let people: i64 = sqlx::query_scalar("select count(*) from users").fetch_one(&house.db).await.unwrap();
    assert_eq!(people, 0);
    assert_eq!(entries(&house, "log-in refused", false).await, 3);
}

#[tokio::test]
async fn groups_that_are_taken_away_end_what_was_open_and_other_groups_give_another_role() {
    let (house, provider) = house().await;
    let (early, late) = (house.stranger(), house.stranger());
    provider.person("s-1", "ana@company.example", &["torvan-coordinator"]);
    come(&early, &provider).await.assert_status(303);

    provider.claim("groups", json!(["torvan-service"]));
    come(&late, &provider).await.assert_status(303);
    early.get("/account").await.assert_status(303);
    late.get("/account").await.assert_ok().assert_shows("Service department");
    late.get("/orders").await.assert_status(403);

    provider.claim("groups", json!([]));
    come(&house.stranger(), &provider).await.assert_status(422);
    late.get("/account").await.assert_status(303);
    assert_eq!(entries(&house, "gave another role", true).await, 1);
}

#[tokio::test]
async fn a_deactivated_account_stays_shut_whatever_its_groups() {
    let (house, provider) = house().await;
    provider.person("s-1", "ana@company.example", &["torvan-qc"]);
    let person = house.stranger();
    come(&person, &provider).await.assert_status(303);
    sqlx::query("update users set is_active = false").execute(&house.db).await.unwrap();
    come(&house.stranger(), &provider).await.assert_status(422).assert_shows("deactivated");
    person.get("/account").await.assert_status(303);
}

#[tokio::test]
async fn groups_never_leave_the_house_without_an_administrator() {
    let (house, provider) = house().await;
    provider.person("s-1", "ana@company.example", &["torvan-administrator"]);
    come(&house.stranger(), &provider).await.assert_status(303);
    provider.claim("groups", json!(["torvan-qc"]));
    come(&house.stranger(), &provider).await.assert_status(422).assert_shows("nobody to administrate");
    let role: String = sqlx::query_scalar("select role from users").fetch_one(&house.db).await.unwrap();
    assert_eq!(role, "administrator");
}

#[tokio::test]
async fn the_providers_second_factor_stands_for_ours_only_where_that_was_decided() {
    let (house, provider) = house().await;
    let roles = settings_of_second_factor();
    let mut tx = house.db.begin().await.unwrap();
    models::settings::change(&mut tx, &models::audit::Actor::system(), &roles, 0, "for the test").await.unwrap();
    tx.commit().await.unwrap();
    provider.person("s-1", "ana@company.example", &["torvan-qc"]);
    provider.claim("amr", json!(["pwd", "mfa"]));

    let person = house.stranger();
    come(&person, &provider).await.assert_status(303);
    assert_eq!(person.get("/orders").await.location(), "/account/second-factor");

    decide(&house, CompanyAccount { trusts_second_factor: true, ..CompanyAccount::default() }).await;
    let person = house.stranger();
    come(&person, &provider).await.assert_status(303);
    person.get("/orders").await.assert_ok();

    provider.claim("amr", json!(["pwd"]));
    let person = house.stranger();
    come(&person, &provider).await.assert_status(303);
    assert_eq!(person.get("/orders").await.location(), "/account/second-factor");
}

fn settings_of_second_factor() -> models::settings::SecondFactorRoles {
    models::settings::SecondFactorRoles { roles: vec![models::users::Role::Qc] }
}

#[tokio::test]
async fn logging_in_leads_to_a_page_of_ours_only() {
    let (house, provider) = house().await;
    provider.person("s-1", "ana@company.example", &["torvan-qc"]);
    for evil in ["https://evil.example", "//evil.example", "/\\evil.example", "/login"] {
        let person = house.stranger();
        let address = sent(&person, evil).await;
        assert_eq!(person.get(&provider.log_in(&address)).await.location(), "/", "{evil}");
    }
}

#[tokio::test]
async fn logging_out_here_offers_to_log_out_there() {
    let (house, provider) = house().await;
    provider.person("s-1", "ana@company.example", &["torvan-qc"]);
    let person = house.stranger();
    come(&person, &provider).await.assert_status(303);
    person.get("/account").await;
    let left = person.post("/logout", &[]).await;
    assert_eq!(left.location(), "/login/company/ended");
    let page = person.get("/login/company/ended").await;
    page.assert_ok().assert_shows("You are logged out here");
    assert!(page.body.contains(&format!("{}/end?client_id=torvan", provider.issuer)), "{}", page.body);
    person.get("/account").await.assert_status(303);

    let by_password = house.login("qc").await;
    assert_eq!(by_password.post("/logout", &[]).await.location(), "/login");
}
