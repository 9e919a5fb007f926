//! A second factor: set up by oneself, asked at the door, required by role, taken off by an administrator.

use app::account::second_factor::secret_of;
use models::users::{User, second_factors};
use tests::{Answer, House, PASSWORD, Person};

/// The code that the app on this person's phone shows, so many half minutes from now by the database's clock.
async fn code(house: &House, user: &User, steps: i64) -> String {
    let now: i64 = sqlx::query_scalar("select extract(epoch from now())::bigint").fetch_one(&house.db).await.unwrap();
    let secret = secret_of(&house.db, &house.app.config, user).await.unwrap();
    second_factors::code_at(user, &secret, u64::try_from(now + 30 * steps).unwrap()).unwrap()
}

/// Somebody with a second factor, logged in, and the recovery codes they were shown.
async fn enrolled(house: &House, role: &str) -> (Person, User, Vec<String>) {
    let person = house.login(role).await;
    let user = house.account(role).await;
    let codes = enrol(house, &person, &user).await;
    (person, user, codes)
}

async fn enrol(house: &House, person: &Person, user: &User) -> Vec<String> {
    person.get("/account/second-factor").await.assert_ok().assert_shows("Set up codes");
    person.post("/account/second-factor", &[]).await.assert_status(303);
    let page = person.get("/account/second-factor").await;
    page.assert_ok().assert_shows("type this secret");
    let shown = person.post("/account/second-factor/confirmation", &[("code", &code(house, user, -1).await)]).await;
    shown.assert_ok().assert_shows("shown this once");
    let codes = shown.body.split("<code>").skip(1).map(|rest| rest[..14].to_owned());
    codes.collect()
}

/// The first step at the door: the right password.
async fn knock(house: &House, role: &str) -> Person {
    let person = house.stranger();
    person.get("/login").await.assert_ok();
    let fields = [("email", format!("{role}@torvan.test")), ("password", PASSWORD.into()), ("next", "/orders".into())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = person.post("/login", &fields).await;
    assert_eq!(answer.assert_status(303).location(), "/login/code?next=/orders");
    assert!(person.cookie("session").is_none(), "the password alone gives no session");
    person.get("/login/code?next=/orders").await.assert_ok().assert_shows("Code from your app");
    person
}

async fn show(person: &Person, code: &str) -> Answer {
    person.post("/login/code", &[("code", code), ("next", "/orders")]).await
}

async fn count(house: &House, question: &'static str) -> i64 {
    sqlx::query_scalar(question).fetch_one(&house.db).await.unwrap()
}

#[tokio::test]
async fn whoever_has_a_second_factor_comes_in_with_password_and_code_only() {
    let house = House::open().await;
    let (_, user, codes) = enrolled(&house, "qc").await;
    assert_eq!(codes.len(), 10);

    let person = knock(&house, "qc").await;
    person.get("/orders").await.assert_status(303);
    show(&person, "000000").await.assert_status(422).assert_shows("not the code of now");
    person.get("/orders").await.assert_status(303);
    assert_eq!(show(&person, &code(&house, &user, 0).await).await.assert_status(303).location(), "/orders");

    person.get("/orders").await.assert_ok();
    let audited = "select count(*) from audit_log where action = 'log-in refused' and not success and reason like 'The second factor%'";
    assert_eq!(count(&house, audited).await, 1);
}

#[tokio::test]
async fn the_same_code_opens_once() {
    let house = House::open().await;
    let (_, user, _) = enrolled(&house, "qc").await;
    let now = code(&house, &user, 0).await;
    show(&knock(&house, "qc").await, &now).await.assert_status(303);

    let second = knock(&house, "qc").await;
    show(&second, &now).await.assert_status(422).assert_shows("used already");

    assert_eq!(show(&second, &code(&house, &user, 1).await).await.assert_status(303).location(), "/orders");
}

#[tokio::test]
async fn a_recovery_code_opens_once_and_the_table_holds_none_of_them() {
    let house = House::open().await;
    let (_, _, codes) = enrolled(&house, "qc").await;

    show(&knock(&house, "qc").await, &codes[3].to_lowercase()).await.assert_status(303);
    show(&knock(&house, "qc").await, &codes[3]).await.assert_status(422);

    assert_eq!(count(&house, "select count(*) from recovery_codes where used_at is null").await, 9);
    assert_eq!(count(&house, "select count(*) from audit_log where action = 'used a recovery code'").await, 1);
    let held: Vec<Vec<u8>> =
        sqlx::query_scalar("select code_hash from recovery_codes").fetch_all(&house.db).await.unwrap();
    assert!(held.iter().all(|hash| hash.len() == 32 && !codes.iter().any(|code| hash.starts_with(code.as_bytes()))));
}

#[tokio::test]
async fn the_half_way_row_opens_no_page_and_ends_after_five_wrong_codes_or_minutes() {
    let house = House::open().await;
    let (_, user, _) = enrolled(&house, "qc").await;
    let person = knock(&house, "qc").await;
    let half = person.cookie("half").unwrap();
    person.set_cookie("session", &half);
    person.get("/orders").await.assert_status(303);

    for _ in 0..4 {
        show(&person, "111111").await.assert_status(422);
    }
    sqlx::query("update login_throttles set blocked_until = null").execute(&house.db).await.unwrap();
    show(&person, "111111").await;
    sqlx::query("delete from login_throttles").execute(&house.db).await.unwrap();
    let late = show(&person, &code(&house, &user, 0).await).await;
    assert!(late.assert_status(303).location().starts_with("/login?"), "{}", late.location());

    let person = knock(&house, "qc").await;
    sqlx::query("update half_logins set expires_at = now() - interval '1 second'").execute(&house.db).await.unwrap();
    assert!(show(&person, &code(&house, &user, 0).await).await.location().starts_with("/login?"));
}

#[tokio::test]
async fn codes_are_guessed_no_faster_than_passwords_even_with_the_right_password() {
    let house = House::open().await;
    enrolled(&house, "qc").await;
    let person = knock(&house, "qc").await;
    for _ in 0..4 {
        show(&person, "111111").await.assert_status(422);
    }

    let again = knock(&house, "qc").await;
    show(&again, "111111").await.assert_status(422);

    show(&again, "111111").await.assert_status(429).assert_shows("Too many wrong");
}

#[tokio::test]
async fn people_of_a_role_that_needs_a_second_factor_do_nothing_before_it_is_set_up() {
    let house = House::open().await;
    let administrator = house.login("administrator").await;
    let needed = [("roles", "qc"), ("revision", "0"), ("reason", "QC signs.")];
    administrator.post("/system/settings/second_factor", &needed).await.assert_status(303);

    let person = house.stranger();
    house.account("qc").await;
    person.log_in("qc@torvan.test", PASSWORD).await;
    for page in ["/", "/orders", "/account", "/catalogue", "/password"] {
        assert_eq!(person.get(page).await.assert_status(303).location(), "/account/second-factor", "{page}");
    }
    person.get("/events").await.assert_status(403);
    person.get("/account/second-factor").await.assert_ok().assert_shows("Your role needs a second factor.");

    let user = house.account("qc").await;
    enrol(&house, &person, &user).await;
    person.get("/orders").await.assert_ok();
    let refused = person.post("/account/second-factor/removal", &[("password", PASSWORD)]).await;
    refused.assert_status(422).assert_shows("Your role needs a second factor.");
    house.login("coordinator").await.get("/orders").await.assert_ok();
}

#[tokio::test]
async fn an_administrator_takes_off_a_lost_second_factor_with_a_reason() {
    let house = House::open().await;
    let (_, user, _) = enrolled(&house, "qc").await;
    let administrator = house.login("administrator").await;
    let path = format!("/people/{}/second-factor/removal", user.id);
    administrator.get(&format!("/people/{}", user.id)).await.assert_ok().assert_shows("Remove second factor");

    administrator.post(&path, &[("reason", " ")]).await.assert_status(422).assert_shows("Say why.");
    administrator.post(&path, &[("reason", "The phone fell into a basin.")]).await.assert_status(303);

    house.stranger().log_in("qc@torvan.test", PASSWORD).await;
    let audited = "select count(*) from audit_log where action = 'removed the second factor' and reason like 'The phone%' and role = 'Administrator'";
    assert_eq!(count(&house, audited).await, 1);
}

#[tokio::test]
async fn a_command_takes_off_the_last_administrators_lost_second_factor_with_a_reason() {
    let house = House::open().await;
    enrolled(&house, "administrator").await;
    let remove =
        async |reason| app::admin_command::remove_second_factor(&house.db, "administrator@torvan.test", reason).await;

    assert!(remove(" ").await.is_err());
    remove("The phone was stolen.").await.unwrap();

    house.stranger().log_in("administrator@torvan.test", PASSWORD).await;
    let audited = "select count(*) from audit_log where action = 'removed the second factor' and user_name = 'System'";
    assert_eq!(count(&house, audited).await, 1);
    assert!(remove("Again.").await.is_err(), "there is nothing left to take off");
}

#[tokio::test]
async fn the_picture_is_shown_while_setting_up_and_never_afterwards() {
    let house = House::open().await;
    let person = house.login("qc").await;
    person.get("/account/second-factor/picture.svg").await.assert_status(404);
    person.get("/account/second-factor").await;
    person.post("/account/second-factor", &[]).await.assert_status(303);

    let picture = person.get("/account/second-factor/picture.svg").await;
    picture.assert_ok();
    assert_eq!(picture.header("content-type"), Some("image/svg+xml"));
    assert!(picture.body.contains("<svg") && picture.header("cache-control") == Some("no-store"));
    person.post("/account/second-factor/confirmation", &[("code", "123456")]).await.assert_status(422);
    let user = house.account("qc").await;
    person.post("/account/second-factor/confirmation", &[("code", &code(&house, &user, 0).await)]).await.assert_ok();
    person.get("/account/second-factor/picture.svg").await.assert_status(404);
}

#[tokio::test]
async fn somebody_removes_their_second_factor_with_their_password_only() {
    let house = House::open().await;
    let (person, _, codes) = enrolled(&house, "qc").await;
    person.get("/account/second-factor").await.assert_ok();
    person.post("/account/second-factor/removal", &[("password", "not mine")]).await.assert_status(422);
    let fresh = person.post("/account/second-factor/recovery-codes", &[("password", PASSWORD)]).await;
    fresh.assert_ok().assert_hides(&codes[0]);
    show(&knock(&house, "qc").await, &codes[0]).await.assert_status(422);

    person.get("/account/second-factor").await;
    person.post("/account/second-factor/removal", &[("password", PASSWORD)]).await.assert_status(303);

    house.stranger().log_in("qc@torvan.test", PASSWORD).await;
}

#[tokio::test]
async fn setting_up_and_taking_off_a_second_factor_renew_the_sessions_token() {
    let house = House::open().await;
    let person = house.login("qc").await;
    let user = house.account("qc").await;
    let mut tokens = vec![person.cookie("session").unwrap()];
    enrol(&house, &person, &user).await;
    tokens.push(person.cookie("session").unwrap());
    person.post("/account/second-factor/removal", &[("password", PASSWORD)]).await.assert_status(303);
    tokens.push(person.cookie("session").unwrap());

    person.get("/account").await.assert_ok();
    let thief = house.stranger();
    for token in &tokens[..2] {
        assert_ne!(token, &tokens[2]);
        thief.set_cookie("session", token);
        thief.get("/").await.assert_status(303);
    }
}
