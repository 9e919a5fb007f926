//! Every background job: its arguments, how it is asked for, and its work. `jobs/README.md` shows how to add one.

use models::jobs::{DEFAULT_QUEUE, Links, NewRun, Run};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;
use std::time::Duration;

pub use context::{Context, Done};
pub use failure::Failure;
pub use generate_bom::warm_up;

mod context;
mod failure;
mod generate_bom;

/// One variant per job, so neither the worker nor the pages can forget one. Arguments are keys, not copies of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Job {
    GenerateBom { build_id: i64 },
}

/// The kinds by name, for what is known of a job before its arguments are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    GenerateBom,
}

/// Why a job of the ledger can't be read as a [`Job`].
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// A newer build of ours wrote it: left to a worker that knows it.
    #[error("{kind} version {version} is newer than this worker")]
    Newer { kind: String, version: i16 },
    /// No worker will ever read it.
    #[error("the arguments of {kind} can't be read: {cause}")]
    Broken { kind: String, cause: String },
}

impl Job {
    pub fn kind(&self) -> Kind {
        match self {
            Job::GenerateBom { .. } => Kind::GenerateBom,
        }
    }

    /// Asks for the job inside the caller's transaction: no change, no job. While the same job lives, that is the one.
    pub async fn enqueue(&self, tx: &mut PgConnection, links: Links) -> models::Result<Run> {
        let (kind, key) = (self.kind(), self.dedupe_key());
        let new = NewRun {
            kind: kind.word(),
            payload_version: kind.version(),
            payload: json!(self),
            queue: kind.queue(),
            priority: 0,
            run_at: None,
            dedupe_key: key.as_deref(),
        };
        Run::insert(tx, new, &links).await
    }

    /// Does the work. Any job may be performed twice: replace, don't add.
    pub async fn perform(self, context: &Context) -> Result<Done, Failure> {
        match self {
            Job::GenerateBom { build_id } => generate_bom::perform(build_id, context).await,
        }
    }

    /// Reads a job back from the ledger. The previous version of a kind's arguments must stay readable.
    pub fn read(run: &Run) -> Result<Job, Unreadable> {
        let newer = || Unreadable::Newer { kind: run.kind.clone(), version: run.payload_version };
        let kind = Kind::from_word(&run.kind).ok_or_else(newer)?;
        if run.payload_version > kind.version() {
            return Err(newer());
        }
        let broken = |cause: String| Unreadable::Broken { kind: run.kind.clone(), cause };
        let job = Job::deserialize(&run.payload).map_err(|error| broken(error.to_string()))?;
        if job.kind() == kind { Ok(job) } else { Err(broken(format!("they are those of {}", job.kind().word()))) }
    }

    /// Asking for a job while one with the same kind and key lives gives that one.
    fn dedupe_key(&self) -> Option<String> {
        match self {
            Job::GenerateBom { build_id } => Some(format!("build:{build_id}")),
        }
    }
}

impl Kind {
    /// The word of the ledger.
    pub fn word(self) -> &'static str {
        match self {
            Kind::GenerateBom => "generate_bom",
        }
    }

    pub fn from_word(word: &str) -> Option<Kind> {
        serde_json::from_value(json!(word)).ok()
    }

    /// The name people read.
    pub fn title(self) -> &'static str {
        match self {
            Kind::GenerateBom => "Generate BOM",
        }
    }

    /// Version of the arguments as written today.
    pub fn version(self) -> i16 {
        match self {
            Kind::GenerateBom => 1,
        }
    }

    pub fn queue(self) -> &'static str {
        match self {
            Kind::GenerateBom => DEFAULT_QUEUE,
        }
    }

    /// How long one attempt may take.
    pub fn timeout(self) -> Duration {
        match self {
            Kind::GenerateBom => Duration::from_secs(60),
        }
    }

    /// Pause after the first error; each further error triples it.
    pub fn first_pause(self) -> Duration {
        match self {
            Kind::GenerateBom => Duration::from_secs(2),
        }
    }
}
