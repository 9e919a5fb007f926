//! Numbers as suppliers write them: in addresses, in files, on pages.

use super::{Small, import};
use serde_json::json;
use tests::House;

const ODD: [&str; 3] = ["6.65E+11", "1/4-20 NYLON NUT", "8-32 PAN HEAD SCREWS 1/2\""];

#[tokio::test]
async fn odd_numbers_work_in_addresses_and_on_pages() {
    let house = House::open().await;
    let mut small = Small::new();
    let worse = ["<b>&\"'", "100%_\\", "a#b?c", "ÄÖ ″"];
    for number in worse {
        small.parts[number] = json!({ "name": "<script>alert(1)</script>" });
    }
    import(&house.db, &small.files()).await;
    let coordinator = house.login("coordinator").await;
    for number in ODD.iter().chain(&worse) {
        let page = coordinator.get(&views::catalogue::item_href(number)).await;
        page.assert_ok().assert_shows(number);
        assert!(!page.body.contains("<script>alert"), "{number}: the name is markup");
        let list = coordinator
            .get(&format!("/catalogue?search={}", views::catalogue::item_href(number).replace("/catalogue/items/", "")))
            .await;
        list.assert_ok().assert_shows(number).assert_shows("1 to 1 of 1");
        assert!(list.body.contains(&views::catalogue::item_href(number).replace('&', "&amp;")), "{number}: no link");
    }
    coordinator.get("/catalogue/items/a%00b").await.assert_status(404);
    coordinator.get("/catalogue/items/NO-SUCH").await.assert_status(404);
    coordinator.get("/catalogue/items/6.65E+11").await.assert_ok();
    coordinator.get("/catalogue/items/1/4-20%20NYLON%20NUT").await.assert_status(404);
}

#[tokio::test]
async fn odd_numbers_survive_the_file() {
    let house = House::open().await;
    let mut small = Small::new();
    small.parts["=1+1"] = json!({ "name": "@SUM(1)" });
    import(&house.db, &small.files()).await;
    let answer = house.login("procurement").await.get("/catalogue.csv").await;
    answer.assert_ok();
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(
        answer.header("content-disposition").unwrap().starts_with("attachment; filename=\"catalogue-revision-1.csv\"")
    );
    for line in [
        "6.65E+11,ADAPTOR,Part",
        "1/4-20 NYLON NUT,NUT,Part",
        "\"8-32 PAN HEAD SCREWS 1/2\"\"\",SCREW,Part",
        "\"'=1+1\",\"'@SUM(1)\",Part",
    ] {
        assert!(answer.body.contains(line), "{line} is not in\n{}", answer.body);
    }
    assert_eq!(answer.body.matches("\r\n").count(), answer.body.lines().count());
}

#[tokio::test]
async fn a_search_takes_every_sign_literally() {
    let house = House::open().await;
    let mut small = Small::new();
    small.parts["PCT-50%"] = json!({ "name": "HALF" });
    small.parts["UNDER_SCORE"] = json!({ "name": "LINE" });
    small.parts["BACK\\SLASH"] = json!({ "name": "SLASH" });
    import(&house.db, &small.files()).await;
    let person = house.login("qc").await;
    for (sign, number) in [("%25", "PCT-50%"), ("_", "UNDER_SCORE"), ("%5C", "BACK\\SLASH")] {
        person
            .get(&format!("/catalogue?search={sign}"))
            .await
            .assert_ok()
            .assert_shows(number)
            .assert_shows("1 to 1 of 1");
    }
    person.get("/catalogue?search=%27%20OR%201%3D1--").await.assert_ok().assert_shows("No item's number or name has");
    person
        .get_fragment("/catalogue?search=nylon+1%2F4")
        .await
        .assert_ok()
        .assert_shows("1/4-20 NYLON NUT")
        .assert_hides("KIT-A");
    person.get(&format!("/catalogue?search={}", "%25".repeat(101))).await.assert_status(422);
    person.get("/catalogue?search=a%00b").await.assert_status(422);
    for nonsense in ["page=0", "page=-1", "page=99999999999999999999", "page=x", "sort=drop", "kind=X", "place=%27"] {
        person.get(&format!("/catalogue?{nonsense}")).await.assert_ok();
    }
}
