//! Logging in, staying logged in, and everything that ends it.

mod password;

use models::audit::Actor;
use models::users::{self, User};

use tests::{Answer, Person};
use tests::{House, PASSWORD};

async fn try_password(person: &Person, email: &str, password: &str) -> Answer {
    person.post("/login", &[("email", email), ("password", password)]).await
}

/// Signed in means that the log-in page sends you on.
async fn is_logged_in(person: &Person) -> bool {
    person.get("/login").await.status == 303
}

async fn set(house: &House, what: &'static str) {
    sqlx::query(what).execute(&house.db).await.unwrap();
}

#[tokio::test]
async fn logging_in_gives_a_token_nobody_has_seen_before() {
    let house = House::open().await;
    house.account("coordinator").await;
    let person = house.stranger();
    let planted = "a".repeat(64);
    person.set_cookie("session", &planted);
    person.get("/login").await.assert_ok();

    try_password(&person, "coordinator@torvan.test", PASSWORD).await.assert_status(303);

    let first = person.cookie("session").unwrap();
    assert_ne!(first, planted);
    assert_eq!(first.len(), 64);
    let stored: Vec<Vec<u8>> = sqlx::query_scalar("select id_hash from sessions").fetch_all(&house.db).await.unwrap();
    assert_eq!(stored, [models::sessions::id_hash(&first)], "the table holds the hash, not the token");
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let house = House::open().await;
    house.account("coordinator").await;
    let person = house.stranger();
    person.get("/login").await;

    let answer = try_password(&person, "COORDINATOR@torvan.test ", PASSWORD).await;

    let cookies: Vec<&str> = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    let session = cookies.iter().find(|cookie| cookie.starts_with("session=")).unwrap();
    assert!(
        session.contains("HttpOnly") && session.contains("SameSite=Lax") && session.contains("Path=/"),
        "{session}"
    );
    assert!(!session.contains("Domain"), "{session}");
}

#[tokio::test]
async fn logging_out_ends_the_session_for_every_copy_of_its_cookie() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    let copy = house.stranger();
    copy.set_cookie("session", &person.cookie("session").unwrap());
    assert!(is_logged_in(&copy).await);

    let answer = person.post("/logout", &[]).await;

    answer.assert_status(303);
    assert!(answer.header("clear-site-data").is_some_and(|what| what.contains("cache")));
    assert!(person.cookie("session").is_none());
    assert!(!is_logged_in(&copy).await);
}

#[tokio::test]
async fn a_disabled_account_is_out_at_the_next_click_and_cannot_come_back() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    let user = house.account("coordinator").await;

    let mut tx = house.db.begin().await.unwrap();
    users::accounts::set_active(&mut tx, &Actor::system(), &user, false).await.unwrap();
    tx.commit().await.unwrap();

    assert!(!is_logged_in(&person).await);
    let refused = try_password(&person, "coordinator@torvan.test", PASSWORD).await;
    refused.assert_status(422).assert_shows("do not go together");
}

#[tokio::test]
async fn a_session_ends_after_half_an_hour_without_a_click_and_after_twelve_hours_at_the_latest() {
    let house = House::open().await;
    let person = house.login("coordinator").await;

    set(&house, "update sessions set last_seen_at = now() - interval '29 minutes'").await;
    assert!(is_logged_in(&person).await, "a click within the half hour");
    assert!(is_logged_in(&person).await);
    set(&house, "update sessions set last_seen_at = now() - interval '31 minutes'").await;
    assert!(!is_logged_in(&person).await, "idle");

    let person = house.login("coordinator").await;
    set(&house, "update sessions set absolute_until = now() - interval '1 second'").await;
    assert!(!is_logged_in(&person).await, "twelve hours");
}

#[tokio::test]
async fn a_page_that_fetches_by_itself_keeps_nobody_logged_in() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    let seen = "select last_seen_at < now() - interval '19 minutes' from sessions";
    set(&house, "update sessions set last_seen_at = now() - interval '20 minutes'").await;

    person.get_fragment("/no/such/fragment").await;
    drop(person.listen("/events", None).await);
    assert!(sqlx::query_scalar::<_, bool>(seen).fetch_one(&house.db).await.unwrap());

    person.get("/no/such/page").await;
    assert!(!sqlx::query_scalar::<_, bool>(seen).fetch_one(&house.db).await.unwrap());
}

#[tokio::test]
async fn a_stranger_cannot_tell_an_unknown_address_from_a_wrong_password() {
    let house = House::open().await;
    house.account("coordinator").await;
    let person = house.stranger();
    person.get("/login").await;

    let wrong = try_password(&person, "coordinator@torvan.test", "not the right words").await;
    let unknown = try_password(&person, "nobody@torvan.test", "not the right words").await;

    wrong.assert_status(422);
    unknown.assert_status(422);
    assert_eq!(wrong.body.replace("coordinator@torvan.test", "X"), unknown.body.replace("nobody@torvan.test", "X"));
    let refusals: i64 =
        sqlx::query_scalar("select count(*) from audit_log where action = 'log-in refused' and not success")
            .fetch_one(&house.db)
            .await
            .unwrap();
    assert_eq!(refusals, 2);
}

#[tokio::test]
async fn wrong_passwords_make_the_account_wait_and_the_right_one_works_afterwards() {
    let house = House::open().await;
    house.account("coordinator").await;
    let person = house.stranger();
    person.get("/login").await;
    let tries = models::sessions::throttle::TRIES_PER_ACCOUNT;
    for _ in 0..tries {
        try_password(&person, "coordinator@torvan.test", "not the right words").await.assert_status(422);
    }

    let early = try_password(&person, "coordinator@torvan.test", PASSWORD).await;
    early.assert_status(429).assert_shows("Too many wrong passwords. Try again in");
    assert!(early.header("retry-after").is_some());
    let spoofed = poem::Request::builder()
        .method(poem::http::Method::POST)
        .uri("/login".parse().unwrap())
        .header("host", "torvan.test")
        .header("x-forwarded-for", "203.0.113.7")
        .header("x-csrf-token", person.csrf())
        .header("content-type", "application/x-www-form-urlencoded")
        .body("email=coordinator%40torvan.test&password=sinks+need+clean+water");
    person.send_raw(spoofed).await.assert_status(429);

    set(&house, "update login_throttles set blocked_until = now() - interval '1 second'").await;
    try_password(&person, "coordinator@torvan.test", PASSWORD).await.assert_status(303);
}

#[tokio::test]
async fn the_wait_doubles_and_never_exceeds_a_quarter_of_an_hour() {
    let house = House::open().await;
    let keys = models::sessions::throttle::Keys::new("someone@torvan.test", "192.0.2.1");
    let mut waits = Vec::new();
    for _ in 0..20 {
        let mut tx = house.db.begin().await.unwrap();
        models::sessions::throttle::failed(&mut tx, &keys).await.unwrap();
        let wait = models::sessions::throttle::wait(&mut *tx, &keys).await.unwrap();
        tx.commit().await.unwrap();
        waits.push(wait.map_or(0, |wait| wait.as_secs()));
    }
    assert_eq!(waits[..8], [0, 0, 0, 0, 2, 4, 8, 16]);
    assert_eq!(waits[19], 900);
}

#[tokio::test]
async fn one_address_is_one_account_however_it_is_written() {
    let house = House::open().await;
    house.account("coordinator").await;

    for same in ["COORDINATOR@TORVAN.TEST", "ｃｏｏｒｄｉｎａｔｏｒ@torvan.test", " coordinator@torvan.test "]
    {
        assert!(User::find_by_email(&house.db, same).await.unwrap().is_some(), "{same}");
        let mut tx = house.db.begin().await.unwrap();
        let again = users::NewUser { email: same, name: "Twin", role: users::Role::Qc };
        let refused = User::create(&mut tx, &Actor::system(), again, "no hash").await;
        assert!(matches!(refused, Err(models::Error::Invalid(_))), "{same}");
    }
}

#[tokio::test]
async fn somebody_keeps_the_theme_and_the_text_size_they_chose() {
    let house = House::open().await;
    let person = house.login("coordinator").await;

    person.post("/preferences", &[("theme", "dark"), ("text_size", "130")]).await.assert_status(303);

    let page = person.get("/no/such/page").await;
    assert!(page.body.contains("data-theme=\"dark\""), "{}", page.body);
    person.post("/preferences", &[("theme", "pink")]).await.assert_status(422);
    person.post("/preferences", &[("text_size", "400")]).await.assert_status(422);
}

#[tokio::test]
async fn somebody_sent_to_log_in_comes_back_to_where_they_were() {
    let house = House::open().await;
    house.account("coordinator").await;
    let person = house.stranger();
    person.get("/login?next=/orders%3Fsearch%3Dmercy").await.assert_ok();

    let fields = [("email", "coordinator@torvan.test"), ("password", PASSWORD), ("next", "/orders?search=mercy")];

    assert_eq!(person.post("/login", &fields).await.assert_status(303).location(), "/orders?search=mercy");
}
