//! Who sees what of an order.

use super::book::entered;
use tests::House;

#[tokio::test]
async fn the_service_department_sees_no_orders_builds_and_boms() {
    let house = House::open().await;
    let made = entered(&house, "PO 1001", &["20001"]).await;
    let service = house.login("service").await;
    for path in [
        "/orders",
        "/orders.csv",
        "/orders/news?seen=0",
        &format!("/orders/{}", made.number),
        "/builds/20001",
        "/builds/20001/bom",
        "/builds/20001/bom/1.csv",
    ] {
        let refused = service.get(path).await;
        refused.assert_status(403).assert_hides("Lakeshore").assert_hides("PO 1001");
        service.get_fragment(path).await.assert_status(403);
    }
    service.get("/").await.assert_ok().assert_shows("Orders are not part of your work here.").assert_hides("Lakeshore");
    service.post("/builds/20001/bom", &[("after", "0")]).await.assert_status(403);
}

#[tokio::test]
async fn assemblers_see_the_list_in_outline_and_no_order_from_inside() {
    let house = House::open().await;
    let made = entered(&house, "PO 1001", &["20001"]).await;
    let assembler = house.login("assembler").await;

    let list = assembler.get("/orders").await;
    list.assert_ok()
        .assert_shows(&made.number)
        .assert_shows("PO 1001")
        .assert_shows("Lakeshore")
        .assert_hides("New order");
    assert!(!list.body.contains(&format!("href=\"/orders/{}\"", made.number)), "no link that refuses");
    for path in
        [format!("/orders/{}", made.number), format!("/orders/{}?tab=history", made.number), "/builds/20001".into()]
    {
        let refused = assembler.get(&path).await;
        refused.assert_status(403).assert_shows("none is assigned to you").assert_hides("Lakeshore");
    }
    let bom = assembler.get("/builds/20001/bom").await;
    bom.assert_status(404).assert_shows("Build not found.").assert_hides("Lakeshore");
}

#[tokio::test]
async fn a_document_of_an_order_is_for_who_may_open_the_order() {
    let house = House::open().await;
    let made = entered(&house, "PO 1001", &["20001"]).await;
    let id = uuid::Uuid::new_v4();
    sqlx::query(
        "insert into documents (id, order_id, kind, file_name, media_type, size_bytes, sha256, uploaded_by)
                 select $1, $2, 'po_document', 'PO.pdf', 'application/pdf', 1, '', created_by from orders",
    )
    .bind(id)
    .bind(made.id)
    .execute(&house.db)
    .await
    .unwrap();
    for (role, may) in [("qc", true), ("procurement", true), ("assembler", false), ("service", false)] {
        let user = house.account(role).await;
        let found = models::documents::Document::find(&mut house.db.acquire().await.unwrap(), &user, id).await;
        assert_eq!(found.is_ok(), may, "{role}: {found:?}");
    }
}

#[tokio::test]
async fn only_who_enters_orders_is_offered_to() {
    let house = House::open().await;
    entered(&house, "PO 1001", &["20001"]).await;
    for (role, may) in [("coordinator", true), ("administrator", true), ("procurement", false), ("qc", false)] {
        let board = house.login(role).await.get("/orders").await;
        assert_eq!(board.assert_ok().text().contains("New order"), may, "{role}");
    }
    house.stranger().get("/orders").await.assert_status(303);
}
