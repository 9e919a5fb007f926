//! The known BOMs of real configurations, through everything a real order goes through.

use super::clerk::{Clerk, bom};
use crate::golden::material;
use models::catalogue::Files;
use models::golden;
use tests::House;

#[tokio::test]
async fn the_golden_boms_match_through_the_real_import_the_real_forms_and_the_real_worker() {
    let (Some(cases), Some(folder)) = (material("golden/boms.tsv"), material("catalog")) else { return };
    let cases = golden::read(&std::fs::read_to_string(cases).unwrap()).unwrap();
    let house = House::open().await;
    import(&house, &folder).await;
    let coordinator = house.login("coordinator").await;
    let mut builds = Vec::new();
    for (position, case) in cases.iter().enumerate() {
        let sink = case.configuration.as_ref().unwrap();
        let build = format!("GOLDEN-{}", case.name);
        let clerk = Clerk::begin(&coordinator).await;
        clerk.head(&format!("PO 880{position}"), sink.language.word(), &[&build]).await;
        clerk.configure(1, sink).await;
        let order = clerk.create().await;
        coordinator.get(&format!("/orders/{order}")).await.assert_ok().assert_shows("No worker is running yet.");
        builds.push((order, build));
    }

    house.work().await;

    let mut lines = 0;
    for (case, (order, build)) in cases.iter().zip(&builds) {
        coordinator.get(&format!("/orders/{order}")).await.assert_ok().assert_shows("Open BOM");
        let found = bom(&coordinator, build).await;
        lines += case.expected.len();
        let differences = golden::compare(case.expected.clone(), found);
        let said: Vec<String> = differences.iter().map(ToString::to_string).collect();
        assert!(said.is_empty(), "{}: {said:#?}", case.name);
    }
    assert!(lines >= 417, "{lines} lines");
    println!("{} cases, {lines} lines, 0 differences", cases.len());
}

/// The three files through the administrator's page.
async fn import(house: &House, folder: &std::path::Path) {
    let (files, unreadable) = Files::read(folder);
    assert!(unreadable.is_empty(), "{unreadable:?}");
    let parts: Vec<_> = files.all().into_iter().filter_map(|(name, bytes)| Some(("files", name, bytes?))).collect();
    let administrator = house.login("administrator").await;
    let checked = administrator.upload("/catalogue/import", &[], &parts).await;
    checked.assert_status(303);
    administrator.get(checked.location()).await.assert_ok();
    administrator.post(checked.location(), &[]).await.assert_status(303);
}
