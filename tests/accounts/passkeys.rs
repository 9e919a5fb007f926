//! Passkeys, with a browser that plays the device: added with the password, alone at the door or after the password, for a
//! role that needs a second factor, and for signing.

mod attacks;

use crate::approval::{PAGE, seen};
use crate::boms::office::Office;
use tests::{Authenticator, Browser, House, PASSWORD, Scripts};

/// The house by the name that passkeys hold for.
async fn place(house: &House) -> String {
    house.address().await.replace("127.0.0.1", "localhost")
}

async fn enter(house: &House, browser: &Browser, role: &str) {
    house.account(role).await;
    browser.visit("/login").await;
    browser.fill("email", &format!("{role}@torvan.test")).await;
    browser.fill("password", PASSWORD).await;
    browser.click("Log in").await;
    browser.wait_until("past the password", async || browser.path().await != "/login").await;
}

async fn leave(browser: &Browser) {
    browser.client.delete_all_cookies().await.unwrap();
    browser.visit("/login").await;
}

async fn add(browser: &Browser, name: &str) {
    browser.visit("/account/passkeys").await;
    browser.fill("Name", name).await;
    browser.fill("Your password", PASSWORD).await;
    browser.click("Add passkey").await;
}

/// A browser whose person has a passkey on this device, and has left.
async fn browser_with_passkey<'a>(house: &House, browser: &'a Browser, role: &str) -> Authenticator<'a> {
    let device = Authenticator::plug_in(browser).await;
    enter(house, browser, role).await;
    add(browser, "Laptop").await;
    browser.wait_for_text("shown this once").await;
    leave(browser).await;
    device
}

/// Presses a button and keeps what the page would have sent, instead of sending it.
async fn answered(browser: &Browser, button: &str) -> String {
    let hold = "HTMLFormElement.prototype.submit = function () { window.answered = this.elements.passkey.value; }";
    browser.client.execute(hold, Vec::new()).await.unwrap();
    browser.click(button).await;
    let read = async || browser.client.execute("return window.answered || ''", Vec::new()).await.unwrap();
    browser.wait_until("an answer of the device", async || read().await.as_str().is_some_and(|a| !a.is_empty())).await;
    read().await.as_str().unwrap_or_default().to_owned()
}

async fn cookie(browser: &Browser, name: &str) -> String {
    browser.client.get_named_cookie(name).await.unwrap().value().to_owned()
}

async fn count(house: &House, question: &'static str) -> i64 {
    sqlx::query_scalar(question).fetch_one(&house.db).await.unwrap()
}

/// A passkey without a device behind it, for what is judged before any device is asked.
async fn paper_passkey(house: &House, role: &str, name: &str) -> i64 {
    let user = house.account(role).await;
    let factor =
        "insert into second_factors (user_id, kind, salt, confirmed_at) values ($1, 'passkey', '', now()) returning id";
    let id: i64 = sqlx::query_scalar(factor).bind(user.id).fetch_one(&house.db).await.unwrap();
    let keep = "insert into passkeys (factor_id, name, credential_id, credential) values ($1, $2, $3, '{\"cred\": {\"cred_id\": \"AAAAAAAAAAE\"}}')";
    sqlx::query(keep).bind(id).bind(name).bind(id.to_be_bytes().to_vec()).execute(&house.db).await.unwrap();
    id
}

#[tokio::test]
async fn somebody_adds_a_passkey_and_comes_in_with_it_alone() {
    let house = House::open().await;
    let browser = Browser::open(&place(&house).await).await;
    let device = Authenticator::plug_in(&browser).await;
    enter(&house, &browser, "qc").await;
    browser.visit("/account/passkeys").await;
    browser.fill("Name", "Bench tablet").await;
    browser.fill("Your password", "not mine").await;
    browser.click("Add passkey").await;
    browser.wait_for_text("This is not your password.").await;
    assert!(device.keys().await.is_empty(), "no device keeps a key before the password was right");

    add(&browser, "Bench tablet").await;
    browser.wait_for_text("shown this once").await;
    assert_eq!(device.keys().await.len(), 1);
    browser.visit("/account/passkeys").await;
    browser.wait_for_text("Bench tablet").await;
    browser.wait_for_text("never used").await;

    leave(&browser).await;
    browser.visit("/login?next=/account/passkeys").await;
    browser.click("Log in with a passkey").await;
    browser.wait_for_text("Bench tablet").await;
    assert_eq!(browser.path().await, "/account/passkeys");
    assert!(!browser.text().await.contains("never used"));
    let user = house.account("qc").await;
    let trail: Vec<String> = sqlx::query_scalar(
        "select action from audit_log where user_id = $1 and (action like '%passkey%' or action = 'logged in') order by seq",
    )
    .bind(user.id)
    .fetch_all(&house.db)
    .await
    .unwrap();
    assert_eq!(trail, ["logged in", "added a passkey", "used a passkey", "logged in"]);
    let complaints = browser.complaints().await.into_iter().filter(|one| !one.contains("status of 422"));
    assert_eq!(complaints.collect::<Vec<_>>(), Vec::<String>::new(), "the policy of the pages lets the script work");
}

#[tokio::test]
async fn after_the_password_a_passkey_is_the_second_factor() {
    let house = House::open().await;
    let browser = Browser::open(&place(&house).await).await;
    browser_with_passkey(&house, &browser, "qc").await;

    enter(&house, &browser, "qc").await;
    assert!(browser.path().await.starts_with("/login/code"), "the password alone does not come in any more");
    browser.wait_for_text("Recovery code").await;
    browser.visit("/orders").await;
    assert!(browser.path().await.starts_with("/login"));
    enter(&house, &browser, "qc").await;
    browser.click("Use your passkey").await;
    browser.wait_until("in", async || !browser.path().await.starts_with("/login")).await;

    browser.visit("/account").await;
    browser.wait_for_text("1 passkey").await;
}

#[tokio::test]
async fn a_bom_is_signed_with_a_passkey_and_the_answer_is_kept() {
    let office = Office::with_bom().await;
    let house = &office.house;
    let browser = Browser::open(&place(house).await).await;
    browser_with_passkey(house, &browser, "procurement").await;
    browser.visit("/login").await;
    browser.click("Log in with a passkey").await;
    browser.wait_until("in", async || !browser.path().await.starts_with("/login")).await;

    // What a device answered about one thing signs no other.
    browser.visit(PAGE).await;
    let person = house.stranger();
    person.set_cookie("session", &cookie(&browser, "session").await);
    let content = seen(&person, PAGE).await;
    let other = "const b = document.querySelector('[data-about]'); b.dataset.about = 'ab'.repeat(32)";
    browser.client.execute(other, Vec::new()).await.unwrap();
    let answer = answered(&browser, "Sign with a passkey").await;
    let fields = [("meaning", "bom_approved"), ("content", &*content), ("reason", "Seen"), ("passkey", &*answer)];
    person.post(PAGE, &fields).await.assert_status(422).assert_shows("Your passkey was not taken. Nothing was signed");
    assert_eq!(count(house, "select count(*) from signatures").await, 0);
    let kept = "select count(*) from audit_log where action = 'signature refused' and not success";
    assert_eq!(count(house, kept).await, 1);

    browser.visit(PAGE).await;
    browser.fill("reason", "Seen").await;
    browser.click("Sign with a passkey").await;
    browser.wait_for_text("Valid").await;
    browser.wait_for_text("Proved by passkey Laptop").await;
    let evidence = "select count(*) from signatures where proved_by = 'passkey Laptop'
        and evidence->'answer'->'response'->>'signature' <> '' and length(evidence->>'nonce') = 64
        and length(evidence->>'about') = 64 and evidence->'key' is not null";
    assert_eq!(count(house, evidence).await, 1);
    let trail = "select count(*) from audit_log where action = 'signed' and after->>'proved by' = 'passkey Laptop'";
    assert_eq!(count(house, trail).await, 1);
}

#[tokio::test]
async fn a_passkey_satisfies_a_role_that_needs_a_second_factor_and_the_last_one_stays() {
    let house = House::open().await;
    let administrator = house.login("administrator").await;
    let needed = [("roles", "qc"), ("revision", "0"), ("reason", "QC signs.")];
    administrator.post("/system/settings/second_factor", &needed).await.assert_status(303);
    let browser = Browser::open(&place(&house).await).await;
    let _device = Authenticator::plug_in(&browser).await;
    enter(&house, &browser, "qc").await;
    browser.wait_for_text("Your role needs a second factor.").await;
    browser.click("Use a passkey instead").await;
    browser.wait_for_text("Your role needs a second factor.").await;
    add(&browser, "Laptop").await;
    browser.wait_for_text("shown this once").await;
    browser.visit("/orders").await;
    assert_eq!(browser.path().await, "/orders");
    browser.visit("/account/second-factor").await;
    assert!(!browser.text().await.contains("Your role needs a second factor."));

    let person = house.stranger();
    person.set_cookie("session", &cookie(&browser, "session").await);
    person.get("/account/passkeys").await.assert_ok();
    let id: i64 = sqlx::query_scalar("select factor_id from passkeys").fetch_one(&house.db).await.unwrap();
    let path = format!("/account/passkeys/{id}/removal");
    person.post(&path, &[("password", PASSWORD)]).await.assert_status(422).assert_shows("this is the last one");
    paper_passkey(&house, "qc", "Spare").await;
    person.post(&path, &[("password", PASSWORD)]).await.assert_status(303);
}

#[tokio::test]
async fn one_manages_ones_own_passkeys_and_no_others() {
    let house = House::open().await;
    let theirs = paper_passkey(&house, "procurement", "Theirs").await;
    let person = house.login("qc").await;
    let mine = paper_passkey(&house, "qc", "Mine").await;
    person.get("/account/passkeys").await.assert_ok().assert_shows("Mine").assert_hides("Theirs");

    for path in [format!("/account/passkeys/{theirs}/name"), "/account/passkeys/999999/name".into()] {
        person.post(&path, &[("name", "Stolen")]).await.assert_status(404);
    }
    person.post(&format!("/account/passkeys/{theirs}/removal"), &[("password", PASSWORD)]).await.assert_status(404);
    let name = format!("/account/passkeys/{mine}/name");
    person.post(&name, &[("name", "Laptop <b>")]).await.assert_status(303);
    person.get("/account/passkeys").await.assert_shows("Laptop <b>");
    person.post(&name, &[("name", " ")]).await.assert_status(422).assert_shows("Give it a name you know it by");
    person.post(&name, &[("name", &"x".repeat(61))]).await.assert_status(422).assert_shows("It takes at most 60.");
    let removal = format!("/account/passkeys/{mine}/removal");
    person
        .post(&removal, &[("password", "not mine")])
        .await
        .assert_status(422)
        .assert_shows("This is not your password.");
    assert_eq!(count(&house, "select count(*) from second_factors where removed_at is null").await, 2);

    for number in 1..6 {
        paper_passkey(&house, "qc", &format!("Spare {number}")).await;
    }
    person.get("/account/passkeys").await.assert_shows("more do not fit").assert_hides("Add a passkey");
    let more = person.post("/account/passkeys/question", &[("name", "Seventh"), ("password", PASSWORD)]).await;
    more.assert_status(422).assert_shows("You have 6 passkeys");
}

#[tokio::test]
async fn without_javascript_the_pages_say_that_passkeys_need_it_and_passwords_work() {
    let house = House::open().await;
    let browser = Browser::open_with(&place(&house).await, Scripts::Off).await;
    browser.visit("/login").await;
    browser.wait_for_text("Passkeys need JavaScript.").await;
    assert!(!browser.text().await.contains("Log in with a passkey"));
    enter(&house, &browser, "qc").await;
    browser.visit("/account/passkeys").await;
    browser.wait_for_text("Passkeys need JavaScript.").await;
    let person = house.login("qc").await;
    let none = person.post("/account/passkeys", &[("name", "Laptop"), ("password", PASSWORD), ("passkey", "")]).await;
    none.assert_status(422).assert_shows("Passkeys need JavaScript");
}

#[tokio::test]
async fn passkeys_hold_for_the_one_name_of_the_site_and_are_off_without_it() {
    let house = House::open_with(|config| config.public_address = Some("https://torvan.test".into())).await;
    house.stranger().get("/login").await.assert_shows("Passkeys work at https://torvan.test only.");
    let off = House::open_with(|config| config.public_address = None).await;
    let person = off.login("qc").await;
    off.stranger().get("/login").await.assert_ok().assert_hides("asskey");
    person.get("/account/passkeys").await.assert_ok().assert_shows("Passkeys are off here.");
    let asked = person.post("/account/passkeys/question", &[("name", "Laptop"), ("password", PASSWORD)]).await;
    asked.assert_status(404);
    let stranger = off.stranger();
    stranger.get("/login").await;
    stranger.post("/login/passkey/question", &[]).await.assert_status(404);
}
