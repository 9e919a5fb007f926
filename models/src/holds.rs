//! Holds: somebody needs a record as it is (a recall, a lawsuit, an inspection), and nothing that belongs to it ages
//! until the hold is lifted.

use crate::audit::{self, Actor, Entry};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{PgConnection, PgExecutor};

/// Letters of a reason, at most.
pub const LONGEST_REASON: usize = 500;

/// One hold, in force until it is lifted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    pub id: i64,
    /// As the trail names it: "orders", "jobs", "users" …
    pub noun: String,
    /// As the trail names it: TOR-2026-0042.
    pub object_id: String,
    pub reason: String,
    pub placed_by: String,
    pub placed_at: DateTime<Utc>,
    pub lifted_by: Option<String>,
    pub lifted_at: Option<DateTime<Utc>>,
    pub lift_reason: String,
}

impl Hold {
    /// Those in force, then the latest lifted ones.
    pub async fn all(db: impl PgExecutor<'_>) -> Result<Vec<Hold>> {
        let holds = sqlx::query_as!(
            Hold,
            r#"
            select h.id, h.noun, h.object_id, h.reason, p.name as placed_by, h.placed_at,
                   l.name as "lifted_by?", h.lifted_at, h.lift_reason
            from holds h join users p on p.id = h.placed_by left join users l on l.id = h.lifted_by
            order by h.lifted_at is not null, coalesce(h.lifted_at, h.placed_at) desc
            limit 500
            "#
        );
        Ok(holds.fetch_all(db).await?)
    }

    /// The one on this record, when there is one.
    pub async fn on(db: impl PgExecutor<'_>, noun: &str, object_id: &str) -> Result<Option<Hold>> {
        let hold = sqlx::query_as!(
            Hold,
            r#"
            select h.id, h.noun, h.object_id, h.reason, p.name as placed_by, h.placed_at,
                   null::text as "lifted_by?", h.lifted_at, h.lift_reason
            from holds h join users p on p.id = h.placed_by
            where h.noun = $1 and h.object_id = $2 and h.lifted_at is null
            "#,
            noun,
            object_id,
        );
        Ok(hold.fetch_optional(db).await?)
    }
}

/// Puts a record on hold.
///
/// # Errors
/// Invalid when the trail knows no such record or there is no reason; Stale when it is on hold already.
pub async fn place(tx: &mut PgConnection, actor: &Actor, noun: &str, object_id: &str, reason: &str) -> Result<()> {
    let known = sqlx::query_scalar!(
        r#"select exists (select from audit_entries where noun = $1 and object_id = $2) as "known!""#,
        noun,
        object_id,
    );
    if !known.fetch_one(&mut *tx).await? {
        return Err(Error::Invalid(format!("The trail has no entry about {noun} {object_id}.")));
    }
    let reason = reason_of(reason)?;
    let placed = sqlx::query!(
        r#"
        insert into holds (noun, object_id, reason, placed_by) values ($1, $2, $3, $4)
        on conflict (noun, object_id) where lifted_at is null do nothing
        "#,
        noun,
        object_id,
        reason,
        actor.user_id,
    );
    if placed.execute(&mut *tx).await?.rows_affected() == 0 {
        return Err(Error::Stale(format!("{object_id} is on hold already.")));
    }
    let entry = Entry { action: "put on hold", noun, object_id, reason, ..Entry::default() };
    audit::record(tx, actor, entry).await
}

/// Lifts a hold: the record ages again.
///
/// # Errors
/// Invalid without a reason, NotFound without a hold, Stale when somebody lifted it first.
pub async fn lift(tx: &mut PgConnection, actor: &Actor, id: i64, reason: &str) -> Result<()> {
    let reason = reason_of(reason)?;
    let hold = sqlx::query!("select noun, object_id, reason, lifted_at from holds where id = $1 for update", id);
    let hold = hold.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound("Hold"))?;
    if hold.lifted_at.is_some() {
        return Err(Error::Stale(format!("The hold on {} was lifted already.", hold.object_id)));
    }
    sqlx::query!(
        "update holds set lifted_at = now(), lifted_by = $2, lift_reason = $3 where id = $1",
        id,
        actor.user_id,
        reason,
    )
    .execute(&mut *tx)
    .await?;
    let before = Some(json!({ "held_because": hold.reason }));
    let (noun, object_id) = (&*hold.noun, &*hold.object_id);
    audit::record(tx, actor, Entry { action: "lifted the hold", noun, object_id, before, reason, ..Entry::default() })
        .await
}

fn reason_of(reason: &str) -> Result<&str> {
    match reason.trim() {
        "" => Err(Error::Invalid("Say why. The reason is kept with the record.".into())),
        long if long.chars().count() > LONGEST_REASON => Err(Error::Invalid(format!(
            "The reason has {} letters. It may have {LONGEST_REASON}.",
            long.chars().count()
        ))),
        reason => Ok(reason),
    }
}
