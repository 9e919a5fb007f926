//! Taking an action back: every job is again what it was, unless it has moved on since.

use super::actions::{self, Action, Image, Left, Outcome};
use super::{Run, State};
use crate::audit::Actor;
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// What an action kept of one job.
struct Kept {
    before: Image,
    touched_at: DateTime<Utc>,
}

/// Undoes the action. None when somebody has undone it already: nothing is done twice.
pub async fn undo(tx: &mut PgConnection, actor: &Actor, id: Uuid) -> Result<Option<Outcome>> {
    let action = sqlx::query!("select action, undone_at from job_actions where id = $1 for update", id);
    let action = action.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound("Action"))?;
    if action.undone_at.is_some() {
        return Ok(None);
    }
    let kept = kept(tx, id).await?;
    let ids: Vec<Uuid> = kept.keys().copied().collect();
    let (runs, stamps, _) = actions::lock(tx, &ids).await?;
    let mut left = Vec::new();
    let mut able: Vec<&Run> = Vec::new();
    for run in &runs {
        let Some(kept) = kept.get(&run.id) else { continue };
        match refusal(run, kept, stamps.get(&run.id)) {
            Some(why) => left.push(Left { id: run.id, why }),
            None => able.push(run),
        }
    }
    let before = |run: &Run| kept.get(&run.id).map(|kept| kept.before.clone());
    let waking: Vec<Uuid> = able
        .iter()
        .filter(|run| !run.state.is_live() && before(run).is_some_and(|image| image.state.is_live()))
        .map(|run| run.id)
        .collect();
    let blocked = actions::take_locks(tx, &waking).await?;
    able.retain(|run| !blocked.iter().any(|left| left.id == run.id));
    left.extend(blocked);
    let images: Vec<(Uuid, Image)> = able.iter().filter_map(|run| Some((run.id, before(run)?))).collect();
    actions::restore(tx, &images).await?;
    close(tx, actor, id, &left).await?;
    let was = Action::from_word(&action.action).map_or("acted on", Action::past);
    let able: Vec<Run> = able.into_iter().cloned().collect();
    actions::record(tx, actor, &format!("undid: {was}"), "", &able).await?;
    Ok(Some(Outcome { done: able.iter().map(|run| run.id).collect(), left }))
}

async fn kept(tx: &mut PgConnection, id: Uuid) -> Result<HashMap<Uuid, Kept>> {
    let items = sqlx::query!("select job_id, before, touched_at from job_action_items where action_id = $1", id);
    let items = items.fetch_all(&mut *tx).await?.into_iter().filter_map(|row| {
        let before = serde_json::from_value(row.before).ok()?;
        Some((row.job_id, Kept { before, touched_at: row.touched_at }))
    });
    Ok(items.collect())
}

fn refusal(run: &Run, kept: &Kept, updated_at: Option<&DateTime<Utc>>) -> Option<String> {
    if kept.before.state == State::Running {
        return Some("It was running when it was told to stop. Retry it to run it again.".into());
    }
    if updated_at != Some(&kept.touched_at) {
        return Some(format!("It has moved on since: it is {} now.", run.state.spoken()));
    }
    let is_same = run.state == kept.before.state;
    (!is_same && !run.state.can_become(kept.before.state))
        .then(|| format!("It is {} and can't be {} again.", run.state.spoken(), kept.before.state.spoken()))
}

/// Says who undid the action, and which jobs it left.
async fn close(tx: &mut PgConnection, actor: &Actor, id: Uuid, left: &[Left]) -> Result<()> {
    sqlx::query!("update job_actions set undone_at = now(), undone_by = $2 where id = $1", id, actor.user_id)
        .execute(&mut *tx)
        .await?;
    let (ids, whys): (Vec<Uuid>, Vec<String>) = left.iter().map(|left| (left.id, left.why.clone())).unzip();
    sqlx::query!(
        r#"
        update job_action_items i set not_undone = l.why
        from unnest($2::uuid[], $3::text[]) as l(id, why)
        where i.action_id = $1 and i.job_id = l.id
        "#,
        id,
        &ids,
        &whys,
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}
