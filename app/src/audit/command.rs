//! `app audit verify`: compares every entry of the trail with the chain and with the anchor.

use anyhow::{Context, Result, bail};
use models::audit::{anchor, chain};
use sqlx::PgPool;
use std::path::PathBuf;

/// Walks the whole trail and prints how it stands.
///
/// # Errors
/// With the first entry that is not as it was written; the process ends with 1.
pub async fn verify(db: &PgPool, words: &[&str]) -> Result<()> {
    let path = match words {
        [] => default_anchor(),
        ["--anchor", file] => PathBuf::from(file),
        other => bail!("audit verify takes --anchor FILE and nothing else, not {:?}.", other.join(" ")),
    };
    let was_named = !words.is_empty();
    if was_named && !path.exists() {
        bail!("{} is not there. Name the file that the worker's AUDIT_ANCHOR names.", path.display());
    }
    let marks = anchor::read(&path).with_context(|| format!("The anchor {} can't be read.", path.display()))?;
    let report = chain::verify(&mut *db.acquire().await?, &marks).await?;
    if let Some(finding) = report.finding {
        bail!("The audit trail is not as it was written.\n{finding}");
    }
    println!("{} entries are as they were written, {} ms.", report.entries, report.took_ms);
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
