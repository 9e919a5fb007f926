//! The lock of jobs that must be alone of their kind and key: taken again when somebody brings one back to life.

use super::{Left, short};
use crate::Result;
use sqlx::PgConnection;
use uuid::Uuid;

/// Takes the locks of the jobs that have a key. Those whose lock another live job holds are named; of two among the
/// given ones the later asked for gets it.
pub(in crate::jobs) async fn take(tx: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Left>> {
    let taken = sqlx::query_scalar!(
        r#"
        insert into job_locks (kind, key, job_id)
        select kind, dedupe_key, id from jobs
        where id = any($1) and dedupe_key is not null
        order by kind, dedupe_key, id desc
        on conflict (kind, key) do nothing
        returning job_id
        "#,
        ids,
    );
    let taken = taken.fetch_all(&mut *tx).await?;
    let blocked = sqlx::query!(
        r#"
        select j.id as "id!", l.job_id as "holder?"
        from jobs j
        left join job_locks l on l.kind = j.kind and l.key = j.dedupe_key
        where j.id = any($1) and j.dedupe_key is not null and j.id <> all($2)
        "#,
        ids,
        &taken,
    );
    let blocked = blocked.fetch_all(&mut *tx).await?;
    let named = blocked.into_iter().map(|row| Left { id: row.id, why: doubled(row.holder) });
    Ok(named.collect())
}

fn doubled(holder: Option<Uuid>) -> String {
    match holder {
        Some(holder) => format!("Job {} does the same and is not over yet. One of them is enough.", short(holder)),
        None => "Another job did the same until a moment ago. Look at its result first.".into(),
    }
}
