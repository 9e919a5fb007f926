//! Room in the file store: what no document names any more goes, a day after the last one did.

use crate::{Context, Done, Failure};
use models::documents::{forget_files, not_needed};
use std::time::Duration;

/// Younger files may belong to an upload that has not been written down yet.
const OLD_ENOUGH: Duration = Duration::from_secs(24 * 3600);
/// Files asked about at once.
const CHUNK: usize = 1000;
/// So many may go without a second thought,
const FEW: usize = 20;
/// but never more than one of so many: a store that nobody knows is another database's.
const AT_MOST_ONE_OF: usize = 2;

pub async fn perform(context: &Context) -> Result<Done, Failure> {
    let store = context.store()?.clone();
    let files = store.older_than(OLD_ENOUGH).await.map_err(anyhow::Error::new)?;
    let look = store.clone();
    let swept = context.compute(move || look.sweep(OLD_ENOUGH)).await?.map_err(anyhow::Error::new)?;
    let mut unneeded = Vec::new();
    for chunk in files.chunks(CHUNK) {
        unneeded.extend(not_needed(context.db(), chunk).await?);
    }
    if unneeded.len() > FEW && unneeded.len() * AT_MOST_ONE_OF > files.len() {
        let text = format!(
            "{} of {} files are named by no document. Is this the file store of this database? Nothing was removed.",
            unneeded.len(),
            files.len()
        );
        return Err(Failure::last_word("file_store", text));
    }
    let mut removed = 0;
    for (done, id) in unneeded.iter().enumerate() {
        context.progress(done as i32, unneeded.len() as i32, "Removing files that nobody needs").await;
        removed += usize::from(store.remove(*id).await.map_err(anyhow::Error::new)?);
    }
    context.log(&format!("{} files looked at, {removed} removed, {swept} broken uploads swept", files.len()));
    let mut tx = context.begin().await?;
    forget_files(&mut tx, &unneeded).await?;
    context.commit(tx, &format!("files:{removed}")).await
}
