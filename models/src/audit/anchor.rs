//! The anchor: where the chain ended, hour by hour, written where the database can't reach. Whoever rewrites the whole
//! chain in the database still has to rewrite this.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Write};
use std::path::Path;

/// One line of the file: the end of the chain at a time, the hash in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub seq: i64,
    pub hash: String,
    pub at: DateTime<Utc>,
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
