//! The file store: the bytes of documents under random names, spread over 256 folders.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

/// A folder that both processes share.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    pub fn new(folder: impl Into<PathBuf>) -> Store {
        Store { folder: folder.into() }
    }

    /// Where the bytes of a document lie.
    pub fn place(&self, id: Uuid) -> PathBuf {
        let name = id.simple().to_string();
        self.folder.join(&name[..2]).join(name)
    }

    /// Opens the file of a new document for writing.
    pub async fn create(&self, id: Uuid) -> io::Result<tokio::fs::File> {
        let path = self.place(id);
        if let Some(folder) = path.parent() {
            tokio::fs::create_dir_all(folder).await?;
        }
        tokio::fs::File::create_new(path).await
    }

    /// Writes a whole document and waits until it is on the disk.
    pub async fn keep(&self, id: Uuid, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.create(id).await?;
        file.write_all(bytes).await?;
        file.sync_all().await
    }

    /// Removes a document that is not kept; one that is not there is fine.
    pub async fn forget(&self, id: Uuid) {
        if let Err(error) = self.remove(id).await {
            tracing::warn!(%error, path = %self.place(id).display(), "a file that was not kept could not be removed");
        }
    }

    /// The same, telling whether there was one.
    pub async fn remove(&self, id: Uuid) -> io::Result<bool> {
        match tokio::fs::remove_file(self.place(id)).await {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Ids of all files that have lain here for `age`. Anything whose name is none of ours is left out. Blocks.
    pub fn older_than(&self, age: Duration) -> io::Result<Vec<Uuid>> {
        let limit = SystemTime::now().checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH);
        let mut found = Vec::new();
        let folders = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
            folders => folders?,
        };
        for folder in folders {
            let folder = folder?.path();
            if folder.is_dir() && folder.file_name().is_some_and(|name| name.len() == 2) {
                files_of(&folder, limit, &mut found)?;
            }
        }
        Ok(found)
    }
}

fn files_of(folder: &Path, limit: SystemTime, found: &mut Vec<Uuid>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let id = entry.file_name().to_str().filter(|name| name.len() == 32).and_then(|name| Uuid::try_parse(name).ok());
        let is_old = entry.metadata().and_then(|about| about.modified()).is_ok_and(|at| at < limit);
        found.extend(id.filter(|_| is_old));
    }
    Ok(())
}
