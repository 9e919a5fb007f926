//! Looking through the catalogue, setting costs, revising items, switching revisions, and who may.

use super::{Small, count, import};
use serde_json::json;
use tests::House;

#[tokio::test]
async fn an_item_shows_what_it_is_made_of_and_where_it_is_used() {
    let house = House::open().await;
    import(&house.db, &Small::new().files()).await;
    let person = house.login("assembler").await;
    let kit = person.get("/catalogue/items/KIT-A").await;
    kit.assert_ok()
        .assert_shows("2 × SUB")
        .assert_shows("3 × 8-32 PAN HEAD SCREWS 1/2\"")
        .assert_shows("720.1 ALL KITS");
    let screw = person.get("/catalogue/items/8-32%20PAN%20HEAD%20SCREWS%201%2F2%22").await;
    screw.assert_ok().assert_shows("Directly in 1 3 × SUB").assert_shows("At the top in 1 KIT-A");
    person
        .get("/catalogue/items/SUB")
        .await
        .assert_ok()
        .assert_shows("ASSY-SUB, SUB")
        .assert_shows("Revision 1 active first here");
    person.get("/catalogue/items/ASSY-SUB").await.assert_status(404);
    person
        .get("/catalogue/categories/720.1")
        .await
        .assert_ok()
        .assert_shows("1 to 3 of 3")
        .assert_hides("SERVICE VALVE");
    person.get("/catalogue/categories/999").await.assert_status(404);
}

#[tokio::test]
async fn lists_are_paged_with_the_exact_total() {
    let house = House::open().await;
    let mut small = Small::new();
    for index in 0..120 {
        small.parts[format!("PAGE-{index:03}")] = json!({ "name": "PAGED" });
    }
    import(&house.db, &small.files()).await;
    let person = house.login("coordinator").await;
    person
        .get("/catalogue?search=PAGED")
        .await
        .assert_ok()
        .assert_shows("1 to 50 of 120")
        .assert_shows("Next")
        .assert_hides("Previous");
    person
        .get("/catalogue?search=PAGED&page=3")
        .await
        .assert_ok()
        .assert_shows("101 to 120 of 120")
        .assert_shows("PAGE-119");
    person.get("/catalogue?search=PAGED&page=4").await.assert_ok().assert_shows("1 to 50 of 120");
    person
        .get("/catalogue?search=PAGED&sort=number&down=1")
        .await
        .assert_ok()
        .assert_shows("PAGE-119")
        .assert_hides("PAGE-000");
}

#[tokio::test]
async fn procurement_sets_costs_and_nobody_guesses_what_was_meant() {
    let house = House::open().await;
    import(&house.db, &Small::new().files()).await;
    let buyer = house.login("procurement").await;
    let path = "/catalogue/items/6.65E%2B11";
    buyer.get(path).await.assert_ok().assert_shows("unpriced");
    buyer.post(&format!("{path}/cost"), &[("cost", "1,234.5")]).await.assert_status(303);
    buyer.get(path).await.assert_shows("1,234.50").assert_shows("by Procurement specialist");
    for wrong in ["-1", "12,50,1", "abc", "1.23456", "1e3", "9999999999999", "NaN", "٣"] {
        let answer = buyer.post(&format!("{path}/cost"), &[("cost", wrong)]).await;
        answer.assert_status(422).assert_shows("1,234.50");
        assert!(answer.body.contains(&format!("value=\"{wrong}\"")), "what was typed is gone: {wrong}");
    }
    buyer.post(&format!("{path}/cost"), &[("cost", "")]).await.assert_status(303);
    buyer.get(path).await.assert_shows("unpriced");
    let audited: i64 =
        sqlx::query_scalar("select count(*) from audit_log where action = 'set cost' and object_id = '6.65E+11'")
            .fetch_one(&house.db)
            .await
            .unwrap();
    assert_eq!(audited, 2);
    house.login("coordinator").await.post(&format!("{path}/cost"), &[("cost", "1")]).await.assert_status(403);
}

#[tokio::test]
async fn an_administrator_revises_a_quantity_into_a_new_revision() {
    let house = House::open().await;
    let mut small = Small::new();
    small.parts["T2-LEVELING-CASTOR-475"] = json!({ "name": "CASTER" });
    import(&house.db, &small.files()).await;
    let administrator = house.login("administrator").await;
    let caster = "/catalogue/items/T2-LEVELING-CASTOR-475";
    administrator.get(caster).await.assert_ok().assert_shows("Quantity to be confirmed");
    let settle = [("revision", "1"), ("settles", "1"), ("reason", "Counted on the floor")];
    administrator.post(&format!("{caster}/revise"), &settle).await.assert_status(303);
    administrator
        .get(caster)
        .await
        .assert_ok()
        .assert_hides("Quantity to be confirmed")
        .assert_shows("Revision 2 active changed");

    let kit = "/catalogue/items/KIT-A";
    let change = [("revision", "2"), ("quantity-1", "2"), ("quantity-2", "6.5"), ("reason", "Drawing 12")];
    administrator.post(&format!("{kit}/revise"), &change).await.assert_status(303);
    administrator.get(kit).await.assert_shows("6.5 × 1/4-20 NYLON NUT");
    administrator
        .get("/catalogue/compare?old=2&new=3")
        .await
        .assert_ok()
        .assert_shows("± KIT-A 1/4-20 NYLON NUT 4 6.5");

    administrator
        .post(&format!("{kit}/revise"), &change)
        .await
        .assert_status(409)
        .assert_shows("Revision 3 was made active");
    for (field, value) in [
        ("quantity-2", "0"),
        ("quantity-2", "-1"),
        ("quantity-2", "1e3"),
        ("quantity-2", ""),
        ("quantity-2", "1000001"),
    ] {
        let change = [("revision", "3"), (field, value), ("reason", "Why")];
        administrator
            .post(&format!("{kit}/revise"), &change)
            .await
            .assert_status(422)
            .assert_shows("Write the quantity");
    }
    let same = [("revision", "3"), ("quantity-2", "6.5"), ("reason", "Why")];
    administrator.post(&format!("{kit}/revise"), &same).await.assert_status(422).assert_shows("Nothing was changed");
    let silent = [("revision", "3"), ("quantity-2", "7"), ("reason", " ")];
    administrator.post(&format!("{kit}/revise"), &silent).await.assert_status(422).assert_shows("Say why");
    assert_eq!(count(&house.db, "catalogue_revisions").await, 3);
}

#[tokio::test]
async fn an_administrator_switches_back_to_another_revision() {
    let house = House::open().await;
    import(&house.db, &Small::new().files()).await;
    let mut changed = Small::new();
    changed.parts["NEW-PART"] = json!({ "name": "NEW" });
    changed.assemblies["KIT-B"]["components"][0]["quantity"] = json!(2);
    import(&house.db, &changed.files()).await;
    let administrator = house.login("administrator").await;
    administrator.get("/catalogue/items/NEW-PART").await.assert_ok();
    let comparison = administrator.get("/catalogue/compare?old=1&new=2").await;
    comparison
        .assert_ok()
        .assert_shows("Items added 1 + NEW-PART")
        .assert_shows("Lines changed 1 ± KIT-B 6.65E+11 1 2");

    let long = "because ".repeat(70);
    for (reason, said) in [("", "Say why"), (long.trim(), "500")] {
        let refused = administrator.post("/catalogue/revisions/1/activate", &[("reason", reason)]).await;
        refused.assert_status(422).assert_shows("Make revision 1 active").assert_shows(said);
        assert!(refused.body.contains(&format!("value=\"{reason}\"")), "kept as typed");
    }
    administrator.post("/catalogue/revisions/1/activate", &[("reason", "The client asked")]).await.assert_status(303);
    administrator.get("/catalogue/items/NEW-PART").await.assert_status(404);
    assert_eq!(models::catalogue::active(&house.db).await.unwrap().revision, 1);
    administrator
        .post("/catalogue/revisions/1/activate", &[("reason", "Again")])
        .await
        .assert_status(422)
        .assert_shows("active already");
    administrator.post("/catalogue/revisions/9/activate", &[("reason", "Which")]).await.assert_status(404);
    let reason: String =
        sqlx::query_scalar("select reason from audit_log where action = 'activated' order by seq desc limit 1")
            .fetch_one(&house.db)
            .await
            .unwrap();
    assert_eq!(reason, "The client asked");
}

#[tokio::test]
async fn the_service_department_sees_service_parts_only() {
    let house = House::open().await;
    import(&house.db, &Small::new().files()).await;
    let service = house.login("service").await;
    service
        .get("/catalogue")
        .await
        .assert_ok()
        .assert_shows("VALVE")
        .assert_shows("1 to 1 of 1")
        .assert_hides("KIT-A")
        .assert_hides("720");
    service.get("/catalogue/items/VALVE").await.assert_ok();
    service.get("/catalogue/items/KIT-A").await.assert_status(404);
    service.get("/catalogue/categories/720.1").await.assert_status(404);
    service.get("/catalogue/categories/719.1").await.assert_ok();
    service.get("/catalogue?place=720").await.assert_ok().assert_hides("KIT-A");
    assert!(!service.get("/catalogue.csv").await.body.contains("KIT-A"));
    for path in
        ["/catalogue/revisions", "/catalogue/revisions/1", "/catalogue/compare?old=1&new=1", "/catalogue/import"]
    {
        service.get(path).await.assert_status(403);
    }
}

#[tokio::test]
async fn only_administrators_import_revise_and_switch() {
    let house = House::open().await;
    import(&house.db, &Small::new().files()).await;
    for role in ["coordinator", "procurement", "qc", "assembler"] {
        let person = house.login(role).await;
        person.get("/catalogue").await.assert_ok().assert_hides("Import catalogue");
        person.get("/catalogue/revisions/1").await.assert_ok().assert_hides("Make revision");
        person.get("/catalogue/import").await.assert_status(403);
        person.upload("/catalogue/import", &[], &super::uploaded(&Small::new().files())).await.assert_status(403);
        person.post("/catalogue/items/KIT-A/revise", &[("revision", "1")]).await.assert_status(403);
        person.post("/catalogue/revisions/1/activate", &[("reason", "x")]).await.assert_status(403);
    }
    assert_eq!(count(&house.db, "catalogue_revisions").await, 1);
    house.stranger().get("/catalogue").await.assert_status(303);
}
