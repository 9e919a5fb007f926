//! What those who answer for the trail see, take out of the house, and are refused.

use super::write;
use models::audit::{Actor, Entry, record};
use serde_json::{Value, json};
use sqlx::PgPool;
use tests::House;

async fn entries(db: &PgPool, what: &str) -> i64 {
    let sql = format!("select count(*) from audit_log where {what}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(db).await.unwrap()
}

/// One entry about an order, with a reason nobody else gives.
async fn one(db: &PgPool, reason: &str, after: Value) -> i64 {
    let mut tx = db.begin().await.unwrap();
    let before = Some(json!({"status": "draft", "legs": "DL27"}));
    let after = Some(after);
    let entry = Entry { action: "changed", noun: "orders", object_id: "TOR-2026-0777", before, after, reason };
    record(&mut tx, &Actor::system(), entry).await.unwrap();
    tx.commit().await.unwrap();
    sqlx::query_scalar("select max(seq) from audit_log").fetch_one(db).await.unwrap()
}

#[tokio::test]
async fn an_administrator_finds_entries_by_person_record_action_outcome_time_and_words() {
    let house = House::open().await;
    let admin = house.login("administrator").await;
    one(&house.db, "The clinic asked for 50 % more room", json!({"status": "released"})).await;
    for query in [
        "text=50+%25+more",
        "noun=orders&record=TOR-2026-0777",
        "person=System&action=changed",
        "action=changed&outcome=done",
        "text=clinic&from=2020-01-01&until=2100-01-01T10:00",
    ] {
        admin.get(&format!("/audit?{query}")).await.assert_ok().assert_shows("TOR-2026-0777");
    }
    for query in
        ["text=50_%25", "noun=boms", "person=Nobody+at+all", "outcome=refused", "from=2100-01-01", "until=2020-01-01"]
    {
        let answer = admin.get(&format!("/audit?{query}")).await;
        assert!(!answer.assert_ok().text().contains("TOR-2026-0777"), "{query}");
    }
    let wrong = admin.get("/audit?from=yesterday").await;
    wrong.assert_status(422).assert_shows("From: “yesterday” is no time. It looks like 2026-11-24T06:00.");
    assert!(wrong.body.contains("value=\"yesterday\""), "what was typed stays");
}

#[tokio::test]
async fn pages_of_the_trail_follow_each_other_without_a_gap() {
    let house = House::open().await;
    let admin = house.login("administrator").await;
    write(&house.db, 120).await;
    let (mut path, mut seen) = ("/audit?noun=orders".to_owned(), Vec::new());
    loop {
        let answer = admin.get(&path).await;
        let numbers = answer.body.split("href=\"/audit/entries/").skip(1);
        seen.extend(numbers.map(|rest| rest.split('"').next().unwrap().parse::<i64>().unwrap()));
        let Some((_, rest)) = answer.body.split_once("href=\"/audit?noun=orders&amp;before=") else { break };
        path = format!("/audit?noun=orders&before={}", rest.split('"').next().unwrap());
    }
    assert_eq!(seen.len(), 120);
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "the newest first, each once");
}

#[tokio::test]
async fn an_entry_shows_what_changed_field_by_field_and_its_place_in_the_chain() {
    let house = House::open().await;
    let admin = house.login("administrator").await;
    let seq = one(&house.db, "<script>alert(1)</script>", json!({"status": "released", "legs": "DL27"})).await;
    let answer = admin.get(&format!("/audit/entries/{seq}")).await;
    answer.assert_ok().assert_shows("What changed 1").assert_shows("Stayed the same: 1").assert_shows("released");
    assert!(answer.body.contains("<del>draft</del>") && !answer.body.contains("<script>alert"));
    let hash: String = sqlx::query_scalar("select encode(hash, 'hex') from audit_chain where entry_seq = $1")
        .bind(seq)
        .fetch_one(&house.db)
        .await
        .unwrap();
    assert!(answer.body.replace("<wbr>", "").contains(&hash));
    admin.get("/audit/entries/999999").await.assert_status(404);
    admin.get("/audit/entries/x").await.assert_status(404);
}

#[tokio::test]
async fn a_records_trail_leaves_the_house_whole_and_its_leaving_is_written_down() {
    let house = House::open().await;
    let admin = house.login("administrator").await;
    one(&house.db, "first", json!({"status": "released"})).await;
    one(&house.db, "second", json!({"status": "shipped"})).await;

    let answer = admin.get("/audit/records/orders/TOR-2026-0777.json").await;

    let trail: Value = serde_json::from_str(&answer.assert_ok().body).unwrap();
    assert_eq!((trail["kind"].as_str(), trail["record"].as_str()), (Some("orders"), Some("TOR-2026-0777")));
    let listed = trail["entries"].as_array().unwrap();
    assert_eq!(listed.len(), 3, "two changes and this export");
    assert_eq!(listed[0]["action"], "exported the trail");
    assert_eq!(listed[1]["after"]["status"], "shipped");
    assert_eq!(listed[1]["hash_before"], listed[2]["hash"], "each follows the one before it");
    assert_eq!(admin.get("/audit/records/orders/TOR-1999-0001.json").await.status.as_u16(), 404);

    let csv = admin.get("/audit.csv?noun=orders").await;
    assert!(csv.assert_ok().body.starts_with("link,entry,at,person"));
    assert_eq!(csv.body.lines().count(), 4);
    let all: Value = serde_json::from_str(&admin.get("/audit.json?action=changed").await.assert_ok().body).unwrap();
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert_eq!(entries(&house.db, "action = 'exported the trail' and noun = 'audit'").await, 2);
    admin.get("/audit.csv?from=yesterday").await.assert_status(422);
}

#[tokio::test]
async fn the_history_of_an_order_stands_under_its_own_address_without_addresses_of_people() {
    let house = House::open().await;
    let (admin, qc) = (house.login("administrator").await, house.login("qc").await);
    one(&house.db, "agreed by telephone", json!({"status": "released"})).await;
    let history = qc.get("/orders/TOR-2026-0777/history").await;
    history.assert_ok().assert_shows("agreed by telephone").assert_shows("released");
    assert!(!history.body.contains("/audit/"), "only administrators are led to the trail");
    admin.get("/orders/TOR-2026-0777/history").await.assert_ok().assert_shows("Export as JSON");
    admin.get("/orders/TOR-1999-0001/history").await.assert_status(404);
    house.login("service").await.get("/orders/TOR-2026-0777/history").await.assert_status(403);
}

#[tokio::test]
async fn every_refusal_is_written_down_and_a_flood_of_them_is_one_entry() {
    let house = House::open().await;
    let qc = house.login("qc").await;
    for _ in 0..20 {
        qc.get("/system").await.assert_status(403);
    }
    let refused = "action = 'refused' and not success and object_id = 'GET /system'
        and reason = 'Administrators see the system pages.' and user_name = 'QC inspector' and session <> ''";
    assert_eq!(entries(&house.db, refused).await, 1);
    qc.get("/audit").await.assert_status(403);
    assert_eq!(entries(&house.db, "action = 'refused'").await, 2, "another reason is another entry");
    // At the end of the minute, or of the process, the others are written with their number.
    house.app.stopping.cancel();
    let counted = "action = 'refused' and after->>'times_more_within_a_minute' = '19'";
    for _ in 0..100 {
        if entries(&house.db, counted).await == 1 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the other nineteen were never counted");
}
