//! The board: every order once, newest first, found by what people have in their hands.

use super::book::{count, enter, entered, far_friday, fill, order, set};
use chrono::{Datelike, Days};
use tests::{Answer, House};

/// The order numbers of a list, from the top.
fn listed(answer: &Answer) -> Vec<String> {
    let rows = answer.body.split("<tr id=\"order-").skip(1);
    let number = |row: &str| {
        let from = row.find("TOR-").expect("a row has its number");
        row[from..].split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default().to_owned()
    };
    rows.map(number).collect()
}

/// Where "Next" or "Previous" leads.
fn turn(answer: &Answer, rel: &str) -> Option<String> {
    let end = answer.body.find(&format!("\" rel=\"{rel}\""))?;
    let start = answer.body[..end].rfind("href=\"")? + 6;
    Some(answer.body[start..end].replace("&amp;", "&"))
}

#[tokio::test]
async fn the_board_shows_the_newest_order_first_with_the_exact_total() {
    let house = House::open().await;
    let coordinator = house.login("coordinator").await;
    coordinator.get("/orders").await.assert_ok().assert_shows("There are no orders yet");

    let mut numbers = Vec::new();
    for position in 1..=3 {
        numbers.insert(0, entered(&house, &format!("PO 100{position}"), &[&format!("3000{position}")]).await.number);
    }

    let board = coordinator.get("/orders").await;
    board.assert_ok().assert_shows("3 orders").assert_shows("Showing 1 to 3 of 3").assert_shows("Order created");
    assert_eq!(listed(&board), numbers);
}

#[tokio::test]
async fn the_total_stays_exact_while_orders_come_move_and_go() {
    let house = House::open().await;
    let user = house.account("coordinator").await;
    let entering = (0..6).map(|position| {
        let (db, user) = (house.db.clone(), user.clone());
        let answers = order(&format!("PO 200{position}"), &[&format!("4000{position}")]);
        tokio::spawn(async move { enter(&db, &user, &answers).await })
    });
    for order in entering.collect::<Vec<_>>() {
        order.await.unwrap();
    }
    fill(&house, "MANY", 1200).await;
    set(&house.db, "update orders set stage = 'in_assembly' where id % 3 = 0").await;
    set(&house.db, "update orders set stage = 'shipped' where id % 6 = 0").await;
    set(
        &house.db,
        "delete from builds where number like 'BTOR-MANY-0000%'; delete from orders where number like 'TOR-MANY-0000%'",
    )
    .await;

    house.login("qc").await.get("/orders").await.assert_ok().assert_shows("1,197 orders");
    let wrong = "(select stage, orders from order_counts where orders > 0
                  except select stage, count(*) from orders group by stage) difference";
    assert_eq!((count(&house.db, "orders").await, count(&house.db, wrong).await), (1197, 0));
}

#[tokio::test]
async fn a_search_takes_every_sign_literally() {
    let house = House::open().await;
    for (position, po) in ["100%-A", "100_B", "100\\C", "100-D", "O'Neil -- 1=1"].into_iter().enumerate() {
        entered(&house, po, &[&format!("5000{position}")]).await;
    }
    let qc = house.login("qc").await;
    for (search, found) in [
        ("100%25-", "100%-A"),
        ("%25", "100%-A"),
        ("_", "100_B"),
        ("%5C", "100\\C"),
        ("%27", "O'Neil -- 1=1"),
        ("--", "O'Neil -- 1=1"),
    ] {
        let board = qc.get(&format!("/orders?search={search}")).await;
        board.assert_ok().assert_shows("1 order").assert_shows(&format!("PO {found}"));
        assert_eq!(listed(&board).len(), 1, "{search}");
    }
    qc.get("/orders?search=%27%3B+drop+table+orders%3B--").await.assert_ok().assert_shows("No order matches");
    qc.get(&format!("/orders?search={}", "%25".repeat(2000))).await.assert_ok().assert_shows("No order matches");
    assert_eq!(count(&house.db, "orders").await, 5);
}

#[tokio::test]
async fn an_order_is_found_by_its_number_po_customer_and_build_numbers() {
    let house = House::open().await;
    let user = house.account("coordinator").await;
    let mut wanted = order("PO 88213", &["20419", "20420"]);
    wanted.customer = "Centre hospitalier Anse-aux-Érables".into();
    let number = enter(&house.db, &user, &wanted).await.number;
    entered(&house, "PO 77001", &["30001"]).await;
    let procurement = house.login("procurement").await;

    for search in [number.as_str(), &number.to_lowercase()[4..], "88213", "po+8821", "anse-aux", "20420", "2042"] {
        let board = procurement.get(&format!("/orders?search={search}")).await;
        assert_eq!(listed(board.assert_ok()), std::slice::from_ref(&number), "{search}");
    }
    let lost = procurement.get("/orders?search=nobody").await;
    lost.assert_ok().assert_shows("No order matches \"nobody\".").assert_shows("Show all orders");
}

#[tokio::test]
async fn pages_neither_lose_nor_repeat_an_order_while_others_come_in() {
    let house = House::open().await;
    fill(&house, "OLD", 120).await;
    let coordinator = house.login("coordinator").await;
    let first = coordinator.get("/orders").await;
    let mut seen = listed(first.assert_ok().assert_shows("Showing 1 to 50 of 120"));
    assert_eq!(turn(&first, "prev"), None);

    fill(&house, "NEW", 7).await;
    let second = coordinator.get(&turn(&first, "next").unwrap()).await;
    second.assert_ok().assert_shows("Showing 51 to 100 of 127");
    seen.extend(listed(&second));
    fill(&house, "NEWER", 60).await;
    let third = coordinator.get(&turn(&second, "next").unwrap()).await;
    seen.extend(listed(&third));

    assert_eq!(turn(&third, "next"), None);
    let expected: Vec<String> = (1..=120).rev().map(|n| format!("TOR-OLD-{n:05}")).collect();
    assert_eq!(seen, expected);
    let back = coordinator.get(&turn(&third, "prev").unwrap()).await;
    assert_eq!(listed(&back), listed(&second), "the way back leads over the same page");
    let top = coordinator.get(&turn(&back, "prev").unwrap()).await;
    assert_eq!(listed(&top), listed(&first), "and on to the orders just above it");
    assert!(turn(&top, "prev").is_some(), "the new ones are above");
}

#[tokio::test]
async fn the_board_is_narrowed_to_a_stage_and_to_want_dates() {
    let house = House::open().await;
    let (friday, user) = (far_friday(), house.account("coordinator").await);
    let mut numbers = Vec::new();
    for week in 0..3u64 {
        let mut wanted = order(&format!("PO 300{week}"), &[&format!("6000{week}")]);
        wanted.want_on = (friday + Days::new(7 * week)).to_string();
        numbers.push(enter(&house.db, &user, &wanted).await.number);
    }
    set(&house.db, &format!("update orders set stage = 'on_hold_parts' where number = '{}'", numbers[1])).await;
    let qc = house.login("qc").await;

    let held = qc.get("/orders?stage=on_hold_parts").await;
    assert_eq!(
        listed(held.assert_ok().assert_shows("Stage: On hold: parts").assert_shows("1 order")),
        [numbers[1].clone()]
    );
    let later = qc.get(&format!("/orders?want_from={}", friday + Days::new(1))).await;
    assert_eq!(listed(later.assert_ok()), [numbers[2].clone(), numbers[1].clone()]);
    let between = format!("/orders?want_from={friday}&want_to={}", friday + Days::new(7));
    assert_eq!(listed(&qc.get(&between).await), [numbers[1].clone(), numbers[0].clone()]);
    qc.get("/orders?stage=delivered").await.assert_ok().assert_shows("No order has this stage and want date.");
}

#[tokio::test]
async fn the_views_show_what_is_due_late_and_mine() {
    let house = House::open().await;
    let (today, boss) = (models::site::today(), house.account("administrator").await);
    let sunday = today + Days::new(6 - u64::from(today.weekday().num_days_from_monday()));
    let (due, late, done) = (
        entered(&house, "PO 4001", &["70001"]).await.number,
        entered(&house, "PO 4002", &["70002"]).await.number,
        entered(&house, "PO 4003", &["70003"]).await.number,
    );
    let hers = enter(&house.db, &boss, &order("PO 4004", &["70004"])).await.number;
    set(&house.db, &format!("update orders set want_on = '{sunday}' where number = '{due}'")).await;
    set(&house.db, &format!("update orders set want_on = '{}' where number = '{late}'", today - Days::new(8))).await;
    set(
        &house.db,
        &format!("update orders set want_on = '{}', stage = 'shipped' where number = '{done}'", today - Days::new(8)),
    )
    .await;
    let administrator = house.login("administrator").await;

    assert_eq!(listed(&administrator.get("/orders?view=week").await), [due]);
    let view = administrator.get("/orders?view=late").await;
    assert_eq!(listed(view.assert_shows("8 days late")), [late]);
    assert_eq!(listed(&administrator.get("/orders?view=mine").await), [hers]);
    let nothing = administrator.get("/orders?view=mine&search=4001").await;
    nothing.assert_ok().assert_shows("No order matches \"4001\" in Mine.").assert_shows("Search all orders");
    assert_eq!(listed(&administrator.get("/orders").await).len(), 4);
}

#[tokio::test]
async fn a_filter_nobody_knows_is_refused_by_name() {
    let house = House::open().await;
    let qc = house.login("qc").await;
    for (query, sentence) in [
        ("stage=wobbly", "Stage: \"wobbly\" is no stage."),
        ("view=yesterday", "View: \"yesterday\" is no view."),
        ("want_from=tomorrow", "Want date: \"tomorrow\" is no day."),
        ("want_to=2026-02-30", "Want date: \"2026-02-30\" is no day."),
        ("want_to=9999-01-01", "Want date: \"9999-01-01\" is no day."),
        ("stage=%3Cscript%3E", "Stage: \"<script>\" is no stage."),
    ] {
        for path in ["/orders", "/orders.csv", "/orders/news"] {
            let refused = qc.get(&format!("{path}?{query}")).await;
            refused.assert_status(422).assert_shows(sentence);
            assert!(!refused.body.contains("<script>"));
        }
    }
    for query in ["older=none", "older=-4", "newer=99999999999999999999", "from=0", "seen=x", "unknown=1"] {
        qc.get(&format!("/orders?{query}")).await.assert_ok();
    }
}

#[tokio::test]
async fn new_orders_are_announced_above_the_list_and_rows_stay_put() {
    let house = House::open().await;
    let qc = house.login("qc").await;
    entered(&house, "PO 5001", &["80001"]).await;
    let board = qc.get("/orders").await;
    let from = board.body.find("/orders/news").expect("the list asks for news");
    let news = board.body[from..].split('"').next().unwrap().replace("&amp;", "&");
    assert!(board.body.contains("hx-trigger=\"orders:all from:#live"), "it asks when an order came in");
    let mut live = qc.listen("/events", None).await;

    qc.get_fragment(&news).await.assert_ok().assert_hides("new order");
    entered(&house, "PO 5002", &["80002"]).await;
    live.next_called("orders:all").await;
    qc.get_fragment(&news).await.assert_ok().assert_shows("1 new order.").assert_shows("Show the newest");
    entered(&house, "PO 5003", &["80003"]).await;
    qc.get_fragment(&news).await.assert_ok().assert_shows("2 new orders.");
}

#[tokio::test]
async fn the_file_holds_every_order_the_filter_finds_and_no_formula() {
    let house = House::open().await;
    let user = house.account("coordinator").await;
    fill(&house, "FILE", 130).await;
    for (position, customer) in
        ["=SUM(A1) Hospital", "+1 Hospital", "-1 Hospital", "@now Hospital", "＝1+1 Hospital"].iter().enumerate()
    {
        let mut wanted = order(&format!("PO 600{position}"), &[&format!("9000{position}")]);
        wanted.customer = (*customer).into();
        wanted.project = "Wing \"B\", east".into();
        enter(&house.db, &user, &wanted).await;
    }
    let procurement = house.login("procurement").await;

    let file = procurement.get("/orders.csv").await;

    file.assert_ok();
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"orders.csv\""));
    let lines: Vec<&str> = file.body.split("\r\n").collect();
    assert_eq!(lines[0], "order,po_number,customer,project,builds,stage,priority,want_date,entered");
    assert_eq!(lines.len(), 1 + 135 + 1, "a heading, every order, and nothing after the last line end");
    for guarded in
        ["\"'=SUM(A1) Hospital\"", "\"'+1 Hospital\"", "\"'-1 Hospital\"", "\"'@now Hospital\"", "\"'＝1+1 Hospital\""]
    {
        assert!(
            file.body.contains(&format!(",{guarded},\"Wing \"\"B\"\", east\",1,Order created,standard,")),
            "{guarded}"
        );
    }
    let numbers: Vec<&str> = lines[6..136].iter().map(|line| line.split(',').next().unwrap_or_default()).collect();
    let expected: Vec<String> = (1..=130).rev().map(|n| format!("TOR-FILE-{n:05}")).collect();
    assert_eq!(numbers, expected);
    let some = procurement.get("/orders.csv?search=FILE+7").await;
    assert_eq!(some.body.lines().count(), 1 + 11, "FILE 7 and FILE 70 to 79");
}
