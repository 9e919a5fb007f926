//! What somebody had typed when their session ended: kept for an hour, so that logging in again loses nothing. It is
//! shown to the same person only, and never holds a password.

use super::{id_hash, random};
use crate::Result;
use serde_json::json;
use sqlx::{PgConnection, PgExecutor};

/// Bytes of names and values of one form that are kept.
pub const LARGEST: usize = 256 * 1024;

/// An ended session: whose it was, and the secret its forms were signed with.
#[derive(Debug)]
pub struct Ended {
    pub id_hash: Vec<u8>,
    pub user_id: i64,
    pub csrf_secret: Vec<u8>,
}

/// A form that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    pub path: String,
    pub fields: Vec<(String, String)>,
}

/// The session behind a cookie that opens nothing any more, for a week after its last click.
pub async fn ended(db: impl PgExecutor<'_>, id_hash: &[u8]) -> Result<Option<Ended>> {
    let ended = sqlx::query_as!(
        Ended,
        r#"
        select s.id_hash, s.user_id, s.csrf_secret
        from sessions s
        join users u on u.id = s.user_id
        where s.id_hash = $1 and s.last_seen_at > now() - interval '7 days' and u.is_active
        "#,
        id_hash,
    );
    Ok(ended.fetch_optional(db).await?)
}

/// Keeps a form of an ended session, in place of the one kept before. Returns the word of its address.
pub async fn keep(tx: &mut PgConnection, ended: &Ended, form: &Form) -> Result<String> {
    let token = hex::encode(random()?);
    sqlx::query!("delete from kept_forms where kept_at < now() - interval '1 hour'").execute(&mut *tx).await?;
    sqlx::query!(
        r#"
        insert into kept_forms (token_hash, session, user_id, path, fields) values ($1, $2, $3, $4, $5)
        on conflict (session) do update
        set token_hash = excluded.token_hash, path = excluded.path, fields = excluded.fields, kept_at = now()
        "#,
        id_hash(&token),
        ended.id_hash,
        ended.user_id,
        form.path,
        json!(form.fields),
    )
    .execute(tx)
    .await?;
    Ok(token)
}

/// The form behind this word, for the person who typed it and for nobody else.
pub async fn find(db: impl PgExecutor<'_>, user_id: i64, token: &str) -> Result<Option<Form>> {
    let row = sqlx::query!(
        r#"
        select path, fields from kept_forms
        where token_hash = $1 and user_id = $2 and kept_at > now() - interval '1 hour'
        "#,
        id_hash(token),
        user_id,
    );
    let Some(row) = row.fetch_optional(db).await? else { return Ok(None) };
    let fields = serde_json::from_value(row.fields).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(Some(Form { path: row.path, fields }))
}

/// Forgets it: it was sent again, or is not wanted.
pub async fn forget(db: impl PgExecutor<'_>, user_id: i64, token: &str) -> Result<()> {
    sqlx::query!("delete from kept_forms where token_hash = $1 and user_id = $2", id_hash(token), user_id)
        .execute(db)
        .await?;
    Ok(())
}
