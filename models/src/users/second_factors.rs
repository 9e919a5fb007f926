//! A second factor: what somebody shows besides the password. Here are the codes of an app on their phone (RFC 6238);
//! passkeys have a file of their own. The database's clock decides which code is the one of now.

use super::User;
use crate::{Error, Result, audit, sessions};
use rand::TryRngCore;
use sqlx::{PgConnection, PgExecutor};
use totp_rs::{Algorithm, Builder, Totp};

/// The ways there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Kind {
    /// Six digits that change every half minute.
    Codes,
    /// A key that a device keeps, see [`super::passkeys`].
    Passkey,
}

/// Seconds one code lasts; one before and one after are taken too, because clocks differ.
pub const STEP: u64 = 30;
/// Recovery codes that are handed out together.
pub const RECOVERY_CODES: usize = 10;

/// One of a person's factors.
#[derive(Debug, Clone)]
pub struct Factor {
    pub id: i64,
    pub kind: Kind,
    /// What the secret is made from, with the server's key.
    pub salt: Vec<u8>,
    pub is_confirmed: bool,
    last_step: i64,
}

/// What a code was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Right,
    Wrong,
    /// A recovery code; so many are left.
    Recovered {
        left: i64,
    },
}

impl Factor {
    /// The generator of this person's codes. `secret` was made from the salt with the server's key.
    fn generator(user: &User, secret: &[u8]) -> Result<Totp> {
        // A colon would end the name within the address that the app reads.
        let name = user.email.replace(':', "");
        let built = Builder::new().with_algorithm(Algorithm::SHA1).with_secret(secret).with_step_duration(STEP);
        let built = built.with_skew(1).with_account_name(name.as_str()).with_issuer(Some("Torvan Workflow")).build();
        built.map_err(|error| sqlx::Error::Protocol(format!("{error:?}")).into())
    }

    /// The address that an app reads from the picture, and the same secret to type by hand.
    ///
    /// # Errors
    /// When the secret is too short for a generator, which none of ours is.
    pub fn offer(user: &User, secret: &[u8]) -> Result<(String, String)> {
        let generator = Factor::generator(user, secret)?;
        let address = generator.to_url().map_err(|error| sqlx::Error::Protocol(format!("{error:?}")))?;
        Ok((address, totp_rs::Secret::from(secret).to_base32()))
    }
}

/// The code that an app with this secret shows at a moment in seconds since 1970, for whoever compares two clocks.
pub fn code_at(user: &User, secret: &[u8], seconds: u64) -> Result<String> {
    Ok(Factor::generator(user, secret)?.generate(seconds).to_string())
}

/// The codes of this person, being set up or in use.
pub async fn codes(db: impl PgExecutor<'_>, user: &User) -> Result<Option<Factor>> {
    let factor = sqlx::query_as!(
        Factor,
        r#"
        select id, kind as "kind: Kind", salt, confirmed_at is not null as "is_confirmed!", last_step
        from second_factors
        where user_id = $1 and kind = 'codes' and removed_at is null
        "#,
        user.id,
    );
    Ok(factor.fetch_optional(db).await?)
}

/// Whether this person is asked for a second factor at the door.
pub async fn is_asked(db: impl PgExecutor<'_>, user_id: i64) -> Result<bool> {
    let asked = sqlx::query_scalar!(
        r#"
        select exists (select from second_factors
            where user_id = $1 and confirmed_at is not null and removed_at is null) as "asked!"
        "#,
        user_id,
    );
    Ok(asked.fetch_one(db).await?)
}

/// Whether this person's role has to have one, as the setting stands.
pub async fn is_required(db: impl PgExecutor<'_>, user: &User) -> Result<bool> {
    let required = crate::settings::read::<crate::settings::SecondFactorRoles>(db).await?;
    Ok(required.value.roles.contains(&user.role))
}

/// Begins to set up codes; what was begun before and not confirmed is forgotten. Nothing is asked until it is confirmed.
///
/// # Errors
/// `Invalid` when codes are in use already.
pub async fn begin(tx: &mut PgConnection, user: &User) -> Result<()> {
    let known = codes(&mut *tx, user).await?;
    if known.as_ref().is_some_and(|factor| factor.is_confirmed) {
        return Err(Error::Invalid("Codes are set up already. Take them off first.".into()));
    }
    sqlx::query!(
        "update second_factors set removed_at = now() where user_id = $1 and kind = 'codes' and removed_at is null",
        user.id,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into second_factors (user_id, kind, salt) values ($1, 'codes', $2)",
        user.id,
        &sessions::random()?[..],
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes the first code as proof that the app works; from now on one is asked at the door. Hands out recovery codes, to
/// be shown this once.
///
/// # Errors
/// `Invalid` when the code is not the one of now.
pub async fn confirm(
    tx: &mut PgConnection,
    actor: &audit::Actor,
    user: &User,
    secret: &[u8],
    code: &str,
) -> Result<Vec<String>> {
    let factor = codes(&mut *tx, user).await?.filter(|factor| !factor.is_confirmed).ok_or(Error::NotFound("Set-up"))?;
    if !spend(&mut *tx, user, &factor, secret, code).await? {
        return Err(Error::Invalid("This is not the code of now. Wait for the next one and type that.".into()));
    }
    sqlx::query!("update second_factors set confirmed_at = now() where id = $1", factor.id).execute(&mut *tx).await?;
    note(&mut *tx, actor, user, "set up a second factor", "").await?;
    new_recovery_codes(tx, user).await
}

/// Judges what somebody typed at the door: a code of the app, once each, or a recovery code.
pub async fn answer(tx: &mut PgConnection, user: &User, secret: &[u8], typed: &str) -> Result<Answer> {
    let typed: String = typed.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    let factor = codes(&mut *tx, user).await?.filter(|factor| factor.is_confirmed);
    if let Some(factor) = factor
        && spend(&mut *tx, user, &factor, secret, &typed).await?
    {
        return Ok(Answer::Right);
    }
    let spent = sqlx::query!(
        "update recovery_codes set used_at = now() where user_id = $1 and code_hash = $2 and used_at is null",
        user.id,
        recovery_hash(user.id, &typed),
    );
    if spent.execute(&mut *tx).await?.rows_affected() == 0 {
        return Ok(Answer::Wrong);
    }
    Ok(Answer::Recovered { left: recovery_codes_left(tx, user.id).await? })
}

/// Takes a code of now that is newer than the last one taken. The same code twice fails, also for two who try at once.
async fn spend(tx: &mut PgConnection, user: &User, factor: &Factor, secret: &[u8], code: &str) -> Result<bool> {
    let now = sqlx::query_scalar!(r#"select extract(epoch from now())::bigint as "now!""#).fetch_one(&mut *tx).await?;
    let now = u64::try_from(now).unwrap_or_default();
    let step = Factor::generator(user, secret)?.check(code, now).and_then(|step| i64::try_from(step).ok());
    let Some(step) = step.filter(|step| *step > factor.last_step) else { return Ok(false) };
    let newer =
        sqlx::query!("update second_factors set last_step = $2 where id = $1 and last_step < $2", factor.id, step);
    Ok(newer.execute(tx).await?.rows_affected() == 1)
}

/// Takes every factor off a person: by themselves, or by an administrator who was asked to.
///
/// # Errors
/// `Invalid` when nothing is set up.
pub async fn remove(tx: &mut PgConnection, actor: &audit::Actor, user: &User, reason: &str) -> Result<()> {
    let removed = sqlx::query!(
        "update second_factors set removed_at = now() where user_id = $1 and removed_at is null",
        user.id,
    );
    if removed.execute(&mut *tx).await?.rows_affected() == 0 {
        return Err(Error::Invalid(format!("{} has no second factor.", user.name)));
    }
    sqlx::query!("delete from recovery_codes where user_id = $1", user.id).execute(&mut *tx).await?;
    note(tx, actor, user, "removed the second factor", reason).await
}

/// Ten new recovery codes in place of the old ones; shown once, kept as hashes.
pub async fn new_recovery_codes(tx: &mut PgConnection, user: &User) -> Result<Vec<String>> {
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect::<Result<_>>()?;
    let hashes: Vec<Vec<u8>> = codes.iter().map(|code| recovery_hash(user.id, &code.replace('-', ""))).collect();
    sqlx::query!("delete from recovery_codes where user_id = $1", user.id).execute(&mut *tx).await?;
    sqlx::query!(
        "insert into recovery_codes (user_id, code_hash) select $1, hash from unnest($2::bytea[]) as hash",
        user.id,
        &hashes,
    )
    .execute(tx)
    .await?;
    Ok(codes)
}

pub async fn recovery_codes_left(db: impl PgExecutor<'_>, user_id: i64) -> Result<i64> {
    let left = sqlx::query_scalar!(
        r#"select count(*) as "left!" from recovery_codes where user_id = $1 and used_at is null"#,
        user_id,
    );
    Ok(left.fetch_one(db).await?)
}

/// Twelve letters and digits that are not mistaken for each other, about 59 bits: "K7QF-M2XW-9RTD".
fn recovery_code() -> Result<String> {
    const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let mut bytes = [0; 12];
    rand::rngs::OsRng.try_fill_bytes(&mut bytes).map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))?;
    let letters: Vec<char> = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    Ok(letters.chunks(4).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

/// Random enough that no slow hash is needed; the person goes in, so that equal codes of two look different.
fn recovery_hash(user_id: i64, code: &str) -> Vec<u8> {
    sessions::id_hash(&format!("recovery {user_id} {}", code.to_ascii_uppercase()))
}

async fn note(tx: &mut PgConnection, actor: &audit::Actor, user: &User, action: &str, reason: &str) -> Result<()> {
    let id = user.id.to_string();
    audit::record(tx, actor, audit::Entry { action, noun: "users", object_id: &id, reason, ..Default::default() }).await
}
