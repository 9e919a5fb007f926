//! PINs: what somebody knows at a station. Good for nothing without the badge, and nowhere but at a station.

use crate::audit::{self, Actor, Entry};
use crate::{Error, Result};
use sqlx::{PgConnection, PgExecutor};

pub const SHORTEST: usize = 6;
pub const LONGEST: usize = 8;

/// # Errors
/// A sentence when it is no PIN, or one of those that everybody tries first.
pub fn check_rules(pin: &str) -> Result<()> {
    let refused = |sentence: &str| Err(Error::Invalid(sentence.into()));
    let digits: Vec<i16> = pin.chars().filter_map(|c| c.to_digit(10).map(|digit| digit as i16)).collect();
    if digits.len() != pin.chars().count() || !(SHORTEST..=LONGEST).contains(&digits.len()) {
        return refused("A PIN is 6 to 8 digits.");
    }
    let steps: Vec<i16> = digits.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if steps.iter().all(|step| *step == steps[0] && step.abs() <= 1) {
        return refused("This PIN counts up or down or repeats one digit. Choose digits in no order.");
    }
    let repeats =
        |part: usize| digits.len().is_multiple_of(part) && digits.chunks(part).all(|chunk| chunk == &digits[..part]);
    if repeats(2) || repeats(3) {
        return refused("This PIN repeats itself. Choose digits in no order.");
    }
    Ok(())
}

/// Whether somebody has set one.
pub async fn is_set(db: impl PgExecutor<'_>, user_id: i64) -> Result<bool> {
    let set = sqlx::query_scalar!(r#"select exists (select from pins where user_id = $1) as "set!""#, user_id);
    Ok(set.fetch_one(db).await?)
}

/// Sets one's own PIN; the caller has checked the password and hashed the PIN.
pub async fn set(tx: &mut PgConnection, actor: &Actor, user_id: i64, hash: &str) -> Result<()> {
    sqlx::query!(
        "insert into pins (user_id, hash) values ($1, $2)
        on conflict (user_id) do update set hash = excluded.hash, changed_at = now()",
        user_id,
        hash,
    )
    .execute(&mut *tx)
    .await?;
    let entry = Entry { action: "set a PIN", noun: "users", object_id: &user_id.to_string(), ..Entry::default() };
    audit::record(tx, actor, entry).await
}

#[cfg(test)]
mod tests {
    use super::check_rules;

    #[test]
    fn a_pin_that_everybody_tries_first_is_refused() {
        for bad in [
            "12345",
            "123456789",
            "123456",
            "654321",
            "111111",
            "00000000",
            "121212",
            "123123",
            "4848484８",
            "12345a",
            "",
        ] {
            assert!(check_rules(bad).is_err(), "{bad}");
        }
        for good in ["480231", "7193046", "20261124"] {
            assert!(check_rules(good).is_ok(), "{good}");
        }
    }
}
