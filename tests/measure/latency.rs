//! How long a coordinator waits from "Create order" to the BOM, in a real browser. Run it as `bin/latency [RUNS]`.

use std::time::{Duration, Instant};

use chrono::{Months, Utc, Weekday};
use models::audit::Actor;
use models::configurations::Answers;
use models::drafts::{Draft, OrderAnswers};
use tests::{Browser, House};

/// Runs before the ones that count.
const WARM: u32 = 5;
/// A demo sink with three basins: about as many lines as real BOMs have.
const SINK: u32 = 2;

#[tokio::main]
async fn main() {
    let runs = std::env::args().nth(1).and_then(|runs| runs.parse().ok()).unwrap_or(30u32);
    let house = House::open().await;
    let mut tx = house.db.begin().await.expect("a transaction");
    app::catalogue::demo::import(&mut tx, &Actor::system()).await.expect("the demo catalogue");
    tx.commit().await.expect("the catalogue is kept");
    let _shift = house.start_worker();
    let browser = house.browser_as("coordinator").await;
    let (mut told, mut shown) = (Vec::new(), Vec::new());
    for run in 0..WARM + runs {
        let (order, bom) = once(&house, &browser, run).await;
        if run >= WARM {
            told.push(order);
            shown.push(bom);
        }
    }
    let lines: i32 =
        sqlx::query_scalar("select line_count from boms limit 1").fetch_one(&house.db).await.expect("a BOM");
    println!("{runs} orders of one sink, {lines} BOM lines each, from the click on \"Create order\" until");
    say("the order's page has the BOM", told);
    say("the BOM itself is on the screen", shown);
}

/// One order, waited for on its page; another one, whose BOM page is opened at once.
async fn once(house: &House, browser: &Browser, run: u32) -> (Duration, Duration) {
    create(house, browser, run * 2).await;
    let began = Instant::now();
    click(browser).await;
    until(
        browser,
        "location.pathname.startsWith('/orders/') && document.querySelector('#builds')?.innerText.includes('Open BOM')",
    )
    .await;
    let told = began.elapsed();

    create(house, browser, run * 2 + 1).await;
    let began = Instant::now();
    click(browser).await;
    until(
        browser,
        "location.pathname.startsWith('/orders/') && document.querySelector('#builds')?.innerText.includes('Open BOM')",
    )
    .await;
    let _ = browser
        .client
        .execute("[...document.querySelectorAll('#builds a')].find(a => a.innerText == 'Open BOM').click()", Vec::new())
        .await;
    until(browser, "document.querySelector('#bom-view')?.innerText.includes('T2-BODY')").await;
    (told, began.elapsed())
}

/// Leads the browser to the review of an order that only has to be created.
async fn create(house: &House, browser: &Browser, number: u32) {
    let user = house.account("coordinator").await;
    let friday = (Utc::now().date_naive() + Months::new(6)).week(Weekday::Mon).first_day() + chrono::Days::new(4);
    let sink = app::demo::configurations::sink(SINK);
    let answers = OrderAnswers {
        po_number: format!("PO {number:05}"),
        customer: "Lakeshore General Hospital".into(),
        sales_person: "M. Keller".into(),
        want_on: friday.to_string(),
        language: sink.language.word().into(),
        build_numbers: vec![format!("L{number:05}")],
        builds: vec![Answers::from(&sink)],
        ..OrderAnswers::default()
    };
    let mut connection = house.db.acquire().await.expect("a connection");
    let draft = Draft::create(&mut connection, &user, &answers).await.expect("a draft");
    browser.visit(&format!("/drafts/{draft}/review")).await;
}

async fn click(browser: &Browser) {
    let press = "document.querySelector(\"form[action$='/submit'] button\").click()";
    browser.client.execute(press, Vec::new()).await.expect("the button");
}

/// Asks the browser over and over; each question takes it a few milliseconds, which count.
async fn until(browser: &Browser, condition: &str) {
    let end = Instant::now() + Duration::from_secs(30);
    let script = format!("return Boolean({condition})");
    loop {
        // While the page changes there is nobody to ask.
        if browser.client.execute(&script, Vec::new()).await.is_ok_and(|answer| answer == true) {
            return;
        }
        if Instant::now() >= end {
            panic!("waited in vain for {condition} at {}:\n{}", browser.path().await, browser.text().await);
        }
    }
}

fn say(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: usize| times[(times.len() * share).div_ceil(100).clamp(1, times.len()) - 1].as_millis();
    println!("  {what:<34} p50 {:>4} ms   p95 {:>4} ms   max {:>4} ms", at(50), at(95), at(100));
}
