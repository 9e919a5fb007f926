//! `app audit verify`: compares every entry of the trail, or those since the last check, with the chain and the anchor.

use anyhow::{Context, Result, bail};
use models::audit::{anchor, chain};
use sqlx::PgPool;
use std::path::PathBuf;

/// Walks the whole trail, with `--since-last` what came after the last check, and prints how it stands.
///
/// # Errors
/// With the first entry that is not as it was written; the process ends with 1.
pub async fn verify(db: &PgPool, words: &[&str]) -> Result<()> {
    let (named, is_since_last) = match words {
        [] => (None, false),
        ["--since-last"] => (None, true),
        ["--anchor", file] => (Some(*file), false),
        ["--anchor", file, "--since-last"] | ["--since-last", "--anchor", file] => (Some(*file), true),
        other => bail!("audit verify takes --anchor FILE and --since-last, not {:?}.", other.join(" ")),
    };
    let path = named.map_or_else(default_anchor, PathBuf::from);
    if named.is_some() && !path.exists() {
        bail!("{} is not there. Name the file that the worker's AUDIT_ANCHOR names.", path.display());
    }
    let marks = anchor::read(&path).with_context(|| format!("The anchor {} can't be read.", path.display()))?;
    let since = if is_since_last { chain::trusted(db).await? } else { None };
    if is_since_last && since.is_none() {
        println!("There is no check to go on from, so this is the whole trail.");
    }
    let report = chain::verify_since(&mut *db.acquire().await?, since.as_ref(), &marks).await?;
    if let Some(finding) = report.finding {
        bail!("The audit trail is not as it was written.\n{finding}");
    }
    let after = if report.since > 0 { format!(" after link {}", report.since) } else { String::new() };
    println!("{} entries{after} are as they were written, {} ms.", report.entries, report.took_ms);
    match marks.len() {
        0 => println!("No anchor at {}: a chain that was written anew as a whole would not be seen.", path.display()),
        count => println!("{count} marks of the anchor {} agree with it.", path.display()),
    }
    println!("It ends at link {}, {}.", report.head.seq, report.head.hash);
    Ok(())
}

/// Where the worker keeps it when it is told nothing else.
fn default_anchor() -> PathBuf {
    let told = |name| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    told("AUDIT_ANCHOR").map_or_else(
        || PathBuf::from(told("STORAGE_DIR").unwrap_or_else(|| ".private/storage".into())).join("audit-anchor.jsonl"),
        PathBuf::from,
    )
}
