//! The catalogue as its author wrote it: everything known to be wrong with it is said, and it becomes two revisions.

use super::{count, import, real_files};
use models::catalogue::{self, defects::Severity, import::examine};
use std::{collections::BTreeSet, time::Instant};
use tests::{Database, House};

#[tokio::test]
async fn every_known_defect_of_the_real_files_is_in_the_report() {
    let Some(files) = real_files() else { return };
    let report = examine(&files).report;
    let subjects = |code: &str| -> Vec<&str> {
        report.defects.iter().filter(|defect| defect.code == code).map(|defect| defect.subject.as_str()).collect()
    };
    let says = |code: &str, text: &str| {
        report.defects.iter().any(|defect| defect.code == code && defect.message.contains(text))
    };
    assert!(!report.is_refused());

    assert!(says("lost_placement", "257 of 318") && says("lost_placement", "27 of 46"), "1: lost placements");
    assert_eq!(subjects("control_box").len(), 8, "2: control boxes");
    let unused = ["2302081", "320X12539X", "T2-RJ45-SPLITTER", "MD-D237-1", "N204-S01-BL-UD", "Q13404-01"];
    assert_eq!(subjects("unused_part"), unused, "2: parts only the control boxes would use");
    assert_eq!(subjects("self_edge"), ["T2-OA-PO-SHLF-1212"], "3: contains itself");
    assert!(says("placeholder_quantity", "788 lines"), "4: placeholder quantities");
    assert_eq!(subjects("quantity_to_confirm").len(), 6, "4: quantities to be confirmed");
    assert_eq!(subjects("missing_plain_kit").len(), 16, "5: uncoloured kits");
    assert_eq!(subjects("custom_kit_with_panel"), ["T2-ADW-PB-PERF-KIT", "T2-ADW-PB-SOLID-KIT"], "5: fixed panel");
    assert_eq!(subjects("same_contents").len(), 65, "6: perforated and solid alike");
    assert!(says("open_grommet", "2783"), "6: closed grommet in no kit");
    assert!(says("expected_number", "T-OA-PB-COLOR"), "7: the colour has no entry");
    assert_eq!(subjects("other_language"), ["T2-STD-MANUAL-SP-KIT"], "8: English manual in the Spanish kit");
    assert_eq!(subjects("both_alternatives"), ["T2-DL27-KIT"], "9: both handset buttons");
    assert_eq!(subjects("lone_component"), ["T2-DL27-FH-KIT", "T2-DL14-FH-KIT"], "10: only the column");
    assert_eq!(subjects("unused_variant"), ["T2-ADW-LINAKFRAME-10"], "10: the unused frame");
    assert_eq!(subjects("no_fixed_body").len(), 1, "10: no fixed body");
    assert_eq!(subjects("range_in_name"), ["T2-BODY-61-72-HA", "T2-BODY-73-120-HA"], "11: body ranges");
    assert!(subjects("bowls_in_name").contains(&"T2-BODY-48-60-HA"), "11: body names");
    assert!(subjects("overlapping_range").contains(&"T2-ADW-PB-9636"), "11: pegboard ranges");
    assert_eq!(subjects("mangled_number"), ["6.65E+11"], "12: mangled number");
    assert_eq!(subjects("lost_zero"), ["95400"], "12: lost zero");
    assert_eq!(subjects("careful_number").len(), 13, "12: numbers that need care");
    assert!(says("shared_name", "12F1960RINGB"), "13: shared names");
    assert_eq!(subjects("twin_name").len(), 4, "13: twins with two names");
    for word in ["PERFORRATED", "EMERGNECY", "INTRUMENT", "LESS THEN"] {
        assert!(says("spelling", word), "13: {word}");
    }
    assert!(
        says("no_information", "unit of measure") && subjects("expected_number").contains(&"anti-fatigue mat"),
        "14"
    );
    assert_eq!(subjects("uniform_field").len(), 4, "15: fields that say nothing");
    assert_eq!(subjects("kit_flag"), ["T8-KIT-ESK-DOSE"], "15: kit mark");
    assert!(says("wrong_count", "total_parts says 283, the file holds 284"), "16: own counts");
    assert_eq!(subjects("claimed_count").len(), 4, "16: claimed counts");
    assert_eq!(subjects("other_shape"), ["708.77"], "the part of another shape");
}

#[tokio::test]
async fn the_real_files_become_two_revisions_in_well_under_a_second() {
    let Some(files) = real_files() else { return };
    let database = Database::open().await;
    let began = Instant::now();
    assert_eq!(import(&database.pool, &files).await, [1, 2]);
    println!("Imported in {:?}.", began.elapsed());

    let read = catalogue::load(&database.pool, 1).await.unwrap();
    let decided = catalogue::active(&database.pool).await.unwrap();
    assert_eq!((read.len(), decided.len(), decided.revision), (489, 489, 2));
    let contents = |catalogue: &catalogue::Catalogue, number: &str| -> Vec<(String, String)> {
        let components = catalogue.components(catalogue.find(number).unwrap()).iter();
        components.map(|one| (catalogue.item(one.child).number.clone(), one.quantity.to_string())).collect()
    };
    let has = |contents: &[(String, String)], number: &str, quantity: &str| {
        contents.contains(&(number.to_owned(), quantity.to_owned()))
    };
    assert!(has(&contents(&read, "T2-CTRL-ESK1"), "T2-M8-3P-MP-STR-0.61M", "5"), "revision 1 is as the files are");
    assert!(has(&contents(&decided, "T2-CTRL-ESK1"), "T2-M8-3P-MP-STR-0.61M", "10"), "revision 2 is as decided");
    assert!(has(&contents(&decided, "T2-CTRL-ESK3"), "Q13404-01", "1"));
    assert!(contents(&decided, "T2-OA-PO-SHLF-1212").is_empty(), "the self-edge is gone");
    assert_eq!(contents(&decided, "T2-ADW-PB-7236-SOLID-KIT").len(), 2, "plain kits are made");
    assert!(decided.item(decided.find("T2-CTRL-EDR1").unwrap()).prints_flat);
    assert!(decided.item(decided.find("T2-LEVELING-CASTOR-475").unwrap()).to_confirm.is_some());
    assert!(decided.find("ASSY-T2-DL14-KIT").is_none() && decided.find("T2-DL14-KIT").is_some(), "no prefix");
}

#[tokio::test]
async fn the_same_files_again_make_nothing() {
    let Some(files) = real_files() else { return };
    let database = Database::open().await;
    import(&database.pool, &files).await;
    let mut tx = database.pool.begin().await.unwrap();
    let outcome =
        catalogue::import::store(&mut tx, &examine(&files), "Again", &models::audit::Actor::system(), 0).await;
    assert!(matches!(outcome, Ok(catalogue::import::Outcome::Known(1))));
    tx.commit().await.unwrap();
    assert_eq!(count(&database.pool, "catalogue_revisions").await, 2);
}

#[tokio::test]
async fn an_administrator_sees_the_report_before_anything_is_saved() {
    let Some(files) = real_files() else { return };
    let house = House::open().await;
    let administrator = house.login("administrator").await;
    administrator.get("/catalogue").await.assert_ok().assert_shows("There is no catalogue yet.");
    let checked = administrator.upload("/catalogue/import", &[], &super::uploaded(&files)).await;
    checked.assert_status(303);
    let upload = checked.location().to_owned();
    administrator.get(&upload).await.assert_ok().assert_shows("nothing is saved yet").assert_shows("Import revision 1");
    assert_eq!(count(&house.db, "catalogue_revisions").await, 0);
    assert_eq!(count(&house.db, "items").await, 0);

    let imported = administrator.post(&upload, &[]).await;
    imported.assert_status(303);
    assert_eq!(imported.location(), "/catalogue/revisions/2");
    administrator.get("/catalogue/revisions/2").await.assert_ok().assert_shows("active").assert_shows("Control boxes");
    administrator.get("/catalogue/revisions/1").await.assert_ok().assert_shows("Numbers mangled by a spreadsheet");
    administrator
        .get("/catalogue?search=BODY-61")
        .await
        .assert_ok()
        .assert_shows("T2-BODY-61-72-HA")
        .assert_shows("1 to 1 of 1");
    administrator.get(&upload).await.assert_status(404);
    let audited: i64 =
        sqlx::query_scalar("select count(*) from audit_log where noun = 'catalogue' and action = 'imported'")
            .fetch_one(&house.db)
            .await
            .unwrap();
    assert_eq!(audited, 2);
}

/// Parent, child, quantity and note of every line of the active revision, and every item with its type and place.
async fn structure(db: &sqlx::PgPool) -> (BTreeSet<String>, BTreeSet<String>) {
    let lines =
        "select concat_ws('|', parent.number, child.number, trim_scale(quantity), note) from catalogue_components
        join items parent on parent.id = parent_id join items child on child.id = child_id where revision_id = $1";
    let items = "select concat_ws('|', number, kind, assembly_type, category_code, subcategory_code, prints_flat,
        to_confirm is null, open_question is null, is_derived, array_length(source_ids, 1)) from catalogue_items
        join items on id = item_id where revision_id = $1";
    let active = catalogue::active(db).await.unwrap().revision_id;
    let all = async |sql: &'static str| sqlx::query_scalar::<_, String>(sql).bind(active).fetch_all(db).await.unwrap();
    (all(lines).await.into_iter().collect(), all(items).await.into_iter().collect())
}

#[tokio::test]
async fn the_demo_catalogue_is_built_like_the_real_one() {
    let Some(files) = real_files() else { return };
    let (demo, real) = (Database::open().await, Database::open().await);
    import(&real.pool, &files).await;
    let mut tx = demo.pool.begin().await.unwrap();
    app::catalogue::demo::import(&mut tx, &models::audit::Actor::system()).await.unwrap();
    tx.commit().await.unwrap();
    let ((demo_lines, demo_items), (real_lines, real_items)) =
        (structure(&demo.pool).await, structure(&real.pool).await);
    assert_eq!(demo_lines.symmetric_difference(&real_lines).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(demo_items.symmetric_difference(&real_items).collect::<Vec<_>>(), Vec::<&String>::new());
    assert!(count(&demo.pool, "item_costs").await > 100);
}

#[test]
fn the_report_of_the_demo_catalogue_refuses_nothing() {
    let report = examine(&app::catalogue::demo::files().unwrap()).report;
    assert_eq!(report.count(Severity::Refused), 0, "{:?}", report.defects);
    assert!(report.defects.iter().any(|defect| defect.code == "self_edge"));
}
