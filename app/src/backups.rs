//! `app backup`, `app drill` and `app restore`: the database and the files of one moment, kept elsewhere, and the
//! proof that they come back.
//!
//! A backup is a folder: `database/` as pg_dump wrote it, `files/` as the file store has them, and `manifest.json`, which
//! is written last and says what must be there. Everything belongs to one moment: pg_dump and the counts share a
//! snapshot, and files never change under their names.

mod folder;
mod programs;

pub use folder::Manifest;
pub use programs::Server;

use crate::commands::database;
use anyhow::{Context, Result, bail};
use folder::{newest, prune};
use models::backups::{Holdings, Kind, Outcome};
use models::documents::Store;
use programs::Programs;
use sqlx::{PgConnection, PgPool};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// `app backup FOLDER [--keep N]`
///
/// # Errors
/// With a sentence for the person at the keyboard. A backup that broke off leaves a folder that ends in `.unfinished`.
pub async fn back_up(words: &[&str]) -> Result<()> {
    let (folder, keep) = match words {
        [folder] => (Path::new(folder), None),
        [folder, "--keep", keep] => {
            let keep = keep.parse::<usize>().ok().filter(|keep| *keep > 0);
            (Path::new(folder), Some(keep.context("--keep takes a number of backups, 1 or more.")?))
        }
        _ => bail!("app backup takes a folder, and --keep with a number of backups."),
    };
    let taken = take(&database()?, &Server::from_env()?, &storage()?, folder).await?;
    println!(
        "{}: {} rows in {} tables, {} files, {} bytes, {} jobs not over, after {:.1} s",
        taken.folder.display(),
        taken.manifest.holdings.rows(),
        taken.manifest.holdings.tables.len(),
        taken.manifest.holdings.files.len(),
        taken.bytes,
        taken.manifest.holdings.unfinished_jobs,
        taken.took.as_secs_f64(),
    );
    if let Some(keep) = keep {
        for gone in prune(folder, keep)? {
            println!("{}: removed, {keep} later ones stay", gone.display());
        }
    }
    Ok(())
}

/// A backup that is whole.
pub struct Taken {
    pub folder: PathBuf,
    pub manifest: Manifest,
    pub bytes: u64,
    pub took: Duration,
}

/// Backs up while everything goes on.
///
/// # Errors
/// When pg_dump or a file fails; nothing is left that looks whole.
pub async fn take(db: &PgPool, server: &Server, store: &Store, into: &Path) -> Result<Taken> {
    let start = Instant::now();
    let programs = Programs::find()?;
    let unfinished = folder::begin(into)?;
    let mut snapshot = db.begin().await.context("The database does not answer.")?;
    sqlx::query("set transaction isolation level repeatable read, read only").execute(&mut *snapshot).await?;
    // Counting a large ledger takes longer than a page may.
    sqlx::query("set local statement_timeout = 0").execute(&mut *snapshot).await?;
    sqlx::query("set local idle_in_transaction_session_timeout = 0").execute(&mut *snapshot).await?;
    let name: String = sqlx::query_scalar("select pg_export_snapshot()").fetch_one(&mut *snapshot).await?;
    let dumped_into = unfinished.join("database");
    let dump = programs.dump(server, &name, &dumped_into);
    let (holdings, dumped) = tokio::join!(Holdings::count(&mut snapshot), dump);
    dumped?;
    let holdings = holdings?;
    snapshot.rollback().await?;
    for file in &holdings.files {
        folder::copy_in(store, &unfinished, file).await?;
    }
    let manifest = Manifest { version: env!("CARGO_PKG_VERSION").into(), holdings };
    let (folder, bytes) = folder::finish(&unfinished, &manifest)?;
    let took = start.elapsed();
    keep_outcome(db, Kind::Backup, &manifest, took, bytes, Vec::new()).await?;
    Ok(Taken { folder, manifest, bytes, took })
}

/// `app drill FOLDER`
///
/// # Errors
/// When there is no backup, or it does not come back whole; every finding has been printed by then.
pub async fn drill(folder: &Path) -> Result<()> {
    let report = practise(&database()?, &Server::from_env()?, &newest(folder)?).await?;
    println!("{report}");
    if report.findings.is_empty() { Ok(()) } else { Err(crate::golden::Told.into()) }
}

/// What a drill saw.
pub struct Report {
    pub backup: PathBuf,
    pub manifest: Manifest,
    pub restored: Duration,
    pub checked: Duration,
    pub findings: Vec<String>,
}

/// Restores a backup into a database of its own beside the live one, compares, and drops it again.
///
/// # Errors
/// When the scratch database can't be made or the live one can't be told.
pub async fn practise(db: &PgPool, server: &Server, backup: &Path) -> Result<Report> {
    let start = Instant::now();
    let manifest = Manifest::read(backup)?;
    let programs = Programs::find()?;
    let scratch = server.database(&format!("torvan_drill_{}", &Uuid::new_v4().simple().to_string()[..8]));
    let mut admin = server.connect().await?;
    scratch.create(&mut admin).await?;
    let outcome = async {
        let mut findings = Vec::from_iter(programs.restore(&scratch, &backup.join("database")).await.err().map(said));
        let restored = start.elapsed();
        let mut connection = scratch.connect().await?;
        findings.extend(compare(&mut connection, &manifest).await?);
        findings.extend(folder::broken_files(backup, &manifest).await);
        anyhow::Ok((restored, findings))
    };
    let outcome = outcome.await;
    scratch.drop(&mut admin).await?;
    let (restored, findings) = outcome?;
    let report = Report { backup: backup.into(), manifest, restored, checked: start.elapsed() - restored, findings };
    let bytes = folder::size(backup)?;
    keep_outcome(db, Kind::Drill, &report.manifest, start.elapsed(), bytes, report.findings.clone()).await?;
    Ok(report)
}

/// `app restore BACKUP`
///
/// # Errors
/// When the database is not empty, or what came back is not what was backed up.
pub async fn restore(backup: &Path) -> Result<()> {
    let start = Instant::now();
    let findings = bring_back(&Server::from_env()?, &storage()?, backup).await?;
    println!("{} restored after {:.1} s", backup.display(), start.elapsed().as_secs_f64());
    if findings.is_empty() { Ok(()) } else { bail!("{}", findings.join("\n")) }
}

/// Restores into an empty database and the file store. What is not as it was backed up, a sentence each.
///
/// # Errors
/// When the database holds anything already, or something does not come back at all.
pub async fn bring_back(server: &Server, store: &Store, backup: &Path) -> Result<Vec<String>> {
    let manifest = Manifest::read(backup)?;
    let mut connection = server.connect().await?;
    let tables: i64 = sqlx::query_scalar("select count(*) from pg_tables where schemaname = 'public'")
        .fetch_one(&mut connection)
        .await?;
    if tables > 0 {
        bail!("DATABASE_URL names a database with {tables} tables. It should be an empty one.");
    }
    Programs::find()?.restore(server, &backup.join("database")).await?;
    for file in &manifest.holdings.files {
        folder::copy_out(backup, store, file).await?;
    }
    let mut findings = compare(&mut connection, &manifest).await?;
    findings.extend(folder::broken_files(backup, &manifest).await);
    Ok(findings)
}

/// What a restored database has to show: every row, and an audit trail that holds.
async fn compare(restored: &mut PgConnection, manifest: &Manifest) -> Result<Vec<String>> {
    let found = Holdings::count(restored).await?;
    let mut findings = manifest.holdings.differences(&found);
    let chain = models::audit::chain::verify(restored, &[]).await?;
    findings
        .extend(chain.finding.map(|finding| format!("The audit trail did not come back as it was written. {finding}")));
    Ok(findings)
}

async fn keep_outcome(
    db: &PgPool,
    kind: Kind,
    manifest: &Manifest,
    took: Duration,
    bytes: u64,
    findings: Vec<String>,
) -> Result<()> {
    let outcome = Outcome {
        kind,
        taken_at: manifest.holdings.at,
        ended_at: manifest.holdings.at,
        took_ms: took.as_millis() as i64,
        rows: manifest.holdings.rows(),
        files: manifest.holdings.files.len() as i64,
        bytes: bytes as i64,
        findings,
    };
    let mut tx = db.begin().await?;
    outcome.keep(&mut tx).await?;
    Ok(tx.commit().await?)
}

fn storage() -> Result<Store> {
    let folder = std::env::var("STORAGE_DIR").unwrap_or_else(|_| ".private/storage".into());
    Store::read(&models::secrets::environment(), folder).map_err(anyhow::Error::msg)
}

fn said(error: anyhow::Error) -> String {
    format!("{error:#}")
}

impl std::fmt::Display for Report {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let holdings = &self.manifest.holdings;
        writeln!(out, "{} of {}", self.backup.display(), holdings.at)?;
        writeln!(
            out,
            "restored after {:.1} s, checked after {:.1} s more",
            self.restored.as_secs_f64(),
            self.checked.as_secs_f64()
        )?;
        for finding in &self.findings {
            writeln!(out, "{finding}")?;
        }
        let (rows, tables, files) = (holdings.rows(), holdings.tables.len(), holdings.files.len());
        write!(
            out,
            "{rows} rows in {tables} tables, {files} files, {} jobs to go on, {} findings",
            holdings.unfinished_jobs,
            self.findings.len()
        )
    }
}
