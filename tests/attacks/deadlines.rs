//! Handlers that take too long: whoever asked is told in time and keeps what was typed, and the house goes on.

use app::limits;
use app::routes;
use poem::http::Method;
use tests::House;

/// Answers of whole files, by the end or the beginning of their address.
fn is_of_files(pattern: &str) -> bool {
    let ends = [".csv", ".json", "/print", "/bom/:version", "/publication"];
    ends.iter().any(|end| pattern.ends_with(end))
        || pattern.starts_with("/catalogue/import")
        || pattern.starts_with("/documents/")
        || pattern.ends_with("/documents")
}

#[test]
fn every_page_has_ten_seconds_and_every_file_a_minute() {
    assert_eq!((limits::PAGE.as_secs(), limits::EXPORT.as_secs()), (10, 60));
    for rule in routes::all().rules() {
        if rule.deadline != limits::PAGE {
            assert_eq!(rule.deadline, limits::EXPORT, "{} {}", rule.method, rule.pattern);
            assert!(is_of_files(&rule.pattern), "{} {} is no file", rule.method, rule.pattern);
        }
        let is_export = rule.method == Method::GET && [".csv", ".json"].iter().any(|end| rule.pattern.ends_with(end));
        assert!(!is_export || rule.deadline == limits::EXPORT, "{} has {:?}", rule.pattern, rule.deadline);
    }
}

#[tokio::test]
async fn a_page_that_takes_too_long_is_told_so_and_what_was_typed_is_kept() {
    let house = House::open().await;
    let (reader, buyer) = (house.login("coordinator").await, house.login("procurement").await);
    let mut tx = house.db.begin().await.unwrap();
    app::catalogue::demo::import(&mut tx, &models::audit::Actor::system()).await.unwrap();
    tx.commit().await.unwrap();
    let item: String =
        sqlx::query_scalar("select number from items where number ~ '^[A-Z0-9-]+$' order by number limit 1")
            .fetch_one(&house.db)
            .await
            .unwrap();
    // No time of PostgreSQL's own ends these questions here.
    let mut lock = house.db.begin().await.unwrap();
    sqlx::raw_sql("lock table orders, item_costs in access exclusive mode").execute(&mut *lock).await.unwrap();
    let path = format!("/catalogue/items/{item}/cost");
    let costs = [("cost", "12.50")];
    let (page, change, health) = tokio::join!(reader.get("/orders"), buyer.post(&path, &costs), reader.get("/account"));

    health.assert_ok();
    page.assert_status(503).assert_shows("longer than we let anybody wait. Nothing was changed.");
    change.assert_status(503).assert_shows("we cannot say whether it was kept").assert_shows("Send again");
    assert!(change.body.contains("name=\"cost\" value=\"12.50\""), "{}", change.body);
    assert!([&page, &change].iter().all(|answer| answer.header("retry-after").is_some()));
    lock.rollback().await.unwrap();
    reader.get("/orders").await.assert_ok();
    buyer.post(&path, &costs).await.assert_status(303);
    let entries =
        "select count(*) from audit_log where action = 'set cost' and object_id = $1 and after ->> 'cost' = '12.5'";
    let kept: i64 = sqlx::query_scalar(entries).bind(&item).fetch_one(&house.db).await.unwrap();
    assert_eq!(kept, 1, "whichever of the two came first");
}
