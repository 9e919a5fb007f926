//! Drawings of an item of the catalogue: brought by who edits the catalogue, read by whoever sees the item.

use super::Arrived;
use crate::audit::{self, Actor, Entry};
use crate::catalogue::browse::Item;
use crate::users::{Can, User};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

/// Drawings of one item.
pub const MOST: usize = 20;

/// One drawing, as the item's page lists it.
#[derive(Debug, Clone)]
pub struct Drawing {
    pub id: Uuid,
    pub file_name: String,
    pub media_type: String,
    pub size_bytes: i64,
    pub sha256: String,
    pub uploaded_by: String,
    pub uploaded_at: DateTime<Utc>,
}

impl Drawing {
    /// The drawings of an item, the latest first.
    pub async fn of(db: impl PgExecutor<'_>, item_id: i32) -> Result<Vec<Drawing>> {
        let drawings = sqlx::query_as!(
            Drawing,
            r#"
            select d.id, d.file_name, d.media_type, d.size_bytes, d.sha256, u.name as uploaded_by, d.uploaded_at
            from documents d
            join users u on u.id = d.uploaded_by
            where d.item_id = $1 and d.removed_at is null
            order by d.uploaded_at desc, d.id
            "#,
            item_id,
        );
        Ok(drawings.fetch_all(db).await?)
    }

    /// One of an item's; who may see the item has been asked already.
    pub async fn find(db: impl PgExecutor<'_>, item: &Item, id: Uuid) -> Result<Drawing> {
        let mut drawings = Drawing::of(db, item.id).await?.into_iter();
        drawings.find(|drawing| drawing.id == id).ok_or(Error::NotFound("Drawing"))
    }

    /// Keeps a file with an item.
    ///
    /// # Errors
    /// `Invalid` when the item has it already, or as many as it can have.
    pub async fn keep(tx: &mut PgConnection, user: &User, actor: &Actor, item: &Item, file: &Arrived) -> Result<()> {
        user.must(Can::EditCatalogue)?;
        // Two at once take turns, or both could be the last that fits.
        sqlx::query!("select id from items where id = $1 for update", item.id).fetch_one(&mut *tx).await?;
        let kept = Drawing::of(&mut *tx, item.id).await?;
        if kept.len() >= MOST {
            return Err(Error::Invalid(format!("This item has {MOST} drawings, and no more fit. Remove one first.")));
        }
        if let Some(twin) = kept.iter().find(|other| other.sha256 == file.sha256) {
            return Err(Error::Invalid(format!("{} is the same file as {}.", file.file_name, twin.file_name)));
        }
        sqlx::query!(
            r#"
            insert into documents (id, item_id, kind, file_name, media_type, size_bytes, sha256, uploaded_by)
            values ($1, $2, 'item_drawing', $3, $4, $5, $6, $7)
            "#,
            file.id,
            item.id,
            file.file_name,
            file.media.media_type(),
            file.size_bytes as i64,
            file.sha256,
            user.id,
        )
        .execute(&mut *tx)
        .await?;
        let after = json!({"file_name": file.file_name, "sha256": file.sha256, "document": file.id});
        let entry = Entry {
            action: "added a drawing",
            noun: "items",
            object_id: &item.number,
            after: Some(after),
            ..Entry::default()
        };
        audit::record(tx, actor, entry).await
    }

    /// Takes a drawing off an item.
    ///
    /// # Errors
    /// `Invalid` without a reason, `NotFound` when somebody was quicker.
    pub async fn remove(
        &self,
        tx: &mut PgConnection,
        user: &User,
        actor: &Actor,
        item: &Item,
        reason: &str,
    ) -> Result<()> {
        user.must(Can::EditCatalogue)?;
        if reason.is_empty() {
            return Err(Error::Invalid(format!("Say why {} goes. The reason is kept.", self.file_name)));
        }
        let gone =
            sqlx::query!("update documents set removed_at = now() where id = $1 and removed_at is null", self.id);
        if gone.execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(Error::NotFound("Drawing"));
        }
        let before = json!({"file_name": self.file_name, "sha256": self.sha256, "document": self.id});
        let entry = Entry {
            action: "removed a drawing",
            noun: "items",
            object_id: &item.number,
            before: Some(before),
            reason,
            ..Entry::default()
        };
        audit::record(tx, actor, entry).await
    }
}
