//! A hundred thousand orders, for judging long lists and load. Two machines hold the same rows.

use super::configurations::{DIFFERENT, sink};
use anyhow::{Context, Result};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

const STATEMENTS: &str = include_str!("large.sql");

/// Orders of the whole book.
pub const WHOLE: u32 = 100_000;

/// Fills in the newest `orders` of the book in one transaction; what is there already stays.
pub async fn fill(db: &mut PgConnection, password_hash: &str, orders: u32) -> Result<()> {
    let mut tx = db.begin().await?;
    sqlx::raw_sql("set local statement_timeout = 0").execute(&mut *tx).await?;
    sqlx::query("select set_config('demo.password_hash', $1, true)").bind(password_hash).execute(&mut *tx).await?;
    sqlx::query("select set_config('demo.orders', $1, true)")
        .bind(orders.min(WHOLE).to_string())
        .execute(&mut *tx)
        .await?;
    sinks(&mut tx).await?;
    sqlx::raw_sql(AssertSqlSafe(STATEMENTS)).execute(&mut *tx).await.context("The large order book stopped.")?;
    tx.commit().await?;
    sqlx::raw_sql("analyze").execute(db).await?;
    Ok(())
}

async fn sinks(tx: &mut PgConnection) -> Result<()> {
    sqlx::raw_sql(
        "create temporary table demo_configurations (position integer primary key, document jsonb, hash text) on commit drop",
    )
    .execute(&mut *tx)
    .await?;
    for position in 0..DIFFERENT {
        let configuration = sink(position);
        sqlx::query("insert into demo_configurations values ($1, $2, $3)")
            .bind(position as i32)
            .bind(configuration.document())
            .bind(configuration.hash())
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}
