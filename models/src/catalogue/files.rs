//! The three files of a catalogue as bytes: where they come from, how large they may be, and their digest.

use super::defects::Defect;
use sha2::{Digest, Sha256};
use std::path::Path;

/// Names of the files, in the order of their digest.
pub const NAMES: [&str; 3] = ["assemblies.json", "categories.json", "parts.json"];

/// Bytes of one file at most. The real ones hold 184 KB, 11 KB and 65 KB.
pub const FILE_LIMIT: usize = 8 * 1024 * 1024;

/// The bytes of the three files; a file that is not there is none.
#[derive(Debug, Clone, Default)]
pub struct Files {
    pub assemblies: Option<Vec<u8>>,
    pub categories: Option<Vec<u8>>,
    pub parts: Option<Vec<u8>>,
}

impl Files {
    /// Reads the folder. What cannot be read is in the defects, with the system's reason.
    pub fn read(folder: &Path) -> (Files, Vec<Defect>) {
        let mut defects = Vec::new();
        if !folder.is_dir() {
            defects.push(Defect::refused(
                "missing_file",
                folder.display().to_string(),
                format!("There is no folder {}.", folder.display()),
            ));
            return (Files::default(), defects);
        }
        let mut files = Files::default();
        for name in NAMES {
            let path = folder.join(name);
            match std::fs::metadata(&path).and_then(|facts| {
                if facts.len() > FILE_LIMIT as u64 { Ok(None) } else { std::fs::read(&path).map(Some) }
            }) {
                Ok(Some(bytes)) => *files.slot(name) = Some(bytes),
                Ok(None) => defects.push(too_large(name)),
                Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => {}
                Err(problem) => {
                    defects.push(Defect::refused("broken_file", name, format!("{name} cannot be read: {problem}.")))
                }
            }
        }
        (files, defects)
    }

    /// The place of a file by its name.
    ///
    /// # Panics
    /// For a name that is not in [`NAMES`].
    pub fn slot(&mut self, name: &str) -> &mut Option<Vec<u8>> {
        match name {
            "assemblies.json" => &mut self.assemblies,
            "categories.json" => &mut self.categories,
            "parts.json" => &mut self.parts,
            _ => panic!("a catalogue has no file {name}"),
        }
    }

    pub fn all(&self) -> [(&'static str, Option<&[u8]>); 3] {
        [
            (NAMES[0], self.assemblies.as_deref()),
            (NAMES[1], self.categories.as_deref()),
            (NAMES[2], self.parts.as_deref()),
        ]
    }

    /// SHA-256 over names, lengths and bytes, in hex: the same files, the same digest.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for (name, bytes) in self.all() {
            let bytes = bytes.unwrap_or_default();
            hash.update(name);
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        }
        hex::encode(hash.finalize())
    }
}

/// The refusal of a file above [`FILE_LIMIT`].
pub fn too_large(name: &str) -> Defect {
    let limit = FILE_LIMIT / 1024 / 1024;
    Defect::refused(
        "broken_file",
        name,
        format!("{name} is larger than {limit} MB. A catalogue file holds well under 1 MB."),
    )
}
