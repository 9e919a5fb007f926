//! What somebody tries with a passkey's answer, with a stolen device, and with a copy of a key.

use super::{answered, browser_with_passkey, cookie, count, enter, leave, paper_passkey, place};
use serde_json::Value;
use std::time::Duration;
use tests::support::until;
use tests::{Answer, Authenticator, Browser, House, PASSWORD, Person};

const NOT_TAKEN: &str = "This passkey was not taken.";

/// Somebody at the log-in page who sends the browser's cookie along, if one is given.
async fn at_the_door(house: &House, visit: Option<&str>) -> Person {
    let person = house.stranger();
    if let Some(visit) = visit {
        person.set_cookie("visit", visit);
    }
    person.get("/login").await.assert_ok();
    person
}

async fn show(person: &Person, answer: &str) -> Answer {
    person.post("/login/passkey", &[("next", "/orders"), ("passkey", answer)]).await
}

#[tokio::test]
async fn an_answer_is_taken_once_from_the_browser_that_was_asked_within_five_minutes() {
    let house = House::open().await;
    let browser = Browser::open(&place(&house).await).await;
    browser_with_passkey(&house, &browser, "qc").await;
    let visit = cookie(&browser, "visit").await;

    let stolen = answered(&browser, "Log in with a passkey").await;
    let thief = at_the_door(&house, None).await;
    show(&thief, &stolen).await.assert_status(422).assert_shows(NOT_TAKEN);
    assert!(thief.cookie("session").is_none());
    let (first, second) = (at_the_door(&house, Some(&visit)).await, at_the_door(&house, Some(&visit)).await);
    assert_eq!(show(&first, &stolen).await.assert_status(303).location(), "/orders");
    first.get("/orders").await.assert_ok();
    show(&second, &stolen).await.assert_status(422).assert_shows(NOT_TAKEN);
    assert!(second.cookie("session").is_none(), "the same answer opens once");

    leave(&browser).await;
    let visit = cookie(&browser, "visit").await;
    let late = answered(&browser, "Log in with a passkey").await;
    let age = "update passkey_challenges set expires_at = now() - interval '1 second'";
    sqlx::query(age).execute(&house.db).await.unwrap();
    show(&at_the_door(&house, Some(&visit)).await, &late).await.assert_status(422).assert_shows(NOT_TAKEN);

    for nonsense in ["", "{}", "[]", "null", "{\"id\":\"a\",\"rawId\":\"AA\",\"type\":\"public-key\"}", "\u{1f600}"] {
        show(&at_the_door(&house, None).await, nonsense).await.assert_status(422).assert_shows(NOT_TAKEN);
    }
    let kept = "select count(*) from audit_log where action = 'log-in refused' and not success and reason like 'The passkey was not taken%'";
    assert_eq!(count(&house, kept).await, 9);
}

#[tokio::test]
async fn a_changed_answer_or_another_purpose_opens_nothing() {
    let house = House::open().await;
    let browser = Browser::open(&place(&house).await).await;
    browser_with_passkey(&house, &browser, "qc").await;
    let visit = cookie(&browser, "visit").await;
    for (part, value) in
        [("signature", "MEUCIQDx"), ("userHandle", "AAAAAAAAAAAAAAAAAAAAAA"), ("authenticatorData", "AAAA")]
    {
        browser.visit("/login").await;
        let mut answer: Value = serde_json::from_str(&answered(&browser, "Log in with a passkey").await).unwrap();
        answer["response"][part] = value.into();
        let person = at_the_door(&house, Some(&visit)).await;
        show(&person, &answer.to_string()).await.assert_status(422).assert_shows(NOT_TAKEN);
        assert!(person.cookie("session").is_none(), "{part}");
    }
    // The question of the log-in page is none of the second step.
    browser.visit("/login").await;
    let answer = answered(&browser, "Log in with a passkey").await;
    let person = at_the_door(&house, Some(&visit)).await;
    person.post("/login", &[("email", "qc@torvan.test"), ("password", PASSWORD)]).await.assert_status(303);
    person.get("/login/code").await.assert_ok();
    person.post("/login/code/passkey", &[("passkey", &answer)]).await.assert_status(422).assert_shows(NOT_TAKEN);
    assert!(person.cookie("session").is_none());
}

#[tokio::test]
async fn a_device_that_did_not_recognise_its_holder_opens_nothing() {
    let house = House::open().await;
    let browser = Browser::open(&place(&house).await).await;
    let key = {
        let device = browser_with_passkey(&house, &browser, "qc").await;
        device.keys().await.remove(0)
    };
    let visit = cookie(&browser, "visit").await;
    // Found and not opened: what it signs says so, whatever the page asked for.
    let lax = "const get = navigator.credentials.get.bind(navigator.credentials);
        navigator.credentials.get = (o) => { o.publicKey.userVerification = 'discouraged'; return get(o); };";
    let other = Browser::open(&place(&house).await).await;
    let stolen = Authenticator::with(&other, false).await;
    stolen.hold(&key).await;
    other.visit("/login").await;
    let theirs = cookie(&other, "visit").await;
    assert_ne!(visit, theirs);
    other.client.execute(lax, Vec::new()).await.unwrap();
    let answer = answered(&other, "Log in with a passkey").await;
    let person = at_the_door(&house, Some(&theirs)).await;
    show(&person, &answer).await.assert_status(422).assert_shows(NOT_TAKEN);
    let why = "select count(*) from audit_log where reason like '%not a right answer to the question%'";
    assert_eq!(count(&house, why).await, 1);
}

#[tokio::test]
async fn somebody_elses_passkey_is_no_second_factor() {
    let house = House::open().await;
    let browser = Browser::open(&place(&house).await).await;
    browser_with_passkey(&house, &browser, "qc").await;
    paper_passkey(&house, "procurement", "Theirs").await;
    let knock = async || {
        enter(&house, &browser, "procurement").await;
        browser.wait_for_text("Second step").await;
    };
    knock().await;
    // The page asks for procurement's passkey; the device is made to show the one it has.
    let any = "const get = navigator.credentials.get.bind(navigator.credentials);
        navigator.credentials.get = (o) => { o.publicKey.allowCredentials = []; return get(o); };";
    browser.client.execute(any, Vec::new()).await.unwrap();
    browser.click("Use your passkey").await;
    browser.wait_for_text(NOT_TAKEN).await;
    browser.visit("/orders").await;
    assert!(browser.path().await.starts_with("/login"));
    let why = "select count(*) from audit_log where reason = 'The second factor was wrong: another person''s.'";
    assert_eq!(count(&house, why).await, 1);
}

#[tokio::test]
async fn a_removed_passkey_and_one_of_somebody_locked_out_open_nothing() {
    let house = House::open().await;
    let browser = Browser::open(&place(&house).await).await;
    browser_with_passkey(&house, &browser, "qc").await;
    let refused = async || {
        browser.visit("/login").await;
        browser.click("Log in with a passkey").await;
        browser.wait_for_text(NOT_TAKEN).await;
    };
    sqlx::query("update users set is_active = false where role = 'qc'").execute(&house.db).await.unwrap();
    refused().await;
    sqlx::query("update users set is_active = true where role = 'qc'").execute(&house.db).await.unwrap();

    browser.visit("/login?next=/account/passkeys").await;
    browser.click("Log in with a passkey").await;
    browser.wait_for_text("Remove passkey…").await;
    browser.click("Remove passkey…").await;
    browser.fill("Your password", PASSWORD).await;
    browser.click("Remove passkey").await;
    browser.wait_for_text("No passkey yet.").await;

    leave(&browser).await;
    refused().await;
    house.stranger().log_in("qc@torvan.test", PASSWORD).await;
    assert_eq!(count(&house, "select count(*) from recovery_codes").await, 0, "nothing is left to recover");
}

#[tokio::test]
async fn a_passkey_whose_counter_goes_back_is_stopped_and_reported() {
    let house = House::open().await;
    let browser = Browser::open(&place(&house).await).await;
    let device = browser_with_passkey(&house, &browser, "qc").await;
    let copy = device.keys().await.remove(0);
    for _ in 0..2 {
        browser.visit("/login").await;
        browser.click("Log in with a passkey").await;
        browser.wait_until("in", async || !browser.path().await.starts_with("/login")).await;
        leave(&browser).await;
    }

    // The copy counts from where it was taken.
    device.hold(&copy).await;
    browser.visit("/login").await;
    browser.click("Log in with a passkey").await;
    browser.wait_for_text(NOT_TAKEN).await;
    let stopped = "select count(*) from audit_log where action = 'stopped a passkey' and not success
        and reason like 'Its counter went back%'";
    assert_eq!(count(&house, stopped).await, 1);
    // From now on neither of the two opens anything, however far it has counted.
    let mut ahead = copy.clone();
    ahead["signCount"] = 1_000.into();
    device.hold(&ahead).await;
    browser.visit("/login").await;
    browser.click("Log in with a passkey").await;
    browser.wait_for_text(NOT_TAKEN).await;

    let watched = jobs::Kind::ALL.map(jobs::Kind::watched);
    let alert = "select count(*) from alerts where cause = 'copied_passkey' and cleared_at is null
        and text like 'The counter of a passkey of QC inspector went back%'";
    // The web process may be looking in this very moment; who comes second looks again.
    let alerts = async |expected: i64| {
        until(Duration::from_secs(15), "the alerts are as they should be", async || {
            models::alerts::check(&house.db, &watched).await.unwrap();
            count(&house, alert).await == expected
        })
        .await
    };
    alerts(1).await;
    let administrator = house.login("administrator").await;
    administrator.get("/jobs/alerts").await.assert_shows("there may be a copy of it");
    let qc = house.account("qc").await.id;
    administrator.get(&format!("/people/{qc}")).await.assert_shows("Passkey Laptop (stopped)");
    let path = format!("/people/{qc}/second-factor/removal");
    administrator.post(&path, &[("reason", "The laptop was stolen.")]).await.assert_status(303);
    alerts(0).await;
    house.stranger().log_in("qc@torvan.test", PASSWORD).await;
}
