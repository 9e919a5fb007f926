//! The anchor: where the chain ended, hour by hour, written where the database can't reach. Whoever rewrites the whole
//! chain in the database still has to rewrite this.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Write};
use std::path::{Component, Path, PathBuf};

/// One line of the file: the end of the chain at a time, the hash in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub seq: i64,
    pub hash: String,
    pub at: DateTime<Utc>,
}

/// Judges where production keeps its anchor: whoever can rewrite the database, or the documents beside it, should not
/// reach it. What it is and where it lies, as a sentence.
///
/// # Errors
/// With a sentence that says what would be right.
pub fn place(anchor: Option<&Path>, storage: &Path) -> Result<String, String> {
    let Some(path) = anchor else {
        return Err(
            "AUDIT_ANCHOR is not set. Name a file on another machine or disk, where the worker notes hourly how the \
             audit trail ended."
                .into(),
        );
    };
    if !path.is_absolute() {
        return Err(format!("AUDIT_ANCHOR is {path:?}. It should be a whole path, beginning with /."));
    }
    if real(path).starts_with(real(storage)) {
        return Err(format!(
            "AUDIT_ANCHOR is {path:?}, inside STORAGE_DIR: whoever reaches the one reaches the other. Name another place."
        ));
    }
    Ok(path.display().to_string())
}

/// The same, tried: whether a mark can be appended. Nothing is written, a missing file and its folder are made. Blocks.
///
/// # Errors
/// With a sentence.
pub fn writable(path: &Path) -> Result<(), String> {
    let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    folder
        .and_then(|()| std::fs::OpenOptions::new().append(true).create(true).open(path).map(|_| ()))
        .map_err(|error| format!("AUDIT_ANCHOR is {path:?}. It can't be written: {error}."))
}

/// Without dots and links, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let there = path.ancestors().find_map(|part| Some((part.canonicalize().ok()?, path.strip_prefix(part).ok()?)));
    let whole = there.map_or_else(|| path.to_owned(), |(there, rest)| there.join(rest));
    whole.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            other => plain.push(other),
        }
        plain
    })
}

/// Appends a mark and waits until it is on the disk. Nothing is written when the chain has not grown. Blocks.
pub fn append(path: &Path, mark: &Mark) -> io::Result<bool> {
    if read(path)?.last().is_some_and(|last| last.seq == mark.seq && last.hash == mark.hash) {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path)?;
    // One write, so that two workers never mix their lines.
    file.write_all(format!("{}\n", serde_json::to_string(mark)?).as_bytes())?;
    file.sync_all()?;
    Ok(true)
}

/// Every mark of the file; none when there is no file yet. Blocks.
///
/// # Errors
/// With the number of the line that can't be read: an anchor that was written over is no anchor.
pub fn read(path: &Path) -> io::Result<Vec<Mark>> {
    let file = match std::fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        file => file?,
    };
    let lines = io::BufReader::new(file).lines().enumerate();
    let marks = lines.filter(|(_, line)| line.as_ref().map_or(true, |line| !line.trim().is_empty()));
    marks
        .map(|(index, line)| {
            let wrong = |error| io::Error::other(format!("line {} of {}: {error}", index + 1, path.display()));
            serde_json::from_str(&line?).map_err(wrong)
        })
        .collect()
}
