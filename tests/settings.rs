//! What administrators decide while the product runs.

use tests::House;

const SESSIONS: [(&str, &str); 4] =
    [("idle_minutes", "10"), ("longest_hours", "8"), ("revision", "0"), ("reason", "Tablets are left lying about.")];

async fn count(house: &House, question: &'static str) -> i64 {
    sqlx::query_scalar(question).fetch_one(&house.db).await.unwrap()
}

#[tokio::test]
async fn a_shorter_idle_time_holds_for_everybody_from_the_next_click() {
    let house = House::open().await;
    let (administrator, coordinator) = (house.login("administrator").await, house.login("coordinator").await);
    sqlx::query("update sessions set last_seen_at = now() - interval '11 minutes'").execute(&house.db).await.unwrap();
    sqlx::query(
        "update sessions set last_seen_at = now() where user_id in (select id from users where role = 'administrator')",
    )
    .execute(&house.db)
    .await
    .unwrap();

    administrator.post("/system/settings/sessions", &SESSIONS).await.assert_status(303);

    coordinator.get("/orders").await.assert_status(303);
    administrator.get("/system/settings").await.assert_ok();
    let kept = "select count(*) from audit_log where noun = 'settings' and object_id = 'sessions'
        and before->>'idle_minutes' = '30' and after->>'idle_minutes' = '10' and reason like 'Tablets%'";
    assert_eq!(count(&house, kept).await, 1);
    let fresh = house.login("coordinator").await;
    fresh.get("/orders").await.assert_ok();
    let eight = "select count(*) from sessions where absolute_until = created_at + interval '8 hours'";
    assert_eq!(count(&house, eight).await, 1);
}

#[tokio::test]
async fn a_setting_out_of_bounds_or_without_a_reason_is_refused_and_what_was_typed_stays() {
    let house = House::open().await;
    let administrator = house.login("administrator").await;

    let wide = [("idle_minutes", "600"), ("longest_hours", "7"), ("revision", "0"), ("reason", "Less typing.")];
    let refused = administrator.post("/system/settings/sessions", &wide).await;
    refused.assert_status(422).assert_shows("Minutes without a click are 5 to 120. 600 is outside.");
    assert!(refused.body.contains("value=\"600\"") && refused.body.contains("Less typing."), "{}", refused.body);

    let odd = [("idle_minutes", "half"), ("longest_hours", "7"), ("revision", "0"), ("reason", "x")];
    administrator
        .post("/system/settings/sessions", &odd)
        .await
        .assert_status(422)
        .assert_shows("\"half\" is no whole number");
    let silent = [("lock_minutes", "9"), ("revision", "0"), ("reason", " ")];
    administrator.post("/system/settings/bench_tablets", &silent).await.assert_status(422).assert_shows("Say why.");
    let stranger = [("roles", "boss"), ("revision", "0"), ("reason", "x")];
    administrator.post("/system/settings/second_factor", &stranger).await.assert_status(422).assert_shows("no role");

    assert_eq!(count(&house, "select count(*) from settings").await, 0);
}

#[tokio::test]
async fn of_two_administrators_who_decide_at_once_the_later_one_looks_again() {
    let house = House::open().await;
    let administrator = house.login("administrator").await;
    administrator.post("/system/settings/sessions", &SESSIONS).await.assert_status(303);

    let late = administrator.post("/system/settings/sessions", &SESSIONS).await;

    late.assert_status(409).assert_shows("Somebody changed this setting while you looked.");
}

#[tokio::test]
async fn only_administrators_see_or_change_settings() {
    let house = House::open().await;
    let coordinator = house.login("coordinator").await;

    coordinator.get("/system/settings").await.assert_status(403).assert_shows("Administrators change the settings.");
    coordinator.post("/system/settings/sessions", &SESSIONS).await.assert_status(403);

    assert_eq!(count(&house, "select count(*) from settings").await, 0);
}
