//! What nobody may build in again: parts of our crates that look handy and open a hole. Each was tried and found to.

use std::path::{Path, PathBuf};

/// Every source of the product, not of its tests.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["app/src", "models/src", "views/src", "jobs/src", "worker/src"].iter().map(|one| root.join(one)).collect();
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(&folder).unwrap() {
            let path = file.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(&root).unwrap().to_owned(), text));
            }
        }
    }
    assert!(found.len() > 300, "{} files", found.len());
    found
}

/// Files with this word in their code, comments left out.
fn with(word: &str) -> Vec<String> {
    let has = |text: &str| text.lines().any(|line| line.split("//").next().unwrap_or_default().contains(word));
    let files = sources().into_iter().filter(|(_, text)| has(text));
    let mut files: Vec<String> = files.map(|(path, _)| path.display().to_string()).collect();
    files.sort();
    files
}

#[test]
fn no_page_holds_markup_that_was_not_escaped() {
    assert_eq!(with("PreEscaped"), Vec::<String>::new());
    // What htmx would run: every value of these is made by us from JSON.
    assert_eq!(with("\"js:"), Vec::<String>::new());
}

#[test]
fn no_question_to_the_database_is_put_together_from_text_outside_the_upkeep() {
    // Names of databases and of tables of ours, which no placeholder can stand for.
    let fenced =
        ["app/src/backups/programs.rs", "app/src/demo/jobs.rs", "app/src/demo/large.rs", "models/src/backups.rs"];
    assert_eq!(with("AssertSqlSafe"), fenced);
}

#[test]
fn sessions_tokens_addresses_and_streams_are_our_own() {
    for (word, why) in [
        ("ServerSession", "keeps an id that a stranger chose, and its store reads any key"),
        ("CookieSession", "cannot be ended by us"),
        ("csrf::Csrf", "signs with a key of zeros and checks nothing"),
        ("middleware::Csrf", "signs with a key of zeros and checks nothing"),
        ("RealIp", "believes anybody about where they come from"),
        ("web::sse", "lets a line end forge an event"),
        ("StaticFilesEndpoint", "prints paths of the disk and lists folders"),
        ("web::Form", "reads the query of a GET"),
        ("InternalServerError", "prints what went wrong to strangers"),
        ("middleware::Cors", "opens us to other sites"),
    ] {
        assert_eq!(with(word), Vec::<String>::new(), "{word} {why}");
    }
}

#[test]
fn the_database_driver_is_for_postgresql_alone() {
    let manifest = include_str!("../../Cargo.toml");
    let line = manifest.lines().find(|line| line.starts_with("sqlx = ")).unwrap();
    assert!(line.contains("default-features = false") && !line.contains("mysql") && !line.contains("sqlite"), "{line}");
    assert!(!include_str!("../../.gitignore").contains("Cargo.lock"), "the lock file belongs to the product");
}
