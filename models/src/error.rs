//! What can go wrong with a row, in terms a caller can act on.

/// The one error of this crate. Callers match it; the web process turns it into an answer in one place.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} not found")]
    NotFound(&'static str),
    /// It is there, and this person must not know: answered like `NotFound`, and written into the trail as refused.
    #[error("{0} not found")]
    Hidden(&'static str),
    /// A sentence in the user's words, shown with the form.
    #[error("{0}")]
    Invalid(String),
    /// Somebody else changed the thing first; a sentence that says so.
    #[error("{0}")]
    Stale(String),
    /// Who may do it, as a sentence ("Procurement approves BOMs.").
    #[error("{0}")]
    Forbidden(String),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;
