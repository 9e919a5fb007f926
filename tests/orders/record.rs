//! One order and one sink: where they stand, told as it is.

use super::book::{count, enter, entered, job_of, order, set};
use models::audit::Actor;
use models::jobs::workers::{self, Arrival};
use models::jobs::{Failed, Lease};
use std::time::Duration;
use tests::House;

const LEASE: Duration = Duration::from_secs(60);

/// The demo catalogue, so that BOMs can be made.
async fn stock(house: &House) {
    let mut tx = house.db.begin().await.unwrap();
    app::catalogue::demo::import(&mut tx, &Actor::system()).await.unwrap();
    tx.commit().await.unwrap();
}

fn worker_at_the_bench() -> Arrival<'static> {
    Arrival { id: "bench-1", host: "bench", pid: 1, version: "0.1.0", concurrency: 2, queues: "" }
}

#[tokio::test]
async fn the_order_says_who_ordered_what_and_until_when() {
    let house = House::open().await;
    let mut wanted = order("PO 88213", &["20419", "20420"]);
    wanted.project = "MDRD renewal".into();
    wanted.priority = "rush".into();
    wanted.language = "FR".into();
    wanted.notes = "Deliver to dock 4.".into();
    let made = enter(&house.db, &house.account("coordinator").await, &wanted).await;
    let qc = house.login("qc").await;

    let page = qc.get(&format!("/orders/{}", made.number)).await;

    page.assert_ok().assert_shows(&made.number).assert_shows("Entered by Production coordinator");
    for fact in
        ["Lakeshore General Hospital", "PO 88213", "M. Keller", "MDRD renewal", "Rush", "French", "Deliver to dock 4."]
    {
        page.assert_shows(fact);
    }
    for build in ["Build 20419", "Build 20420"] {
        page.assert_shows(build);
    }
    page.assert_shows("1 basin, 60 in, DL27-HA");
    qc.get("/orders/TOR-1999-0001").await.assert_status(404).assert_shows("Order not found.");
}

#[tokio::test]
async fn a_waiting_bom_says_so_and_that_nobody_works_when_nobody_does() {
    let house = House::open().await;
    let first = entered(&house, "PO 1001", &["20001"]).await;
    let second = entered(&house, "PO 1002", &["20002"]).await;
    let qc = house.login("qc").await;
    let path = format!("/orders/{}", second.number);

    qc.get(&path)
        .await
        .assert_shows("No worker is running yet. Nothing is lost: the BOM starts by itself as soon as one runs.");

    let mut tx = house.db.begin().await.unwrap();
    workers::arrive(&mut tx, &worker_at_the_bench()).await.unwrap();
    tx.commit().await.unwrap();
    qc.get(&path).await.assert_shows("Waiting for a worker, 1 job ahead.");
    qc.get(&format!("/orders/{}", first.number)).await.assert_shows("Waiting for a worker. It is next.");

    set(&house.db, "update workers set last_seen_at = now() - interval '3 minutes'").await;
    qc.get(&path).await.assert_shows("No worker has been running for 3 min. Nothing is lost");
}

#[tokio::test]
async fn a_running_bom_shows_how_far_it_is_and_a_silent_worker_is_named() {
    let house = House::open().await;
    let made = entered(&house, "PO 1001", &["20001"]).await;
    let job = job_of(&house.db, &made).await;
    let mut tx = house.db.begin().await.unwrap();
    workers::arrive(&mut tx, &worker_at_the_bench()).await.unwrap();
    tx.commit().await.unwrap();
    let (_, lease) = Lease::claim(&house.db, job.id, "bench-1", LEASE).await.unwrap().unwrap();
    lease.progress(&house.db, 2, 3, "Keeping 209 lines").await.unwrap();
    let qc = house.login("qc").await;
    let path = format!("/orders/{}", made.number);

    let page = qc.get(&path).await;
    page.assert_shows("Keeping 209 lines.");
    assert!(page.body.contains("<progress value=\"2\" max=\"3\""), "two of three steps");

    set(&house.db, "update workers set last_seen_at = now() - interval '1 minute'").await;
    qc.get(&path).await.assert_shows("The worker has not been heard of for 1 min. Nothing is lost");
}

#[tokio::test]
async fn a_failed_try_says_why_and_when_the_next_one_is() {
    let house = House::open().await;
    let made = entered(&house, "PO 1001", &["20001"]).await;
    let job = job_of(&house.db, &made).await;
    let mut tx = house.db.begin().await.unwrap();
    workers::arrive(&mut tx, &worker_at_the_bench()).await.unwrap();
    tx.commit().await.unwrap();
    let (_, lease) = Lease::claim(&house.db, job.id, "bench-1", LEASE).await.unwrap().unwrap();
    let failed = Failed { class: "database", text: "The disk is full", retry_after: Some(Duration::from_secs(3000)) };
    lease.fail(&house.db, failed, "").await.unwrap();
    let qc = house.login("qc").await;

    let page = qc.get(&format!("/orders/{}", made.number)).await;
    page.assert_shows("Try 1 did not end well: The disk is full. The next try is in");
    qc.get(&format!("/orders/{}?tab=jobs", made.number)).await.assert_shows("Tries again").assert_shows("1 of 5");
}

#[tokio::test]
async fn a_finished_bom_is_one_click_away() {
    let house = House::open().await;
    stock(&house).await;
    let made = entered(&house, "PO 1001", &["20001"]).await;
    house.work().await;
    let procurement = house.login("procurement").await;

    let page = procurement.get(&format!("/orders/{}", made.number)).await;

    page.assert_ok()
        .assert_shows("Open BOM")
        .assert_shows("Version 1,")
        .assert_shows("Procurement reviews the BOM.")
        .assert_hides("Waiting")
        .assert_hides("worker");
    assert!(page.body.contains("href=\"/builds/20001/bom\""));
    procurement.get("/builds/20001/bom").await.assert_ok().assert_shows("T2-BODY-48-60-HA");
    set(&house.db, "update builds set configuration_hash = 'another'").await;
    procurement.get(&format!("/orders/{}", made.number)).await.assert_shows("made for an earlier configuration");
}

#[tokio::test]
async fn a_bom_that_could_not_be_made_says_why_and_what_to_do() {
    let house = House::open().await;
    let made = entered(&house, "PO 1001", &["20001"]).await;
    house.work().await;
    let coordinator = house.login("coordinator").await;

    let page = coordinator.get(&format!("/orders/{}", made.number)).await;

    page.assert_ok().assert_shows("The BOM could not be made. ").assert_shows("See what to do");
    let said: String = sqlx::query_scalar("select error_text from jobs").fetch_one(&house.db).await.unwrap();
    page.assert_shows(&said);
    coordinator.get(&format!("/orders/{}?tab=jobs", made.number)).await.assert_shows("Given up").assert_shows(&said);
    let next = coordinator.get("/builds/20001/bom").await;
    next.assert_ok().assert_shows("Generate the BOM again");
}

#[tokio::test]
async fn a_cancelled_bom_is_no_waiting_one() {
    let house = House::open().await;
    let made = entered(&house, "PO 1001", &["20001"]).await;
    let mut job = job_of(&house.db, &made).await;
    let mut tx = house.db.begin().await.unwrap();
    job.cancel(&mut tx).await.unwrap();
    tx.commit().await.unwrap();

    let page = house.login("qc").await.get(&format!("/orders/{}", made.number)).await;

    page.assert_shows("Making the BOM was cancelled.").assert_hides("Waiting");
}

#[tokio::test]
async fn documents_jobs_and_history_have_their_tabs() {
    let house = House::open().await;
    let made = entered(&house, "PO 1001", &["20001"]).await;
    let qc = house.login("qc").await;
    let tab = |tab: &str| format!("/orders/{}?tab={tab}", made.number);

    qc.get(&tab("documents")).await.assert_ok().assert_shows("No purchase order and no drawing came with this order.");
    set(
        &house.db,
        "insert into documents (id, order_id, kind, file_name, media_type, size_bytes, sha256, uploaded_by)
         select gen_random_uuid(), orders.id, 'po_document', 'PO-1001.pdf', 'application/pdf', 48640, '', created_by from orders",
    )
    .await;
    let documents = qc.get(&tab("documents")).await;
    documents
        .assert_shows("PO-1001.pdf")
        .assert_shows("PO document")
        .assert_shows("47 KB")
        .assert_shows("by Production coordinator");

    qc.get(&tab("jobs")).await.assert_ok().assert_shows("Generate BOM").assert_shows("Waiting");
    let history = qc.get(&tab("history")).await;
    history.assert_ok().assert_shows("Today").assert_shows("Production coordinator").assert_shows("created the order");
    assert!(history.body.contains(&format!("href=\"/orders/{}\"", made.number)), "and the way back to the builds");
    let fragment = qc.get_fragment(&tab("jobs")).await;
    fragment.assert_ok().assert_shows("Generate BOM").assert_hides("Lakeshore");
}

#[tokio::test]
async fn a_build_shows_its_sink_and_its_jobs_whatever_the_spelling() {
    let house = House::open().await;
    entered(&house, "PO 1001", &["SINK-A1"]).await;
    let qc = house.login("qc").await;

    for spelling in ["SINK-A1", "sink-a1", "%20Sink-A1%20"] {
        let page = qc.get(&format!("/builds/{spelling}")).await;
        page.assert_ok().assert_shows("Build SINK-A1").assert_shows("No worker is running yet.");
        page.assert_shows("T2-B1, 1 basin").assert_shows("E-Drain, 24 × 20 × 8 in").assert_shows("Generate BOM");
    }
    assert!(qc.get("/builds/SINK-A1").await.body.contains("href=\"/builds/SINK-A1/bom\""));
    qc.get("/builds/SINK-A2").await.assert_status(404).assert_shows("Build not found.");
    assert_eq!(count(&house.db, "builds").await, 1);
}

#[tokio::test]
async fn an_open_order_hears_when_its_bom_moves() {
    let house = House::open().await;
    let made = entered(&house, "PO 1001", &["20001"]).await;
    let qc = house.login("qc").await;
    let page = qc.get(&format!("/orders/{}", made.number)).await;
    let (build_id, job) = (made.builds[0].0, job_of(&house.db, &made).await);
    assert!(page.body.contains(&format!("build:{build_id} from:#live")), "the builds listen");
    assert!(page.body.contains("workers:all from:#live"), "also for whether anybody works");
    let mut live = qc.listen("/events", None).await;
    live.next_called("hello").await;

    let mut tx = house.db.begin().await.unwrap();
    workers::arrive(&mut tx, &worker_at_the_bench()).await.unwrap();
    tx.commit().await.unwrap();
    live.next_called("workers:all").await;
    Lease::claim(&house.db, job.id, "bench-1", LEASE).await.unwrap().unwrap();
    live.next_called(&format!("build:{build_id}")).await;

    let part = qc.get_fragment(&format!("/orders/{}", made.number)).await;
    part.assert_ok().assert_shows("Running").assert_hides("Lakeshore");
}
