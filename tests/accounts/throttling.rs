//! Guessing is slowed, and nobody is kept out by somebody else's guesses.

use models::sessions::throttle::{self, Keys};
use models::users::{self, passwords};
use tests::{Answer, House, PASSWORD, Person};

async fn try_password(person: &Person, email: &str, password: &str) -> Answer {
    person.post("/login", &[("email", email), ("password", password)]).await
}

/// Wrong passwords for one account, counted as from so many places.
async fn attack(house: &House, email: &str, places: usize) {
    for place in 0..places {
        let mut tx = house.db.begin().await.unwrap();
        throttle::failed(&mut tx, &Keys::new(email, &format!("203.0.113.{place}"))).await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn wait(house: &House, keys: &Keys) -> u64 {
    throttle::wait(&house.db, keys).await.unwrap().map_or(0, |wait| wait.as_secs())
}

#[tokio::test]
async fn twenty_wrong_passwords_are_slowed_and_the_right_one_works_after_the_wait() {
    let house = House::open().await;
    house.account("qc").await;
    let person = house.stranger();
    person.get("/login").await;
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(try_password(&person, "qc@torvan.test", "not the right words").await.status.as_u16());
    }
    assert_eq!(statuses[..5], [422; 5]);
    assert!(statuses[5..].iter().all(|status| *status == 429), "{statuses:?}");
    try_password(&person, "qc@torvan.test", PASSWORD).await.assert_status(429);

    sqlx::query("update login_throttles set blocked_until = now() - interval '1 second'")
        .execute(&house.db)
        .await
        .unwrap();
    try_password(&person, "qc@torvan.test", PASSWORD).await.assert_status(303);

    let audited = "select count(*) from audit_log where action like 'log-in %' and not success";
    let audited: i64 = sqlx::query_scalar(audited).fetch_one(&house.db).await.unwrap();
    assert_eq!(audited, 21, "every try that came to nothing is in the trail");
}

#[tokio::test]
async fn a_stranger_who_guesses_elsewhere_keeps_nobody_waiting_here() {
    let house = House::open().await;
    for _ in 0..30 {
        attack(&house, "qc@torvan.test", 1).await;
    }
    let (there, here) = (Keys::new("qc@torvan.test", "203.0.113.0"), Keys::new("qc@torvan.test", "198.51.100.7"));
    assert_eq!(wait(&house, &there).await, 900, "the guesser waits a quarter of an hour");
    assert_eq!(wait(&house, &here).await, 0, "the person at another place does not");
}

#[tokio::test]
async fn an_account_guessed_at_from_many_places_still_opens_in_a_browser_that_knows_its_person() {
    let house = House::open().await;
    let person = house.login("qc").await;
    person.post("/logout", &[]).await.assert_status(303);
    attack(&house, "qc@torvan.test", 60).await;

    let stranger = house.stranger();
    stranger.get("/login").await;
    try_password(&stranger, "qc@torvan.test", PASSWORD).await.assert_status(429);
    person.get("/login").await.assert_ok();
    try_password(&person, "qc@torvan.test", PASSWORD).await.assert_status(303);

    let forged = house.stranger();
    forged.set_cookie("device", &"a".repeat(96));
    forged.get("/login").await;
    try_password(&forged, "qc@torvan.test", PASSWORD).await.assert_status(429);
    let of_another = house.login("assembler").await;
    of_another.post("/logout", &[]).await;
    of_another.get("/login").await;
    try_password(&of_another, "qc@torvan.test", PASSWORD).await.assert_status(429);
}

#[tokio::test]
async fn strangers_at_the_door_do_not_disturb_somebody_who_is_asked_for_the_password_within() {
    let house = House::open().await;
    let person = house.login("qc").await;
    person.get("/password").await.assert_ok();
    attack(&house, "qc@torvan.test", 60).await;
    for _ in 0..30 {
        let mut tx = house.db.begin().await.unwrap();
        throttle::failed(&mut tx, &Keys::new("qc@torvan.test", "local")).await.unwrap();
        tx.commit().await.unwrap();
    }

    let new = "nine lathes sing low";
    for _ in 0..5 {
        person
            .post("/password", &[("old", "wrong"), ("new", new), ("again", new)])
            .await
            .assert_shows("not your password");
    }
    person.post("/password", &[("old", PASSWORD), ("new", new), ("again", new)]).await.assert_shows("Too many wrong");
    sqlx::query("delete from login_throttles where key like 'within:%'").execute(&house.db).await.unwrap();
    person.post("/password", &[("old", PASSWORD), ("new", new), ("again", new)]).await.assert_ok();
}

#[tokio::test]
async fn a_known_browser_is_no_way_to_guess_on() {
    let house = House::open().await;
    let person = house.login("qc").await;
    person.post("/logout", &[]).await.assert_status(303);
    person.get("/login").await;
    for _ in 0..5 {
        try_password(&person, "qc@torvan.test", "not the right words").await.assert_status(422);
    }
    try_password(&person, "qc@torvan.test", PASSWORD).await.assert_status(429);
}

#[tokio::test]
async fn a_disabled_an_invited_and_an_unknown_account_answer_like_a_wrong_password() {
    let house = House::open().await;
    let (disabled, _) = (house.account("qc").await, house.account("assembler").await);
    sqlx::query("update users set is_active = false where id = $1").bind(disabled.id).execute(&house.db).await.unwrap();
    sqlx::query("update users set password_hash = '' where email_key = 'assembler@torvan.test'")
        .execute(&house.db)
        .await
        .unwrap();
    house.account("service").await;
    let person = house.stranger();
    person.get("/login").await;
    let mut answers = Vec::new();
    for email in ["qc@torvan.test", "assembler@torvan.test", "nobody@torvan.test", "service@torvan.test"] {
        let answer = try_password(&person, email, "not the right words").await;
        answers.push((answer.status, answer.body.replace(email, "X")));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn an_old_hash_is_made_anew_when_its_person_logs_in() {
    let house = House::open().await;
    let user = house.account("qc").await;
    let cheap = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$";
    // A hash of another cost, made by the same library: only its parameters differ from today's.
    let stored: String = sqlx::query_scalar("select password_hash from users where id = $1")
        .bind(user.id)
        .fetch_one(&house.db)
        .await
        .unwrap();
    assert!(!passwords::is_outdated(&stored) && passwords::is_outdated(cheap));
    assert!(!users::accounts::renew_hash(&house.db, &user, PASSWORD).await.unwrap(), "today's stays");

    sqlx::query("update users set password_hash = $2 where id = $1")
        .bind(user.id)
        .bind(cheap)
        .execute(&house.db)
        .await
        .unwrap();
    assert!(users::accounts::renew_hash(&house.db, &user, PASSWORD).await.unwrap());
    house.stranger().log_in("qc@torvan.test", PASSWORD).await;
}

#[tokio::test]
async fn a_password_of_eighty_characters_blanks_and_emoji_counts_to_its_last_character() {
    let house = House::open().await;
    let user = house.account("qc").await;
    let long = format!(" 🔧 {} ", "lathe nine sings low ".repeat(4).trim_end());
    assert!(long.chars().count() > 80);
    let Ok(hash) = passwords::hash(long.clone()).await else { panic!("hashed") };
    sqlx::query("update users set password_hash = $2 where id = $1")
        .bind(user.id)
        .bind(hash)
        .execute(&house.db)
        .await
        .unwrap();
    let person = house.stranger();
    person.get("/login").await;

    let first: String = long.chars().take(72).collect();
    for wrong in [first.as_str(), long.trim(), &long.replace('🔧', "")] {
        try_password(&person, "qc@torvan.test", wrong).await.assert_status(422);
    }
    try_password(&person, "qc@torvan.test", &long).await.assert_status(303);
}
