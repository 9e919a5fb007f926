//! The line of the table that a fault leaves: what was broken, which promises it tries, what was seen.

use std::io::Write;
use std::time::Instant;

pub struct Fault {
    name: &'static str,
    promises: &'static str,
    seen: Vec<String>,
    start: Instant,
}

impl Fault {
    pub fn of(name: &'static str, promises: &'static str) -> Fault {
        Fault { name, promises, seen: Vec::new(), start: Instant::now() }
    }

    pub fn saw(&mut self, what: impl Into<String>) {
        self.seen.push(what.into());
    }
}

impl Drop for Fault {
    /// Written when the test is over, whichever way: FAULTS_REPORT names the file.
    fn drop(&mut self) {
        let ok = if std::thread::panicking() { "BROKEN" } else { "ok" };
        let (name, promises, seen) = (self.name, self.promises, self.seen.join("; "));
        let row = format!("{name}\t{promises}\t{seen}\t{ok}\t{} s\n", self.start.elapsed().as_secs());
        print!("{row}");
        let Ok(path) = std::env::var("FAULTS_REPORT") else { return };
        let file = std::fs::File::options().create(true).append(true).open(path);
        let _ = file.and_then(|mut file| file.write_all(row.as_bytes()));
    }
}
