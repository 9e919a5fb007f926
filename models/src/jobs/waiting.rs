//! Why a job waits: the first thing that would have to change for it to start.

use super::{Run, State};
use crate::Result;
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use std::collections::HashMap;
use uuid::Uuid;

/// Jobs that go first are counted up to here.
pub const COUNTED: i64 = 1_000;

/// Why a job that waits has not started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    Paused {
        queue: String,
        since: DateTime<Utc>,
        by: Option<String>,
        reason: String,
    },
    /// Its time has not come.
    NotDue(DateTime<Utc>),
    /// No worker serves its queue. When the last worker of all was seen.
    NobodyWorks(Option<DateTime<Utc>>),
    /// As many of its queue run as may run at once.
    Full {
        queue: String,
        most: i32,
    },
    /// So many go first, up to [`COUNTED`].
    Behind(i64),
    Next,
}

impl Waiting {
    pub async fn of(db: &PgPool, run: &Run) -> Result<Option<Waiting>> {
        Ok(Waiting::of_all(db, std::slice::from_ref(run)).await?.remove(&run.id))
    }

    /// For every one of the runs that waits; one question, however many they are.
    pub async fn of_all(db: &PgPool, runs: &[Run]) -> Result<HashMap<Uuid, Waiting>> {
        let waits = |run: &&Run| matches!(run.state, State::Queued | State::Retry);
        let ids: Vec<Uuid> = runs.iter().filter(waits).map(|run| run.id).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let facts = sqlx::query_as!(
            Facts,
            r#"
            select j.id, j.run_at, j.run_at > now() as "is_early!", coalesce(q.title, j.queue) as "queue!",
                   q.most_running as "most_running?", q.paused_at as "paused_at?", p.name as "paused_by?",
                   coalesce(q.pause_reason, '') as "pause_reason!", serving.works as "works!", serving.last_seen_at,
                   (select count(*) from jobs o where o.queue = j.queue and o.state = 'running') as "running!",
                   (select count(*) from (
                        select from jobs o
                        where o.queue = j.queue and o.state in ('queued', 'retry') and o.run_at <= now()
                          and (o.priority, o.run_at, o.id) < (j.priority, j.run_at, j.id)
                        limit $2
                    ) first) as "ahead!"
            from jobs j
            left join queues q on q.name = j.queue
            left join users p on p.id = q.paused_by
            cross join lateral (
                select coalesce(bool_or(w.last_seen_at > now() - interval '10 s' and w.stopping_at is null
                                        and w.quiet_at is null
                                        and (w.queues = '' or j.queue = any(string_to_array(w.queues, ',')))), false) as works,
                       max(w.last_seen_at) as last_seen_at
                from workers w
            ) serving
            where j.id = any($1)
            "#,
            &ids,
            COUNTED,
        );
        Ok(facts.fetch_all(db).await?.into_iter().map(|facts| (facts.id, facts.reason())).collect())
    }
}

struct Facts {
    id: Uuid,
    run_at: DateTime<Utc>,
    is_early: bool,
    queue: String,
    most_running: Option<i32>,
    paused_at: Option<DateTime<Utc>>,
    paused_by: Option<String>,
    pause_reason: String,
    works: bool,
    last_seen_at: Option<DateTime<Utc>>,
    running: i64,
    ahead: i64,
}

impl Facts {
    fn reason(self) -> Waiting {
        let queue = self.queue;
        if let Some(since) = self.paused_at {
            return Waiting::Paused { queue, since, by: self.paused_by, reason: self.pause_reason };
        }
        if self.is_early {
            return Waiting::NotDue(self.run_at);
        }
        if !self.works {
            return Waiting::NobodyWorks(self.last_seen_at);
        }
        match self.most_running.filter(|most| self.running >= i64::from(*most)) {
            Some(most) => Waiting::Full { queue, most },
            None if self.ahead > 0 => Waiting::Behind(self.ahead),
            None => Waiting::Next,
        }
    }
}
