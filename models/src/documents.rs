//! Purchase orders and drawings that come with an order. The bytes lie in the file store under a random name.

pub mod drawings;
pub mod media;

mod made;
mod store;

pub use made::{Made, forget_files, not_needed};
pub use media::Media;
pub use store::{Arriving, Bucket, Store};

use crate::drafts::Draft;
use crate::users::{Can, User};
use crate::{Error, Result, audit};
use audit::{Actor, Entry};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

/// Bytes of one document.
pub const LARGEST: u64 = 10 * 1024 * 1024;
/// Documents of one order.
pub const MOST: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Kind {
    PoDocument,
    SinkDrawing,
    /// Made by a job: the parts of all builds in one list.
    PartsList,
    /// Of an item of the catalogue, whatever order it is in.
    ItemDrawing,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Kind::PoDocument => "po_document",
            Kind::SinkDrawing => "sink_drawing",
            Kind::PartsList => "parts_list",
            Kind::ItemDrawing => "item_drawing",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Kind::PoDocument => "PO document",
            Kind::SinkDrawing => "Sink drawing",
            Kind::PartsList => "Parts list",
            Kind::ItemDrawing => "Drawing",
        }
    }

    /// A kind that people bring to an order.
    pub fn from_word(word: &str) -> Option<Kind> {
        [Kind::PoDocument, Kind::SinkDrawing].into_iter().find(|kind| kind.word() == word)
    }
}

#[derive(Debug, Clone)]
pub struct Document {
    pub id: Uuid,
    pub draft_id: Option<i64>,
    pub order_number: Option<String>,
    pub kind: Kind,
    pub file_name: String,
    pub media_type: String,
    pub size_bytes: i64,
    pub sha256: String,
    pub uploaded_by: String,
    pub uploaded_at: DateTime<Utc>,
    /// The latest job that made or reads it.
    pub job_id: Option<Uuid>,
}

/// A file that has arrived in the store and has not been kept yet.
#[derive(Debug, Clone)]
pub struct Arrived {
    pub id: Uuid,
    pub kind: Kind,
    pub file_name: String,
    pub media: Media,
    pub size_bytes: u64,
    pub sha256: String,
}

macro_rules! documents {
    ($where:literal, $($arg:expr),*) => {
        sqlx::query_as!(
            Document,
            r#"
            select d.id, d.draft_id, o.number as "order_number?", d.kind as "kind: Kind", d.file_name, d.media_type,
                   d.size_bytes, d.sha256, u.name as uploaded_by, d.uploaded_at,
                   (select j.id from jobs j where j.document_id = d.id order by j.id desc limit 1) as job_id
            from documents d
            join users u on u.id = d.uploaded_by
            left join order_keys o on o.order_id = d.order_id
            where d.removed_at is null and "# + $where,
            $($arg),*
        )
    };
}

impl Document {
    pub async fn of_draft(db: impl PgExecutor<'_>, draft_id: i64) -> Result<Vec<Document>> {
        Ok(documents!("d.draft_id = $1 order by d.kind, d.uploaded_at", draft_id).fetch_all(db).await?)
    }

    pub async fn of_order(db: impl PgExecutor<'_>, order_id: i64) -> Result<Vec<Document>> {
        Ok(documents!("d.order_id = $1 order by d.kind, d.uploaded_at", order_id).fetch_all(db).await?)
    }

    /// The document, for whoever may see what it belongs to.
    pub async fn find(db: &mut PgConnection, user: &User, id: Uuid) -> Result<Document> {
        let document = documents!("d.id = $1", id).fetch_optional(&mut *db).await?;
        let document = document.ok_or(Error::NotFound("Document"))?;
        match (&document.order_number, document.draft_id) {
            // Not theirs and not there look the same.
            (Some(_), _) if user.may(Can::SeeOrderDetails) => {}
            (Some(_), _) => return Err(Error::Hidden("Document")),
            (None, Some(draft)) => match Draft::find(&mut *db, user, draft).await {
                Err(Error::Hidden(_) | Error::Forbidden(_)) => return Err(Error::Hidden("Document")),
                Err(Error::NotFound(_)) => return Err(Error::NotFound("Document")),
                found => drop(found?),
            },
            (None, None) => return Err(Error::NotFound("Document")),
        }
        Ok(document)
    }

    /// Keeps a file with a draft. The draft must be held.
    pub async fn keep(tx: &mut PgConnection, user: &User, actor: &Actor, draft: &Draft, file: &Arrived) -> Result<()> {
        if draft.order_number.is_some() {
            return Err(Error::Invalid("This draft is an order already; its documents stay as they are.".into()));
        }
        let kept = Document::of_draft(&mut *tx, draft.id).await?;
        if kept.len() >= MOST {
            return Err(Error::Invalid(format!("This order has {MOST} documents, and no more fit. Remove one first.")));
        }
        if let Some(twin) = kept.iter().find(|other| other.sha256 == file.sha256 && other.kind == file.kind) {
            return Err(Error::Invalid(format!("{} is the same file as {}.", file.file_name, twin.file_name)));
        }
        sqlx::query!(
            r#"
            insert into documents (id, draft_id, kind, file_name, media_type, size_bytes, sha256, uploaded_by)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            "#,
            file.id,
            draft.id,
            file.kind as Kind,
            file.file_name,
            file.media.media_type(),
            file.size_bytes as i64,
            file.sha256,
            user.id,
        )
        .execute(&mut *tx)
        .await?;
        let after = json!({"file_name": file.file_name, "sha256": file.sha256, "draft": draft.id});
        let id = file.id.to_string();
        let entry =
            Entry { action: "uploaded", noun: "documents", object_id: &id, after: Some(after), ..Entry::default() };
        audit::record(tx, actor, entry).await
    }

    /// Takes a document out of a draft. Those of an order stay.
    pub async fn remove(
        tx: &mut PgConnection,
        user: &User,
        actor: &Actor,
        draft_id: i64,
        id: Uuid,
    ) -> Result<Document> {
        let draft = Draft::hold(tx, user, draft_id).await?;
        let document = Document::find(tx, user, id).await?;
        if document.draft_id != Some(draft.id) || draft.order_number.is_some() {
            return Err(Error::NotFound("Document"));
        }
        sqlx::query!("update documents set removed_at = now() where id = $1", id).execute(&mut *tx).await?;
        let object_id = id.to_string();
        let before = json!({"file_name": document.file_name, "sha256": document.sha256});
        let entry = Entry {
            action: "removed",
            noun: "documents",
            object_id: &object_id,
            before: Some(before),
            ..Entry::default()
        };
        audit::record(tx, actor, entry).await?;
        Ok(document)
    }
}
