//! What is known of a kind of job before its arguments are read. Every `match` here has to know every kind.

use models::{alerts::Watched, jobs::DEFAULT_QUEUE};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

/// The kinds by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    GenerateBom,
    ReplayGolden,
    TidyFiles,
    AgeLedger,
    VerifyAudit,
    PartsList,
}

impl Kind {
    pub const ALL: [Kind; 6] =
        [Kind::GenerateBom, Kind::ReplayGolden, Kind::TidyFiles, Kind::AgeLedger, Kind::VerifyAudit, Kind::PartsList];

    /// The word of the ledger.
    pub fn word(self) -> &'static str {
        match self {
            Kind::GenerateBom => "generate_bom",
            Kind::ReplayGolden => "replay_golden",
            Kind::TidyFiles => "tidy_files",
            Kind::AgeLedger => "age_ledger",
            Kind::VerifyAudit => "verify_audit",
            Kind::PartsList => "parts_list",
        }
    }

    pub fn from_word(word: &str) -> Option<Kind> {
        serde_json::from_value(json!(word)).ok()
    }

    /// The name people read.
    pub fn title(self) -> &'static str {
        match self {
            Kind::GenerateBom => "Generate BOM",
            Kind::ReplayGolden => "Replay known BOMs",
            Kind::TidyFiles => "Tidy the file store",
            Kind::AgeLedger => "Let the ledger forget",
            Kind::VerifyAudit => "Verify the audit trail",
            Kind::PartsList => "Make parts list",
        }
    }

    /// Version of the arguments as written today.
    pub fn version(self) -> i16 {
        match self {
            Kind::GenerateBom
            | Kind::ReplayGolden
            | Kind::TidyFiles
            | Kind::AgeLedger
            | Kind::VerifyAudit
            | Kind::PartsList => 1,
        }
    }

    /// The queue it waits in, a row of `queues`.
    pub fn queue(self) -> &'static str {
        match self {
            Kind::GenerateBom => DEFAULT_QUEUE,
            Kind::ReplayGolden | Kind::TidyFiles | Kind::AgeLedger | Kind::VerifyAudit => "upkeep",
            Kind::PartsList => "reports",
        }
    }

    /// How long one attempt may take.
    pub fn timeout(self) -> Duration {
        match self {
            Kind::GenerateBom => Duration::from_secs(60),
            Kind::ReplayGolden | Kind::TidyFiles => Duration::from_secs(300),
            Kind::AgeLedger | Kind::VerifyAudit => Duration::from_secs(900),
            Kind::PartsList => Duration::from_secs(120),
        }
    }

    /// As the checks that raise alerts know it.
    pub fn watched(self) -> Watched {
        Watched { kind: self.word(), title: self.title(), queue: self.queue(), timeout: self.timeout() }
    }

    /// Pause after the first error; each further error triples it.
    pub fn first_pause(self) -> Duration {
        match self {
            Kind::GenerateBom | Kind::PartsList => Duration::from_secs(2),
            Kind::ReplayGolden | Kind::TidyFiles | Kind::AgeLedger | Kind::VerifyAudit => Duration::from_secs(30),
        }
    }

    /// Names of arguments that only those who steer jobs may read. Today's arguments are keys of rows, nothing to hide.
    pub fn masked(self) -> &'static [&'static str] {
        match self {
            Kind::GenerateBom
            | Kind::ReplayGolden
            | Kind::TidyFiles
            | Kind::AgeLedger
            | Kind::VerifyAudit
            | Kind::PartsList => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_word() {
        assert!(Kind::ALL.into_iter().all(|kind| Kind::from_word(kind.word()) == Some(kind)));
        assert_eq!(Kind::from_word("print_label"), None);
    }
}
