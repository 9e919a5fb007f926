//! Files of jobs: everything the filter finds, and nothing a spreadsheet would run.

use super::ledger::Entry;
use models::jobs::State;
use tests::House;

#[tokio::test]
async fn the_file_holds_every_job_the_filter_finds_and_no_formula() {
    let house = House::open().await;
    for minutes in 0..1_205 {
        Entry::new(State::Done, minutes).write(&house.db).await;
    }
    Entry::dead(3, "rules", "=HYPERLINK(\"x\"), said a \"name\"").write(&house.db).await;
    let boss = house.login("administrator").await;

    let file = boss.get("/jobs/list.csv").await;
    file.assert_ok();
    let name = format!("attachment; filename=\"jobs-{}.csv\"", models::site::today());
    assert_eq!(file.header("content-disposition"), Some(name.as_str()));
    assert_eq!(file.body.matches("\r\n").count(), 1 + 1_206);
    assert!(file.body.contains(",rules,\"'=HYPERLINK(\"\"x\"\"), said a \"\"name\"\"\","), "a formula is only text");
    let dead = boss.get("/jobs/list.csv?state=dead").await;
    assert_eq!(dead.assert_ok().body.matches("\r\n").count(), 2);

    let json = boss.get("/jobs/list.json").await;
    let jobs: Vec<serde_json::Value> = serde_json::from_str(&json.assert_ok().body).unwrap();
    assert_eq!(jobs.len(), 1_206);
    assert_eq!(jobs[0]["arguments"]["build_id"], 7);
    let none: Vec<serde_json::Value> =
        serde_json::from_str(&boss.get("/jobs/list.json?state=cancelled").await.body).unwrap();
    assert!(none.is_empty());
}

#[tokio::test]
async fn arguments_of_a_kind_nobody_knows_are_hidden_from_who_may_only_look() {
    let house = House::open().await;
    let arguments = r#"{"kind": "send_mail", "to": "patient@clinic.example"}"#.to_string();
    Entry { kind: "send_mail", arguments, ..Entry::new(State::Queued, 3) }.write(&house.db).await;
    let (boss, coordinator) = (house.login("administrator").await, house.login("coordinator").await);
    assert!(boss.get("/jobs/list.json").await.body.contains("patient@clinic.example"));
    for path in ["/jobs/list.json", "/jobs/list.csv"] {
        let file = coordinator.get(path).await;
        assert!(!file.assert_ok().body.contains("patient@clinic.example") && file.body.contains("hidden"), "{path}");
    }
}
