//! Many jobs of one wish: asked for at once, behind what people wait for.

use crate::Job;
use models::Result;
use models::audit::{self, Actor, Entry};
use models::boms::outdated::Outdated;
use models::jobs::batches::{Batch, MOST, Piece, Started};
use serde_json::json;
use sqlx::PgConnection;

/// Behind every job that somebody waits for.
const PRIORITY: i16 = 10;

/// Asks for a new BOM of every open build whose BOM was made with other rules or another catalogue, those wanted first
/// coming first, and writes down who wanted it and why.
///
/// # Errors
/// Invalid when there is none, or when every one is being made already.
pub async fn regenerate_boms(tx: &mut PgConnection, actor: &Actor, reason: &str) -> Result<Started> {
    let builds = Outdated::builds(&mut *tx, MOST as i64).await?;
    let pieces: Vec<Piece> = builds
        .iter()
        .map(|build| {
            let job = Job::GenerateBom { build_id: build.build_id };
            piece(&job, Some(build.order_id), Some(build.build_id))
        })
        .collect();
    let title = "Regenerate BOMs of open orders";
    let started = Batch::start(tx, title, actor.user_id, &actor.request_id, PRIORITY, &pieces).await?;
    let after = json!({"title": title, "jobs": started.asked, "already_under_way": started.already});
    let id = started.id.to_string();
    let entry =
        Entry { action: "started", noun: "batches", object_id: &id, after: Some(after), reason, ..Entry::default() };
    audit::record(tx, actor, entry).await?;
    Ok(started)
}

fn piece(job: &Job, order_id: Option<i64>, build_id: Option<i64>) -> Piece {
    let kind = job.kind();
    // Kinds without a key of their own are never the same.
    let key = job.dedupe_key().unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let (payload_version, payload) = (kind.version(), json!(job));
    Piece { kind: kind.word(), payload_version, queue: kind.queue(), payload, key, order_id, build_id }
}
