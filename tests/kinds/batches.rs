//! New BOMs of all open orders after the rules changed: counted first, asked for with a reason, seen together.

use super::furnish;
use models::audit::Actor;
use models::rules::templates;
use tests::House;

const NEW: &str = "/jobs/batches/new";

#[tokio::test]
async fn nothing_is_regenerated_while_every_bom_is_of_today() {
    let house = House::open().await;
    furnish(&house).await;
    let administrator = house.login("administrator").await;

    administrator.get(NEW).await.assert_ok().assert_shows("Nothing is to be done.");
    let refused = administrator.post(NEW, &[("reason", "To be sure"), ("count", "0")]).await;
    refused.assert_status(422);
    administrator.get("/jobs/batches").await.assert_ok().assert_shows("No jobs were asked for together yet.");
    house.login("procurement").await.get(NEW).await.assert_status(403);
}

#[tokio::test]
async fn new_rules_give_every_open_order_new_boms_behind_what_people_wait_for() {
    let house = House::open().await;
    furnish(&house).await;
    sqlx::query("update builds set stage = 'shipped' where id = (select min(id) from builds)")
        .execute(&house.db)
        .await
        .unwrap();
    publish_the_same_again(&house).await;
    let open: i64 = one(
        &house,
        "select count(*) from boms m join builds b on b.id = m.build_id where m.is_active and b.stage <> 'shipped'",
    )
    .await;
    let administrator = house.login("administrator").await;
    administrator
        .get(NEW)
        .await
        .assert_ok()
        .assert_shows(&format!("Regenerate {open} BOMs"))
        .assert_shows("MDRD rules version 2");

    let wrong = administrator.post(NEW, &[("reason", "Version 2"), ("count", &(open + 1).to_string())]).await;
    wrong.assert_status(422).assert_shows(&format!("is not the number of BOMs: there are {open} now."));
    assert!(wrong.body.contains("value=\"Version 2\""));
    administrator
        .post(NEW, &[("reason", " "), ("count", &open.to_string())])
        .await
        .assert_status(422)
        .assert_shows("Say why");
    let started = administrator.post(NEW, &[("reason", "Version 2"), ("count", &open.to_string())]).await;
    let batch = started.assert_status(303).location().to_owned();
    administrator
        .post(NEW, &[("reason", "Again"), ("count", &open.to_string())])
        .await
        .assert_status(422)
        .assert_shows("every one of these jobs waits or runs already");

    let behind: i64 = one(&house, "select count(*) from jobs where batch_id is not null and priority = 10").await;
    assert_eq!(behind, open);
    let procurement = house.login("procurement").await;
    procurement
        .get(&batch)
        .await
        .assert_ok()
        .assert_shows(&format!("0 of {open} jobs are over."))
        .assert_hides("Cancel waiting");
    let chosen = administrator.post(&format!("{batch}/cancel"), &[]).await;
    assert!(chosen.assert_status(303).location().starts_with("/jobs/selections/"));
    house.work().await;

    administrator.get(&batch).await.assert_shows(&format!("{open} of {open} jobs are over.")).assert_shows("Done");
    administrator
        .get("/jobs/batches")
        .await
        .assert_shows("Regenerate BOMs of open orders")
        .assert_shows(&format!("{open} of {open}"));
    administrator.post(&format!("{batch}/cancel"), &[]).await.assert_status(409);
    administrator.get(NEW).await.assert_shows("Nothing is to be done.");
    let reason: String = one(&house, "select reason from audit_log where noun = 'batches'").await;
    assert_eq!(reason, "Version 2");
}

/// Version 2 of the rules, which says the same as version 1.
async fn publish_the_same_again(house: &House) {
    let mut tx = house.db.begin().await.unwrap();
    let template = templates::find(&house.db, "MDRD", 1).await.unwrap();
    templates::copy(&mut tx, &Actor::system(), &template).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = house.db.begin().await.unwrap();
    let copy = templates::find(&house.db, "MDRD", 2).await.unwrap();
    templates::publish(&mut tx, &Actor::system(), &copy, copy.lock_version).await.unwrap();
    tx.commit().await.unwrap();
}

async fn one<T>(house: &House, question: &'static str) -> T
where
    T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    sqlx::query_scalar(question).fetch_one(&house.db).await.unwrap_or_else(|error| panic!("{question}: {error}"))
}
