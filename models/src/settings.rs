//! What administrators decide while the product runs: how long somebody stays logged in, which roles need a second
//! factor, when a tablet at the bench locks. Each setting has a compiled value until somebody decides otherwise.

use crate::{Error, Result, audit, users::Role};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;
use sqlx::{PgConnection, PgExecutor};

/// One setting: its row in the table `settings` and what it may be.
pub trait Setting: Default + Serialize + DeserializeOwned {
    /// The row's name, also the last part of its form's address.
    const NAME: &'static str;

    /// # Errors
    /// With the field and the sentence that says what would be right.
    fn check(&self) -> Result<(), Wrong>;
}

/// The field that is wrong, and why.
pub type Wrong = (&'static str, String);

/// A setting as it stands. Revision 0 is the compiled value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept<T> {
    pub value: T,
    pub revision: i32,
}

/// When a session ends by itself (ISO 27001 A.8.5; domain: half an hour without a click).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLimits {
    /// Minutes without a click.
    pub idle_minutes: i32,
    /// Hours after logging in, however busy it was.
    pub longest_hours: i32,
}

impl Default for SessionLimits {
    /// Half an hour, and one shift with its overtime.
    fn default() -> SessionLimits {
        SessionLimits { idle_minutes: 30, longest_hours: 12 }
    }
}

impl Setting for SessionLimits {
    const NAME: &'static str = "sessions";

    fn check(&self) -> Result<(), Wrong> {
        within("idle_minutes", "Minutes without a click", self.idle_minutes, 5, 120)?;
        within("longest_hours", "Hours after logging in", self.longest_hours, 1, 24)
    }
}

/// The roles whose people log in with a second factor besides their password.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactorRoles {
    pub roles: Vec<Role>,
}

impl Setting for SecondFactorRoles {
    const NAME: &'static str = "second_factor";

    fn check(&self) -> Result<(), Wrong> {
        Ok(())
    }
}

/// Tablets that several people share at the bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BenchTablets {
    /// Minutes without a touch until the tablet asks who is there.
    pub lock_minutes: i32,
}

impl Default for BenchTablets {
    fn default() -> BenchTablets {
        BenchTablets { lock_minutes: 5 }
    }
}

impl Setting for BenchTablets {
    const NAME: &'static str = "bench_tablets";

    fn check(&self) -> Result<(), Wrong> {
        within("lock_minutes", "Minutes without a touch", self.lock_minutes, 1, 30)
    }
}

fn within(field: &'static str, label: &str, value: i32, least: i32, most: i32) -> Result<(), Wrong> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err((field, format!("{label} are {least} to {most}. {value} is outside.")))
}

/// The setting as it stands.
pub async fn read<T: Setting>(db: impl PgExecutor<'_>) -> Result<Kept<T>> {
    let row = sqlx::query!("select value, revision from settings where name = $1", T::NAME).fetch_optional(db).await?;
    let Some(row) = row else { return Ok(Kept { value: T::default(), revision: 0 }) };
    // A value this build can't read is no reason to fall back to a laxer one.
    let value = serde_json::from_value(row.value).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(Kept { value, revision: row.revision })
}

/// Decides anew, for everybody from the next request on.
///
/// # Errors
/// `Invalid` for a value out of its bounds or a missing reason, `Stale` when somebody decided since `seen`.
pub async fn change<T: Setting>(
    tx: &mut PgConnection,
    actor: &audit::Actor,
    new: &T,
    seen: i32,
    reason: &str,
) -> Result<()> {
    new.check().map_err(|(_, sentence)| Error::Invalid(sentence))?;
    if reason.trim().is_empty() {
        return Err(Error::Invalid("Say why. The reason is kept with the change.".into()));
    }
    sqlx::query!("select pg_advisory_xact_lock(hashtext('settings'), hashtext($1))", T::NAME).execute(&mut *tx).await?;
    let before = read::<T>(&mut *tx).await?;
    if before.revision != seen {
        return Err(Error::Stale(
            "Somebody changed this setting while you looked. It is shown as it stands now.".into(),
        ));
    }
    sqlx::query!(
        r#"
        insert into settings (name, value, changed_by) values ($1, $2, $3)
        on conflict (name) do update
        set value = excluded.value, revision = settings.revision + 1, changed_at = now(), changed_by = excluded.changed_by
        "#,
        T::NAME,
        json!(new),
        actor.user_id,
    )
    .execute(&mut *tx)
    .await?;
    let entry = audit::Entry {
        action: "changed",
        noun: "settings",
        object_id: T::NAME,
        before: Some(json!(before.value)),
        after: Some(json!(new)),
        reason: reason.trim(),
    };
    audit::record(tx, actor, entry).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_out_of_its_bounds_is_refused_with_the_bounds() {
        let (field, sentence) = SessionLimits { idle_minutes: 600, longest_hours: 12 }.check().unwrap_err();
        assert_eq!(
            (field, sentence.as_str()),
            ("idle_minutes", "Minutes without a click are 5 to 120. 600 is outside.")
        );
        assert!(SessionLimits::default().check().is_ok() && BenchTablets::default().check().is_ok());
    }
}
