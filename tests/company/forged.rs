//! Ways back that are not for this log-in: nobody comes in by any of them.

use serde_json::json;

use super::{come, entries, house, sent};
use tests::support::provider::{CLIENT, Provider};
use tests::{House, Person};

async fn assert_out(person: &Person, what: &str) {
    assert_eq!(person.get("/account").await.status.as_u16(), 303, "{what}");
}

fn ana(provider: &Provider) {
    provider.person("s-1", "ana@company.example", &["torvan-qc"]);
}

#[tokio::test]
async fn a_token_that_is_not_for_this_log_in_lets_nobody_in() {
    let (house, provider) = house().await;
    let now = chrono::Utc::now().timestamp();
    for (claim, value) in [
        ("nonce", json!("another")),
        ("nonce", json!(null)),
        ("aud", json!("another-program")),
        ("aud", json!([CLIENT, "another-program"])),
        ("aud", json!(null)),
        ("azp", json!("another-program")),
        ("iss", json!("https://evil.example")),
        ("iss", json!(null)),
        ("exp", json!(now - 1)),
        ("exp", json!(null)),
        ("iat", json!(now - 3600)),
        ("iat", json!(now + 3600)),
        ("sub", json!(null)),
        ("sub", json!("")),
        ("sub", json!("s".repeat(256))),
    ] {
        ana(&provider);
        provider.claim(claim, value.clone());
        let person = house.stranger();
        person.set_cookie("device", "");
        let answer = come(&person, &provider).await;
        assert!(answer.status == 422 || answer.status == 429, "{claim} {value}: {}\n{}", answer.status, answer.text());
        assert_out(&person, claim).await;
        forget_waits(&house).await;
    }
    let linked: i64 = sqlx::query_scalar("select count(*) from company_accounts").fetch_one(&house.db).await.unwrap();
    assert_eq!(linked, 0);
    assert_eq!(entries(&house, "log-in refused", false).await, 15);
}

async fn forget_waits(house: &House) {
    sqlx::query("delete from login_throttles").execute(&house.db).await.unwrap();
}

#[tokio::test]
async fn a_token_that_nobody_signed_or_that_we_could_have_signed_lets_nobody_in() {
    let (house, provider) = house().await;
    for alg in ["none", "HS256"] {
        ana(&provider);
        provider.desk().alg = alg;
        let person = house.stranger();
        come(&person, &provider).await.assert_status(422).assert_shows("does not belong to this log-in");
        assert_out(&person, alg).await;
    }
}

#[tokio::test]
async fn a_state_is_good_once_for_one_browser_and_for_ten_minutes() {
    let (house, provider) = house().await;
    ana(&provider);
    let (person, thief) = (house.stranger(), house.stranger());
    let back = provider.log_in(&sent(&person, "/account").await);

    sent(&thief, "/account").await;
    thief.get(&back).await.assert_status(422).assert_shows("began in another browser");
    assert_out(&thief, "another browser").await;

    person.get(&back).await.assert_status(303);
    let again = house.stranger();
    again.set_cookie("company", &person.cookie("company").unwrap());
    again.get(&back).await.assert_status(422).assert_shows("used already");
    assert_out(&again, "the same state again").await;

    let slow = house.stranger();
    let back = provider.log_in(&sent(&slow, "/account").await);
    sqlx::query("update company_logins set expires_at = now()").execute(&house.db).await.unwrap();
    slow.get(&back).await.assert_status(422).assert_shows("was over");
    assert_out(&slow, "ten minutes later").await;

    let odd = house.stranger();
    sent(&odd, "/account").await;
    for query in ["", "?code=code-1", "?state=x&code=code-1", "?state=%27%20OR%201%3D1--&code=1"] {
        odd.get(&format!("/login/company/return{query}")).await.assert_status(422);
    }
    assert_out(&odd, "a state of one's own").await;
}

#[tokio::test]
async fn a_code_of_somebody_elses_log_in_lets_nobody_in() {
    let (house, provider) = house().await;
    ana(&provider);
    let (victim, attacker) = (house.stranger(), house.stranger());
    let stolen = provider.log_in(&sent(&victim, "/account").await);
    let own = provider.log_in(&sent(&attacker, "/account").await);
    let part = |path: &str, name: &str| {
        let query = path.split_once('?').unwrap().1.to_owned();
        query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")).map(str::to_owned)).unwrap()
    };
    let mixed = format!("/login/company/return?code={}&state={}", part(&stolen, "code"), part(&own, "state"));
    attacker.get(&mixed).await.assert_status(422);
    assert_out(&attacker, "a stolen code").await;
}

#[tokio::test]
async fn an_answer_of_another_issuer_and_a_refusal_are_said_calmly() {
    let (house, provider) = house().await;
    ana(&provider);
    let person = house.stranger();
    let back = provider.log_in(&sent(&person, "/account").await);
    let evil = format!("{}&iss=https%3A%2F%2Fevil.example", back.split("&iss=").next().unwrap());
    person.get(&evil).await.assert_status(422).assert_shows("did not log you in");

    let back = provider.log_in(&sent(&person, "/account").await);
    let state = back.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let denied = format!("/login/company/return?error=access_denied&error_description=%3Cb%3Eno&state={state}");
    person.get(&denied).await.assert_status(422).assert_shows("did not log you in").assert_hides("<b>");
    assert_out(&person, "refused").await;
}

#[tokio::test]
async fn keys_that_were_changed_are_fetched_again_once() {
    let (house, provider) = house().await;
    ana(&provider);
    come(&house.stranger(), &provider).await.assert_status(303);
    assert_eq!(provider.desk().fetched, 1);

    provider.change_key("second");
    come(&house.stranger(), &provider).await.assert_status(303);
    assert_eq!(provider.desk().fetched, 2);
    come(&house.stranger(), &provider).await.assert_status(303);
    assert_eq!(provider.desk().fetched, 2);

    // Under the name of the one before.
    provider.change_key("second");
    come(&house.stranger(), &provider).await.assert_status(303);
    assert_eq!(provider.desk().fetched, 3);
}

#[tokio::test]
async fn who_keeps_guessing_at_the_way_back_waits_and_who_was_here_before_does_not() {
    let (house, provider) = house().await;
    ana(&provider);
    let known = house.stranger();
    come(&known, &provider).await.assert_status(303);
    known.get("/account").await;
    known.post("/logout", &[]).await;

    let guesser = house.stranger();
    for _ in 0..20 {
        guesser.get("/login/company/return?state=guess&code=guess").await.assert_status(422);
    }
    let told = guesser.get("/login/company/return?state=guess&code=guess").await;
    told.assert_status(429);
    assert!(told.header("retry-after").is_some());
    come(&known, &provider).await.assert_status(303);
}

#[tokio::test]
async fn the_way_out_needs_the_pages_token_and_keeps_the_protecting_headers() {
    let (house, _provider) = house().await;
    let stranger = house.stranger();
    stranger.post("/login/company", &[]).await.assert_status(403);
    stranger.get("/login").await.assert_ok().assert_shows("Log in with company account");
    let going = stranger.post("/login/company", &[]).await;
    assert!(going.header("content-security-policy").is_some_and(|policy| policy.contains("form-action 'self';")));
    assert_eq!(going.header("referrer-policy"), Some("same-origin"));
    let address = super::address_of(&going);
    for part in ["response_type=code", "code_challenge_method=S256", "nonce=", "scope=openid+email+profile"] {
        assert!(address.contains(part), "{address}");
    }
}
