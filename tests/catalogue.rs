//! The catalogue: importing it, looking through it, revising it, and who may do what.

mod drawings;
mod handmade;
mod odd;
mod pages;
mod real;
mod refusals;

use models::{
    audit::Actor,
    catalogue::{
        Files,
        import::{self, Outcome},
    },
};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::path::PathBuf;

/// The folder of the real catalogue, when this machine has it.
fn real_folder() -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/catalog"));
    let is_there = folder.join("parts.json").exists();
    if !is_there {
        println!("Skipped: the catalogue files are not beside the checkout ({}).", folder.display());
    }
    is_there.then_some(folder)
}

fn real_files() -> Option<Files> {
    let (files, unreadable) = Files::read(&real_folder()?);
    assert!(unreadable.is_empty(), "{unreadable:?}");
    Some(files)
}

/// A catalogue of a sink's size to spoil: two kits, a sub-assembly known as a part too, and five parts.
struct Small {
    assemblies: Value,
    parts: Value,
    categories: Value,
}

impl Small {
    fn new() -> Small {
        let part = |name: &str| json!({ "name": name, "type": "COMPONENT", "status": "ACTIVE" });
        let kit = |name: &str, components: Value| json!({ "name": name, "type": "KIT", "category_code": "720", "subcategory_code": "720.1", "components": components });
        let service = json!({ "name": "SERVICE VALVE", "type": "SERVICE_PART", "category_code": "719", "subcategory_code": "719.1", "components": [] });
        Small {
            assemblies: json!({
                "KIT-A": kit("KIT A", json!([{ "part_id": "SUB", "quantity": 2 }, { "part_id": "1/4-20 NYLON NUT", "quantity": 4 }])),
                "KIT-B": kit("KIT B", json!([{ "part_id": "6.65E+11", "quantity": 1, "notes": "BLACK" }])),
                "ASSY-SUB": kit("SUB ASSEMBLY", json!([{ "part_id": "8-32 PAN HEAD SCREWS 1/2\"", "quantity": 3 }])),
                "ASSY-VALVE": service,
            }),
            parts: json!({
                "SUB": part("SUB ASSEMBLY"), "VALVE": part("SERVICE VALVE"), "1/4-20 NYLON NUT": part("NUT"),
                "6.65E+11": part("ADAPTOR"), "8-32 PAN HEAD SCREWS 1/2\"": part("SCREW"),
            }),
            categories: json!({
                "719": { "name": "SERVICE", "subcategories": { "719.1": { "name": "VALVES", "assembly_refs": ["ASSY-VALVE"] } } },
                "720": { "name": "KITS", "subcategories": { "720.1": { "name": "ALL KITS", "assembly_refs": ["KIT-A"] } } },
            }),
        }
    }

    fn files(&self) -> Files {
        let bytes = |kind: &str, entries: &Value| Some(serde_json::to_vec(&json!({ kind: entries })).unwrap());
        Files {
            assemblies: bytes("assemblies", &self.assemblies),
            categories: bytes("categories", &self.categories),
            parts: bytes("parts", &self.parts),
        }
    }
}

/// Imports and commits; the numbers of the new revisions.
async fn import(db: &PgPool, files: &Files) -> Vec<i32> {
    let examined = import::examine(files);
    let mut tx = db.begin().await.unwrap();
    let outcome = import::store(&mut tx, &examined, "For a test", &Actor::system(), 0).await.unwrap();
    tx.commit().await.unwrap();
    match outcome {
        Outcome::Imported(numbers) => numbers,
        other => panic!("not imported: {other:?}\n{:?}", examined.report.defects),
    }
}

async fn count(db: &PgPool, table: &str) -> i64 {
    let sql = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
    sqlx::query_scalar(sql).fetch_one(db).await.unwrap()
}

/// The three files as an upload of one file field.
fn uploaded(files: &Files) -> Vec<(&'static str, &'static str, &[u8])> {
    files.all().into_iter().filter_map(|(name, bytes)| Some(("files", name, bytes?))).collect()
}
