//! The ledger forgets in time: finished jobs that belong to no record, and what was counted about them.

use crate::{Context, Done, Failure};
use chrono::Utc;
use models::audit::months;
use models::jobs::ageing::{self, KEPT_DAYS, Report};

pub async fn perform(context: &Context) -> Result<Done, Failure> {
    // PostgreSQL's time: this machine's clock may be wrong, and what is forgotten does not come back.
    let now = context.run().started_at.unwrap_or_else(Utc::now);
    let report = ageing::age(context.db(), now).await?;
    said(&report).iter().for_each(|line| context.log(line));
    let archived = months::archive(context.db(), now).await?;
    if !archived.is_empty() {
        context.log(&format!("Months of the audit trail moved to the archive: {}", archived.join(", ")));
    }
    let tx = context.begin().await?;
    context.commit(tx, &format!("ledger:{}", report.jobs)).await
}

fn said(report: &Report) -> Vec<String> {
    let Report { jobs, months, figures, alerts, selections, actions, batches, is_more } = report;
    let mut said = vec![
        format!("{jobs} finished jobs of no record, older than {KEPT_DAYS} days, forgotten"),
        format!(
            "{figures} figures, {alerts} alerts, {selections} choices, {actions} actions and {batches} batches with them"
        ),
    ];
    if !months.is_empty() {
        said.push(format!("Empty months dropped: {}", months.join(", ")));
    }
    if *is_more {
        said.push("There are more; they go the next night.".into());
    }
    said
}
