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
            models::Error::NotFound(_) => Failure::last_word("not_found", error.to_string()),
            models::Error::Invalid(text) => Failure::last_word("invalid", text),
            other => Failure::Passing(other.into()),
        }
    }
}
