//! Proving again who signs: the password or a passkey, each time, throttled together with log-ins. A wrong one is written
//! down, counted, and reported when it happens again (21 CFR 11.200(a), 11.300(d)).

use super::{Meaning, Record};
use crate::Result;
use crate::audit::{self, Actor, Entry};
use crate::sessions::throttle;
use crate::users::{
    self, User,
    passkeys::{self, Answer, Outcome, Purpose, Question, Site},
    passwords,
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::{PgExecutor, PgPool};
use std::time::Duration;

/// Wrong tries in a row after which administrators are told.
pub const REPORTED: i64 = 3;

/// Somebody showed a moment ago that it is they who sign. Made here only, good for one signature.
#[derive(Debug)]
pub struct Proof {
    user_id: i64,
    /// "password", or "passkey Bench tablet"
    pub(super) by: String,
    /// What the passkey's device answered.
    pub(super) evidence: Option<Value>,
}

impl Proof {
    pub(super) fn is_of(&self, user: &User) -> bool {
        self.user_id == user.id
    }
}

/// Why nobody signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Not the password of this person.
    Wrong,
    /// They have none yet: they come in with the company account.
    NoPassword,
    /// No passkey of this person, or not the answer to what was asked.
    NotTaken,
    /// Too many wrong ones before; so long to wait.
    Wait(Duration),
    /// Too many passwords are being checked at once.
    Busy,
}

/// Checks the password of the person whose session this is. What fails is written into the trail and counted before
/// this returns, whatever the caller does next.
pub async fn prove(
    db: &PgPool,
    actor: &Actor,
    user: &User,
    password: &str,
    meaning: Meaning,
    record: Record<'_>,
) -> Result<std::result::Result<Proof, Refused>> {
    let keys = throttle::Keys::within_session(&user.email, &actor.peer);
    if let Some(wait) = throttle::wait(db, &keys).await? {
        note(db, actor, None, meaning, record, "too many wrong passwords before").await?;
        return Ok(Err(Refused::Wait(wait)));
    }
    if !passwords::has_one(db, user.id).await? {
        note(db, actor, None, meaning, record, "no password to sign with").await?;
        return Ok(Err(Refused::NoPassword));
    }
    // Longer than any password of ours: hashing it would only cost time.
    let password = if password.chars().count() > passwords::LONGEST { "" } else { password };
    match users::authenticate_again(db, user, password).await? {
        Err(passwords::Busy) => Ok(Err(Refused::Busy)),
        Ok(false) => {
            note(db, actor, Some(&keys), meaning, record, "wrong password").await?;
            Ok(Err(Refused::Wrong))
        }
        Ok(true) => {
            let mut tx = db.begin().await?;
            throttle::succeeded(&mut tx, &keys).await?;
            tx.commit().await?;
            Ok(Ok(Proof { user_id: user.id, by: "password".into(), evidence: None }))
        }
    }
}

/// What a passkey is asked about when something is signed: sixty-four hex digits that stand for this record, the content
/// that is shown, and the meaning.
pub fn about(meaning: Meaning, record: Record<'_>, seen: &str) -> String {
    let parts =
        [meaning.word(), record.noun, record.object_id, &record.id.to_string(), &record.version.to_string(), seen];
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

/// Judges a passkey's answer to the question about exactly this record, content (`seen`) and meaning, asked in the session
/// with this hash. What fails is kept and counted like a wrong password.
pub async fn prove_by_passkey(
    db: &PgPool,
    actor: &Actor,
    user: &User,
    (site, session, answer): (&Site, &[u8], &str),
    (meaning, record, seen): (Meaning, Record<'_>, &str),
) -> Result<std::result::Result<Proof, Refused>> {
    let keys = throttle::Keys::within_session(&user.email, &actor.peer);
    if let Some(wait) = throttle::wait(db, &keys).await? {
        note(db, actor, None, meaning, record, "too many wrong passwords before").await?;
        return Ok(Err(Refused::Wait(wait)));
    }
    let about = about(meaning, record, seen);
    let question = Question { purpose: Purpose::Sign, holder: session, about: &about };
    let asked = passkeys::collect(db, question).await?;
    let Some(answer) = Answer::read(answer) else {
        note(db, actor, Some(&keys), meaning, record, NOT_TAKEN).await?;
        return Ok(Err(Refused::NotTaken));
    };
    let mut tx = db.begin().await?;
    match passkeys::check(&mut tx, site, asked, (&answer, Some(user.id))).await? {
        Outcome::Taken(used) => {
            throttle::succeeded(&mut tx, &keys).await?;
            tx.commit().await?;
            let by = format!("passkey {}", used.name);
            Ok(Ok(Proof { user_id: user.id, by, evidence: Some(used.evidence) }))
        }
        Outcome::Refused { why, .. } => {
            throttle::failed(&mut tx, &keys).await?;
            refuse(&mut tx, actor, meaning, record, &format!("{NOT_TAKEN}: {why}")).await?;
            tx.commit().await?;
            Ok(Err(Refused::NotTaken))
        }
    }
}

const NOT_TAKEN: &str = "passkey not taken";

/// Writes a failed try down; with `keys` it counts towards the wait.
async fn note(
    db: &PgPool,
    actor: &Actor,
    keys: Option<&throttle::Keys>,
    meaning: Meaning,
    record: Record<'_>,
    why: &str,
) -> Result<()> {
    let mut tx = db.begin().await?;
    if let Some(keys) = keys {
        throttle::failed(&mut tx, keys).await?;
    }
    refuse(&mut tx, actor, meaning, record, why).await?;
    Ok(tx.commit().await?)
}

/// Writes into the trail that somebody tried to sign and could not.
pub async fn refuse(
    tx: &mut sqlx::PgConnection,
    actor: &Actor,
    meaning: Meaning,
    record: Record<'_>,
    why: &str,
) -> Result<()> {
    let about = json!({ "noun": record.noun, "version": record.version, "meaning": meaning.title(), "why": why });
    let entry = Entry {
        action: "signature refused",
        noun: "signatures",
        object_id: record.object_id,
        after: Some(about),
        ..Entry::default()
    };
    audit::refused(tx, actor, entry).await
}

/// Somebody's wrong passwords and passkeys while signing, since their last signature, within a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failures {
    pub user_id: i64,
    pub user_name: String,
    pub tries: i64,
    pub first_at: DateTime<Utc>,
}

/// Everybody who failed `REPORTED` times in a row.
pub async fn failures(db: impl PgExecutor<'_>) -> Result<Vec<Failures>> {
    let failures = sqlx::query_as!(
        Failures,
        r#"
        select a.user_id as "user_id!", max(a.user_name) as "user_name!", count(*) as "tries!", min(a.at) as "first_at!"
        from audit_log a
        where a.noun = 'signatures' and not a.success and a.user_id is not null
            and (a.after ->> 'why' = 'wrong password' or a.after ->> 'why' like 'passkey not taken%')
            and a.at > now() - interval '1 day'
            and a.at > coalesce((select max(signed_at) from signatures s where s.user_id = a.user_id), '-infinity')
        group by a.user_id
        having count(*) >= $1
        order by a.user_id
        limit 50
        "#,
        REPORTED,
    );
    Ok(failures.fetch_all(db).await?)
}
