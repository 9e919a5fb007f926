//! Passwords: hashed with argon2id, two at a time and never on the threads that answer requests.

pub mod breached;
mod expected;

use crate::{Error, Result};
use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version,
    password_hash::{SaltString, rand_core::OsRng},
};
use std::sync::{
    LazyLock,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::Semaphore;

/// Memory in KiB, passes, lanes: 46 MiB once, a set OWASP approves (ASVS 5.0, appendix C). The fastest of 40
/// hashes took 74 ms on a busy virtual machine with two cores (AMD EPYC), 19 MiB twice 28 ms, 12 MiB three times 40 ms;
/// the medians there were 476, 133 and 102 ms. Measure yours: `cargo bench -p models --bench passwords`.
const COST: (u32, u32, u32) = (46 * 1024, 1, 1);
/// Hashes computed at once: each takes its memory and a core.
const AT_ONCE: usize = 2;
/// Log-ins that may wait for a turn; the next one is told to come back.
const WAITING: usize = 32;

pub const SHORTEST: usize = 12;
pub const LONGEST: usize = 128;

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);
static QUEUE: AtomicUsize = AtomicUsize::new(0);

/// What an unknown person's password is compared with, so that the answer takes as long as a real one.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());

/// Too many log-ins wait already.
#[derive(Debug, PartialEq, Eq)]
pub struct Busy;

/// Refuses a password that is too short, too long or guessed first.
pub fn check_rules(password: &str, email: &str, name: &str) -> Result<()> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(Error::Invalid(format!("A password has {SHORTEST} characters or more. This one has {length}.")));
    }
    if length > LONGEST {
        return Err(Error::Invalid(format!("A password has at most {LONGEST} characters. This one has {length}.")));
    }
    if expected::is_expected(password, email, name) {
        return Err(Error::Invalid(
            "This password is guessed quickly. Choose one made of words nobody expects.".into(),
        ));
    }
    if breached::is_breached(password) {
        return Err(Error::Invalid("This password was stolen somewhere before. Choose one that is only yours.".into()));
    }
    Ok(())
}

/// Whether a hash was made at another cost than today's, or can't be read.
pub fn is_outdated(hash: &str) -> bool {
    let cost = PasswordHash::new(hash).ok().filter(|parsed| parsed.algorithm == Algorithm::Argon2id.ident());
    let cost = cost.and_then(|parsed| Params::try_from(&parsed).ok());
    cost.is_none_or(|cost| (cost.m_cost(), cost.t_cost(), cost.p_cost()) != COST)
}

/// A new hash, in the PHC format that names its own cost.
pub async fn hash(password: String) -> Result<String, Busy> {
    in_turn(move || hash_now(&password).unwrap_or_default()).await
}

/// Whether the password is the one; compares with nobody's when there is no hash, for equal work.
pub async fn matches(hash: Option<String>, password: String) -> Result<bool, Busy> {
    in_turn(move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.clone());
        let fits = PasswordHash::new(&hash).is_ok_and(|parsed| {
            hasher().is_some_and(|argon| argon.verify_password(password.as_bytes(), &parsed).is_ok())
        });
        known && fits
    })
    .await
}

/// Whether this person has a password at all; whoever comes by the company account may have none.
pub async fn has_one(db: impl sqlx::PgExecutor<'_>, user_id: i64) -> crate::Result<bool> {
    let has = sqlx::query_scalar!(r#"select password_hash <> '' as "has!" from users where id = $1"#, user_id);
    Ok(has.fetch_optional(db).await?.unwrap_or_default())
}

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
    struct Place;
    impl Drop for Place {
        fn drop(&mut self) {
            QUEUE.fetch_sub(1, Ordering::Relaxed);
        }
    }
    let waiting = QUEUE.fetch_add(1, Ordering::Relaxed);
    let _place = Place;
    if waiting >= WAITING + AT_ONCE {
        return Err(Busy);
    }
    let turn = TURNS.acquire().await.map_err(|_| Busy)?;
    // The turn goes with the work: a caller that went away must not let a third hash start.
    tokio::task::spawn_blocking(move || (work(), drop(turn)).0).await.map_err(|_| Busy)
}

fn hash_now(password: &str) -> Option<String> {
    let salt = SaltString::generate(&mut OsRng);
    Some(hasher()?.hash_password(password.as_bytes(), &salt).ok()?.to_string())
}

fn hasher() -> Option<Argon2<'static>> {
    let (memory, passes, lanes) = COST;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(memory, passes, lanes, None).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_of_words_nobody_expects_is_fine() {
        for good in
            ["correct horse battery", "basin-wrench-tuesday", "nine lathes sing low", "🔧🔩🪛🧰 four tools here"]
        {
            assert!(check_rules(good, "ana@torvan.example", "Ana Silva").is_ok(), "{good}");
        }
    }

    #[test]
    fn a_password_everybody_tries_first_is_refused() {
        for bad in [
            "Password1234",
            "P@ssw0rd2026",
            "Torvan2026!!",
            "aaaaaaaaaaaaaaa",
            "short",
            "AnaSilva2026",
            "admin1234567",
            "qwertyuiopasdf",
            "lkjhgfdsa2026",
            "azertyuiop123",
            "abcdefghijkl",
            "lathelathelathe",
            "Winter2026!!!",
            "welcome-monday",
            "hospital-sink-1",
            "November-2026-x",
            "zxcvbnmasdfgh",
            "cleanstation-basin",
        ] {
            assert!(check_rules(bad, "ana@torvan.example", "Ana Silva").is_err(), "{bad}");
        }
        assert!(check_rules(&"long enough ".repeat(11), "a@b.example", "B").is_err());
    }

    #[test]
    fn a_hash_of_another_cost_is_made_anew() {
        let today = hash_now("bench vice number nine").unwrap();
        assert!(!is_outdated(&today));
        assert!(is_outdated(&today.replace("m=47104", "m=19456")) && is_outdated("") && is_outdated("$2b$12$abc"));
    }

    #[tokio::test]
    async fn every_character_of_a_long_password_counts() {
        let long = "bench vice ".repeat(8);
        let stored = hash(long.clone()).await.unwrap();

        assert!(matches(Some(stored.clone()), long.clone()).await.unwrap());
        assert!(!matches(Some(stored), long[..72].to_string()).await.unwrap());
        assert!(!matches(None, "nobody has this password".into()).await.unwrap());
    }
}
