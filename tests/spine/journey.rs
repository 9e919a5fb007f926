//! The same way with the catalogue every checkout has: orders of one and several sinks, and one that is not finished.

use super::clerk::{Clerk, bom, stock};
use crate::orders::book::count;
use models::{catalogue, golden, rules};
use tests::House;

/// What the BOM of a demo sink must be: computed again, in memory.
async fn computed(house: &House, sink: &models::configurations::Configuration) -> Vec<golden::Expected> {
    let rules = rules::active(&house.db, sink.family.word()).await.unwrap();
    let catalogue = catalogue::active(&house.db).await.unwrap();
    golden::generate(sink, &catalogue, &rules).unwrap()
}

#[tokio::test]
async fn a_configuration_entered_by_forms_becomes_its_bom() {
    let house = House::open().await;
    stock(&house).await;
    let coordinator = house.login("coordinator").await;
    for number in [0, 1, 2, 13, 27] {
        let sink = app::demo::configurations::sink(number);
        let clerk = Clerk::begin(&coordinator).await;
        let build = format!("5100{number}");
        clerk.head(&format!("PO 100{number}"), sink.language.word(), &[&build]).await;
        clerk.configure(1, &sink).await;
        clerk.create().await;
        house.work().await;

        let found = bom(&coordinator, &build).await;
        let expected = computed(&house, &sink).await;
        assert!(found.len() > 50, "sink {number} has {} lines", found.len());
        let said: Vec<String> = golden::compare(expected, found).iter().map(ToString::to_string).collect();
        assert!(said.is_empty(), "sink {number}: {said:#?}");
    }
}

#[tokio::test]
async fn every_sink_of_an_order_gets_a_bom_of_its_own() {
    let house = House::open().await;
    stock(&house).await;
    let coordinator = house.login("coordinator").await;
    let (one, other) = (app::demo::configurations::sink(1), app::demo::configurations::sink(4));
    let clerk = Clerk::begin(&coordinator).await;
    clerk.head("PO 2001", one.language.word(), &["52001", "52002"]).await;
    let language = one.language;
    let other = models::configurations::Configuration { language, ..other };
    clerk.configure(1, &one).await;
    clerk.configure(2, &other).await;

    let order = clerk.create().await;
    assert_eq!(count(&house.db, "jobs where state = 'queued'").await, 2, "one job per build, with the order");
    house.work().await;

    coordinator
        .get(&format!("/orders/{order}"))
        .await
        .assert_ok()
        .assert_shows("Build 52001")
        .assert_shows("Build 52002");
    for (build, sink) in [("52001", &one), ("52002", &other)] {
        let differences = golden::compare(computed(&house, sink).await, bom(&coordinator, build).await);
        assert!(differences.is_empty(), "{build}: {differences:?}");
    }
    let audited =
        "audit_log where noun in ('orders', 'builds', 'boms') and action in ('submitted', 'configured', 'generated')";
    assert_eq!(count(&house.db, audited).await, 1 + 2 + 2);
    assert_eq!(count(&house.db, "order_history").await, 1);
}

#[tokio::test]
async fn an_order_with_an_open_answer_is_not_created_and_says_what_is_open() {
    let house = House::open().await;
    stock(&house).await;
    let coordinator = house.login("coordinator").await;
    let clerk = Clerk::begin(&coordinator).await;
    clerk.head("PO 4001", "EN", &["54001"]).await;

    let refused = coordinator.post(&format!("{}/submit", clerk.draft), &[]).await;

    refused.assert_status(422).assert_shows("before the order can be created").assert_shows("Basin 1");
    for what in ["orders", "builds", "jobs", "customers"] {
        assert_eq!(count(&house.db, what).await, 0, "{what}");
    }
}

#[tokio::test]
async fn every_accepted_order_gets_one_bom_although_its_worker_leaves_and_redis_is_emptied() {
    let house = House::open().await;
    app::demo::run(&house.db, "development", None).await.unwrap();
    let builds = count(&house.db, "builds").await;
    let leaving = house.start_worker();
    while count(&house.db, "boms").await == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    drop(leaving);
    house.wipe_redis().await;

    house.work().await;

    assert_eq!(
        (count(&house.db, "boms").await, count(&house.db, "boms where version = 1 and is_active").await),
        (builds, builds)
    );
    assert_eq!(count(&house.db, "jobs where state = 'done'").await, builds);
    let audited = count(&house.db, "audit_log where noun = 'boms' and action = 'generated'").await;
    let orphans = count(&house.db, "bom_lines l where not exists (select from boms b where b.id = l.bom_id)").await;
    assert_eq!((audited, orphans), (builds, 0));
}
