//! A build moves from stage to stage, and its order stands where its least advanced build stands (domain f.2).

use super::Stage;
use crate::audit::{self, Actor, Entry};
use crate::{Error, Result};
use serde_json::json;
use sqlx::PgConnection;

/// Moves a build and writes it into the order's history and the trail. The build's row is held until the transaction
/// ends.
///
/// # Errors
/// `Stale` when the build is in a stage that does not lead there.
pub async fn advance(tx: &mut PgConnection, actor: &Actor, build_id: i64, next: Stage, note: &str) -> Result<()> {
    let build = sqlx::query!(
        r#"
        select b.number, b.stage as "stage: Stage", b.order_id, o.number as order_number
        from builds b join order_keys o on o.order_id = b.order_id
        where b.id = $1
        for update of b
        "#,
        build_id,
    );
    let build = build.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound("Build"))?;
    if !build.stage.can_become(next) {
        let (now, next) = (build.stage.title(), next.title());
        return Err(Error::Stale(format!("Build {} is at {now} and can't go to {next} from there.", build.number)));
    }
    sqlx::query!("update builds set stage = $2, version = version + 1 where id = $1", build_id, next as Stage)
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "insert into order_history (order_id, build_id, user_id, from_stage, to_stage, note) values ($1, $2, $3, $4, $5, $6)",
        build.order_id,
        build_id,
        actor.user_id,
        build.stage as Stage,
        next as Stage,
        note,
    )
    .execute(&mut *tx)
    .await?;
    follow(tx, build.order_id).await?;
    let entry = Entry {
        action: "moved",
        noun: "builds",
        object_id: &build.number,
        before: Some(json!({ "stage": build.stage })),
        after: Some(json!({ "stage": next, "note": note })),
        ..Entry::default()
    };
    audit::record(tx, actor, entry).await?;
    audit::announce(tx, "orders", &build.order_number).await
}

/// Puts the order where its least advanced build is; cancelled builds hold nothing up.
async fn follow(tx: &mut PgConnection, order_id: i64) -> Result<()> {
    // The order's row first: two builds that move at once take turns.
    let order = sqlx::query_scalar!(r#"select stage as "stage: Stage" from orders where id = $1 for update"#, order_id);
    let now = order.fetch_one(&mut *tx).await?;
    let stages = sqlx::query_scalar!(r#"select stage as "stage: Stage" from builds where order_id = $1"#, order_id);
    let stages = stages.fetch_all(&mut *tx).await?;
    let least = stages.iter().copied().filter(|stage| *stage != Stage::Cancelled).min().unwrap_or(Stage::Cancelled);
    if least != now {
        sqlx::query!("update orders set stage = $2, version = version + 1 where id = $1", order_id, least as Stage)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}
