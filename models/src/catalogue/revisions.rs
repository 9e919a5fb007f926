//! Revisions of the catalogue: made once, never changed, one of them active.

use crate::{
    Error, Result,
    audit::{self, Actor, Entry},
};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{PgConnection, PgExecutor};

/// A revision as the list of revisions shows it.
#[derive(Debug, Clone)]
pub struct Revision {
    pub id: i32,
    /// The number people say ("revision 14").
    pub number: i32,
    pub label: String,
    pub status: Status,
    /// Number of the revision it was made from.
    pub based_on: Option<i32>,
    pub digest: String,
    pub created_by: Option<String>,
    pub created_at: DateTime<Utc>,
    pub activated_at: Option<DateTime<Utc>>,
    pub items: i64,
    pub components: i64,
    pub defects: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Status {
    /// Never used yet.
    Ready,
    /// New BOMs are made from it.
    Active,
    /// Was active before.
    Superseded,
}

/// A revision that was just made.
#[derive(Debug, Clone, Copy)]
pub struct Made {
    pub id: i32,
    pub number: i32,
}

/// The facts of a revision about to be made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Making<'a> {
    pub label: &'a str,
    pub digest: &'a str,
    pub based_on: Option<i32>,
    pub actor: &'a Actor,
}

impl Making<'_> {
    /// Takes the next number. Call [`lock`] first.
    pub(super) async fn insert(&self, tx: &mut PgConnection) -> Result<Made> {
        let made = sqlx::query_as!(
            Made,
            r#"
            insert into catalogue_revisions (number, label, digest, based_on, created_by)
            select coalesce(max(number), 0) + 1, $1, $2, $3, $4 from catalogue_revisions
            returning id, number
            "#,
            self.label,
            self.digest,
            self.based_on,
            self.actor.user_id,
        );
        Ok(made.fetch_one(&mut *tx).await?)
    }
}

/// Lets one change of the catalogue happen at a time, until the transaction ends.
pub async fn lock(tx: &mut PgConnection) -> Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('catalogue revisions'))").execute(&mut *tx).await?;
    Ok(())
}

/// The first revision made from these very files.
pub async fn with_digest(db: impl PgExecutor<'_>, digest: &str) -> Result<Option<i32>> {
    let number = sqlx::query_scalar!(
        "select number from catalogue_revisions where digest = $1 and based_on is null order by number limit 1",
        digest,
    );
    Ok(number.fetch_optional(db).await?)
}

/// All revisions, newest first.
pub async fn all(db: impl PgExecutor<'_>) -> Result<Vec<Revision>> {
    let revisions = sqlx::query_as!(
        Revision,
        r#"
        select revision.id, revision.number, revision.label, revision.status as "status: Status",
            base.number as "based_on?", revision.digest, users.name as "created_by?", revision.created_at,
            revision.activated_at,
            (select count(*) from catalogue_items where revision_id = revision.id) as "items!",
            (select count(*) from catalogue_components where revision_id = revision.id) as "components!",
            (select count(*) from catalogue_defects where revision_id = revision.id) as "defects!"
        from catalogue_revisions revision
        left join catalogue_revisions base on base.id = revision.based_on
        left join users on users.id = revision.created_by
        order by revision.number desc
        "#
    );
    Ok(revisions.fetch_all(db).await?)
}

/// The revision people call by this number.
pub async fn find(db: impl PgExecutor<'_>, number: i32) -> Result<Revision> {
    let found = all(db).await?.into_iter().find(|revision| revision.number == number);
    found.ok_or(Error::NotFound("Catalogue revision"))
}

/// Makes a revision the one new BOMs are made from. BOMs that exist keep theirs. `why` is the verb of the audit row's
/// reason ("imported", "revised", "chosen").
pub async fn activate(tx: &mut PgConnection, number: i32, why: &str, actor: &Actor) -> Result<()> {
    lock(tx).await?;
    let before = sqlx::query_scalar!("select number from catalogue_revisions where status = 'active'");
    let before = before.fetch_optional(&mut *tx).await?;
    if before == Some(number) {
        return Err(Error::Invalid(format!("Revision {number} is active already.")));
    }
    sqlx::query!("update catalogue_revisions set status = 'superseded' where status = 'active'")
        .execute(&mut *tx)
        .await?;
    let activated = sqlx::query!(
        "update catalogue_revisions set status = 'active', activated_at = now() where number = $1",
        number,
    );
    if activated.execute(&mut *tx).await?.rows_affected() == 0 {
        return Err(Error::NotFound("Catalogue revision"));
    }
    let object_id = number.to_string();
    let entry = Entry {
        action: "activated",
        noun: "catalogue",
        object_id: &object_id,
        before: before.map(|number| json!({ "active": number })),
        after: Some(json!({ "active": number })),
        reason: why,
    };
    audit::record(tx, actor, entry).await
}
