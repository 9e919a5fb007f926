//! What people do to a schedule: pause it, set it going, move it, run it now. Each is audited in its own transaction.

use super::{Schedule, Timing, clock};
use crate::audit::{self, Actor, Entry};
use crate::{Error, Result};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

/// Characters of a reason.
const LONGEST_REASON: usize = 500;

impl Schedule {
    /// Nothing is asked for until it is resumed; what was missed meanwhile is not made up for.
    ///
    /// # Errors
    /// Invalid without a reason, Stale when it is paused already.
    pub async fn pause(&self, tx: &mut PgConnection, actor: &Actor, reason: &str) -> Result<()> {
        let reason = self::reason(reason, "Say why the schedule is paused: others will read it.")?;
        let paused = sqlx::query!(
            r#"
            update schedules
            set paused_at = now(), paused_by = $2, pause_reason = $3, revision = revision + 1, changed_at = now()
            where name = $1 and paused_at is null
            "#,
            self.name,
            actor.user_id,
            reason,
        );
        if paused.execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(Error::Stale(format!("{} was paused already.", self.title)));
        }
        self.changed(tx, actor, "paused", (json!({"paused": false}), json!({"paused": true})), reason).await
    }

    /// Goes on with the next time to come.
    ///
    /// # Errors
    /// Stale when it is not paused, Invalid when its pattern names no time any more.
    pub async fn resume(&self, tx: &mut PgConnection, actor: &Actor) -> Result<()> {
        let now = clock(tx).await?;
        let next = self.timing().and_then(|timing| timing.next(now)).ok_or_else(|| {
            Error::Invalid(format!("\"{}\" names no time within five years. Change the pattern first.", self.pattern))
        })?;
        let resumed = sqlx::query!(
            r#"
            update schedules
            set paused_at = null, paused_by = null, pause_reason = '', next_run_at = $2, revision = revision + 1,
                changed_at = now()
            where name = $1 and paused_at is not null
            "#,
            self.name,
            next,
        );
        if resumed.execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(Error::Stale(format!("{} was not paused.", self.title)));
        }
        let before = json!({"paused": true, "reason": self.pause_reason});
        self.changed(tx, actor, "resumed", (before, json!({"paused": false})), "").await
    }

    /// Moves it to another time. `seen` is the revision the person looked at.
    ///
    /// # Errors
    /// Invalid without a reason or with a pattern that names no time, Stale when somebody changed it meanwhile.
    pub async fn edit(
        &self,
        tx: &mut PgConnection,
        actor: &Actor,
        timing: &Timing,
        reason: &str,
        seen: i32,
    ) -> Result<()> {
        let reason = self::reason(reason, "Say why the schedule is changed: others will read it.")?;
        let now = clock(tx).await?;
        let next = timing
            .next(now)
            .ok_or_else(|| Error::Invalid(format!("\"{}\" names no time within five years.", timing.pattern)))?;
        let edited = sqlx::query!(
            r#"
            update schedules
            set pattern = $2, time_zone = $3, next_run_at = $4, revision = revision + 1, changed_at = now()
            where name = $1 and revision = $5
            "#,
            self.name,
            timing.pattern.as_str(),
            timing.zone.name(),
            next,
            seen,
        );
        if edited.execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(Error::Stale(format!(
                "Somebody changed {} while you looked at it. Your change was not saved; look at theirs first.",
                self.title
            )));
        }
        let before = json!({"pattern": self.pattern, "time_zone": self.time_zone});
        let after = json!({"pattern": timing.pattern.as_str(), "time_zone": timing.zone.name()});
        self.changed(tx, actor, "changed", (before, after), reason).await
    }

    /// Writes down that somebody had it run now; its next time stays.
    pub async fn ran_now(&self, tx: &mut PgConnection, actor: &Actor, job_id: Uuid) -> Result<()> {
        sqlx::query!("update schedules set last_run_at = now(), last_job_id = $2 where name = $1", self.name, job_id)
            .execute(&mut *tx)
            .await?;
        self.changed(tx, actor, "ran", (Value::Null, json!({"job": job_id})), "").await
    }

    async fn changed(
        &self,
        tx: &mut PgConnection,
        actor: &Actor,
        action: &str,
        (before, after): (Value, Value),
        reason: &str,
    ) -> Result<()> {
        let (before, after) = (Some(before).filter(|before| !before.is_null()), Some(after));
        audit::record(tx, actor, Entry { action, noun: "schedules", object_id: &self.name, before, after, reason })
            .await
    }
}

fn reason<'a>(typed: &'a str, missing: &str) -> Result<&'a str> {
    match typed.trim() {
        "" => Err(Error::Invalid(missing.into())),
        long if long.chars().count() > LONGEST_REASON => {
            Err(Error::Invalid(format!("A reason has at most {LONGEST_REASON} characters. Shorten it.")))
        }
        reason => Ok(reason),
    }
}
