//! People as administrators look after them: invited, changed, locked out, helped; and how they come in themselves.

mod joining;

use tests::{House, PASSWORD};

async fn count(house: &House, question: &'static str) -> i64 {
    sqlx::query_scalar(question).fetch_one(&house.db).await.unwrap()
}

/// The fields of a person's own form, as the page fills them.
fn form<'a>(role: &'a str, revision: &'a str, reason: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("name", "Kim Lee"), ("email", "qc@torvan.test"), ("role", role), ("revision", revision), ("reason", reason)]
}

#[tokio::test]
async fn administrators_find_people_by_name_role_and_state_and_others_do_not() {
    let house = House::open().await;
    for role in ["qc", "assembler", "service"] {
        house.account(role).await;
    }
    let administrator = house.login("administrator").await;

    let all = administrator.get("/people").await;
    all.assert_ok().assert_shows("4 people").assert_shows("qc@torvan.test").assert_shows("Never");
    let one = administrator.get("/people?search=ASSEMB").await;
    one.assert_ok().assert_shows("assembler@torvan.test").assert_hides("qc@torvan.test");
    administrator.get("/people?role=qc").await.assert_shows("1 person").assert_hides("service@torvan.test");
    administrator.get("/people?state=deactivated").await.assert_shows("Nobody fits.");
    administrator.get("/people?search=100%25_").await.assert_ok().assert_shows("Nobody fits.");

    let coordinator = house.login("coordinator").await;
    coordinator.get("/people").await.assert_status(403).assert_shows("Administrators look after accounts.");
    coordinator.get("/people/1").await.assert_status(403);
}

#[tokio::test]
async fn another_role_holds_from_the_next_click_and_ends_what_was_open() {
    let house = House::open().await;
    let (administrator, person) = (house.login("administrator").await, house.login("qc").await);
    let path = format!("/people/{}", house.account("qc").await.id);
    let mut stream = person.listen("/events", None).await;
    stream.next_called("hello").await;
    administrator.get(&path).await.assert_ok();

    administrator
        .post(&path, &form("assembler", "1", ""))
        .await
        .assert_status(422)
        .assert_shows("Say why the role changes.");
    person.get("/orders").await.assert_ok();
    administrator.post(&path, &form("assembler", "1", "Moves to the floor.")).await.assert_status(303);

    person.get("/orders").await.assert_status(303);
    while stream.next().await.is_some() {}
    house.stranger().log_in("qc@torvan.test", PASSWORD).await;
    let kept = "select count(*) from audit_log where action = 'gave another role' and before->>'role' = 'qc'
        and after->>'role' = 'assembler' and reason = 'Moves to the floor.' and role = 'Administrator'";
    assert_eq!(count(&house, kept).await, 1);
    administrator.post(&path, &form("qc", "1", "Back.")).await.assert_status(409).assert_shows("while you looked");
}

#[tokio::test]
async fn somebody_locked_out_is_out_on_every_screen_and_stream_and_comes_back_when_let_in() {
    let house = House::open().await;
    let (administrator, person) = (house.login("administrator").await, house.login("qc").await);
    let path = format!("/people/{}", house.account("qc").await.id);
    let mut stream = person.listen("/events", None).await;
    stream.next_called("hello").await;
    administrator.get(&path).await.assert_ok();

    let silent = [("revision", "1"), ("reason", " ")];
    administrator.post(&format!("{path}/deactivation"), &silent).await.assert_status(422).assert_shows("Say why.");
    let left = [("revision", "1"), ("reason", "Left the company.")];
    administrator.post(&format!("{path}/deactivation"), &left).await.assert_status(303);

    while stream.next().await.is_some() {}
    person.get("/orders").await.assert_status(303);
    assert_eq!(count(&house, "select count(*) from sessions s join users u on u.id = s.user_id where u.role = 'qc' and revoked_at is null").await, 0);
    administrator.get("/people?state=deactivated").await.assert_shows("qc@torvan.test");
    let back = [("revision", "2"), ("reason", "Came back.")];
    administrator.post(&format!("{path}/reactivation"), &back).await.assert_status(303);
    house.stranger().log_in("qc@torvan.test", PASSWORD).await;
}

#[test]
fn a_stream_looks_at_its_session_at_least_once_a_minute() {
    assert!(app::limits::SESSION_RECHECK.as_secs() <= 60);
}

#[tokio::test]
async fn the_last_administrator_is_neither_demoted_nor_locked_out() {
    let house = House::open().await;
    let administrator = house.login("administrator").await;
    let own = format!("/people/{}", house.account("administrator").await.id);
    administrator.get(&own).await.assert_ok();
    let demoted =
        [("name", "A"), ("email", "administrator@torvan.test"), ("role", "qc"), ("revision", "1"), ("reason", "x")];

    administrator.post(&own, &demoted).await.assert_status(422).assert_shows("the last active administrator");
    let out = [("revision", "1"), ("reason", "x")];
    administrator
        .post(&format!("{own}/deactivation"), &out)
        .await
        .assert_status(422)
        .assert_shows("the last active administrator");

    // An invited administrator who has not come in yet is none.
    let invited = [("name", "Bo Ek"), ("email", "bo@torvan.test"), ("role", "administrator")];
    administrator.post("/people", &invited).await.assert_ok();
    administrator.post(&own, &demoted).await.assert_status(422);
    sqlx::query("update users set password_hash = 'x' where email = 'bo@torvan.test'")
        .execute(&house.db)
        .await
        .unwrap();
    administrator.post(&own, &demoted).await.assert_status(303);
    administrator.get("/people").await.assert_status(303);
}

#[tokio::test]
async fn of_two_administrators_who_step_down_at_once_one_stays() {
    let house = House::open().await;
    house.account("administrator").await;
    sqlx::query("insert into users (email, email_key, name, initials, role, password_hash) values ('two@torvan.test', 'two@torvan.test', 'Two', 'T', 'administrator', 'x')")
        .execute(&house.db)
        .await
        .unwrap();
    let (people, _) = models::users::people::list(&house.db, &Default::default(), 0).await.unwrap();
    let leave = async |person: &models::users::people::Person| {
        let mut tx = house.db.begin().await.unwrap();
        let left =
            models::users::people::set_active(&mut tx, &models::audit::Actor::system(), person, false, "Leaves.").await;
        tx.commit().await.unwrap();
        left.is_ok()
    };

    let left = tokio::join!(leave(&people[0]), leave(&people[1]));

    assert_ne!(left.0, left.1, "one left, one was kept");
}

#[tokio::test]
async fn an_administrator_sees_and_ends_the_sessions_of_a_person() {
    let house = House::open().await;
    let (administrator, person) = (house.login("administrator").await, house.login("qc").await);
    let path = format!("/people/{}", house.account("qc").await.id);
    administrator.get(&path).await.assert_ok().assert_shows("End session").assert_shows("End all sessions");

    administrator.post(&format!("{path}/sessions/ended"), &[]).await.assert_status(303);

    person.get("/orders").await.assert_status(303);
    administrator.get("/people").await.assert_ok();
    assert_eq!(
        count(&house, "select count(*) from audit_log where action = 'ended sessions' and role = 'Administrator'")
            .await,
        1
    );
}

#[tokio::test]
async fn an_address_has_one_account_however_it_is_written_and_numbers_are_never_used_again() {
    let house = House::open().await;
    house.account("qc").await;
    let administrator = house.login("administrator").await;
    administrator.get("/people/new").await.assert_ok();

    for email in ["QC@TORVAN.TEST", "ｑｃ@torvan.test", " qc@torvan.test "] {
        let twin = [("name", "Twin"), ("email", email), ("role", "qc")];
        administrator.post("/people", &twin).await.assert_status(422).assert_shows("has an account already");
    }
    for (name, email, role, told) in [
        ("", "a@b.example", "qc", "1 to 100 characters"),
        ("Kim", "no address", "qc", "no mail address"),
        ("Kim", "@", "qc", "no mail address"),
        ("Kim", "a@b.example", "boss", "Choose a role."),
        ("Kim\u{202e}eeL", "a@b.example", "qc", "change how the text reads"),
    ] {
        let answer = administrator.post("/people", &[("name", name), ("email", email), ("role", role)]).await;
        answer.assert_status(422).assert_shows(told);
    }
    let always = "select count(*) from information_schema.columns where table_name = 'users' and column_name = 'id' and identity_generation = 'ALWAYS'";
    assert_eq!(count(&house, always).await, 1);
}
