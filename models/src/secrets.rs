//! Words that must not be printed, and the files they are kept in.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// A word that must not be printed: it has no `Debug` and no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(word: impl Into<String>) -> Secret {
        Secret(word.into())
    }

    /// The word itself, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(word: &str) -> Secret {
        Secret::new(word)
    }
}

impl From<String> for Secret {
    fn from(word: String) -> Secret {
        Secret(word)
    }
}

/// A secret setting: the variable `name` itself, or a file whose path stands in `name` with `_FILE`. A process's
/// environment can be read by more people than a file.
///
/// # Errors
/// With a sentence when both are set, when the file can't be read or is empty, and in production when everybody on the
/// machine may read or write it. The word itself is never part of it.
pub fn setting(vars: &HashMap<String, String>, name: &str) -> Result<Option<Secret>, String> {
    let get = |name: &str| vars.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
    let file = format!("{name}_FILE");
    match (get(name), get(&file)) {
        (Some(_), Some(_)) => Err(format!("{name} and {file} are both set. Keep one.")),
        (Some(value), None) => Ok(Some(value.into())),
        (None, Some(path)) => read(&file, path, get("ENVIRONMENT") == Some("production")).map(Some),
        (None, None) => Ok(None),
    }
}

fn read(name: &str, path: &str, is_production: bool) -> Result<Secret, String> {
    let unreadable = |error: std::io::Error| format!("{name} is {path:?}. It can't be read: {error}.");
    let mode = fs::metadata(path).map_err(unreadable)?.permissions().mode() & 0o777;
    if is_production && mode & 0o007 != 0 {
        return Err(format!(
            "{name} is {path:?}, which everybody on this machine may open (mode {mode:o}). Run: chmod 600 {path}"
        ));
    }
    let word = fs::read_to_string(path).map_err(unreadable)?;
    let word = word.trim();
    if word.is_empty() {
        return Err(format!("{name} is {path:?}. The file is empty."));
    }
    Ok(word.into())
}

/// The settings that this process was started with.
pub fn environment() -> HashMap<String, String> {
    std::env::vars().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vars(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_string(), (*value).to_string())).collect()
    }

    fn file(name: &str, text: &str, mode: u32) -> String {
        let path = std::env::temp_dir().join(format!("torvan-secret-{}-{name}", std::process::id()));
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path.display().to_string()
    }

    fn complaint(pairs: &[(&str, &str)]) -> String {
        setting(&vars(pairs), "REDIS_URL").err().unwrap_or_default()
    }

    #[test]
    fn a_secret_comes_from_its_variable_or_from_its_file() {
        let kept = file("kept", "redis://:s3cret@queue/0\n", 0o600);
        let from_file = setting(&vars(&[("REDIS_URL_FILE", &kept)]), "REDIS_URL").unwrap().unwrap();
        assert_eq!(from_file.reveal(), "redis://:s3cret@queue/0");
        let plain = setting(&vars(&[("REDIS_URL", "redis://queue/0")]), "REDIS_URL").unwrap().unwrap();
        assert_eq!(plain.reveal(), "redis://queue/0");
        assert!(setting(&vars(&[]), "REDIS_URL").unwrap().is_none());
        assert!(complaint(&[("REDIS_URL", "redis://queue/0"), ("REDIS_URL_FILE", &kept)]).contains("both set"));
    }

    #[test]
    fn production_refuses_a_secret_that_everybody_may_open() {
        let open = file("open", "redis://:s3cret@queue/0", 0o644);
        assert!(setting(&vars(&[("REDIS_URL_FILE", &open)]), "REDIS_URL").is_ok(), "development is not asked");
        let said = complaint(&[("REDIS_URL_FILE", &open), ("ENVIRONMENT", "production")]);
        assert!(said.contains("mode 644") && !said.contains("s3cret"), "{said}");
        assert!(complaint(&[("REDIS_URL_FILE", "/no/such/file")]).contains("can't be read"));
        assert!(complaint(&[("REDIS_URL_FILE", &file("empty", " \n", 0o600))]).contains("is empty"));
    }
}
