//! A ledger to look at: jobs of any kind, state and age.

use chrono::{DateTime, TimeDelta, Utc};
use models::jobs::State;
use sqlx::PgPool;
use uuid::{Timestamp, Uuid};

/// A job as it lies in the ledger, written directly.
#[derive(Clone)]
pub struct Entry {
    pub id: Uuid,
    pub kind: &'static str,
    pub queue: &'static str,
    pub state: State,
    pub arguments: String,
    pub error: Option<(&'static str, String)>,
    pub order_id: Option<i64>,
    pub build_id: Option<i64>,
    pub requested_by: Option<i64>,
    pub batch_id: Option<Uuid>,
    pub schedule: Option<&'static str>,
    pub worker: Option<&'static str>,
    pub at: DateTime<Utc>,
}

impl Entry {
    /// A BOM job that was asked for so many minutes ago.
    pub fn new(state: State, minutes: i64) -> Entry {
        let at = Utc::now() - TimeDelta::minutes(minutes);
        Entry {
            id: id_at(at),
            kind: "generate_bom",
            queue: "boms",
            state,
            arguments: r#"{"kind": "generate_bom", "build_id": 7}"#.into(),
            error: None,
            order_id: None,
            build_id: None,
            requested_by: None,
            batch_id: None,
            schedule: None,
            worker: None,
            at,
        }
    }

    pub fn dead(minutes: i64, class: &'static str, text: &str) -> Entry {
        Entry { error: Some((class, text.into())), ..Entry::new(State::Dead, minutes) }
    }

    pub async fn write(self, db: &PgPool) -> Uuid {
        let (class, text) = self.error.unzip();
        sqlx::query(
            "insert into jobs (id, kind, queue, state, payload, error_class, error_text, error_group, order_id, build_id,
                requested_by, batch_id, schedule, worker, created_at, updated_at, run_at, attempt, error_count,
                lease_token, lease_until)
             values ($1, $2, $3, $4, $5::jsonb, $6, $7, case when $7 is not null then error_group($2, $6, $7) end, $8, $9,
                $10, $11, $12, $13, $14, $14, now() + interval '1 day', 1, 1,
                case when $4 = 'running' then gen_random_uuid() end,
                case when $4 = 'running' then now() + interval '1 day' end)",
        )
        .bind(self.id)
        .bind(self.kind)
        .bind(self.queue)
        .bind(self.state.word())
        .bind(&self.arguments)
        .bind(class)
        .bind(&text)
        .bind(self.order_id)
        .bind(self.build_id)
        .bind(self.requested_by)
        .bind(self.batch_id)
        .bind(self.schedule)
        .bind(self.worker)
        .bind(self.at)
        .execute(db)
        .await
        .unwrap();
        sqlx::query("insert into job_texts (job_id, arguments, error) values ($1, $2, coalesce($3, ''))")
            .bind(self.id)
            .bind(&self.arguments)
            .bind(&text)
            .execute(db)
            .await
            .unwrap();
        self.id
    }
}

/// A new id of that time.
pub fn id_at(at: DateTime<Utc>) -> Uuid {
    let nanos = at.timestamp_subsec_nanos();
    Uuid::new_v7(Timestamp::from_unix_time(u64::try_from(at.timestamp()).unwrap(), nanos, 0, 0))
}
