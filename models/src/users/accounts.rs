//! Accounts: who may come in, found by a mail address that is compared without regard to case or width.

use super::{Role, User, passwords};
use crate::{Error, Result, audit};
use sqlx::{PgConnection, PgExecutor};
use unicode_normalization::UnicodeNormalization;

/// One spelling per address or name: NFKC, lower case, no blanks around it. "ADMIN" and full-width letters meet here.
pub fn key(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).collect::<String>().nfkc().collect::<String>().trim().to_string()
}

/// What a new account needs.
#[derive(Debug, Clone, Copy)]
pub struct NewUser<'a> {
    pub email: &'a str,
    pub name: &'a str,
    pub role: Role,
}

/// How a person likes the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preferences<'a> {
    pub theme: &'a str,
    pub density: &'a str,
    pub text_size: i16,
}

impl User {
    /// Makes an account. The hash comes from `passwords::hash`; the rules were checked with the plain word. An empty hash
    /// is an account nobody can log in to until its invitation is accepted.
    pub async fn create(
        tx: &mut PgConnection,
        actor: &audit::Actor,
        new: NewUser<'_>,
        password_hash: &str,
    ) -> Result<User> {
        let (email, name) = (address_of(new.email)?, name_of(new.name)?);
        let made = sqlx::query_scalar!(
            r#"
            insert into users (email, email_key, name, initials, role, password_hash)
            values ($1, $2, $3, $4, $5, $6)
            on conflict (email_key) do nothing
            returning id
            "#,
            email,
            key(email),
            name,
            initials(name),
            new.role as Role,
            password_hash,
        );
        let id = made.fetch_optional(&mut *tx).await?;
        let id = id.ok_or_else(|| Error::Invalid(format!("{email} has an account already.")))?;
        let after = serde_json::json!({ "name": name, "role": new.role });
        let entry = audit::Entry {
            action: "created",
            noun: "users",
            object_id: &id.to_string(),
            after: Some(after),
            ..Default::default()
        };
        audit::record(tx, actor, entry).await?;
        Ok(User { id, email: email.into(), name: name.into(), initials: initials(name), role: new.role })
    }

    /// The account with this address, active or not.
    pub async fn find_by_email(db: impl PgExecutor<'_>, email: &str) -> Result<Option<User>> {
        let user = sqlx::query_as!(
            User,
            r#"select id, email, name, initials, role as "role: Role" from users where email_key = $1"#,
            key(email),
        );
        Ok(user.fetch_optional(db).await?)
    }

    /// Keeps how this person likes the screen.
    pub async fn prefer(&self, tx: &mut PgConnection, wish: Preferences<'_>) -> Result<()> {
        let known = ["system", "light", "dark"].contains(&wish.theme)
            && ["desk", "bench"].contains(&wish.density)
            && [100, 115, 130].contains(&wish.text_size);
        if !known {
            return Err(Error::Invalid("Choose one of the themes, densities and text sizes offered.".into()));
        }
        sqlx::query!(
            "update users set theme = $2, density = $3, text_size = $4 where id = $1",
            self.id,
            wish.theme,
            wish.density,
            wish.text_size,
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}

/// Gives a person another password. The hash comes from `passwords::hash`; the old word was asked and the rules were
/// checked with the plain one. Every other session of the person ends.
pub async fn set_password(
    tx: &mut PgConnection,
    actor: &audit::Actor,
    user: &User,
    password_hash: &str,
    kept_session: &[u8],
) -> Result<u64> {
    sqlx::query!("update users set password_hash = $2 where id = $1", user.id, password_hash).execute(&mut *tx).await?;
    let ended = crate::sessions::end_others(&mut *tx, user.id, kept_session).await?;
    let after = serde_json::json!({ "other sessions ended": ended });
    let id = user.id.to_string();
    let entry = audit::Entry {
        action: "changed the password",
        noun: "users",
        object_id: &id,
        after: Some(after),
        ..Default::default()
    };
    audit::record(tx, actor, entry).await?;
    Ok(ended)
}

/// Locks an account out or lets it in again. Every open session of a locked account ends.
pub async fn set_active(tx: &mut PgConnection, actor: &audit::Actor, user: &User, active: bool) -> Result<()> {
    sqlx::query!("update users set is_active = $2 where id = $1", user.id, active).execute(&mut *tx).await?;
    if !active {
        crate::sessions::end_all(&mut *tx, user.id).await?;
    }
    let action = if active { "enabled" } else { "disabled" };
    let entry = audit::Entry { action, noun: "users", object_id: &user.id.to_string(), ..Default::default() };
    audit::record(tx, actor, entry).await
}

/// A mail address as it is kept.
///
/// # Errors
/// `Invalid` for what is none.
pub fn address_of(typed: &str) -> Result<&str> {
    let email = typed.trim();
    let is_address = email.split_once('@').is_some_and(|(who, place)| !who.is_empty() && !place.is_empty());
    if !is_address || email.len() > 254 || email.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(Error::Invalid(format!("\"{email}\" is no mail address. It looks like name@company.example.")));
    }
    Ok(email)
}

/// A person's name as it is kept and printed beside signatures.
///
/// # Errors
/// `Invalid` when there is nothing to print, or too much.
pub fn name_of(typed: &str) -> Result<&str> {
    let name = typed.trim();
    let length = name.chars().count();
    if name.chars().any(char::is_control) || !(1..=100).contains(&length) {
        return Err(Error::Invalid(format!("A name has 1 to 100 characters. This one has {length}.")));
    }
    Ok(name)
}

/// First letters of the first and the last word: "Ana Maria Silva" is AS.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    let letters: String = first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect();
    if letters.is_empty() { "?".into() } else { letters }
}

/// Who passed the door: the account behind an address and a password, or nobody. Unknown, wrong and disabled cost
/// the same work and get the same answer.
pub async fn authenticate(
    db: impl PgExecutor<'_>,
    email: &str,
    password: &str,
) -> Result<Result<Option<User>, passwords::Busy>> {
    let row = sqlx::query!(
        r#"
        select id, email, name, initials, role as "role: Role", password_hash, is_active
        from users
        where email_key = $1
        "#,
        key(email),
    )
    .fetch_optional(db)
    .await?;
    // Somebody invited has no password yet: the work is that of a wrong one.
    let hash = row.as_ref().map(|row| row.password_hash.clone()).filter(|hash| !hash.is_empty());
    let fits = match passwords::matches(hash, password.into()).await {
        Ok(fits) => fits,
        Err(busy) => return Ok(Err(busy)),
    };
    Ok(Ok(row.filter(|row| fits && row.is_active).map(|row| User {
        id: row.id,
        email: row.email,
        name: row.name,
        initials: row.initials,
        role: row.role,
    })))
}

/// Hashes the password anew when the one on file was made at another cost than today's. Done after a log-in, the only
/// moment the plain word is there (ASVS 11.4.2). A busy hasher leaves it for the next time.
pub async fn renew_hash(db: &sqlx::PgPool, user: &User, password: &str) -> Result<bool> {
    let kept = sqlx::query_scalar!("select password_hash from users where id = $1", user.id).fetch_one(db).await?;
    if !passwords::is_outdated(&kept) {
        return Ok(false);
    }
    let Ok(fresh) = passwords::hash(password.to_string()).await else { return Ok(false) };
    let renewed =
        sqlx::query!("update users set password_hash = $3 where id = $1 and password_hash = $2", user.id, kept, fresh,);
    Ok(renewed.execute(db).await?.rows_affected() == 1)
}

/// Whether this is the password of the person whose session it is, asked again before they sign.
pub async fn authenticate_again(
    db: impl PgExecutor<'_>,
    user: &User,
    password: &str,
) -> Result<Result<bool, passwords::Busy>> {
    let hash = sqlx::query_scalar!("select password_hash from users where id = $1 and is_active", user.id);
    let hash = hash.fetch_optional(db).await?;
    Ok(passwords::matches(hash, password.into()).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling() {
        assert_eq!(key(" ADMIN@Torvan.example "), "admin@torvan.example");
        assert_eq!(key("ａｄｍｉｎ@torvan.example"), "admin@torvan.example");
    }

    #[test]
    fn initials_are_the_first_and_the_last_word() {
        assert_eq!(initials("Ana Maria Silva"), "AS");
        assert_eq!(initials("Élodie"), "É");
    }
}
