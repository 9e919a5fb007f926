//! `app golden`: reference cases replayed against the active catalogue and the rules in force.

use crate::bom_command::print;
use anyhow::{Context, Result, bail};
use models::{
    audit::Actor,
    catalogue,
    configurations::Family,
    golden::{self, Case, Difference},
    rules,
};
use sqlx::PgPool;
use std::fmt::Write;

/// What came of a replay.
#[derive(Debug, Default)]
pub struct Replay {
    /// One line per difference, then the totals.
    pub text: String,
    pub cases: usize,
    /// Lines expected, over all cases.
    pub lines: usize,
    pub differences: usize,
}

/// Replays the files and prints every difference; the last line is `N cases, N lines, N differences`.
///
/// # Errors
/// When a file cannot be read or a case differs. The differences have been printed by then.
pub async fn run(db: &PgPool, words: &[&str]) -> Result<()> {
    let (files, options): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| !word.starts_with("--"));
    if let Some(option) = options.iter().find(|option| **option != "--save") {
        bail!("app golden has no option {option}. It has --save.");
    }
    if files.is_empty() {
        bail!("app golden FILE… takes one file or more.");
    }
    let files = read(&files)?;
    let replay = replay(db, &files).await?;
    print(&replay.text)?;
    if !options.is_empty() {
        save(db, &files).await?;
    }
    if replay.differences > 0 { Err(Told.into()) } else { Ok(()) }
}

/// Keeps the cases, so that every later version of the rules is replayed against them before it is published.
async fn save(db: &PgPool, files: &[(String, Vec<Case>)]) -> Result<()> {
    let mut tx = db.begin().await?;
    for (file, cases) in files {
        let kept = rules::known::save(&mut tx, &Actor::system(), cases).await;
        kept.with_context(|| format!("{file}: nothing was kept"))?;
    }
    tx.commit().await?;
    Ok(())
}

/// Everything has been said on standard output; only the exit code is left.
#[derive(Debug, thiserror::Error)]
#[error("")]
pub struct Told;

/// Reads every file before any is replayed, so that a broken one is told at once.
///
/// # Errors
/// Naming the file and, where there is one, the line.
pub fn read(files: &[&str]) -> Result<Vec<(String, Vec<Case>)>> {
    let mut read = Vec::new();
    for file in files {
        let bytes = std::fs::read(file).with_context(|| format!("{file} can't be read"))?;
        let text = String::from_utf8(bytes).map_err(|problem| {
            let before = &problem.as_bytes()[..problem.utf8_error().valid_up_to()];
            let row = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            anyhow::anyhow!("{file}, line {row}: this is not UTF-8 text.")
        })?;
        let cases = golden::read(&text).map_err(|problem| anyhow::anyhow!("{file}, {problem}"))?;
        read.push((file.to_string(), cases));
    }
    Ok(read)
}

/// Replays cases against what is in force now.
///
/// # Errors
/// When there is no active catalogue or no rules are in force.
pub async fn replay(db: &PgPool, files: &[(String, Vec<Case>)]) -> Result<Replay> {
    let catalogue = catalogue::active(db).await?;
    let rules = rules::active(db, Family::Mdrd.word()).await?;
    let mut replay = Replay::default();
    for (file, cases) in files {
        for case in cases {
            replay.cases += 1;
            replay.lines += case.expected.len();
            for difference in golden::replay(case, &catalogue, &rules) {
                replay.differences += 1;
                // Writing to a String cannot fail.
                let _ = match &difference {
                    Difference::NoBom(_) => {
                        writeln!(replay.text, "{file}, line {}: {}: {difference}", case.row, case.name)
                    }
                    _ => writeln!(replay.text, "{}: {difference}", case.name),
                };
            }
        }
    }
    let Replay { cases, lines, differences, .. } = replay;
    let _ = writeln!(replay.text, "{cases} cases, {lines} lines, {differences} differences");
    Ok(replay)
}
