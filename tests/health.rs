//! What the process says about itself.

use tests::House;

#[tokio::test]
async fn a_process_with_its_database_is_ready() {
    let house = House::open().await;
    let stranger = house.stranger();

    stranger.get("/healthz").await.assert_ok();
    // The tests' template is migrated by the migrator, as an installation is.
    stranger.get("/readyz").await.assert_ok().assert_shows("postgresql: answers").assert_shows("redis: answers");
}

#[tokio::test]
async fn without_its_database_a_process_lives_but_is_not_ready() {
    let house = House::open().await;
    let stranger = house.stranger();
    house.app.db.close().await;
    house.app.reserve.close().await;

    stranger.get("/healthz").await.assert_ok();
    let ready = stranger.get("/readyz").await;
    ready.assert_status(503).assert_shows("postgresql: away");
    assert!(ready.header("retry-after").is_some());
    stranger.get("/api/health").await.assert_status(503);
}

#[tokio::test]
async fn the_report_names_every_part_and_counts_the_workers_alive() {
    let house = House::open().await;
    let stranger = house.stranger();
    let report = async || -> serde_json::Value {
        let answer = stranger.get("/api/health").await;
        assert_eq!(answer.header("content-type"), Some("application/json"));
        serde_json::from_str(&answer.assert_ok().body).unwrap()
    };
    let alone = report().await;
    assert_eq!((&alone["status"], &alone["workers"]["alive"]), (&"degraded".into(), &0.into()));

    sqlx::query("insert into workers (id, host, pid, version) values ('w1', 'bench', 1, '1')")
        .execute(&house.db)
        .await
        .unwrap();
    sqlx::query("insert into workers (id, host, pid, version, last_seen_at) values ('w2', 'bench', 2, '1', now() - interval '1 hour')")
        .execute(&house.db)
        .await
        .unwrap();

    let staffed = report().await;
    assert_eq!((&staffed["status"], &staffed["workers"]["alive"]), (&"ok".into(), &1.into()));
    assert_eq!((&staffed["database"]["ok"], &staffed["redis"]["ok"]), (&true.into(), &true.into()));
    assert!(staffed["version"].is_null(), "strangers are not told which build runs");
    let inside: serde_json::Value =
        serde_json::from_str(&house.login("administrator").await.get("/api/health").await.body).unwrap();
    assert!(inside["version"].is_string());
}
