//! Many at once: exactly the jobs that somebody saw when they chose an action. What fails or changes later is not among
//! them.

use super::actions::{Action, MOST, refusal};
use super::{Run, runs};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// The jobs chosen, as they were then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    pub id: Uuid,
    pub action: Action,
    /// The list as it was, to go back to.
    pub address: String,
    pub job_ids: Vec<Uuid>,
    pub created_at: DateTime<Utc>,
    seen_at: Vec<DateTime<Utc>>,
}

/// What an action on a selection will do, before it is done.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// Jobs it can be done to, by kind and state.
    pub able: BTreeMap<(String, &'static str), usize>,
    /// The first of them.
    pub first: Vec<Run>,
    /// Why it can't be done to the others, and to how many of them; the first of each is named.
    pub unable: BTreeMap<String, (usize, Uuid)>,
    pub able_count: usize,
}

impl Selection {
    /// Keeps the jobs that exist, with when each last moved.
    ///
    /// # Errors
    /// When nothing was chosen, or more than [`MOST`].
    pub async fn make(
        tx: &mut PgConnection,
        user_id: i64,
        action: Action,
        ids: &[Uuid],
        address: &str,
    ) -> Result<Uuid> {
        if ids.is_empty() {
            return Err(Error::Invalid("No job was chosen. Tick the jobs first.".into()));
        }
        if ids.len() > MOST {
            return Err(Error::Invalid(format!(
                "These are more than {MOST} jobs. Narrow the list, then choose them again."
            )));
        }
        let id = Uuid::now_v7();
        sqlx::query!(
            r#"
            insert into job_selections (id, user_id, action, address, job_ids, seen_at)
            select $1, $2, $3, $4, coalesce(array_agg(j.id order by j.id), '{}'),
                   coalesce(array_agg(j.updated_at order by j.id), '{}')
            from jobs j
            where j.id = any($5)
            "#,
            id,
            user_id,
            action.word(),
            address,
            ids,
        )
        .execute(&mut *tx)
        .await?;
        Ok(id)
    }

    /// Somebody's own selection.
    pub async fn find(db: &PgPool, id: Uuid, user_id: i64) -> Result<Selection> {
        let found = sqlx::query!(
            "select user_id, action, address, job_ids, seen_at, created_at from job_selections where id = $1",
            id,
        );
        let row = found.fetch_optional(db).await?.ok_or(Error::NotFound("Selection"))?;
        if row.user_id != user_id {
            return Err(Error::Hidden("Selection"));
        }
        let action = Action::from_word(&row.action).ok_or(Error::NotFound("Selection"))?;
        let (address, created_at) = (row.address, row.created_at);
        Ok(Selection { id, action, address, job_ids: row.job_ids, created_at, seen_at: row.seen_at })
    }

    /// When each job had last moved when it was chosen.
    pub fn seen(&self) -> HashMap<Uuid, DateTime<Utc>> {
        self.job_ids.iter().copied().zip(self.seen_at.iter().copied()).collect()
    }

    /// What the action would do now. `most` of the jobs are named.
    pub async fn preview(&self, db: &PgPool, most: usize) -> Result<Preview> {
        let runs = runs!("select", "from jobs where id = any($1) order by id desc", &self.job_ids);
        let (runs, now) = (runs.fetch_all(db).await?, Utc::now());
        let mut preview = Preview::default();
        for run in runs {
            if let Some(why) = refusal(self.action, &run, now) {
                preview.unable.entry(why).or_insert((0, run.id)).0 += 1;
                continue;
            }
            preview.able_count += 1;
            *preview.able.entry((run.kind.clone(), run.state.spoken())).or_default() += 1;
            if preview.first.len() < most {
                preview.first.push(run);
            }
        }
        Ok(preview)
    }
}
