//! Adding a passkey: the device makes a pair of keys for this site and shows us the public one.

use super::{LONGEST_NAME, MOST, Purpose, Question, Site, challenges};
use crate::users::{User, second_factors};
use crate::{Error, Result, audit};
use serde_json::{Value, json};
use sqlx::{PgConnection, PgExecutor, PgPool};
use webauthn_rs::prelude::{PasskeyRegistration, RegisterPublicKeyCredential};

/// What a device is asked to make, as the browser wants it. A device that holds one of this person's keys already is
/// told to make none.
///
/// # Errors
/// `Invalid` when there are as many as one person may have.
pub async fn ask_to_add(db: &PgPool, site: &Site, user: &User, holder: &[u8]) -> Result<Value> {
    room(db, user).await?;
    let row = sqlx::query!(
        r#"
        select u.passkey_handle,
            array(select p.credential_id from passkeys p join second_factors f on f.id = p.factor_id
                where f.user_id = u.id and f.removed_at is null) as "known!"
        from users u where u.id = $1
        "#,
        user.id,
    );
    let row = row.fetch_one(db).await?;
    let known = Some(row.known);
    let begun = site.ceremonies.start_passkey_registration(row.passkey_handle, &user.email, &user.name, known);
    let (options, state) = begun.map_err(broken)?;
    let mut options = serde_json::to_value(options).map_err(broken)?;
    // Found by the device itself when somebody logs in without typing who they are.
    options["publicKey"]["authenticatorSelection"]["residentKey"] = json!("preferred");
    let question = Question { purpose: Purpose::Register, holder, about: "" };
    challenges::keep(db, question, &serde_json::to_value(state).map_err(broken)?).await?;
    Ok(options)
}

/// Takes what the device made. From now on it comes in and signs for this person. Hands out recovery codes when there are
/// none, to be shown this once.
///
/// # Errors
/// `Invalid` with the field and what is wrong with it.
pub async fn add(
    db: &PgPool,
    site: &Site,
    (actor, user): (&audit::Actor, &User),
    (name, answer): (&str, &str),
    holder: &[u8],
) -> Result<Vec<String>> {
    let state = challenges::take(db, Question { purpose: Purpose::Register, holder, about: "" }).await?;
    let state = state.and_then(|state| serde_json::from_value::<PasskeyRegistration>(state).ok());
    let answer = serde_json::from_str::<RegisterPublicKeyCredential>(answer).ok();
    let (Some(state), Some(answer)) = (state, answer) else { return Err(Error::Invalid(NOT_MADE.into())) };
    let made = site.ceremonies.finish_passkey_registration(&answer, &state);
    let made = made.map_err(|error| {
        tracing::info!(%error, "a passkey was not taken");
        Error::Invalid(NOT_MADE.into())
    })?;
    let mut tx = db.begin().await?;
    sqlx::query!("select id from users where id = $1 for update", user.id).fetch_one(&mut *tx).await?;
    room(&mut *tx, user).await?;
    keep(&mut tx, user, name, made.cred_id(), &serde_json::to_value(&made).map_err(broken)?).await?;
    let entry = audit::Entry {
        action: "added a passkey",
        noun: "users",
        object_id: &user.id.to_string(),
        after: Some(json!({ "passkey": name })),
        ..Default::default()
    };
    audit::record(&mut tx, actor, entry).await?;
    let codes = match second_factors::recovery_codes_left(&mut *tx, user.id).await? {
        0 => second_factors::new_recovery_codes(&mut tx, user).await?,
        _ => Vec::new(),
    };
    tx.commit().await?;
    Ok(codes)
}

const NOT_MADE: &str =
    "The device made no passkey that we can take, or it took longer than five minutes. Try once more.";

async fn keep(tx: &mut PgConnection, user: &User, name: &str, id: &[u8], credential: &Value) -> Result<()> {
    debug_assert!((1..=LONGEST_NAME).contains(&name.chars().count()));
    let factor = sqlx::query_scalar!(
        "insert into second_factors (user_id, kind, salt, confirmed_at) values ($1, 'passkey', '', now()) returning id",
        user.id,
    );
    let factor = factor.fetch_one(&mut *tx).await?;
    let kept = sqlx::query!(
        r#"
        insert into passkeys (factor_id, name, credential_id, credential) values ($1, $2, $3, $4)
        on conflict (credential_id) do nothing
        "#,
        factor,
        name,
        id,
        credential,
    );
    if kept.execute(tx).await?.rows_affected() == 0 {
        return Err(Error::Invalid("This passkey is known here already. Use it, or take another device.".into()));
    }
    Ok(())
}

async fn room(db: impl PgExecutor<'_>, user: &User) -> Result<()> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from second_factors where user_id = $1 and kind = 'passkey' and removed_at is null"#,
        user.id,
    );
    if count.fetch_one(db).await? >= MOST {
        return Err(Error::Invalid(format!("You have {MOST} passkeys, and more do not fit. Remove one first.")));
    }
    Ok(())
}

/// Nothing a visitor did: the library could not say what it meant.
pub(super) fn broken(error: impl std::fmt::Display) -> Error {
    sqlx::Error::Encode(error.to_string().into()).into()
}
