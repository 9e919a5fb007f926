//! Documents that the product makes itself, and which files of the store nobody needs any more.

use super::{Document, Kind};
use crate::Result;
use crate::audit::{self, Actor, Entry};
use serde_json::json;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

/// A document made by a job; its bytes lie in the store already.
#[derive(Debug, Clone)]
pub struct Made<'a> {
    pub id: Uuid,
    pub order_id: i64,
    pub order: &'a str,
    pub kind: Kind,
    pub file_name: &'a str,
    pub media_type: &'a str,
    pub size_bytes: i64,
    pub sha256: &'a str,
    /// The job that made it, and for whom.
    pub job_id: Uuid,
    pub made_for: Option<i64>,
}

impl Document {
    /// The documents of one kind that an order has, the latest first.
    pub async fn made(db: impl PgExecutor<'_>, order_id: i64, kind: Kind) -> Result<Vec<Document>> {
        let mut documents = Document::of_order(db, order_id).await?;
        documents.retain(|document| document.kind == kind);
        documents.sort_by_key(|document| std::cmp::Reverse(document.uploaded_at));
        Ok(documents)
    }

    /// Keeps a made document with its order. Earlier ones of its kind stay, as what they were.
    pub async fn keep_made(tx: &mut PgConnection, actor: &Actor, made: &Made<'_>) -> Result<()> {
        sqlx::query!(
            r#"
            insert into documents (id, order_id, kind, file_name, media_type, size_bytes, sha256, uploaded_by)
            select $1, o.id, $3, $4, $5, $6, $7, coalesce($8, o.created_by)
            from orders o
            where o.id = $2
            "#,
            made.id,
            made.order_id,
            made.kind as Kind,
            made.file_name,
            made.media_type,
            made.size_bytes,
            made.sha256,
            made.made_for,
        )
        .execute(&mut *tx)
        .await?;
        let after =
            json!({"file_name": made.file_name, "sha256": made.sha256, "order": made.order, "job": made.job_id});
        let id = made.id.to_string();
        let entry = Entry { action: "made", noun: "documents", object_id: &id, after: Some(after), ..Entry::default() };
        audit::record(tx, actor, entry).await?;
        audit::announce(tx, "orders", made.order).await
    }

    /// Says which document a job made, so that each leads to the other.
    pub async fn link(tx: &mut PgConnection, job_id: Uuid, document_id: Uuid) -> Result<()> {
        sqlx::query!("update jobs set document_id = $2 where id = $1", job_id, document_id).execute(&mut *tx).await?;
        Ok(())
    }
}

/// Which of these files no document needs any more: nobody names them, or the draft that did was discarded, or they
/// were taken out of it, all longer than a day ago. What belongs to an order is always needed.
pub async fn not_needed(db: impl PgExecutor<'_>, ids: &[Uuid]) -> Result<Vec<Uuid>> {
    let ids = sqlx::query_scalar!(
        r#"
        select file.id as "id!"
        from unnest($1::uuid[]) as file (id)
        where not exists (
            select from documents d
            left join drafts f on f.id = d.draft_id
            where d.id = file.id
              and (d.order_id is not null
                   or (coalesce(d.removed_at, 'infinity') > now() - interval '1 day'
                       and coalesce(f.discarded_at, 'infinity') > now() - interval '1 day'))
        )
        "#,
        ids,
    );
    Ok(ids.fetch_all(db).await?)
}

/// Says of documents whose file is gone that they are removed.
pub async fn forget_files(tx: &mut PgConnection, ids: &[Uuid]) -> Result<()> {
    sqlx::query!(
        "update documents set removed_at = now() where id = any($1) and removed_at is null and order_id is null",
        ids
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}
