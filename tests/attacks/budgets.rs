//! Somebody who asks for more than people do: told so, with what they typed, while everybody else goes on.

use jobs::Job;
use models::jobs::{Links, Run};
use tests::{House, PASSWORD};

/// A house in which a minute allows a hundredth of the usual.
async fn strict() -> House {
    House::open_with(|config| config.budget_percent = 1).await
}

#[tokio::test]
async fn too_many_changes_are_told_with_what_was_typed_and_nobody_else_waits() {
    let house = strict().await;
    let (person, colleague) = (house.login("coordinator").await, house.login("qc").await);

    person.post("/preferences", &[("theme", "dark")]).await.assert_status(303);
    person.post("/preferences", &[("theme", "dark")]).await.assert_status(303);
    let refused = person.post("/preferences", &[("theme", "light"), ("next", "/orders?q=\"><b>")]).await;

    refused
        .assert_status(429)
        .assert_shows("These were more changes than we take in a minute.")
        .assert_shows("Send again");
    assert!(refused.header("retry-after").is_some_and(|wait| (1..=30).contains(&wait.parse::<u64>().unwrap())));
    assert!(refused.body.contains("name=\"theme\" value=\"light\""), "{}", refused.body);
    assert!(!refused.body.contains("\"><b>") && !refused.body.contains("name=\"csrf\" value=\"\""));
    let fragment = person.post_fragment("/preferences", &[("theme", "light")]).await;
    fragment.assert_status(429).assert_shows("Go on in");
    let theme: String = sqlx::query_scalar("select theme from users where email = 'coordinator@torvan.test'")
        .fetch_one(&house.db)
        .await
        .unwrap();
    assert_eq!(theme, "dark", "nothing was changed");

    colleague.post("/preferences", &[("theme", "dark")]).await.assert_status(303);
    person.get("/orders").await.assert_ok();
}

#[tokio::test]
async fn files_and_searches_have_smaller_budgets_than_pages() {
    let house = strict().await;
    let person = house.login("coordinator").await;

    person.get("/orders.csv").await.assert_ok();
    person.get("/orders.csv").await.assert_status(429).assert_shows("more files to save");
    person.get("/orders?search=a").await.assert_ok();
    person.get("/orders?search=b").await.assert_ok();
    person.get("/orders?search=c").await.assert_status(429).assert_shows("more searches");
    person.get("/orders?search=").await.assert_ok();
}

#[tokio::test]
async fn strangers_who_hammer_the_door_wait_and_whoever_is_in_does_not() {
    let house = strict().await;
    let (stranger, person) = (house.stranger(), house.login("coordinator").await);

    let mut seen = Vec::new();
    for number in 0..12 {
        let path = if number % 2 == 0 { "/orders" } else { "/login" };
        seen.push(stranger.get(path).await.status.as_u16());
    }
    assert_eq!(seen.last(), Some(&429), "{seen:?}");
    let fields = [("email", "coordinator@torvan.test"), ("password", PASSWORD)];
    let mut last = stranger.post("/login", &fields).await;
    for _ in 0..3 {
        last = stranger.post("/login", &fields).await;
    }
    assert!(last.status.as_u16() == 429 || last.status.as_u16() == 403, "{}", last.status);
    assert!(!last.body.contains(PASSWORD), "a password came back");
    person.get("/orders").await.assert_ok();
    stranger.get("/healthz").await.assert_ok();
}

#[tokio::test]
async fn the_twenty_first_living_job_of_one_person_is_refused() {
    let house = House::open().await;
    let (order, _) = crate::kinds::furnish(&house).await;
    let procurement = house.login("procurement").await;
    let user = house.account("procurement").await;
    let mut tx = house.db.begin().await.unwrap();
    for build_id in 0..app::limits::LIVE_JOBS {
        let links = Links { requested_by: Some(user.id), trace_id: format!("t{build_id}"), ..Links::default() };
        let _: Run = Job::GenerateBom { build_id: 9_000 + build_id }.enqueue(&mut tx, links).await.unwrap();
    }
    tx.commit().await.unwrap();

    let refused = procurement.post(&format!("/orders/{order}/parts-list"), &[]).await;
    refused.assert_status(429).assert_shows("20 jobs that have not ended");
    assert!(refused.header("retry-after").is_some());

    sqlx::query("update jobs set state = 'cancelled', finished_at = now() where trace_id = 't0'")
        .execute(&house.db)
        .await
        .unwrap();
    procurement.post(&format!("/orders/{order}/parts-list"), &[]).await.assert_status(303);
}

#[tokio::test]
async fn a_change_that_postgresql_undid_for_anothers_sake_is_tried_again_three_times() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    let hiccups = |count: i32| {
        sqlx::AssertSqlSafe(format!(
            "drop sequence if exists hiccups cascade; create sequence hiccups;
            create or replace function hiccup() returns trigger language plpgsql security definer as $$ begin
                if nextval('hiccups') <= {count} then raise exception 'deadlock detected' using errcode = '40P01'; end if;
                return new; end $$;
            create or replace trigger hiccup before update on users for each row execute function hiccup()"
        ))
    };
    let tries =
        async || -> i64 { sqlx::query_scalar("select last_value from hiccups").fetch_one(&house.db).await.unwrap() };

    sqlx::raw_sql(hiccups(3)).execute(&house.db).await.unwrap();
    person.post("/preferences", &[("theme", "dark")]).await.assert_status(303);
    assert_eq!(tries().await, 4, "three hiccups and the change");

    sqlx::raw_sql(hiccups(100)).execute(&house.db).await.unwrap();
    let refused = person.post("/preferences", &[("theme", "light")]).await;
    refused.assert_status(409).assert_shows("at the same moment");
    assert_eq!(tries().await, 4, "once and three times more");
}
