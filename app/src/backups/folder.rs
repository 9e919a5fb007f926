//! The folder of one backup: begun, filled, finished by its manifest, found again.

use anyhow::{Context, Result, bail};
use futures_util::TryStreamExt;
use models::backups::{Filed, Holdings};
use models::documents::{Arriving, Store};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const MANIFEST: &str = "manifest.json";
const UNFINISHED: &str = "unfinished";

/// What a backup must hold, written when it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Of the program that took it.
    pub version: String,
    pub holdings: Holdings,
}

impl Manifest {
    pub fn read(backup: &Path) -> Result<Manifest> {
        let path = backup.join(MANIFEST);
        let text =
            std::fs::read(&path).with_context(|| format!("{} is no backup: it has no {MANIFEST}", backup.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} can't be read", path.display()))
    }
}

/// A folder for a new backup, readable by its owner alone.
pub fn begin(into: &Path) -> Result<PathBuf> {
    let name = format!("{}.{UNFINISHED}", chrono::Utc::now().format("%Y%m%dT%H%M%S%3fZ"));
    let folder = into.join(name);
    std::fs::create_dir_all(into)
        .and_then(|()| {
            use std::os::unix::fs::DirBuilderExt;
            std::fs::DirBuilder::new().mode(0o700).create(&folder)
        })
        .with_context(|| format!("{} can't be made", folder.display()))?;
    std::fs::create_dir(folder.join("files"))?;
    Ok(folder)
}

/// Writes the manifest and gives the folder its name: from here on it is whole. Its place, and its size in bytes.
pub fn finish(unfinished: &Path, manifest: &Manifest) -> Result<(PathBuf, u64)> {
    let file = std::fs::File::create_new(unfinished.join(MANIFEST))?;
    serde_json::to_writer_pretty(&file, manifest)?;
    file.sync_all()?;
    let folder = unfinished.with_extension("");
    std::fs::rename(unfinished, &folder)?;
    let bytes = size(&folder)?;
    Ok((folder, bytes))
}

/// Whole backups in the folder, the oldest first: their names are their times.
fn whole(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("{} can't be read", folder.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_none() && path.join(MANIFEST).is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

pub fn newest(folder: &Path) -> Result<PathBuf> {
    match whole(folder)?.pop() {
        Some(newest) => Ok(newest),
        None => bail!("{} holds no whole backup. Take one with: app backup {}", folder.display(), folder.display()),
    }
}

/// Removes all but the latest `keep` whole backups.
pub fn prune(folder: &Path, keep: usize) -> Result<Vec<PathBuf>> {
    let mut gone = whole(folder)?;
    gone.truncate(gone.len().saturating_sub(keep));
    for backup in &gone {
        std::fs::remove_dir_all(backup).with_context(|| format!("{} can't be removed", backup.display()))?;
    }
    Ok(gone)
}

pub fn size(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { size(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}

fn place(backup: &Path, file: &Filed) -> PathBuf {
    backup.join("files").join(file.id.simple().to_string())
}

pub async fn copy_in(store: &Store, backup: &Path, file: &Filed) -> Result<()> {
    let lost = || format!("document {} is not in the file store", file.id);
    let mut kept = store.open(file.id).await.with_context(lost)?;
    let mut copy = tokio::fs::File::create_new(place(backup, file)).await?;
    while let Some(part) = kept.try_next().await.with_context(lost)? {
        copy.write_all(&part).await?;
    }
    Ok(copy.flush().await?)
}

/// Brings a file back. One that is there already stays: files never change under their names.
pub async fn copy_out(backup: &Path, store: &Store, file: &Filed) -> Result<()> {
    let unusable = || format!("{} can't be used", store.name());
    if store.has(file.id).await.with_context(unusable)? {
        return Ok(());
    }
    let mut kept = tokio::fs::File::open(place(backup, file)).await.with_context(|| format!("document {}", file.id))?;
    let mut arriving = store.begin(file.id).with_context(unusable)?;
    match pour(&mut kept, &mut arriving).await {
        Ok(()) => arriving.finish().await.with_context(unusable),
        Err(error) => {
            arriving.abandon().await;
            Err(error).with_context(unusable)
        }
    }
}

async fn pour(from: &mut tokio::fs::File, into: &mut Arriving) -> io::Result<()> {
    let mut part = vec![0; 64 * 1024];
    loop {
        match from.read(&mut part).await? {
            0 => return Ok(()),
            read => into.write(&part[..read]).await?,
        }
    }
}

/// A sentence for every file that is missing or not what its document says.
pub async fn broken_files(backup: &Path, manifest: &Manifest) -> Vec<String> {
    let mut broken = Vec::new();
    for file in &manifest.holdings.files {
        let (path, expected) = (place(backup, file), file.sha256.clone());
        let found = tokio::task::spawn_blocking(move || sha256(&path)).await;
        match found {
            Ok(Ok(found)) if found == expected => {}
            Ok(Ok(_)) => broken.push(format!("Document {} is not the file that was backed up.", file.id)),
            _ => broken.push(format!("Document {} can't be read.", file.id)),
        }
    }
    broken
}

fn sha256(path: &Path) -> io::Result<String> {
    let (mut file, mut hash, mut part) = (std::fs::File::open(path)?, Sha256::new(), vec![0; 64 * 1024]);
    loop {
        match file.read(&mut part)? {
            0 => return Ok(hex::encode(hash.finalize())),
            read => hash.update(&part[..read]),
        }
    }
}
