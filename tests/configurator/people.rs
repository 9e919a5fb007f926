//! Who enters orders, two of them at once, and what a browser keeps under their hands.

use super::{Desk, count, hidden};
use tests::{Answer, House};

#[tokio::test]
async fn two_open_pages_never_overwrite_each_other_unnoticed() {
    let house = House::open().await;
    let desk = Desk::open(&house).await;
    let (first, second) = (desk.see("customer").await, desk.see("customer").await);
    let seen = |page: &Answer| (hidden(&page.body, "editor"), hidden(&page.body, "version"));
    let ((mine, version), (theirs, _)) = (seen(&first), seen(&second));
    desk.send("customer", &[("notes", "first")], "save", &mine, &version).await.assert_status(303);
    desk.send("customer", &[("notes", "again")], "save", &mine, &version).await.assert_status(303);
    let stale = desk.send("customer", &[("notes", "second")], "save", &theirs, &version).await;
    stale
        .assert_status(422)
        .assert_shows("You saved this draft on another page")
        .assert_shows("second")
        .assert_shows("Not saved");
    assert_eq!(desk.answers(&house.db).await["notes"], "again");
    desk.send("customer", &[("notes", "second")], "keep", &theirs, &version).await.assert_status(303);
    assert_eq!(desk.answers(&house.db).await["notes"], "second");
}

#[tokio::test]
async fn only_coordinators_and_administrators_enter_orders() {
    let house = House::open().await;
    let desk = Desk::open(&house).await;
    for role in ["procurement", "qc", "assembler", "service"] {
        let person = house.login(role).await;
        person.get("/drafts").await.assert_status(403);
        person.post("/drafts", &[]).await.assert_status(403);
        person.get(&format!("{}/customer", desk.draft)).await.assert_status(403);
        person.post(&format!("{}/submit", desk.draft), &[]).await.assert_status(403);
    }
    house.stranger().get("/drafts").await.assert_status(303);
    let boss = house.login("administrator").await;
    boss.get(&format!("{}/customer", desk.draft)).await.assert_ok();
    boss.get("/drafts/999999/customer").await.assert_status(404);
    boss.get("/drafts/x/customer").await.assert_status(404);
    boss.get(&format!("{}/builds/0", desk.draft)).await.assert_status(404);
    boss.get(&format!("{}/builds/2", desk.draft)).await.assert_status(404);
}

#[tokio::test]
async fn an_administrator_allows_wide_basins_with_a_reason() {
    let house = House::open().await;
    let desk = Desk::open(&house).await;
    desk.whole("PO 606", "60601").await;
    let wide = [("length", "48"), ("model", "T2-B2")];
    desk.fill("builds/1", &wide, "save").await.assert_status(303);
    let basins = [("basin-1-size", "30X20X8"), ("basin-2-type", "E-Drain"), ("basin-2-size", "30X20X8")];
    desk.fill("builds/1", &basins, "next").await.assert_status(422).assert_shows("The basins are 60 in wide together");
    let path = format!("{}/builds/1/override", desk.draft);
    desk.person.post(&path, &[("reason", "I would like to")]).await.assert_status(403);
    let boss = house.login("administrator").await;
    boss.get(&format!("{}/builds/1", desk.draft)).await.assert_shows("Allow 60 in of basins in 48 in");
    let refused = boss.post(&path, &[("reason", "no")]).await;
    refused.assert_status(422).assert_shows("Reason").assert_shows("5").assert_shows("Allow 60 in of basins in 48 in");
    assert!(refused.body.contains("value=\"no\"") && refused.body.contains("aria-invalid=\"true\""), "kept as typed");
    boss.post(&path, &[("reason", "Overhang agreed with the customer")]).await.assert_status(303);
    desk.see("builds/1").await.assert_shows("allowed it: Overhang agreed with the customer");
    desk.person.post(&format!("{}/submit", desk.draft), &[]).await.assert_status(303);
    assert_eq!(count(&house.db, "audit_log where reason = 'Overhang agreed with the customer'").await, 2);
    assert_eq!(count(&house.db, "orders").await, 1);
}

const TYPING: &str = "return document.activeElement.name + '|' + document.activeElement.value";

#[tokio::test]
async fn a_browser_keeps_focus_letters_and_place_while_choices_save_themselves() {
    let house = House::open().await;
    let browser = house.browser_as("coordinator").await;
    browser.visit("/drafts").await;
    browser.click("New order").await;
    browser.fill("po_number", "PO 4711").await;
    browser.fill("customer", "Lakeshore General").await;
    browser.fill("sales_person", "M. Kel").await;
    browser
        .wait_until("the customer saved", async || {
            let saved = sqlx::query_scalar("select answers->>'customer' from drafts").fetch_one(&house.db);
            saved.await.unwrap_or(String::new()) == "Lakeshore General"
        })
        .await;
    let focus = async || browser.client.execute(TYPING, vec![]).await.unwrap();
    assert_eq!(focus().await.as_str(), Some("sales_person|M. Kel"));
    // What is still being typed is saved a moment later, and nothing happens to it.
    browser
        .wait_until("the name saved while it is typed", async || {
            let saved = sqlx::query_scalar("select answers->>'sales_person' from drafts").fetch_one(&house.db);
            saved.await.unwrap_or(String::new()) == "M. Kel"
        })
        .await;
    assert_eq!(focus().await.as_str(), Some("sales_person|M. Kel"));
    let path = browser.path().await;
    browser.visit(&path.replace("customer", "builds/1")).await;
    let choose = async |css: &str| {
        let script = format!("document.querySelector('{css}').click()");
        browser.client.execute(&script, vec![]).await.unwrap();
    };
    choose("input[name=model][value=T2-B2]").await;
    browser.wait_for_text("Basin 2 of 2").await;
    choose("input[name=basin-1-type][value=E-Drain]").await;
    browser.wait_for_text("T2-BSN-EDR-KIT").await;
    // A link waits for the answer that was left last.
    browser.fill("length", "96").await;
    browser.click_css(".steps li:nth-child(4) a").await;
    browser.wait_for_text("Find an accessory").await;
    browser.click_css(".steps li:nth-child(3) a").await;
    browser.wait_for_text("T2-BODY-73-120-HA").await;
    assert!(browser.complaints().await.is_empty(), "{:?}", browser.complaints().await);
}
