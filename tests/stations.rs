//! Bench tablets: several people share one, each in their own name, and it locks by itself.

use models::audit::Actor;
use models::stations::badges;
use tests::{House, PASSWORD, Person};

const PIN: &str = "480231";

/// The tablet, made a station by an administrator who holds it.
async fn tablet(house: &House, name: &str) -> Person {
    let tablet = house.login("administrator").await;
    tablet.post("/stations", &[("name", name)]).await.assert_status(303);
    tablet
}

/// Somebody's badge, with its PIN set the way people set it.
async fn badge(house: &House, role: &str) -> String {
    let person = house.login(role).await;
    let form = [("password", PASSWORD), ("pin", PIN), ("again", PIN)];
    person.post("/account/pin", &form).await.assert_status(303);
    let user = house.account(role).await;
    let mut tx = house.db.begin().await.unwrap();
    let code = badges::issue(&mut tx, &Actor::from(&house.account("administrator").await), user.id).await.unwrap();
    tx.commit().await.unwrap();
    code.as_str().to_owned()
}

async fn enter(tablet: &Person, badge: &str, pin: &str) -> tests::Answer {
    tablet.get("/station").await;
    tablet.post("/station", &[("badge", badge), ("pin", pin)]).await
}

async fn count(house: &House, what: &str) -> i64 {
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {what}"))).fetch_one(&house.db).await.unwrap()
}

#[tokio::test]
async fn two_people_share_a_tablet_each_in_their_own_name() {
    let house = House::open().await;
    let (assembler, inspector) = (badge(&house, "assembler").await, badge(&house, "qc").await);
    let tablet = tablet(&house, "Bench 3").await;

    tablet.get("/orders").await.assert_status(303);
    tablet.get("/station").await.assert_ok().assert_shows("Bench 3").assert_shows("Scan your badge");
    let asked = tablet.post("/station", &[("badge", &assembler)]).await;
    asked.assert_ok().assert_shows("PIN");
    enter(&tablet, &assembler, PIN).await.assert_status(303);

    let page = tablet.get("/orders").await;
    page.assert_ok().assert_shows("Assembler");
    let script = views::assets::url("station.js");
    assert!(page.body.contains(script), "nothing locks the tablet by itself");
    tablet.get(script).await.assert_ok();
    let locked = tablet.post("/station/lock", &[("next", "/orders")]).await;
    assert_eq!(locked.location(), "/station?next=/orders");
    enter(&tablet, &inspector, PIN).await.assert_status(303);
    tablet.get("/orders").await.assert_ok().assert_shows("QC inspector");
    let named = "audit_log where action = 'logged in by badge' and after->>'station' = 'Bench 3'";
    assert_eq!(count(&house, &format!("{named} and role = 'Assembler'")).await, 1);
    assert_eq!(count(&house, &format!("{named} and role = 'QC inspector'")).await, 1);
}

#[tokio::test]
async fn a_badge_without_its_pin_or_away_from_a_tablet_opens_nothing() {
    let house = House::open().await;
    let code = badge(&house, "assembler").await;
    let tablet = tablet(&house, "Bench 1").await;

    enter(&tablet, &code, "111222").await.assert_status(422).assert_shows("do not go together");
    enter(&tablet, "TB00000000000000000000000000000000", PIN)
        .await
        .assert_status(422)
        .assert_shows("do not go together");

    assert_eq!(count(&house, "audit_log where action = 'log-in by badge refused' and not success").await, 2);
    let home = house.stranger();
    home.get("/login").await;
    let away = home.post("/station", &[("badge", &code), ("pin", PIN)]).await;
    assert_eq!(away.location(), "/login");
    assert!(home.cookie("session").is_none());
    for _ in 0..8 {
        enter(&tablet, &code, "111222").await;
    }
    enter(&tablet, &code, PIN).await.assert_status(429).assert_shows("Too many wrong PINs");
}

#[tokio::test]
async fn a_tablet_nobody_touches_asks_who_is_there() {
    let house = House::open().await;
    let code = badge(&house, "assembler").await;
    let tablet = tablet(&house, "Bench 2").await;
    enter(&tablet, &code, PIN).await.assert_status(303);
    tablet.get("/orders").await.assert_ok();

    sqlx::query("update sessions set last_seen_at = now() - interval '6 minutes' where station_id is not null")
        .execute(&house.db)
        .await
        .unwrap();

    let answer = tablet.get("/orders").await;
    answer.assert_status(303);
    assert_eq!(answer.location(), "/station?next=/orders");
}

#[tokio::test]
async fn nobody_administers_from_a_shared_tablet() {
    let house = House::open().await;
    let code = badge(&house, "administrator").await;
    let tablet = tablet(&house, "Bench 4").await;
    enter(&tablet, &code, PIN).await.assert_status(303);

    tablet.get("/orders").await.assert_ok();
    for path in ["/people", "/stations", "/system/settings", "/system"] {
        tablet.get(path).await.assert_status(403).assert_shows("Log in with your password");
    }
}

#[tokio::test]
async fn a_retired_tablet_is_an_ordinary_device_again() {
    let house = House::open().await;
    let code = badge(&house, "assembler").await;
    let tablet = tablet(&house, "Bench 5").await;
    enter(&tablet, &code, PIN).await.assert_status(303);
    let administrator = house.login("administrator").await;
    administrator.get("/stations").await.assert_ok().assert_shows("Bench 5");
    administrator.post("/stations", &[("name", "bench 5")]).await.assert_status(422).assert_shows("is called");
    let id: i64 = sqlx::query_scalar("select id from stations").fetch_one(&house.db).await.unwrap();

    administrator.post(&format!("/stations/{id}/retire"), &[("reason", " ")]).await.assert_status(422);
    administrator.post(&format!("/stations/{id}/retire"), &[("reason", "Stolen")]).await.assert_status(303);

    let answer = tablet.get("/orders").await;
    let door = tablet.get(answer.location()).await;
    assert_eq!(door.location(), "/login?next=/orders");
    assert!(tablet.cookie("station").is_none_or(|token| token.is_empty()), "the tablet still thinks it is one");
    enter(&tablet, &code, PIN).await;
    assert!(tablet.get("/orders").await.status == 303);
}

#[tokio::test]
async fn a_new_badge_ends_the_one_before_and_a_lost_one_is_taken_back() {
    let house = House::open().await;
    let old = badge(&house, "assembler").await;
    let tablet = tablet(&house, "Bench 6").await;
    let administrator = house.login("administrator").await;
    let id = house.account("assembler").await.id;

    let printed = administrator.post(&format!("/people/{id}/badge"), &[("do", "issue")]).await;

    printed.assert_ok().assert_shows("Print this page now");
    assert!(printed.body.contains("<path d=\"M"), "no code is drawn");
    assert!(!printed.body.contains("TB"), "the code can be copied from the page");
    enter(&tablet, &old, PIN).await.assert_status(422);
    administrator.post(&format!("/people/{id}/badge"), &[("do", "revoke")]).await.assert_status(303);
    administrator.get(&format!("/people/{id}/badge")).await.assert_ok().assert_shows("Has no badge yet");
    let coordinator = house.login("coordinator").await;
    coordinator.post(&format!("/people/{id}/badge"), &[("do", "issue")]).await.assert_status(403);
}

#[tokio::test]
async fn a_pin_takes_the_password_and_is_not_one_that_everybody_tries() {
    let house = House::open().await;
    let person = house.login("assembler").await;
    let set = async |password: &str, pin: &str, again: &str| {
        person.post("/account/pin", &[("password", password), ("pin", pin), ("again", again)]).await
    };

    set("wrong", PIN, PIN).await.assert_status(422).assert_shows("not your password");
    set(PASSWORD, "123456", "123456").await.assert_status(422).assert_shows("counts up or down");
    set(PASSWORD, "48023", "48023").await.assert_status(422).assert_shows("6 to 8 digits");
    set(PASSWORD, PIN, "480232").await.assert_status(422).assert_shows("differ");

    assert_eq!(count(&house, "pins").await, 0);
    set(PASSWORD, PIN, PIN).await.assert_status(303);
    assert_eq!(count(&house, "audit_log where action = 'PIN refused' and not success").await, 1);
}
