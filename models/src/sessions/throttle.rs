//! Wrong passwords make the next try wait, longer each time, for the account and for the place they come from.

use crate::Result;
use sqlx::{PgConnection, PgExecutor};
use std::time::Duration;

/// Free tries before the first wait: typing errors are normal, and a place may have a whole office behind it.
pub const TRIES_PER_ACCOUNT: i32 = 5;
pub const TRIES_PER_PEER: i32 = 20;
/// Seconds of the first wait; each further failure doubles it.
const FIRST_WAIT: i32 = 2;
/// Seconds of the longest wait, 15 minutes: a stranger can slow an account down but never lock it.
const LONGEST_WAIT: i32 = 900;

/// What is counted for one try: the account as typed, known or not, and the peer.
pub struct Keys {
    account: String,
    peer: String,
}

impl Keys {
    pub fn new(email: &str, peer: &str) -> Keys {
        // Hashed, so that the table never holds what somebody typed into the wrong field.
        let account = hex::encode(super::id_hash(&crate::users::accounts::key(email)));
        Keys { account: format!("account:{account}"), peer: format!("peer:{peer}") }
    }
}

/// How long this account or peer still has to wait; none when it may try now.
pub async fn wait(db: impl PgExecutor<'_>, keys: &Keys) -> Result<Option<Duration>> {
    let seconds = sqlx::query_scalar!(
        r#"
        select ceil(extract(epoch from max(blocked_until) - now()))::bigint as seconds
        from login_throttles
        where key in ($1, $2) and blocked_until > now()
        "#,
        keys.account,
        keys.peer,
    )
    .fetch_one(db)
    .await?;
    Ok(seconds.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs))
}

/// Counts a wrong password. A day without one forgets the earlier ones.
pub async fn failed(tx: &mut PgConnection, keys: &Keys) -> Result<()> {
    for (key, free) in [(&keys.account, TRIES_PER_ACCOUNT), (&keys.peer, TRIES_PER_PEER)] {
        sqlx::query!(
            r#"
            insert into login_throttles as t (key, failures)
            values ($1, 1)
            on conflict (key) do update
            set failures = case when t.updated_at < now() - interval '1 day' then 1 else least(t.failures + 1, 1000) end,
                blocked_until = case
                    when t.updated_at >= now() - interval '1 day' and t.failures + 1 >= $2
                    then now() + make_interval(secs => least($4, $3 * power(2, least(t.failures + 1 - $2, 20))))
                end,
                updated_at = now()
            "#,
            key,
            free,
            f64::from(FIRST_WAIT),
            f64::from(LONGEST_WAIT),
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// Forgets the account's failures after a right password. The peer's stay: one known account must not free a
/// guesser of others.
pub async fn succeeded(tx: &mut PgConnection, keys: &Keys) -> Result<()> {
    sqlx::query!("delete from login_throttles where key = $1", keys.account).execute(tx).await?;
    Ok(())
}
