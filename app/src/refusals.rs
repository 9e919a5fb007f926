//! Every refusal is written to the audit trail, in one place, and none of them floods it: the first of a person for a
//! reason is written at once, the rest of that minute as one entry with their number.

use crate::{App, errors::Error, hx::Hx};
use models::audit::{self, Actor, Entry};
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Refusals alike within this time are one entry.
const WINDOW: Duration = Duration::from_secs(60);
/// People and reasons remembered at once; further strangers share one entry.
const MOST: usize = 4_096;

/// What was refused within the last minute.
#[derive(Default)]
pub struct Refusals(Mutex<HashMap<Key, Window>>);

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    /// The account, or the address of who has none.
    who: String,
    method: String,
    reason: String,
}

struct Window {
    since: Instant,
    /// After the one that was written.
    more: u64,
    last: Refusal,
}

#[derive(Clone)]
struct Refusal {
    actor: Actor,
    what: String,
    reason: String,
}

/// Writes the refusal down, unless it was only a mistake. The answer does not wait for a database that is away.
pub async fn note(hx: &Hx, method: &str, path: &str, error: &Error) {
    if !matches!(error, Error::Forbidden(_) | Error::Hidden(_) | Error::TooMany(_) | Error::Spent { .. }) {
        return;
    }
    let app = &hx.visitor().app;
    let reason = match error {
        Error::TooMany(_) => "Too many tries.".into(),
        Error::Spent { .. } => "Too many requests.".into(),
        Error::Hidden(_) => "Not theirs to see.".into(),
        other => other.to_string(),
    };
    let what: String = format!("{method} {path}").chars().take(200).collect();
    let refusal = Refusal { actor: hx.actor(), what, reason };
    let who = refusal.actor.user_id.map_or_else(|| refusal.actor.peer.clone(), |id| format!("account {id}"));
    let key = Key { who, method: method.into(), reason: refusal.reason.clone() };
    if !app.refusals.is_first(key, &refusal) {
        return;
    }
    match error {
        // The answer looks like that of a thing that is not there, so it must not take longer either.
        Error::Hidden(_) => drop(tokio::spawn({
            let app = app.clone();
            async move { write(&app, &refusal, 0).await }
        })),
        _ => write(app, &refusal, 0).await,
    }
}

/// Writes the numbers of what was refused again and again, each minute and at the end.
pub async fn count(app: Arc<App>) {
    loop {
        let is_over = tokio::select! {
            () = tokio::time::sleep(WINDOW) => false,
            () = app.stopping.cancelled() => true,
        };
        for (refusal, more) in app.refusals.ended(is_over) {
            write(&app, &refusal, more).await;
        }
        if is_over {
            return;
        }
    }
}

impl Refusals {
    fn is_first(&self, key: Key, refusal: &Refusal) -> bool {
        let mut windows = self.lock();
        let is_full = windows.len() >= MOST && !windows.contains_key(&key);
        let key =
            if is_full { Key { who: "others".into(), method: String::new(), reason: String::new() } } else { key };
        match windows.get_mut(&key) {
            Some(window) => {
                window.more += 1;
                window.last = refusal.clone();
                false
            }
            None => {
                windows.insert(key, Window { since: Instant::now(), more: 0, last: refusal.clone() });
                true
            }
        }
    }

    /// Takes the windows that are over, or all; those with more than their first refusal, with their number.
    fn ended(&self, all: bool) -> Vec<(Refusal, u64)> {
        let mut over = Vec::new();
        self.lock().retain(|_, window| {
            let stays = !all && window.since.elapsed() < WINDOW;
            if !stays && window.more > 0 {
                over.push((window.last.clone(), window.more));
            }
            stays
        });
        over
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Window>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

async fn write(app: &App, refusal: &Refusal, more: u64) {
    let entry = Entry {
        action: "refused",
        noun: "permissions",
        object_id: &refusal.what,
        after: (more > 0).then(|| json!({ "times_more_within_a_minute": more })),
        reason: &refusal.reason,
        ..Entry::default()
    };
    if let Err(error) = keep(app, &refusal.actor, entry).await {
        tracing::warn!(%error, what = refusal.what, "a refusal could not be written to the trail");
    }
}

async fn keep(app: &App, actor: &Actor, entry: Entry<'_>) -> models::Result<()> {
    let mut tx = app.db.begin().await?;
    audit::refused(&mut tx, actor, entry).await?;
    Ok(tx.commit().await?)
}
