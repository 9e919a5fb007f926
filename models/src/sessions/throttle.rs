//! Wrong passwords make the next try wait, longer each time. Counted are the account together with the place the tries
//! come from, the place alone, and the account alone; a browser in which this person has logged in before is counted by
//! itself, so that no stranger can keep anybody out by guessing (ASVS 6.1.1, 6.3.1).

use crate::Result;
use sqlx::{PgConnection, PgExecutor};
use std::time::Duration;

/// Free tries before the first wait: typing errors are normal.
pub const TRIES_PER_ACCOUNT: i32 = 5;
/// A place may have a whole office behind it.
pub const TRIES_PER_PEER: i32 = 20;
/// From however many places: only many guessers together come this far.
pub const TRIES_PER_ACCOUNT_ANYWHERE: i32 = 50;
/// Seconds of the first wait; each further failure doubles it.
const FIRST_WAIT: i32 = 2;
/// Seconds of the longest wait, 15 minutes: a stranger can slow an account down but never lock it.
const LONGEST_WAIT: i32 = 900;

/// What is counted for one try, each with its free tries.
pub struct Keys {
    /// Account and place, or the known browser: forgotten after a right password.
    own: (String, i32),
    /// The place, and the account from anywhere. Empty for a known browser.
    wide: Vec<(String, i32)>,
    /// Counted, but never a reason to wait here.
    also: Vec<(String, i32)>,
}

impl Keys {
    /// `peer` is the place as the trusted proxies report it; empty for a question within a session.
    pub fn new(email: &str, peer: &str) -> Keys {
        // Hashed, so that the table never holds what somebody typed into the wrong field.
        let account = account_of(email);
        let wide =
            vec![(format!("peer:{peer}"), TRIES_PER_PEER), (format!("account:{account}"), TRIES_PER_ACCOUNT_ANYWHERE)];
        Keys { own: pair(&account, peer), wide, also: Vec::new() }
    }

    /// A passkey that belongs to nobody we know: only the place is counted.
    pub fn of_place(peer: &str) -> Keys {
        let wide = vec![(format!("peer:{peer}"), TRIES_PER_PEER)];
        Keys { own: (format!("passkey:{peer}"), TRIES_PER_PEER), wide, also: Vec::new() }
    }

    /// The same try from a browser that was given `device` when this very account logged in there.
    pub fn from_known_device(email: &str, device: &str) -> Keys {
        let account = account_of(email);
        Keys { own: (format!("device:{account}:{device}"), TRIES_PER_ACCOUNT), wide: Vec::new(), also: Vec::new() }
    }

    /// Coming back from the company's provider with what it did not say: only the place is counted.
    pub fn at_provider(peer: &str) -> Keys {
        Keys { own: (format!("provider:{peer}"), TRIES_PER_PEER), wide: Vec::new(), also: Vec::new() }
    }

    /// The password asked again within a session, to sign or to change something of one's own. Strangers at the door
    /// can't make this person wait; wrong words here count at the door too.
    pub fn within_session(email: &str, peer: &str) -> Keys {
        let account = account_of(email);
        let own = (format!("within:{account}"), TRIES_PER_ACCOUNT);
        Keys { own, wide: Vec::new(), also: vec![pair(&account, peer)] }
    }

    fn all(&self) -> impl Iterator<Item = &(String, i32)> {
        std::iter::once(&self.own).chain(&self.wide)
    }
}

fn pair(account: &str, peer: &str) -> (String, i32) {
    (format!("pair:{account}:{peer}"), TRIES_PER_ACCOUNT)
}

/// Sixty-four hex digits that stand for an address, known or not.
pub fn account_of(email: &str) -> String {
    hex::encode(super::id_hash(&crate::users::accounts::key(email)))
}

/// How long this try still has to wait; none when it may go ahead.
pub async fn wait(db: impl PgExecutor<'_>, keys: &Keys) -> Result<Option<Duration>> {
    let names: Vec<String> = keys.all().map(|(name, _)| name.clone()).collect();
    let seconds = sqlx::query_scalar!(
        r#"
        select ceil(extract(epoch from max(blocked_until) - now()))::bigint as seconds
        from login_throttles
        where key = any($1) and blocked_until > now()
        "#,
        &names,
    )
    .fetch_one(db)
    .await?;
    Ok(seconds.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs))
}

/// Counts a wrong password. A day without one forgets the earlier ones.
pub async fn failed(tx: &mut PgConnection, keys: &Keys) -> Result<()> {
    // Always in this order, so that two failures at once wait for each other instead of standing in each other's way.
    for (key, free) in keys.all().chain(&keys.also) {
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

/// Forgets the failures of this person at this place after a right password. Those of the place alone and of the account
/// from anywhere stay: one known account must not free a guesser of others, nor one lucky place all the rest.
pub async fn succeeded(tx: &mut PgConnection, keys: &Keys) -> Result<()> {
    sqlx::query!("delete from login_throttles where key = $1", keys.own.0).execute(tx).await?;
    Ok(())
}
