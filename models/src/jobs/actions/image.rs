//! A job as it was before somebody acted on it, so that it can be the same again.

use super::super::{Run, State};
use crate::Result;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

/// Everything an action may change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Image {
    pub state: State,
    pub run_at: DateTime<Utc>,
    pub priority: i16,
    pub error_count: i16,
    pub crash_count: i16,
    pub error_class: Option<String>,
    pub error_text: Option<String>,
    pub error_group: Option<String>,
    pub cancel_requested: bool,
    pub finished_at: Option<DateTime<Utc>>,
}

impl Image {
    pub fn of(run: &Run) -> Image {
        Image {
            state: run.state,
            run_at: run.run_at,
            priority: run.priority,
            error_count: run.error_count,
            crash_count: run.crash_count,
            error_class: run.error_class.clone(),
            error_text: run.error_text.clone(),
            error_group: run.error_group.clone(),
            cancel_requested: run.cancel_requested,
            finished_at: run.finished_at,
        }
    }

    /// For the audit trail: what a person would call different.
    pub(super) fn brief(&self) -> Value {
        json!({"state": self.state, "run_at": self.run_at, "priority": self.priority, "errors": self.error_count,
            "crashes": self.crash_count, "cancel_requested": self.cancel_requested})
    }
}

/// Makes the jobs what they were. The caller has locked them and checked that they may be that again.
pub(in crate::jobs) async fn restore(tx: &mut PgConnection, images: &[(Uuid, Image)]) -> Result<()> {
    let ids: Vec<Uuid> = images.iter().map(|(id, _)| *id).collect();
    let befores: Vec<Value> = images.iter().map(|(_, image)| json!(image)).collect();
    sqlx::query!(
        r#"
        update jobs j
        set state = i.before ->> 'state', run_at = (i.before ->> 'run_at')::timestamptz,
            priority = (i.before ->> 'priority')::smallint, error_count = (i.before ->> 'error_count')::smallint,
            crash_count = (i.before ->> 'crash_count')::smallint, error_class = i.before ->> 'error_class',
            error_text = i.before ->> 'error_text', error_group = i.before ->> 'error_group',
            cancel_requested = (i.before ->> 'cancel_requested')::boolean,
            finished_at = (i.before ->> 'finished_at')::timestamptz, dispatched_at = null, unknown_since = null,
            updated_at = now()
        from unnest($1::uuid[], $2::jsonb[]) as i(id, before)
        where j.id = i.id
        "#,
        &ids,
        &befores,
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}
