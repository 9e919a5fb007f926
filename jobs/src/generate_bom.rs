//! The BOM of a build: its configuration through the active rules and catalogue, kept as the build's next version.

use crate::{Context, Done, Failure};

pub async fn perform(_build_id: i64, _context: &Context) -> Result<Done, Failure> {
    Err(Failure::last_word("no_rules", "There are no active rules yet."))
}
