//! Every background job: its arguments, how it is asked for, and its work. `jobs/README.md` shows how to add one.

use chrono::{DateTime, Utc};
use models::jobs::{Links, NewRun, Run};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{PgConnection, PgExecutor};

pub use budget::Budget;
pub use context::{Context, Done};
pub use failure::Failure;
pub use generate_bom::warm_up;
pub use kind::Kind;

pub mod batches;

mod age_ledger;
mod budget;
mod context;
mod failure;
mod generate_bom;
mod kind;
mod parts_list;
mod replay_golden;
pub mod schedules;
mod tidy_files;
mod verify_audit;

/// One variant per job, so neither the worker nor the pages can forget one. Arguments are keys, not copies of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Job {
    GenerateBom {
        build_id: i64,
    },
    /// `template_id`: the version of the rules whose publication asked for it; none at night.
    ReplayGolden {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        template_id: Option<i32>,
    },
    TidyFiles,
    AgeLedger,
    /// `whole`: from the first link; otherwise from where the last check ended.
    VerifyAudit {
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        whole: bool,
    },
    PartsList {
        order_id: i64,
    },
}

/// How a job is asked for when it is not simply the next one of its kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wish<'a> {
    /// Lower goes first; -100 to 100, 0 is usual.
    pub priority: i16,
    /// None: as soon as a worker is free.
    pub run_at: Option<DateTime<Utc>>,
    /// What makes two of them the same for kinds that have no key of their own.
    pub key: Option<&'a str>,
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
            Job::ReplayGolden { .. } => Kind::ReplayGolden,
            Job::TidyFiles => Kind::TidyFiles,
            Job::AgeLedger => Kind::AgeLedger,
            Job::VerifyAudit { .. } => Kind::VerifyAudit,
            Job::PartsList { .. } => Kind::PartsList,
        }
    }

    /// Asks for the job inside the caller's transaction: no change, no job. While the same job lives, that is the one.
    pub async fn enqueue(&self, tx: &mut PgConnection, links: Links) -> models::Result<Run> {
        self.enqueue_as(tx, links, Wish::default()).await
    }

    /// The same, later, sooner than others or with a key of its own.
    pub async fn enqueue_as(&self, tx: &mut PgConnection, links: Links, wish: Wish<'_>) -> models::Result<Run> {
        let (kind, key) = (self.kind(), self.dedupe_key());
        let new = NewRun {
            kind: kind.word(),
            payload_version: kind.version(),
            payload: json!(self),
            queue: kind.queue(),
            priority: wish.priority,
            run_at: wish.run_at,
            dedupe_key: key.as_deref().or(wish.key),
        };
        Run::insert(tx, new, &links).await
    }

    /// Does the work. Any job may be performed twice: replace, don't add.
    pub async fn perform(self, context: &Context) -> Result<Done, Failure> {
        match self {
            Job::GenerateBom { build_id } => generate_bom::perform(build_id, context).await,
            Job::ReplayGolden { .. } => replay_golden::perform(context).await,
            Job::TidyFiles => tidy_files::perform(context).await,
            Job::AgeLedger => age_ledger::perform(context).await,
            Job::VerifyAudit { whole } => verify_audit::perform(whole, context).await,
            Job::PartsList { order_id } => parts_list::perform(order_id, context).await,
        }
    }

    /// Whether running it again can still make sense: asked before a dead job is run again (A85).
    ///
    /// # Errors
    /// With the reason as a sentence when what it is about has moved on.
    pub async fn may_run(&self, db: impl PgExecutor<'_>) -> Result<(), String> {
        match self {
            Job::GenerateBom { build_id } => generate_bom::may_run(*build_id, db).await,
            Job::PartsList { order_id } => parts_list::may_run(*order_id, db).await,
            Job::ReplayGolden { .. } | Job::TidyFiles | Job::AgeLedger | Job::VerifyAudit { .. } => Ok(()),
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
    pub fn dedupe_key(&self) -> Option<String> {
        match self {
            Job::GenerateBom { build_id } => Some(format!("build:{build_id}")),
            Job::ReplayGolden { template_id: Some(template) } => Some(format!("rules:{template}")),
            Job::VerifyAudit { whole: true } => Some("whole".into()),
            Job::ReplayGolden { template_id: None } | Job::TidyFiles | Job::AgeLedger | Job::VerifyAudit { .. } => {
                Some("all".into())
            }
            Job::PartsList { order_id } => Some(format!("order:{order_id}")),
        }
    }
}
