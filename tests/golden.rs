//! Known BOMs of real configurations, and the two commands for engineers.

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
    let outcome = import::store(&mut tx, &import::examine(&files), "As delivered", &Actor::system()).await.unwrap();
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
