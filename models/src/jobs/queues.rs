//! Queues: jobs of one queue share its pause and its limit. Workers find both in every claim, so that they hold from
//! the moment they are committed.

use crate::audit::{self, Actor, Entry};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{PgConnection, PgExecutor};

/// Most jobs of one queue that may run at a time, when it is limited at all. The table's `check` knows it too.
pub const MOST_LIMIT: i32 = 1000;

/// One queue of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// The word of the ledger ("boms").
    pub name: String,
    pub title: String,
    /// Jobs at a time over all workers; none: as many as have a free hand.
    pub most_running: Option<i32>,
    pub paused_at: Option<DateTime<Utc>>,
    pub paused_by: Option<i64>,
    /// Name of who paused it.
    pub paused_by_name: Option<String>,
    pub pause_reason: String,
}

impl Queue {
    pub fn is_paused(&self) -> bool {
        self.paused_at.is_some()
    }

    /// Every queue, by title.
    pub async fn all(db: impl PgExecutor<'_>) -> Result<Vec<Queue>> {
        let queues = sqlx::query_as!(
            Queue,
            r#"
            select q.name, q.title, q.most_running, q.paused_at, q.paused_by, u.name as "paused_by_name?",
                   q.pause_reason
            from queues q left join users u on u.id = q.paused_by
            order by q.title, q.name
            "#
        );
        Ok(queues.fetch_all(db).await?)
    }

    pub async fn find(db: impl PgExecutor<'_>, name: &str) -> Result<Queue> {
        let queue = sqlx::query_as!(
            Queue,
            r#"
            select q.name, q.title, q.most_running, q.paused_at, q.paused_by, u.name as "paused_by_name?",
                   q.pause_reason
            from queues q left join users u on u.id = q.paused_by
            where q.name = $1
            "#,
            name
        );
        queue.fetch_optional(db).await?.ok_or(Error::NotFound("Queue"))
    }

    /// From the commit on nothing of this queue is started; what runs goes on.
    ///
    /// # Errors
    /// Invalid without a reason, Stale when it is paused already.
    pub async fn pause(&self, tx: &mut PgConnection, actor: &Actor, reason: &str) -> Result<()> {
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(Error::Invalid("Say why the queue is paused: others will read it.".into()));
        }
        let paused = sqlx::query!(
            r#"
            update queues set paused_at = now(), paused_by = $2, pause_reason = $3
            where name = $1 and paused_at is null
            "#,
            self.name,
            actor.user_id,
            reason,
        );
        if paused.execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(Error::Stale(format!("{} was paused already.", self.title)));
        }
        let after = json!({"paused": true, "reason": reason});
        self.changed(tx, actor, "paused", (json!({"paused": false}), after), reason).await
    }

    /// Its jobs are started again from the commit on.
    ///
    /// # Errors
    /// Stale when it is not paused.
    pub async fn resume(&self, tx: &mut PgConnection, actor: &Actor) -> Result<()> {
        let resumed = sqlx::query!(
            r#"
            update queues set paused_at = null, paused_by = null, pause_reason = ''
            where name = $1 and paused_at is not null
            "#,
            self.name,
        );
        if resumed.execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(Error::Stale(format!("{} was not paused.", self.title)));
        }
        let before = json!({"paused": true, "reason": self.pause_reason});
        self.changed(tx, actor, "resumed", (before, json!({"paused": false})), "").await
    }

    /// At most so many of its jobs run at a time, over all workers; none: no limit. What runs beyond it goes on.
    ///
    /// # Errors
    /// Invalid when it is not from 1 to 1,000.
    pub async fn limit(&self, tx: &mut PgConnection, actor: &Actor, most: Option<i32>, reason: &str) -> Result<()> {
        if let Some(most) = most.filter(|most| !(1..=MOST_LIMIT).contains(most)) {
            let text = format!("{most} jobs at a time can't be: it is a number from 1 to {MOST_LIMIT}, or nothing.");
            return Err(Error::Invalid(text));
        }
        let limited = sqlx::query!("update queues set most_running = $2 where name = $1", self.name, most);
        if limited.execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(Error::NotFound("Queue"));
        }
        let (before, after) = (json!({"most_running": self.most_running}), json!({"most_running": most}));
        self.changed(tx, actor, "limited", (before, after), reason).await
    }

    async fn changed(
        &self,
        tx: &mut PgConnection,
        actor: &Actor,
        action: &str,
        (before, after): (serde_json::Value, serde_json::Value),
        reason: &str,
    ) -> Result<()> {
        let (before, after) = (Some(before), Some(after));
        let entry = Entry { action, noun: "queues", object_id: &self.name, before, after, reason: reason.trim() };
        audit::record(tx, actor, entry).await?;
        let word = format!("queue:{}", self.name);
        sqlx::query!("select pg_notify('jobs', $1)", word).execute(&mut *tx).await?;
        Ok(())
    }
}
