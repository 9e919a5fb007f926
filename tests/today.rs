//! Today: what waits for each person, and nothing that does not.

use crate::orders::book::{enter, entered, order, set};
use chrono::Days;
use models::drafts::Draft;
use tests::House;

#[tokio::test]
async fn a_coordinator_finds_her_drafts_and_the_boms_that_could_not_be_made() {
    let house = House::open().await;
    let user = house.account("coordinator").await;
    let coordinator = house.login("coordinator").await;
    coordinator.get("/").await.assert_ok().assert_shows("Nothing waits for you.").assert_shows("No order is due");

    let made = entered(&house, "PO 1001", &["20001"]).await;
    let draft =
        Draft::create(&mut house.db.acquire().await.unwrap(), &user, &order("PO 1002", &["20002"])).await.unwrap();
    house.work().await; // There is no catalogue, so the BOM cannot be made.

    let today = coordinator.get("/").await;
    today.assert_ok().assert_shows("BOM of build 20001 could not be made").assert_shows(&made.number);
    today
        .assert_shows("Order for Lakeshore General Hospital is not finished")
        .assert_shows("Go on")
        .assert_shows("New order");
    for way in [format!("href=\"/drafts/{draft}\""), "href=\"/builds/20001/bom\"".into()] {
        assert!(today.body.contains(&way), "{way}");
    }
}

#[tokio::test]
async fn a_draft_is_its_owners_and_the_administrators_business() {
    let house = House::open().await;
    let boss = house.account("administrator").await;
    Draft::create(&mut house.db.acquire().await.unwrap(), &boss, &order("PO 1001", &["20001"])).await.unwrap();

    house.login("administrator").await.get("/").await.assert_shows("is not finished");
    house.login("coordinator").await.get("/").await.assert_hides("is not finished");
    house.login("procurement").await.get("/").await.assert_hides("is not finished");
}

#[tokio::test]
async fn procurement_hears_of_a_bom_that_cannot_be_made_until_it_is_asked_for_again() {
    let house = House::open().await;
    entered(&house, "PO 1001", &["20001"]).await;
    house.work().await;
    let procurement = house.login("procurement").await;
    procurement.get("/").await.assert_shows("BOM of build 20001 could not be made");
    house.login("qc").await.get("/").await.assert_ok().assert_hides("could not be made");

    house.login("coordinator").await.post("/builds/20001/bom", &[("after", "0")]).await.assert_status(303);

    procurement.get("/").await.assert_hides("could not be made");
}

#[tokio::test]
async fn what_is_due_within_two_weeks_stands_there_the_soonest_first() {
    let house = House::open().await;
    let (user, today) = (house.account("coordinator").await, models::site::today());
    let mut numbers = Vec::new();
    for (position, stage) in ["order_created", "in_assembly", "order_created", "shipped"].into_iter().enumerate() {
        let number =
            enter(&house.db, &user, &order(&format!("PO 200{position}"), &[&format!("3000{position}")])).await.number;
        let want_on = [today + Days::new(14), today - Days::new(2), today + Days::new(15), today][position];
        set(
            &house.db,
            &format!("update orders set want_on = '{want_on}', stage = '{stage}' where number = '{number}'"),
        )
        .await;
        numbers.push(number);
    }

    let page = house.login("qc").await.get("/").await;

    page.assert_ok().assert_shows("2 days late").assert_hides(&numbers[2]).assert_hides(&numbers[3]);
    let place = |number: &str| page.text().find(number).unwrap();
    assert!(place(&numbers[1]) < place(&numbers[0]), "the late one first");
}

#[tokio::test]
async fn assemblers_and_the_service_department_are_told_where_their_work_is() {
    let house = House::open().await;
    entered(&house, "PO 1001", &["20001"]).await;
    set(&house.db, &format!("update orders set want_on = '{}'", models::site::today())).await;
    for (role, sentence) in
        [("assembler", "No build is assigned to you."), ("service", "Orders are not part of your work here.")]
    {
        let today = house.login(role).await.get("/").await;
        today
            .assert_ok()
            .assert_shows(sentence)
            .assert_hides("Lakeshore")
            .assert_hides("TOR-")
            .assert_hides("New order");
    }
}
