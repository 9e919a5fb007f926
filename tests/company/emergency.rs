//! The one account that keeps its password.

use std::time::{Duration, Instant};

use super::{entries, house};
use models::alerts::{self, Alert};
use models::users::{NewUser, links, people};
use tests::{House, PASSWORD, Person};

/// An administrator decides that passwords open the emergency account only, and names themselves.
async fn require(house: &House) -> Person {
    let administrator = house.login("administrator").await;
    administrator.get("/system/company-account").await.assert_ok();
    let decided = administrator.post("/system/company-account", &decision("administrator@torvan.test", "0")).await;
    decided.assert_status(303);
    administrator
}

fn decision<'a>(email: &'a str, revision: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("revision", revision),
        ("groups_claim", "groups"),
        ("emergency_account", email),
        ("is_required", "yes"),
        ("reason", "one place to log in"),
    ]
}

#[tokio::test]
async fn a_password_opens_the_emergency_account_and_no_other_and_tells_nothing_of_the_others() {
    let (house, _provider) = house().await;
    house.account("qc").await;
    require(&house).await;
    let stranger = house.stranger();
    stranger.get("/login").await.assert_ok();
    let right = stranger.post("/login", &[("email", "qc@torvan.test"), ("password", PASSWORD)]).await;
    let wrong = stranger.post("/login", &[("email", "qc@torvan.test"), ("password", "not the password")]).await;
    right.assert_status(422);
    assert_eq!((right.status, right.text()), (wrong.status, wrong.text()));
    stranger.get("/account").await.assert_status(303);
    stranger.log_in("administrator@torvan.test", PASSWORD).await;
    stranger.get("/account").await.assert_ok();
}

#[tokio::test]
async fn a_link_that_lets_somebody_choose_a_password_opens_no_way_around_the_company_account() {
    let (house, _provider) = house().await;
    require(&house).await;
    let mut tx = house.db.begin().await.unwrap();
    let new = NewUser { email: "new@torvan.test", name: "Ana Silva", role: models::users::Role::Qc };
    let (_, token) = people::invite(&mut tx, &models::audit::Actor::system(), new).await.unwrap();
    tx.commit().await.unwrap();
    let person = house.stranger();
    let path = format!("/invitations/{}", links::Token::as_str(&token));
    person.get(&path).await.assert_status(403).assert_shows("company account");
    person.get("/login").await;
    let fields = [("name", "Ana Silva"), ("new", PASSWORD), ("again", PASSWORD)];
    person.post(&path, &fields).await.assert_status(403);
    person.get("/account").await.assert_status(303);
}

/// Looks until the alert about the emergency account is open, or is not: the web process looks as well, one at a time.
async fn until(house: &House, is_open: bool) -> Option<Alert> {
    let start = Instant::now();
    loop {
        alerts::check(&house.db, &jobs::Kind::ALL.map(jobs::Kind::watched)).await.unwrap();
        let open = Alert::open(&house.db).await.unwrap();
        let found = open.into_iter().find(|alert| alert.cause == "emergency_used");
        if found.is_some() == is_open || start.elapsed() > Duration::from_secs(15) {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn each_use_of_the_emergency_account_is_reported_until_somebody_says_why() {
    let (house, _provider) = house().await;
    let administrator = require(&house).await;
    house.login("administrator").await;
    assert_eq!(entries(&house, "used the emergency account", true).await, 1);

    let alert = until(&house, true).await.expect("an alert");
    assert!(alert.text.contains("Administrator came in by the emergency account"), "{}", alert.text);

    let page = administrator.get("/system/company-account").await;
    page.assert_ok().assert_shows("Administrator came in by it").assert_shows("administrator@torvan.test");
    let uses = format!("/system/company-account/uses/{}", alert.object);
    administrator.post(&uses, &[("reason", " ")]).await.assert_status(422).assert_shows("Say why");
    administrator.post(&uses, &[("reason", "The provider was away.")]).await.assert_status(303);
    administrator.post(&uses, &[("reason", "Another reason.")]).await.assert_status(409);
    administrator.get("/system/company-account").await.assert_shows("The provider was away.");
    assert_eq!(until(&house, false).await, None);
    assert_eq!(entries(&house, "explained a use of the emergency account", true).await, 1);
}

#[tokio::test]
async fn the_emergency_account_is_neither_deactivated_nor_demoted_while_it_is_needed() {
    let (house, _provider) = house().await;
    let administrator = require(&house).await;
    let account = house.account("administrator").await;
    sqlx::query("insert into users (email, email_key, name, initials, role, password_hash) values ('b@x', 'b@x', 'B', 'B', 'administrator', 'x')")
        .execute(&house.db)
        .await
        .unwrap();
    let base = format!("/people/{}", account.id);
    let fields = [("revision", "1"), ("reason", "leaves the house")];
    let refused = administrator.post(&format!("{base}/deactivation"), &fields).await;
    refused.assert_status(422).assert_shows("is the emergency account");
    let fields = [
        ("revision", "1"),
        ("name", "Administrator"),
        ("email", "administrator@torvan.test"),
        ("role", "qc"),
        ("reason", "other work"),
    ];
    administrator.post(&base, &fields).await.assert_status(422).assert_shows("is the emergency account");
    administrator.get("/account").await.assert_ok();
}

#[tokio::test]
async fn only_an_administrator_with_a_password_of_their_own_becomes_the_emergency_account() {
    let (house, provider) = house().await;
    house.account("qc").await;
    provider.person("s-1", "boss@company.example", &["torvan-administrator"]);
    super::come(&house.stranger(), &provider).await.assert_status(303);
    let administrator = house.login("administrator").await;
    administrator.get("/system/company-account").await;
    for (email, told) in [
        ("", "Name the emergency account first"),
        ("nobody@torvan.test", "has no account"),
        ("qc@torvan.test", "is no administrator"),
        ("boss@company.example", "has no password yet"),
    ] {
        let refused = administrator.post("/system/company-account", &decision(email, "0")).await;
        refused.assert_status(422).assert_shows(told);
    }
    administrator.post("/system/company-account", &decision("administrator@torvan.test", "0")).await.assert_status(303);
    let late = administrator.post("/system/company-account", &decision("administrator@torvan.test", "0")).await;
    late.assert_status(409);
    provider.person("s-2", "administrator@torvan.test", &["torvan-administrator"]);
    let refused = super::come(&house.stranger(), &provider).await;
    refused.assert_status(422).assert_shows("belongs to the emergency account");
}
