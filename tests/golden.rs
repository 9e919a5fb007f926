//! Known BOMs of real configurations, and the two commands for engineers.

use app::bom_command::{self, Form};
use models::audit::Actor;
use models::catalogue::{files::Files, import};
use sqlx::PgPool;
use std::path::{Path, PathBuf};
use tests::Database;

/// Where the customer's catalogue and cases lie, when they are here at all: they are no part of the product.
pub fn material(part: &str) -> Option<PathBuf> {
    let beside = [concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data"), "/shared/data"];
    let found = beside.iter().map(|folder| Path::new(folder).join(part)).find(|path| path.exists());
    if found.is_none() {
        println!("Skipped: {part} is not here. It is the customer's and not kept with the product.");
    }
    found
}

/// The real catalogue through the real import.
pub async fn import_catalogue(db: &PgPool) -> Option<()> {
    let (files, defects) = Files::read(&material("catalog")?);
    assert!(defects.is_empty(), "{defects:?}");
    let mut tx = db.begin().await.unwrap();
    let outcome = import::store(&mut tx, &import::examine(&files), "As delivered", &Actor::system(), 0).await.unwrap();
    assert!(matches!(outcome, import::Outcome::Imported(_)), "{outcome:?}");
    tx.commit().await.unwrap();
    Some(())
}

#[tokio::test]
async fn the_golden_boms_match_line_by_line_after_the_real_import() {
    let database = Database::open().await;
    let Some(cases) = material("golden/boms.tsv") else { return };
    let Some(()) = import_catalogue(&database.pool).await else { return };

    let files = app::golden::read(&[cases.to_str().unwrap()]).unwrap();
    let replay = app::golden::replay(&database.pool, &files).await.unwrap();

    assert_eq!(replay.text, "3 cases, 417 lines, 0 differences\n");
}

/// A document of the first known sink.
const DOCUMENT: &str = r#"{
    "schema": "torvan.configuration.v1", "family": "MDRD", "language": "FR", "model": "T2-B1", "width_in": 48,
    "length_in": 72, "legs": "DL27-HA", "feet": "casters", "flow": "left-to-right",
    "pegboard": { "type": "perforated", "colour": null, "size": null }, "drawers": [],
    "basins": [{ "type": "E-Drain", "size": "20X20X8", "p_trap": false, "light": false }],
    "faucets": [{ "type": "wrist-blade", "quantity": 1, "place": "basin-1" }], "sprayers": [],
    "accessories": [{ "item": "T-OA-BINRAIL-36-KIT", "quantity": 2 }]
}"#;

#[tokio::test]
async fn a_document_is_printed_as_a_table_with_parents_and_as_a_tree_and_nothing_is_saved() {
    let database = Database::open().await;
    let Some(()) = import_catalogue(&database.pool).await else { return };

    let (table, _) = bom_command::bom(&database.pool, DOCUMENT, Form::Tsv).await.unwrap();
    let rows: Vec<Vec<&str>> = table.lines().map(|row| row.split('\t').collect()).collect();
    assert_eq!(rows[0], ["level", "parent_item", "item", "quantity", "role", "reason"]);
    assert_eq!(rows.len(), 1 + 105);
    assert!(rows.iter().all(|row| row.len() == 6));
    assert!(rows.contains(&vec!["0", "-", "T2-BODY-61-72-HA", "1", "body", "Length 72 in is in 61 to 72"]));
    assert!(rows.contains(&vec!["2", "T2-PWRBAR-KIT", "8-32 PAN HEAD SCREWS 1/2\"", "1", "", ""]));
    assert!(rows.contains(&vec!["1", "T-OA-BINRAIL-36-KIT", rows[104][2], "2", "", ""]));

    let (tree, warnings) = bom_command::bom(&database.pool, DOCUMENT, Form::Tree).await.unwrap();
    assert!(tree.contains("    8-32 RIVNUTS"), "two levels in: {tree}");
    assert!(tree.contains("105 lines,"), "{tree}");
    assert!(warnings.is_empty(), "{warnings:?}");
    let kept = sqlx::query_scalar::<_, i64>("select (select count(*) from boms) + (select count(*) from orders)");
    assert_eq!(kept.fetch_one(&database.pool).await.unwrap(), 0);
}

#[tokio::test]
async fn a_document_that_cannot_be_built_says_everything_that_is_wrong_with_it() {
    let database = Database::open().await;
    let broken = DOCUMENT.replace("72", "121").replace("DL27-HA", "DL99");
    let error = bom_command::bom(&database.pool, &broken, Form::Tree).await.unwrap_err().to_string();
    assert!(error.contains("length_in: ") && error.contains("legs: "), "{error}");

    let error = bom_command::bom(&database.pool, DOCUMENT, Form::Tree).await.unwrap_err().to_string();
    assert!(error.contains("There is no catalogue yet"), "{error}");
}

#[tokio::test]
async fn a_document_with_accessories_that_do_not_suit_is_printed_with_warnings_or_refused() {
    let database = Database::open().await;
    let Some(()) = import_catalogue(&database.pool).await else { return };
    let document = DOCUMENT.replace("T-OA-BINRAIL-36-KIT", "T2-OA-SC-3020-SS");
    let (_, warnings) = bom_command::bom(&database.pool, &document, Form::Tsv).await.unwrap();
    assert!(warnings.iter().any(|warning| warning.contains("no basin has that footprint")), "{warnings:?}");

    let document = DOCUMENT.replace("T-OA-BINRAIL-36-KIT", "T2-OHL-INSTRO-KIT");
    let error = bom_command::bom(&database.pool, &document, Form::Tsv).await.unwrap_err().to_string();
    assert!(error.contains("belongs to the InstroSink"), "{error}");
}

#[tokio::test]
async fn every_difference_to_a_known_bom_is_named_and_the_totals_come_last() {
    let database = Database::open().await;
    let Some(cases) = material("golden/boms.tsv") else { return };
    let Some(()) = import_catalogue(&database.pool).await else { return };
    let text = std::fs::read_to_string(cases).unwrap();
    let changed = text
        .replace("LINE\tG01\t27\t0\t\t-\tT2-LEVELING-CASTOR-475\t1", "LINE\tG01\t27\t0\t\t-\tT2-LEVELING-CASTOR-475\t4")
        .replace("LINE\tG04\t4\t0\t\t-\tT2-BODY-48-60-HA\t1", "LINE\tG04\t4\t0\t\t-\tT2-BODY-61-72-HA\t1")
        .replace("legs=T2-DL14-KIT", "legs=T2-DL15-KIT");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("changed.tsv");
    std::fs::write(&file, changed).unwrap();

    let files = app::golden::read(&[file.to_str().unwrap()]).unwrap();
    let replay = app::golden::replay(&database.pool, &files).await.unwrap();

    for said in [
        "G01: quantity: level 0, T2-LEVELING-CASTOR-475 under -, quantity 4, found 1\n",
        "line 108: G03: no BOM: \"T2-DL15-KIT\" are no legs.\n",
        "G04: missing: level 0, T2-BODY-61-72-HA under -, quantity 1\n",
        "G04: unexpected: level 0, T2-BODY-48-60-HA under -, quantity 1\n",
    ] {
        assert!(replay.text.contains(said), "{said} is not in {}", replay.text);
    }
    assert!(replay.text.ends_with("3 cases, 417 lines, 4 differences\n"), "{}", replay.text);
    assert!(app::golden::run(&database.pool, &[file.to_str().unwrap()]).await.is_err(), "the exit code says so too");
}

#[tokio::test]
async fn a_case_file_that_cannot_be_read_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.tsv");
    let read = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        format!("{:#}", app::golden::read(&[file.to_str().unwrap()]).unwrap_err())
    };
    assert!(read(b"record\tcase\n").ends_with("cases.tsv, line 1: the header row has no column level."));
    assert!(read(b"record\n\xff").ends_with("cases.tsv, line 2: this is not UTF-8 text."));
    assert!(
        format!("{:#}", app::golden::read(&["/nowhere.tsv"]).unwrap_err()).starts_with("/nowhere.tsv can't be read")
    );
}
