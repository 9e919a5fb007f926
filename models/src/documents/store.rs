//! The file store: the bytes of documents under random names, in a folder of this machine or in an S3 bucket. A name is
//! there with all its bytes or not at all.

mod bucket;

pub use bucket::Bucket;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    Error, ObjectStore, ObjectStoreExt, buffered::BufWriter, local::LocalFileSystem, path::Path as Key,
};
use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime},
};
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

/// Bytes of a part on its way to a bucket: the least that S3 takes. One part is on its way while the next is filled.
const PART: usize = 5 * 1024 * 1024;
/// The same to a folder.
const FOLDER_PART: usize = 256 * 1024;

/// Where both processes find the documents.
#[derive(Debug, Clone)]
pub struct Store(Arc<Place>);

#[derive(Debug)]
enum Place {
    /// Made and opened when it is first needed.
    Folder(PathBuf, OnceLock<Arc<dyn ObjectStore>>),
    Bucket(Bucket, Arc<dyn ObjectStore>),
}

impl Store {
    /// A folder that both processes share.
    pub fn new(folder: impl Into<PathBuf>) -> Store {
        Store(Arc::new(Place::Folder(folder.into(), OnceLock::new())))
    }

    /// # Errors
    /// With a sentence when the settings don't fit together.
    pub fn in_bucket(bucket: Bucket) -> Result<Store, String> {
        let objects = bucket.open()?;
        Ok(Store(Arc::new(Place::Bucket(bucket, objects))))
    }

    /// The bucket of the settings, or the folder when they name none.
    ///
    /// # Errors
    /// With a sentence that names the setting.
    pub fn read(vars: &HashMap<String, String>, folder: impl Into<PathBuf>) -> Result<Store, String> {
        Bucket::read(vars)?.map_or_else(|| Ok(Store::new(folder)), Store::in_bucket)
    }

    /// As people say it: the folder's path, or the bucket's name and where it is.
    pub fn name(&self) -> String {
        match &*self.0 {
            Place::Folder(folder, _) => folder.display().to_string(),
            Place::Bucket(bucket, _) => bucket.to_string(),
        }
    }

    /// Whether the bytes travel where nobody can read them.
    ///
    /// # Errors
    /// With a sentence when strangers on the way could.
    pub fn way(&self) -> Result<String, String> {
        match &*self.0 {
            Place::Folder(..) => Ok("stay on this machine".into()),
            Place::Bucket(bucket, _) => bucket.way(),
        }
    }

    /// The name of a document's bytes, with the first of 256 folders in front.
    pub fn key(id: Uuid) -> String {
        let name = id.simple().to_string();
        format!("{}/{name}", &name[..2])
    }

    /// Begins a new document, which is there once it is finished.
    pub fn begin(&self, id: Uuid) -> io::Result<Arriving> {
        let part = if matches!(*self.0, Place::Bucket(..)) { PART } else { FOLDER_PART };
        let writer = BufWriter::with_capacity(self.objects()?, key(id), part).with_max_concurrency(1);
        Ok(Arriving(writer))
    }

    /// Writes a whole document and waits until it is kept.
    pub async fn keep(&self, id: Uuid, bytes: &[u8]) -> io::Result<()> {
        let mut arriving = self.begin(id)?;
        match arriving.write(bytes).await {
            Ok(()) => arriving.finish().await,
            Err(error) => {
                arriving.abandon().await;
                Err(error)
            }
        }
    }

    /// The bytes of a document as they come.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn open(&self, id: Uuid) -> io::Result<BoxStream<'static, io::Result<Bytes>>> {
        Ok(self.objects()?.get(&key(id)).await?.into_stream().map_err(io::Error::from).boxed())
    }

    pub async fn has(&self, id: Uuid) -> io::Result<bool> {
        match self.objects()?.head(&key(id)).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes a document that is not kept; one that is not there is fine.
    pub async fn forget(&self, id: Uuid) {
        if let Err(error) = self.remove(id).await {
            tracing::warn!(%error, %id, "a file that was not kept could not be removed");
        }
    }

    /// The same, telling whether there was one.
    pub async fn remove(&self, id: Uuid) -> io::Result<bool> {
        let was_there = self.has(id).await?;
        match self.objects()?.delete(&key(id)).await {
            Ok(()) => Ok(was_there),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Ids of all files that have lain here for `age`. Anything whose name is none of ours is left out.
    pub async fn older_than(&self, age: Duration) -> io::Result<Vec<Uuid>> {
        let limit = SystemTime::now().checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH);
        let mut listed = self.objects()?.list(None);
        let mut found = Vec::new();
        while let Some(file) = listed.try_next().await? {
            let id = file.location.filename().filter(|name| name.len() == 32);
            let id = id.and_then(|name| Uuid::try_parse(name).ok()).filter(|id| key(*id) == file.location);
            found.extend(id.filter(|_| SystemTime::from(file.last_modified) < limit));
        }
        Ok(found)
    }

    /// Removes what a process that was killed left of an upload in the folder; how many there were. A bucket forgets
    /// broken uploads by a rule of its own. Blocks.
    pub fn sweep(&self, age: Duration) -> io::Result<usize> {
        let Place::Folder(folder, _) = &*self.0 else { return Ok(0) };
        let limit = SystemTime::now().checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH);
        let mut swept = 0;
        for folder in entries(folder)? {
            if folder.is_dir() && folder.file_name().is_some_and(|name| name.len() == 2) {
                for left in entries(&folder)?.into_iter().filter(|path| is_left(path, limit)) {
                    fs::remove_file(left)?;
                    swept += 1;
                }
            }
        }
        Ok(swept)
    }

    /// Writes, reads and removes a few bytes.
    ///
    /// # Errors
    /// Which of the three went wrong, and why.
    pub async fn try_out(&self) -> Result<(), String> {
        let (id, words) = (Uuid::new_v4(), b"Torvan Workflow tries its file store.");
        self.keep(id, words).await.map_err(|error| format!("can't be written: {error}"))?;
        let read = async { self.open(id).await?.try_collect::<Vec<_>>().await };
        let read = read.await.map(|parts| parts.concat());
        let removed = self.remove(id).await;
        match read {
            Err(error) => Err(format!("can't be read: {error}")),
            Ok(read) if read != words => Err("gives back other bytes than it was given".into()),
            Ok(_) => removed.map(drop).map_err(|error| format!("can't be tidied: {error}")),
        }
    }

    fn objects(&self) -> io::Result<Arc<dyn ObjectStore>> {
        match &*self.0 {
            Place::Bucket(_, objects) => Ok(objects.clone()),
            Place::Folder(folder, opened) => {
                if let Some(objects) = opened.get() {
                    return Ok(objects.clone());
                }
                fs::create_dir_all(folder)?;
                // An answer says that a document is kept, so it has to be on the disk by then.
                let objects: Arc<dyn ObjectStore> =
                    Arc::new(LocalFileSystem::new_with_prefix(folder)?.with_fsync(true));
                Ok(opened.get_or_init(|| objects).clone())
            }
        }
    }
}

/// A document on its way into the store. Nobody finds it before `finish`.
pub struct Arriving(BufWriter);

impl Arriving {
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes).await
    }

    /// From here on it is there, on disk or in the bucket.
    pub async fn finish(mut self) -> io::Result<()> {
        self.0.shutdown().await
    }

    /// It is not wanted after all.
    pub async fn abandon(mut self) {
        if let Err(error) = self.0.abort().await {
            tracing::warn!(%error, "an upload that was not wanted could not be removed");
        }
    }
}

fn key(id: Uuid) -> Key {
    Key::from(Store::key(id))
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        listed => listed?.map(|entry| Ok(entry?.path())).collect(),
    }
}

/// Bytes that never got their name: it ends with `#` and a number until they are all there.
fn is_left(path: &Path, limit: SystemTime) -> bool {
    let is_unfinished = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.contains('#'));
    let modified = fs::metadata(path).and_then(|about| about.modified());
    is_unfinished && modified.is_ok_and(|at| at < limit)
}
