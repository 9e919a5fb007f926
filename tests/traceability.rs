//! Every requirement names the tests that prove it, and those tests exist. See `traceability.tsv`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

const TABLE: &str = include_str!("traceability.tsv");

struct Requirement {
    line: usize,
    id: &'static str,
    tests: Vec<&'static str>,
}

#[test]
fn every_requirement_names_tests_that_exist() {
    let requirements = requirements();
    assert!(!requirements.is_empty(), "the table has rows");

    let missing: Vec<String> = requirements
        .iter()
        .flat_map(|row| row.tests.iter().map(move |test| (row, test)))
        .filter(|(_, test)| !exists(test))
        .map(|(row, test)| format!("line {}, {}: {test}", row.line, row.id))
        .collect();

    assert!(missing.is_empty(), "no such test: {missing:#?}");
}

#[test]
fn every_requirement_stands_in_the_table_once() {
    let mut seen = HashSet::new();
    let repeated: Vec<&str> = requirements().iter().filter(|row| !seen.insert(row.id)).map(|row| row.id).collect();
    assert!(repeated.is_empty(), "more than once: {repeated:?}");
}

#[test]
fn a_name_that_is_only_mentioned_or_ignored_is_not_a_test() {
    assert!(is_test("#[test]\nfn it_holds() {}", "it_holds"));
    assert!(is_test("    #[tokio::test]\n    async fn it_holds() {}", "it_holds"));
    assert!(is_test("proptest! {\n    #[test]\n    fn it_holds(n in 0..9) {}\n}", "it_holds"));
    assert!(!is_test("fn it_holds() {}", "it_holds"));
    assert!(!is_test("#[test]\nfn it_holds_too() {}", "it_holds"));
    assert!(!is_test("// #[test] fn it_holds() {}", "it_holds"));
    assert!(!is_test("#[test]\n#[ignore]\nfn it_holds() {}", "it_holds"));
    assert!(!is_test("#[test]\nfn other() {}\n\nfn it_holds() {}", "it_holds"));
}

#[test]
fn every_file_of_tests_is_part_of_the_program() {
    let main = std::fs::read_to_string(checkout().join("tests/main.rs")).unwrap();
    for file in std::fs::read_dir(checkout().join("tests")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.extension().is_some_and(|end| end == "rs") && !["main", "lib", "support"].contains(&name.as_str()) {
            assert!(main.contains(&format!("mod {name};")), "tests/main.rs leaves {name} out");
        }
    }
}

fn requirements() -> Vec<Requirement> {
    let rows = TABLE.lines().enumerate().filter(|(_, row)| !row.is_empty() && !row.starts_with('#'));
    rows.map(|(index, row)| {
        let cells: Vec<&str> = row.split('\t').collect();
        let [id, source, what, tests] = cells[..] else {
            panic!("line {}: four cells, not {}", index + 1, cells.len())
        };
        let filled = [id, source, what, tests].iter().all(|cell| !cell.trim().is_empty());
        assert!(filled, "line {}: every cell is filled", index + 1);
        Requirement { line: index + 1, id, tests: tests.split(' ').collect() }
    })
    .collect()
}

/// Whether `tests/orders.rs::a_name` is a test that runs.
fn exists(test: &str) -> bool {
    let Some((file, name)) = test.rsplit_once("::") else { return false };
    std::fs::read_to_string(checkout().join(file)).is_ok_and(|source| is_test(&source, name))
}

/// Whether the function has a test attribute directly above it, and is not ignored.
fn is_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let starts = |line: &str| {
        let rest = line.trim_start_matches("async ").strip_prefix("fn ").and_then(|line| line.strip_prefix(name));
        rest.is_some_and(|rest| rest.starts_with('('))
    };
    lines.iter().enumerate().filter(|(_, line)| starts(line)).any(|(at, _)| {
        let above: Vec<&&str> = lines[..at].iter().rev().take_while(|line| line.starts_with(['#', '/'])).collect();
        let is = |word: &str| above.iter().any(|line| line.starts_with("#[") && line.contains(word));
        is("test") && !is("ignore")
    })
}

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
