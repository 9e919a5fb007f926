//! Asking a device for its passkey, and judging what it answers.

use super::{Purpose, Question, Site, challenges, registering::broken};
use crate::users::{Role, User};
use crate::{Result, audit, sessions};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgExecutor, PgPool};
use uuid::Uuid;
use webauthn_rs::prelude::{DiscoverableAuthentication, PublicKeyCredential, WebauthnError};

/// What a device answered, as far as it can be read.
#[derive(Debug, Clone)]
pub struct Answer {
    credential: PublicKeyCredential,
}

impl Answer {
    /// From the form's field. None for what no device ever answers.
    pub fn read(text: &str) -> Option<Answer> {
        serde_json::from_str(text).ok().map(|credential| Answer { credential })
    }
}

/// What came of an answer.
#[derive(Debug)]
pub enum Outcome {
    Taken(Box<Used>),
    /// For the trail, never for the visitor: whose passkey it says it is, and why it was not taken.
    Refused {
        whose: Option<i64>,
        why: &'static str,
    },
}

/// The passkey that somebody showed.
#[derive(Debug)]
pub struct Used {
    pub user: User,
    pub name: String,
    /// What the device signed and how, for a signature's row.
    pub evidence: Value,
}

/// Whose passkey this answer says it is, before anything is judged: for counting tries.
pub async fn owner_of(db: impl PgExecutor<'_>, answer: &Answer) -> Result<Option<String>> {
    let owner = sqlx::query_scalar!(
        r#"
        select u.email from passkeys p
        join second_factors f on f.id = p.factor_id
        join users u on u.id = f.user_id
        where p.credential_id = $1
        "#,
        answer.credential.get_credential_id(),
    );
    Ok(owner.fetch_optional(db).await?)
}

/// What a device is asked, as the browser wants it: any passkey of this site, or one of this person.
pub async fn ask(db: &PgPool, site: &Site, question: Question<'_>, whose: Option<i64>) -> Result<Value> {
    asked(db, site, question, whose, None).await
}

/// The same for a signature: what is signed goes into the question, so that the device's answer is bound to the record,
/// its content and the meaning.
pub async fn ask_to_sign(db: &PgPool, site: &Site, holder: &[u8], user: &User, about: &str) -> Result<Value> {
    let question = Question { purpose: Purpose::Sign, holder, about };
    asked(db, site, question, Some(user.id), Some(sessions::random()?)).await
}

async fn asked(
    db: &PgPool,
    site: &Site,
    question: Question<'_>,
    whose: Option<i64>,
    nonce: Option<[u8; 32]>,
) -> Result<Value> {
    let (mut options, state) = site.ceremonies.start_discoverable_authentication().map_err(broken)?;
    options.mediation = None;
    if let Some(nonce) = nonce {
        options.public_key.challenge = bound(&nonce, question.about);
    }
    let mut options = serde_json::to_value(options).map_err(broken)?;
    let mut state = serde_json::to_value(state).map_err(broken)?;
    if let Some(nonce) = nonce {
        state["ast"]["challenge"] = options["publicKey"]["challenge"].clone();
        state["nonce"] = json!(hex::encode(nonce));
    }
    if let Some(user_id) = whose {
        let ids = sqlx::query_scalar!(
            r#"
            select p.credential #>> '{cred,cred_id}' as "id!"
            from passkeys p join second_factors f on f.id = p.factor_id
            where f.user_id = $1 and f.removed_at is null and p.doubted_at is null
            "#,
            user_id,
        );
        let ids = ids.fetch_all(db).await?.into_iter();
        let allowed: Vec<Value> = ids.map(|id| json!({ "type": "public-key", "id": id })).collect();
        options["publicKey"]["allowCredentials"] = json!(allowed);
    }
    challenges::keep(db, question, &state).await?;
    Ok(options)
}

/// 32 bytes that nobody could know before and that say what is signed.
fn bound(nonce: &[u8], about: &str) -> Vec<u8> {
    Sha256::new().chain_update(nonce).chain_update(about).finalize().to_vec()
}

/// A question that was asked and is answered now. It is used up, whatever comes of the answer.
#[derive(Debug)]
pub struct Asked {
    state: Value,
    about: String,
}

/// Takes the question away before its answer is judged: of two answers at once the second finds none.
pub async fn collect(db: &PgPool, question: Question<'_>) -> Result<Option<Asked>> {
    let state = challenges::take(db, question).await?;
    Ok(state.map(|state| Asked { state, about: question.about.into() }))
}

/// Judges an answer. The caller commits in every case: a passkey whose counter went back is stopped here. `whose`: only a
/// passkey of this person is taken.
pub async fn check(
    tx: &mut PgConnection,
    site: &Site,
    asked: Option<Asked>,
    (answer, whose): (&Answer, Option<i64>),
) -> Result<Outcome> {
    let refused = |whose, why| Ok(Outcome::Refused { whose, why });
    let Some(Asked { mut state, about }) = asked else {
        return refused(None, "no such question, or it was answered or is too old");
    };
    let nonce = state["nonce"].take();
    let Some(held) = find(&mut *tx, &answer.credential).await? else { return refused(None, "not known here") };
    let owner = Some(held.user.id);
    if whose.is_some() && whose != owner {
        return refused(owner, "another person's");
    }
    if held.is_removed || held.is_doubted || !held.is_active {
        return refused(owner, "removed, stopped, or of somebody who may not come in");
    }
    // Who is not asked for by name is named by the device, and it has to be the owner.
    match answer.credential.get_user_unique_id() {
        Some(handle) if handle != held.handle.as_bytes() => return refused(owner, "names another person"),
        None if whose.is_none() => return refused(owner, "names nobody"),
        _ => {}
    }
    let state: DiscoverableAuthentication = serde_json::from_value(state).map_err(broken)?;
    let mut passkey: webauthn_rs::prelude::Passkey = serde_json::from_value(held.credential).map_err(broken)?;
    match site.ceremonies.finish_discoverable_authentication_v2(&answer.credential, state, &passkey) {
        Ok(result) => {
            passkey.update_credential(&result);
        }
        Err(WebauthnError::CredentialPossibleCompromise) => {
            stop(tx, held.id, &held.user, &held.name).await?;
            return refused(owner, "its counter went back");
        }
        Err(error) => {
            tracing::info!(%error, "a passkey was not taken");
            return refused(owner, "not a right answer to the question");
        }
    }
    let renewed = serde_json::to_value(&passkey).map_err(broken)?;
    sqlx::query!("update passkeys set credential = $2, last_used_at = now() where factor_id = $1", held.id, &renewed)
        .execute(tx)
        .await?;
    let answered = serde_json::to_value(&answer.credential).map_err(broken)?;
    let evidence = json!({ "key": renewed["cred"]["cred"], "nonce": nonce, "about": about, "answer": answered });
    Ok(Outcome::Taken(Box::new(Used { user: held.user, name: held.name, evidence })))
}

/// A passkey as the table holds it.
struct Held {
    id: i64,
    name: String,
    credential: Value,
    handle: Uuid,
    user: User,
    is_removed: bool,
    is_doubted: bool,
    is_active: bool,
}

/// With its row locked, so that of two answers at once the second is judged by the counter of the first.
async fn find(tx: &mut PgConnection, answer: &PublicKeyCredential) -> Result<Option<Held>> {
    let row = sqlx::query!(
        r#"
        select p.factor_id, p.name as passkey, p.credential, u.passkey_handle, u.is_active,
            f.removed_at is not null as "is_removed!", p.doubted_at is not null as "is_doubted!",
            u.id, u.email, u.name, u.initials, u.role as "role: Role"
        from passkeys p
        join second_factors f on f.id = p.factor_id
        join users u on u.id = f.user_id
        where p.credential_id = $1
        for update of p
        "#,
        answer.get_credential_id(),
    );
    Ok(row.fetch_optional(tx).await?.map(|row| Held {
        id: row.factor_id,
        name: row.passkey,
        credential: row.credential,
        handle: row.passkey_handle,
        user: User { id: row.id, email: row.email, name: row.name, initials: row.initials, role: row.role },
        is_removed: row.is_removed,
        is_doubted: row.is_doubted,
        is_active: row.is_active,
    }))
}

/// Two devices hold the same key when one of them is behind: nobody can tell which of them is the copy.
async fn stop(tx: &mut PgConnection, id: i64, user: &User, name: &str) -> Result<()> {
    sqlx::query!("update passkeys set doubted_at = now() where factor_id = $1", id).execute(&mut *tx).await?;
    let entry = audit::Entry {
        action: "stopped a passkey",
        noun: "users",
        object_id: &user.id.to_string(),
        after: Some(json!({ "passkey": name })),
        reason: "Its counter went back: there may be a copy of it.",
        ..Default::default()
    };
    audit::refused(tx, &audit::Actor::from(user), entry).await
}
