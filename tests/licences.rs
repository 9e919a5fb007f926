//! What we ship may be built only from work whose licence lets us.

use std::path::Path;
use std::process::Command;

const ALLOWED: [&str; 15] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "LicenseRef-Torvan", // our own crates
    "MIT",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

#[test]
fn every_package_we_build_from_has_an_allowed_licence() {
    let packages = resolved_packages();
    assert!(packages.len() > 100, "only {} packages were found", packages.len());

    let offenders: Vec<&String> =
        packages.iter().filter(|(_, licence)| !allows(licence)).map(|(package, _)| package).collect();

    assert!(offenders.is_empty(), "not allowed: {offenders:#?}");
}

#[test]
fn a_choice_of_licences_needs_one_allowed_and_a_union_needs_all() {
    for allowed in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-3.0-only OR MIT",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "LGPL-3.0-or-later OR MPL-2.0+",
        "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
        "MIT OR GPL-2.0-only AND GPL-3.0-only",
    ] {
        assert!(allows(allowed), "{allowed} should be allowed");
    }
    for refused in
        ["", "GPL-3.0-only", "MIT AND AGPL-3.0-only", "(MIT OR ISC) AND SSPL-1.0", "MIT OR", "MIT ISC", "(MIT"]
    {
        assert!(!allows(refused), "{refused:?} should be refused");
    }
}

/// Names and licences of every package in the tree for the machines we ship to.
fn resolved_packages() -> Vec<(String, String)> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--locked", "--format-version", "1"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let text = |package: &serde_json::Value, field: &str| package[field].as_str().unwrap_or_default().to_owned();
    let packages = metadata["packages"].as_array().expect("a list of packages").iter();
    packages
        .map(|package| {
            let licence = text(package, "license");
            (format!("{} {}: {licence:?}", text(package, "name"), text(package, "version")), licence)
        })
        .collect()
}

/// Whether an SPDX expression leaves us an allowed way to use the package. What it does not understand it refuses.
fn allows(expression: &str) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    any(&words, &mut at) == Some(true) && at == words.len()
}

fn any(words: &[&str], at: &mut usize) -> Option<bool> {
    let mut allowed = all(words, at)?;
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        allowed |= all(words, at)?;
    }
    Some(allowed)
}

fn all(words: &[&str], at: &mut usize) -> Option<bool> {
    let mut allowed = one(words, at)?;
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        allowed &= one(words, at)?;
    }
    Some(allowed)
}

fn one(words: &[&str], at: &mut usize) -> Option<bool> {
    let word = *words.get(*at)?;
    *at += 1;
    if word == "(" {
        let allowed = any(words, at)?;
        *at += 1;
        return (words.get(*at - 1) == Some(&")")).then_some(allowed);
    }
    if [")", "AND", "OR", "WITH"].contains(&word) {
        return None;
    }
    let mut licence = word.trim_end_matches('+').to_owned();
    if words.get(*at) == Some(&"WITH") {
        licence = format!("{licence} WITH {}", words.get(*at + 1)?);
        *at += 2;
    }
    Some(ALLOWED.contains(&licence.as_str()))
}
