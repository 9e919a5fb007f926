//! Looks whether the audit trail is as it was written, keeps what it found for pages and alerts, and notes outside the
//! database where the trail ended. Every hour it goes on where the last check ended; every night it looks at all of it.

use crate::{Context, Done, Failure};
use models::audit::{anchor, chain};

/// `is_whole`: from the first link, whatever earlier checks found.
pub async fn perform(is_whole: bool, context: &Context) -> Result<Done, Failure> {
    let path = context.anchor().map(std::path::Path::to_owned);
    let marks = match path.clone() {
        Some(path) => read(context, path).await?,
        None => Vec::new(),
    };
    let since = if is_whole { None } else { chain::trusted(context.db()).await? };
    let report = chain::verify_since(&mut *context.db().acquire().await?, since.as_ref(), &marks).await?;
    match &report.finding {
        // An error of the trail, not of this job: it is kept, and an alert is raised from it.
        Some(finding) => {
            tracing::error!(%finding, "the audit trail was tampered with");
            context.log(&format!("Tampered with. {finding}"));
        }
        None => {
            let head = &report.head;
            tracing::info!(seq = head.seq, hash = head.hash, "the audit trail is whole and ends here");
            let after = if report.since > 0 { format!(" after link {}", report.since) } else { String::new() };
            context
                .log(&format!("{} entries{after} are as they were written; the last is {}", report.entries, head.hash));
            if let Some(path) = path {
                let (mark, place) = (report.head.clone(), path.clone());
                let kept = context.compute(move || anchor::append(&path, &mark)).await?.map_err(anyhow::Error::new)?;
                context.log(&format!("{} {}", if kept { "Noted in" } else { "Nothing new for" }, place.display()));
            }
        }
    }
    let mut tx = context.begin().await?;
    chain::note(&mut *tx, &report).await?;
    context.commit(tx, &format!("audit:{}", report.entries)).await
}

async fn read(context: &Context, path: std::path::PathBuf) -> Result<Vec<anchor::Mark>, Failure> {
    Ok(context.compute(move || anchor::read(&path)).await?.map_err(anyhow::Error::new)?)
}
