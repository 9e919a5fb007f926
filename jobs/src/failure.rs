//! Why a job did not end well, and whether trying again can help.

/// The end of an attempt that made nothing.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It may go better next time: the database was away, somebody else was first.
    #[error("{0:#}")]
    Passing(#[from] anyhow::Error),
    /// It will never go better: the job ends, with a sentence that says what to look at.
    #[error("{text}")]
    Final {
        /// One word per cause, for grouping ("catalogue_cycle").
        class: &'static str,
        text: String,
    },
    #[error("It was cancelled.")]
    Cancelled,
    #[error("Another worker has the job.")]
    LeaseLost,
}

impl Failure {
    pub fn last_word(class: &'static str, text: impl Into<String>) -> Failure {
        Failure::Final { class, text: text.into() }
    }

    /// Whether PostgreSQL was away or turned us off: nothing is wrong with the job.
    pub fn is_away(&self) -> bool {
        let Failure::Passing(error) = self else { return false };
        error.chain().any(|cause| match (cause.downcast_ref(), cause.downcast_ref()) {
            (Some(error), _) | (_, Some(models::Error::Database(error))) => is_away(error),
            _ => false,
        })
    }
}

fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => true,
        // Connection lost, shutting down, too many connections, read-only since a failover.
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            code.starts_with("08") || code.starts_with("57P") || matches!(&*code, "53300" | "25006")
        }),
        _ => false,
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Failure {
        Failure::Passing(error.into())
    }
}

impl From<models::Error> for Failure {
    /// What is missing or wrong stays so; the rest may pass.
    fn from(error: models::Error) -> Failure {
        match error {
            models::Error::NotFound(_) | models::Error::Hidden(_) => Failure::last_word("not_found", error.to_string()),
            models::Error::Invalid(text) => Failure::last_word("invalid", text),
            other => Failure::Passing(other.into()),
        }
    }
}
