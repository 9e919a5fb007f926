//! The same way in a real browser, with and without scripts.

use super::clerk::stock;
use crate::orders::book::far_friday;
use tests::{Browser, House, Scripts};

/// From the board to the order's page, the way a coordinator goes.
async fn order_by_hand(browser: &Browser, po: &str, build: &str) {
    browser.visit("/orders").await;
    browser.click("New order").await;
    browser.wait_for("#answers [name=po_number]").await;
    browser.fill("po_number", po).await;
    browser.fill("want_on", &far_friday().format("%m%d%Y").to_string()).await;
    browser.fill("customer", "Lakeshore General Hospital").await;
    browser.fill("sales_person", "M. Keller").await;
    next(browser, "/family").await;
    browser.fill("build-1-number", build).await;
    next(browser, "/builds/1").await;
    browser.click_css("label:has(> input[name='basin-1-type'][value='E-Sink'])").await;
    browser.click_css("label:has(> input[name='basin-1-size'][value='24X20X10'])").await;
    next(browser, "/accessories").await;
    next(browser, "/review").await;
    browser.click("Create order").await;
    browser.wait_until("the order's page", async || browser.path().await.starts_with("/orders/TOR-")).await;
}

/// Presses the button that saves a step and goes on.
async fn next(browser: &Browser, end: &str) {
    browser.click_css("#answers button[value=next]").await;
    browser.wait_until(end, async || browser.path().await.ends_with(end)).await;
}

/// Whether the page is still the one it was when this was last asked.
async fn is_same_page(browser: &Browser) -> bool {
    let script = "const same = window.stayed === true; window.stayed = true; return same;";
    browser.client.execute(script, Vec::new()).await.unwrap().as_bool().unwrap()
}

#[tokio::test]
async fn a_bom_waits_for_a_worker_and_appears_by_itself_when_one_comes() {
    let house = House::open().await;
    stock(&house).await;
    let browser = house.browser_as("coordinator").await;
    order_by_hand(&browser, "PO 88213", "61001").await;
    browser.wait_for_text("No worker is running yet.").await;
    assert!(!browser.text().await.contains("Open BOM"));
    is_same_page(&browser).await;

    let _shift = house.start_worker();

    browser.wait_for_text("Open BOM").await;
    assert!(is_same_page(&browser).await, "without a reload");
    browser.wait_until_gone("worker").await;
    browser.click("Open BOM").await;
    browser.wait_for_text("T2-BODY-48-60-HA").await;
    assert_eq!(browser.path().await, "/builds/61001/bom");
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn with_a_worker_at_work_the_bom_is_there_at_once() {
    let house = House::open().await;
    stock(&house).await;
    let _shift = house.start_worker();
    let browser = house.browser_as("coordinator").await;

    order_by_hand(&browser, "PO 88214", "61002").await;

    browser.wait_for_text("Open BOM").await;
    browser.visit("/builds/61002/bom").await;
    browser.wait_for_text("T2-BODY-48-60-HA").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn the_bom_page_fills_itself_when_the_worker_comes() {
    let house = House::open().await;
    stock(&house).await;
    let browser = house.browser_as("coordinator").await;
    order_by_hand(&browser, "PO 88215", "61003").await;
    browser.visit("/builds/61003/bom").await;
    browser.wait_for_text("Not generated yet").await;
    is_same_page(&browser).await;

    let _shift = house.start_worker();

    browser.wait_for_text("T2-BODY-48-60-HA").await;
    assert!(is_same_page(&browser).await, "without a reload");
}

#[tokio::test]
async fn without_scripts_the_same_forms_lead_to_the_bom() {
    let house = House::open().await;
    stock(&house).await;
    let browser = house.browser_as_with("coordinator", Scripts::Off).await;
    order_by_hand(&browser, "PO 88216", "61004").await;
    browser.wait_for_text("No worker is running yet.").await;

    house.work().await;
    browser.click("Show how far the BOMs are").await;

    browser.wait_for_text("Open BOM").await;
    browser.click("Open BOM").await;
    browser.wait_for_text("T2-BODY-48-60-HA").await;
    browser.visit("/orders?search=61004").await;
    browser.wait_for_text("PO 88216").await;
}
