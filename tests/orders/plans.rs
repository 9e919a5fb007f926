//! How much a page asks of the database: its indexes are used, and a longer order costs no more questions.

use super::book::{entered, fill};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use std::cell::Cell;
use tests::House;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// The checked query whose text holds all of these.
fn checked_query(parts: &[&str]) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../.sqlx");
    let files = std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let query = |text: String| {
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        document["query"].as_str().unwrap().to_owned()
    };
    let found: Vec<String> = files.map(query).filter(|query| parts.iter().all(|part| query.contains(part))).collect();
    assert_eq!(found.len(), 1, "{parts:?}");
    found.into_iter().next().unwrap()
}

async fn plan(db: &PgPool, query: &str, arguments: &str) -> String {
    let mut connection = PgConnection::connect_with(&db.connect_options()).await.unwrap();
    let prepare = format!("prepare asked as {query}");
    sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut connection).await.unwrap();
    let explain = format!("explain (costs off) execute asked({arguments})");
    let lines: Vec<String> =
        sqlx::query_scalar(AssertSqlSafe(explain)).persistent(false).fetch_all(&mut connection).await.unwrap();
    lines.join("\n")
}

#[tokio::test]
async fn the_board_reads_one_page_by_its_key_however_long_the_book_is() {
    let house = House::open().await;
    fill(&house, "PLAN", 20_000).await;
    sqlx::raw_sql("vacuum analyze").execute(&house.db).await.unwrap();

    let browse =
        checked_query(&["($1::bigint is null or o.id < $1)", "from orders o where", "order by o.id desc limit $7"]);
    let ids =
        "select (array_agg(id order by id))[10000]::text || ' ' || (array_agg(id order by id))[60]::text from orders";
    let ids: String = sqlx::query_scalar(ids).fetch_one(&house.db).await.unwrap();
    // Empty months cost nothing however they are read.
    let end_to_end = format!("Seq Scan on orders_{}", chrono::Utc::now().format("%Y%m"));
    for place in ids.split(' ').chain(["null"]) {
        let plan = plan(&house.db, &browse, &format!("{place}, null, null, null, null, false, 51")).await;
        assert!(plan.contains("_pkey on orders_") && !plan.contains(&end_to_end), "{place}:\n{plan}");
        assert!(place == "null" || plan.contains("Index Cond: (id < "), "{place}:\n{plan}");
    }
    let stage = plan(&house.db, &browse, "null, 'on_hold_parts', null, null, null, false, 51").await;
    assert!(stage.contains("_stage_id_idx on orders_") && !stage.contains(&end_to_end), "{stage}");
}

#[tokio::test]
async fn a_search_uses_the_index_of_every_number_and_name() {
    let house = House::open().await;
    fill(&house, "PLAN", 20_000).await;
    sqlx::raw_sql("vacuum analyze").execute(&house.db).await.unwrap();
    let body: String = sqlx::query_scalar("select prosrc from pg_proc where proname = 'orders_matching'")
        .fetch_one(&house.db)
        .await
        .unwrap();

    let plan = plan(&house.db, &body.replace("pattern", "$1::text"), "'%17771%'").await;

    for index in ["order_keys_number_trgm", "order_keys_po_trgm", "order_keys_customer", "builds_number_trgm"] {
        assert!(plan.contains(index), "{index} is not used:\n{plan}");
    }
    assert!(!plan.contains("Seq Scan on order_keys") && !plan.contains("Seq Scan on builds"), "{plan}");
}

thread_local! {
    /// Questions asked from this thread. A test runs on one thread, its requests included.
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

/// Counts what sqlx says it asked. Installed for the whole program: one for a single thread misses what another
/// thread met first.
struct Counter;

impl Subscriber for Counter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        ASKED.set(ASKED.get() + 1);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn an_order_of_ten_sinks_asks_the_database_no_more_than_one_of_one() {
    let house = House::open().await;
    let one = entered(&house, "PO 7001", &["10001"]).await;
    let numbers: Vec<String> = (1..=10).map(|number| format!("2000{number}")).collect();
    let ten = entered(&house, "PO 7002", &numbers.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let coordinator = house.login("coordinator").await;
    tracing::subscriber::set_global_default(Counter).unwrap();

    for tab in ["", "?tab=documents", "?tab=jobs", "?tab=history"] {
        let mut fewest = Vec::new();
        for order in [&one, &ten] {
            let path = format!("/orders/{}{tab}", order.number);
            let mut counted = Vec::new();
            // What the process asks for itself beside a request falls on this thread too, now and then.
            for _ in 0..10 {
                ASKED.set(0);
                coordinator.get(&path).await.assert_ok();
                counted.push(ASKED.get());
            }
            fewest.push(counted.into_iter().min().unwrap());
        }
        assert!(fewest[0] == fewest[1] && (2..=10).contains(&fewest[1]), "{tab}: {fewest:?}");
    }
}
