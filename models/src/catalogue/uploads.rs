//! Uploaded files between the dry run and the import: what was judged is what is imported.

use super::files::Files;
use crate::{Error, Result};
use sqlx::{PgConnection, PgExecutor, PgPool};
use uuid::Uuid;

/// Keeps whole files for a day, and forgets those of yesterday. One upload per person is kept.
pub async fn keep(tx: &mut PgConnection, files: &Files, user_id: i64) -> Result<Uuid> {
    let (Some(assemblies), Some(categories), Some(parts)) = (&files.assemblies, &files.categories, &files.parts) else {
        return Err(Error::Invalid("A catalogue is three files; one of them is missing.".into()));
    };
    sqlx::query!(
        "delete from catalogue_uploads where uploaded_by = $1 or uploaded_at < now() - interval '1 day'",
        user_id,
    )
    .execute(&mut *tx)
    .await?;
    let id = sqlx::query_scalar!(
        "insert into catalogue_uploads (assemblies, categories, parts, uploaded_by) values ($1, $2, $3, $4) returning id",
        assemblies,
        categories,
        parts,
        user_id,
    );
    Ok(id.fetch_one(&mut *tx).await?)
}

/// The files this person uploaded under this id.
pub async fn find(db: &PgPool, id: Uuid, user_id: i64) -> Result<Files> {
    let row = sqlx::query!(
        "select assemblies, categories, parts from catalogue_uploads where id = $1 and uploaded_by = $2",
        id,
        user_id,
    );
    let Some(row) = row.fetch_optional(db).await? else {
        let is_there =
            sqlx::query_scalar!(r#"select exists (select from catalogue_uploads where id = $1) as "there!""#, id,);
        let is_there = is_there.fetch_one(db).await?;
        return Err(if is_there { Error::Hidden("Upload") } else { Error::NotFound("Upload") });
    };
    Ok(Files { assemblies: Some(row.assemblies), categories: Some(row.categories), parts: Some(row.parts) })
}

/// Forgets the files, once they are imported or unwanted.
pub async fn forget(db: impl PgExecutor<'_>, id: Uuid, user_id: i64) -> Result<()> {
    sqlx::query!("delete from catalogue_uploads where id = $1 and uploaded_by = $2", id, user_id).execute(db).await?;
    Ok(())
}
