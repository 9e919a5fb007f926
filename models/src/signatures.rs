//! Signatures: somebody stands for exactly this content, with a meaning, under their printed name and the database's
//! clock (21 CFR 11.50, 11.70, 11.200). Proving who signs comes first and costs a password or a passkey each time; the signature
//! itself is written in the transaction of what it allows.

mod proof;
mod standing;

pub use proof::{Failures, Proof, REPORTED, Refused, about, failures, prove, prove_by_passkey, refuse};
pub use standing::{Later, Standing, Void, standing};

use crate::audit::{self, Actor, Entry};
use crate::canonical::{self, Content};
use crate::users::User;
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{PgConnection, PgExecutor, types::Json};

/// What a signature says (21 CFR 11.50(a)(3)). A word is never used again for something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    BomApproved,
    RulesPublished,
}

impl Meaning {
    pub const ALL: [Meaning; 2] = [Meaning::BomApproved, Meaning::RulesPublished];

    /// The word of the table and of the form.
    pub fn word(self) -> &'static str {
        match self {
            Meaning::BomApproved => "bom_approved",
            Meaning::RulesPublished => "rules_published",
        }
    }

    pub fn from_word(word: &str) -> Option<Meaning> {
        Meaning::ALL.into_iter().find(|meaning| meaning.word() == word)
    }

    pub fn title(self) -> &'static str {
        match self {
            Meaning::BomApproved => "BOM approved",
            Meaning::RulesPublished => "Rules published",
        }
    }

    /// What the person says by signing.
    pub fn sentence(self) -> &'static str {
        match self {
            Meaning::BomApproved => "I have reviewed this BOM and approve it for production.",
            Meaning::RulesPublished => "I have reviewed what these rules change and put them in force.",
        }
    }
}

/// The record that is signed, by its row and by the number people say.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    pub noun: &'a str,
    pub object_id: &'a str,
    pub id: i64,
    pub version: i32,
}

/// What is to be signed.
#[derive(Debug, Clone, Copy)]
pub struct Signing<'a> {
    pub meaning: Meaning,
    pub record: Record<'a>,
    /// As the database holds it now, read with the record's row locked.
    pub content: &'a Content,
    /// The hash of the content the person was shown.
    pub seen: &'a str,
    pub reason: &'a str,
}

/// A signature as it was written; it never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub id: i64,
    pub signed_at: DateTime<Utc>,
    pub user_id: i64,
    /// Printed, as it was then.
    pub user_name: String,
    pub role: String,
    pub meaning: String,
    pub reason: String,
    pub record_id: i64,
    pub record_version: i32,
    pub content_hash: String,
    /// `password` or `passkey` with the name its person gave it: what was shown at the signing (21 CFR 11.200).
    pub proved_by: String,
    pub parts: Vec<(String, String)>,
}

impl Signature {
    /// The words of its meaning; the word itself where a newer build wrote it.
    pub fn title(&self) -> &str {
        Meaning::from_word(&self.meaning).map_or(&self.meaning, |meaning| meaning.title())
    }

    /// Every signature on the versions of a thing, the newest first.
    pub async fn on(db: impl PgExecutor<'_>, noun: &str, object_id: &str) -> Result<Vec<Signature>> {
        let rows = sqlx::query!(
            r#"
            select id, signed_at, user_id, user_name, role, meaning, reason, record_id, record_version, content_hash,
                   proved_by, parts as "parts: Json<Vec<(String, String)>>"
            from signatures
            where noun = $1 and object_id = $2
            order by id desc
            limit 200
            "#,
            noun,
            object_id,
        );
        let rows = rows.fetch_all(db).await?.into_iter();
        Ok(rows
            .map(|row| Signature {
                id: row.id,
                signed_at: row.signed_at,
                user_id: row.user_id,
                user_name: row.user_name,
                role: row.role,
                meaning: row.meaning,
                reason: row.reason,
                record_id: row.record_id,
                record_version: row.record_version,
                content_hash: row.content_hash,
                proved_by: row.proved_by,
                parts: row.parts.0,
            })
            .collect())
    }
}

/// Signs, and writes it into the trail. The caller holds the record's row, has read `content` under that lock, and has
/// asked the table of permissions. The proof is used up.
///
/// # Errors
/// `Stale` when the content is no longer what was shown, or somebody has signed it already; nothing is written then.
pub async fn sign(
    tx: &mut PgConnection,
    actor: &Actor,
    user: &User,
    proof: Proof,
    signing: &Signing<'_>,
) -> Result<i64> {
    if !proof.is_of(user) {
        return Err(Error::Forbidden("The proof was somebody else's. Nothing was signed.".into()));
    }
    let (record, hash) = (&signing.record, signing.content.hash());
    if hash != signing.seen {
        return Err(Error::Stale(
            "This changed after it was shown to you. Nothing was signed; look at it again.".into(),
        ));
    }
    let id = insert(tx, actor, (user, &proof), signing, &hash)
        .await?
        .ok_or_else(|| Error::Stale("Somebody signed this a moment ago. Nothing was signed a second time.".into()))?;
    let (meaning, by) = (signing.meaning.title(), &proof.by);
    let after =
        json!({ "signature": id, "meaning": meaning, "version": record.version, "hash": hash, "proved by": by });
    let entry = Entry {
        action: "signed",
        noun: record.noun,
        object_id: record.object_id,
        after: Some(after),
        reason: signing.reason,
        ..Entry::default()
    };
    audit::record(tx, actor, entry).await?;
    audit::announce(tx, "signatures", record.object_id).await?;
    Ok(id)
}

/// None when the record has a signature of this meaning.
async fn insert(
    tx: &mut PgConnection,
    actor: &Actor,
    (user, proof): (&User, &Proof),
    signing: &Signing<'_>,
    hash: &str,
) -> Result<Option<i64>> {
    let record = &signing.record;
    let id = sqlx::query_scalar!(
        r#"
        insert into signatures (user_id, user_name, role, meaning, reason, noun, object_id, record_id, record_version,
                                content_form, content_hash, parts, session, peer, request_id, proved_by, evidence)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        on conflict (noun, record_id, meaning) do nothing
        returning id
        "#,
        user.id,
        user.name,
        user.role.title(),
        signing.meaning.word(),
        signing.reason,
        record.noun,
        record.object_id,
        record.id,
        record.version,
        canonical::FORM,
        hash,
        json!(signing.content.parts()),
        actor.session,
        actor.peer,
        actor.request_id,
        proof.by,
        proof.evidence,
    );
    Ok(id.fetch_optional(tx).await?)
}
