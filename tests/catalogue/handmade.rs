//! What people revised by hand, and an import that would undo it.

use super::{Small, count, import, uploaded};
use app::catalogue::command::{How, import as command};
use serde_json::json;
use tests::{House, Person};

/// A small catalogue in which two lines and a mark were revised by hand, and files that know nothing of it.
async fn revised(house: &House) -> (Person, Small) {
    let mut small = Small::new();
    small.parts["T2-LEVELING-CASTOR-475"] = json!({ "name": "CASTER" });
    import(&house.db, &small.files()).await;
    let administrator = house.login("administrator").await;
    let settle = [("revision", "1"), ("settles", "1"), ("reason", "Counted on the floor")];
    administrator.post("/catalogue/items/T2-LEVELING-CASTOR-475/revise", &settle).await.assert_status(303);
    let change = [("revision", "2"), ("quantity-1", "3"), ("quantity-2", "7"), ("reason", "Drawing 12")];
    administrator.post("/catalogue/items/KIT-A/revise", &change).await.assert_status(303);
    small.parts["NEW-PART"] = json!({ "name": "NEW" });
    (administrator, small)
}

async fn quantities(house: &House) -> Vec<String> {
    let sql =
        "select trim_scale(quantity)::text from catalogue_components c join catalogue_revisions r on r.id = revision_id
        join items on items.id = parent_id where r.status = 'active' and items.number = 'KIT-A' order by position";
    sqlx::query_scalar(sql).fetch_all(&house.db).await.unwrap()
}

#[tokio::test]
async fn an_import_that_would_undo_what_people_revised_names_it_and_wants_a_tick() {
    let house = House::open().await;
    let (administrator, mut small) = revised(&house).await;
    small.assemblies["KIT-A"]["components"][1]["quantity"] = json!(5);
    let judged = administrator.upload("/catalogue/import", &[], &uploaded(&small.files())).await;
    let upload = judged.assert_status(303).location().to_owned();

    administrator
        .get(&upload)
        .await
        .assert_ok()
        .assert_shows("People revised 3 lines by hand")
        .assert_shows("T2-LEVELING-CASTOR-475: quantity settled by hand, to be confirmed in the files")
        .assert_shows("1/4-20 NYLON NUT in KIT-A: 7 by hand, 5 in the files")
        .assert_shows("SUB in KIT-A: 3 by hand, 2 in the files");
    for fields in [&[][..], &[("gives_up", "2")]] {
        let refused = administrator.post(&upload, fields).await;
        refused.assert_status(422).assert_shows("Tick that these lines may be replaced");
    }
    assert_eq!(quantities(&house).await, ["3", "7"]);
    let audited = "audit_log where action = 'replaced lines revised by hand' and before->>'lines' like '%7 by hand%'";
    assert_eq!(count(&house.db, audited).await, 0);

    administrator.post(&upload, &[("gives_up", "3")]).await.assert_status(303);

    assert_eq!(quantities(&house).await, ["2", "5"]);
    assert_eq!(count(&house.db, audited).await, 1);
}

#[tokio::test]
async fn an_import_that_says_what_people_revised_asks_nothing() {
    let house = House::open().await;
    let (administrator, mut small) = revised(&house).await;
    small.assemblies["KIT-A"]["components"][0]["quantity"] = json!(3);
    small.assemblies["KIT-A"]["components"][1]["quantity"] = json!(7);
    small.parts.as_object_mut().unwrap().remove("T2-LEVELING-CASTOR-475");
    let judged = administrator.upload("/catalogue/import", &[], &uploaded(&small.files())).await;

    let upload = judged.assert_status(303).location().to_owned();

    administrator.get(&upload).await.assert_ok().assert_hides("revised");
    administrator.post(&upload, &[]).await.assert_status(303);
    // Nothing was made by hand since, so the next import asks nothing either.
    import(&house.db, &Small::new().files()).await;
}

#[tokio::test]
async fn the_command_line_replaces_revised_lines_only_when_told_to() {
    let house = House::open().await;
    let (_, small) = revised(&house).await;
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in small.files().all() {
        std::fs::write(folder.path().join(name), bytes.unwrap()).unwrap();
    }
    let folder = folder.path().to_str().unwrap();

    let refused = command(&house.db, folder, How::Careful).await.unwrap_err().to_string();
    assert!(refused.contains("--replace-revised"), "{refused}");
    assert_eq!(quantities(&house).await, ["3", "7"]);

    command(&house.db, folder, How::Replacing).await.unwrap();
    assert_eq!(quantities(&house).await, ["2", "4"]);
}
