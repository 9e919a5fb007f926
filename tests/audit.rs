//! The audit trail: complete, in the order of the commits, out of reach of the processes, and found out when somebody
//! who owns the database touches it.

mod ageing;
mod checking;
mod pages;
mod roles;
mod tampering;

use models::audit::{self, Actor, Entry, chain};
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool};

/// Writes entries about orders 1 to `count`, each in a transaction of its own.
pub async fn write(db: &PgPool, count: usize) {
    for number in 1..=count {
        let mut tx = db.begin().await.unwrap();
        let id = number.to_string();
        let entry = Entry {
            action: "changed",
            noun: "orders",
            object_id: &id,
            before: Some(json!({"status": "draft", "é": 1.50})),
            after: Some(json!({"status": "released", "lines": [1, null, "½\" pipe"]})),
            reason: "as agreed",
        };
        audit::record(&mut tx, &Actor::system(), entry).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// What the check of the chain says: the first bad entry, or nothing.
pub async fn verdict(db: &PgPool) -> Option<String> {
    let report = chain::verify(&mut db.acquire().await.unwrap(), &[]).await.unwrap();
    report.finding.map(|finding| finding.to_string())
}

pub async fn run(db: &PgPool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(db).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}
