//! Saved views: a filter with a name, one's own or shared.

use super::ledger::Entry;
use models::jobs::State;
use tests::House;

#[tokio::test]
async fn a_filter_is_saved_under_a_name_shared_renamed_and_deleted() {
    let house = House::open().await;
    Entry::new(State::Done, 1).write(&house.db).await;
    let (ana, boss) = (house.login("coordinator").await, house.login("administrator").await);
    let page = ana.get("/jobs/list?state=dead&kind=generate_bom").await;
    page.assert_ok().assert_shows("Save view");

    let saved = ana
        .post("/jobs/views", &[("name", "Dead BOMs"), ("query", "kind=generate_bom&state=dead"), ("shared", "1")])
        .await;
    saved.assert_status(303);
    assert_eq!(saved.location(), "/jobs/list?state=dead&kind=generate_bom", "kept as we write it");
    ana.get(saved.location()).await.assert_ok().assert_shows("Dead BOMs").assert_hides("Save view");
    boss.get("/jobs/list?state=").await.assert_ok().assert_shows("Dead BOMs").assert_shows("shared");

    let again = ana.post("/jobs/views", &[("name", "dead boms"), ("query", "state=dead")]).await;
    again.assert_status(422).assert_shows("Name: there is a view \"dead boms\" already.");
    ana.post("/jobs/views", &[("name", ""), ("query", "state=dead")])
        .await
        .assert_status(422)
        .assert_shows("Name: type what the view is called.");
    ana.post("/jobs/views", &[("name", "All"), ("query", "")])
        .await
        .assert_status(422)
        .assert_shows("Filter: set a filter");
    ana.post("/jobs/views", &[("name", "Bad"), ("query", "state=wobbly&kind=x")])
        .await
        .assert_status(422)
        .assert_shows("is no state");

    let id: i64 = sqlx::query_scalar("select id from saved_views").fetch_one(&house.db).await.unwrap();
    let (path, delete) = (format!("/jobs/views/{id}"), format!("/jobs/views/{id}/delete"));
    ana.post(&path, &[("name", "Given up"), ("shared", "1"), ("usual", "1")]).await.assert_status(303);
    let opened = ana.get("/jobs/list").await;
    assert_eq!(opened.assert_status(303).location(), "/jobs/list?state=dead&kind=generate_bom", "it opens first");
    boss.get("/jobs/list").await.assert_ok();
    boss.post(&path, &[("name", "BOMs given up"), ("shared", "1"), ("usual", "1")]).await.assert_status(303);
    boss.get("/jobs/list").await.assert_ok();
    let opened = ana.get("/jobs/list").await;
    opened.assert_status(303);

    let audited: Vec<(String, String)> =
        sqlx::query_as("select action, user_name from audit_log where noun = 'views' order by seq")
            .fetch_all(&house.db)
            .await
            .unwrap();
    assert_eq!(audited.iter().map(|(action, _)| action.as_str()).collect::<Vec<_>>(), ["saved", "changed", "changed"]);
    ana.post(&delete, &[]).await.assert_status(303);
    boss.get("/jobs/views").await.assert_ok().assert_shows("No view is saved yet.");
}

#[tokio::test]
async fn nobody_changes_anothers_view_but_an_administrator_a_shared_one() {
    let house = House::open().await;
    let (ana, bo, boss) =
        (house.login("coordinator").await, house.login("procurement").await, house.login("administrator").await);
    ana.post("/jobs/views", &[("name", "Mine"), ("query", "state=dead")]).await.assert_status(303);
    ana.post("/jobs/views", &[("name", "Ours"), ("query", "state=retry"), ("shared", "1")]).await.assert_status(303);
    let ids: Vec<i64> =
        sqlx::query_scalar("select id from saved_views order by id").fetch_all(&house.db).await.unwrap();
    let (mine, ours) = (format!("/jobs/views/{}/delete", ids[0]), format!("/jobs/views/{}/delete", ids[1]));

    bo.post(&mine, &[]).await.assert_status(404);
    bo.post(&ours, &[]).await.assert_status(403).assert_shows("changes this view, or an administrator.");
    bo.get("/jobs/list?state=").await.assert_shows("Ours").assert_hides("Mine");
    boss.post(&mine, &[]).await.assert_status(404);
    boss.post(&ours, &[]).await.assert_status(303);
    house.login("qc").await.post("/jobs/views", &[("name", "Q"), ("query", "state=dead")]).await.assert_status(403);
}
