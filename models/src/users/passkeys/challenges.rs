//! What a device is asked to sign. Each is taken once, within five minutes by the database's clock, and only from the
//! browser it was given to.

use crate::Result;
use serde_json::Value;
use sqlx::PgExecutor;

/// Minutes to find the device and touch it.
const MINUTES: i32 = 5;

/// What a passkey is asked for. An answer to one is no answer to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Register,
    /// Without a password: the passkey and what opens it are two factors.
    LogIn,
    /// After the password.
    SecondStep,
    Sign,
}

impl Purpose {
    fn word(self) -> &'static str {
        match self {
            Purpose::Register => "register",
            Purpose::LogIn => "log_in",
            Purpose::SecondStep => "second_step",
            Purpose::Sign => "sign",
        }
    }
}

/// Which question it is: what for, whose browser (the hash of its cookie), and about what, where a record is signed.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub purpose: Purpose,
    pub holder: &'a [u8],
    pub about: &'a str,
}

/// Keeps a question in place of the one before; those that ran out are forgotten.
pub(super) async fn keep(db: impl PgExecutor<'_>, question: Question<'_>, state: &Value) -> Result<()> {
    sqlx::query!(
        r#"
        with over as (
            delete from passkey_challenges
            where expires_at < now() and (holder, purpose, about) <> ($1, $2, $3)
        )
        insert into passkey_challenges (holder, purpose, about, state, expires_at)
        values ($1, $2, $3, $4, now() + make_interval(mins => $5))
        on conflict (holder, purpose, about) do update set state = excluded.state, expires_at = excluded.expires_at
        "#,
        question.holder,
        question.purpose.word(),
        question.about,
        state,
        MINUTES,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes the question away, whatever comes of its answer: of two answers to one question the second finds none.
pub(super) async fn take(db: impl PgExecutor<'_>, question: Question<'_>) -> Result<Option<Value>> {
    let state = sqlx::query_scalar!(
        r#"
        delete from passkey_challenges
        where holder = $1 and purpose = $2 and about = $3
        returning case when expires_at > now() then state end
        "#,
        question.holder,
        question.purpose.word(),
        question.about,
    );
    Ok(state.fetch_optional(db).await?.flatten())
}
