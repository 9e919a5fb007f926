//! The same work once more with other arguments: a new job that knows which one it was copied from.

use super::super::{Run, State};
use super::deeds::{keep, keep_items};
use super::{Action, Deed, Image};
use crate::Result;
use crate::audit::{self, Entry};
use serde_json::json;
use sqlx::PgConnection;

/// What was copied into what.
#[derive(Debug)]
pub struct Copied<'a> {
    pub original: &'a Run,
    pub made: &'a Run,
}

impl Copied<'_> {
    /// Keeps who asked for the copy and why. Undone, it goes into the bin, as long as it has not started.
    pub async fn keep(&self, tx: &mut PgConnection, deed: &Deed<'_>) -> Result<()> {
        keep(tx, deed, Action::Copy, "").await?;
        let nothing =
            Image { state: State::Discarded, finished_at: Some(self.made.created_at), ..Image::of(self.made) };
        keep_items(tx, deed.key, std::iter::once((self.made.id, nothing))).await?;
        let (original, made) = (self.original.id.to_string(), self.made.id.to_string());
        let entry = Entry {
            action: Action::Copy.past(),
            noun: "jobs",
            object_id: &made,
            before: Some(json!({"copy_of": original, "arguments": self.original.payload})),
            after: Some(json!({"arguments": self.made.payload})),
            reason: deed.reason,
        };
        audit::record(tx, deed.actor, entry).await
    }
}
