//! The company account: people log in where the whole company logs in, and the groups they are in there say what they
//! may do here. One account keeps its password for the day the provider is away.

pub mod admitting;
pub mod emergency;
pub mod groups;
pub mod logins;

use crate::settings::{Setting, Wrong};
use crate::{Result, sessions};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgExecutor};

/// Characters of a group's name and of the name of the claim.
pub const LONGEST_NAME: usize = 200;

/// How the company account is used. Its server, name and secret come from the environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompanyAccount {
    /// The claim of the ID token that lists somebody's groups.
    pub groups_claim: String,
    /// A second factor that the provider asked for (`amr` or `acr` say "mfa") stands for ours.
    pub trusts_second_factor: bool,
    /// Passwords open the door to the emergency account only.
    pub is_required: bool,
    /// The one account that keeps its password.
    pub emergency_account: Option<i64>,
}

impl Default for CompanyAccount {
    fn default() -> CompanyAccount {
        let groups_claim = "groups".into();
        CompanyAccount { groups_claim, trusts_second_factor: false, is_required: false, emergency_account: None }
    }
}

impl Setting for CompanyAccount {
    const NAME: &'static str = "company_account";

    fn check(&self) -> Result<(), Wrong> {
        let claim = &self.groups_claim;
        let is_plain = claim.chars().all(|c| c.is_ascii_graphic());
        if claim.is_empty() || claim.len() > LONGEST_NAME || !is_plain {
            let right = "The claim is a word without blanks, like groups or https://company.example/groups.";
            return Err(("groups_claim", right.into()));
        }
        if self.is_required && self.emergency_account.is_none() {
            let why = "Name the emergency account first. Without one nobody comes in while the provider is away.";
            return Err(("emergency_account", why.into()));
        }
        Ok(())
    }
}

/// What a right password opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Password {
    /// The door, as everybody's does.
    Opens,
    /// The door, and somebody has to say afterwards why it was needed.
    OpensInEmergency,
    /// Nothing: this person logs in with the company account.
    OpensNothing,
}

/// What this person's password opens at the door. Signatures are another matter: they are given within a session.
pub async fn password_of(db: impl PgExecutor<'_>, user_id: i64) -> Result<Password> {
    let setting = crate::settings::read::<CompanyAccount>(db).await?.value;
    Ok(match setting.is_required {
        false => Password::Opens,
        true if setting.emergency_account == Some(user_id) => Password::OpensInEmergency,
        true => Password::OpensNothing,
    })
}

/// Whether this is the emergency account of a house whose people have to use the company account.
pub async fn is_needed_in_emergency(db: impl PgExecutor<'_>, user_id: i64) -> Result<bool> {
    Ok(password_of(db, user_id).await? == Password::OpensInEmergency)
}

/// Whether this person has ever come in with the company account.
pub async fn is_linked(db: impl PgExecutor<'_>, user_id: i64) -> Result<bool> {
    let linked =
        sqlx::query_scalar!(r#"select exists (select from company_accounts where user_id = $1) as "linked!""#, user_id);
    Ok(linked.fetch_one(db).await?)
}

/// Notes how the person of a session that just began came in.
pub async fn mark_session(tx: &mut PgConnection, id_hash: &[u8], has_factor: bool) -> Result<()> {
    sqlx::query!(
        "update sessions set is_by_company = true, has_company_factor = $2 where id_hash = $1",
        id_hash,
        has_factor,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether the person of this session came in with the company account.
pub async fn opened(db: impl PgExecutor<'_>, id_hash: &[u8]) -> Result<bool> {
    let by = sqlx::query_scalar!("select is_by_company from sessions where id_hash = $1", id_hash);
    Ok(by.fetch_optional(db).await?.unwrap_or_default())
}

/// Minutes for which proving anew who one is lasts.
pub const PROVED_MINUTES: i32 = 10;

/// The person of this session proved anew at the provider who they are: for choosing a password to sign with.
pub async fn prove(tx: &mut PgConnection, id_hash: &[u8]) -> Result<()> {
    sqlx::query!("update sessions set proved_at = now() where id_hash = $1 and revoked_at is null", id_hash)
        .execute(tx)
        .await?;
    Ok(())
}

/// Whether they did so a moment ago.
pub async fn has_proved(db: impl PgExecutor<'_>, id_hash: &[u8]) -> Result<bool> {
    let proved = sqlx::query_scalar!(
        r#"select coalesce(proved_at > now() - make_interval(mins => $2), false) as "proved!" from sessions where id_hash = $1"#,
        id_hash,
        PROVED_MINUTES,
    );
    Ok(proved.fetch_optional(db).await?.unwrap_or_default())
}

/// Spends the proof: it is good for one password.
pub async fn forget_proof(tx: &mut PgConnection, id_hash: &[u8]) -> Result<()> {
    sqlx::query!("update sessions set proved_at = null where id_hash = $1", id_hash).execute(tx).await?;
    Ok(())
}

/// The hash under which a browser's own word is kept.
fn hash(word: &str) -> Vec<u8> {
    sessions::id_hash(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_taken_away_before_somebody_keeps_one() {
        let required = CompanyAccount { is_required: true, ..CompanyAccount::default() };
        assert_eq!(required.check().unwrap_err().0, "emergency_account");
        assert!(CompanyAccount { emergency_account: Some(7), ..required }.check().is_ok());
        let odd = CompanyAccount { groups_claim: "my groups".into(), ..CompanyAccount::default() };
        assert_eq!(odd.check().unwrap_err().0, "groups_claim");
    }
}
