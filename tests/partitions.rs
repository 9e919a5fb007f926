//! What is kept by month: the months are there before they are needed, a number is given once in the whole order book
//! whatever the month, and one order is found without reading the others' months.

use models::orders::{Filter, Order};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use tests::{Database, House};

async fn run(db: &PgPool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(db).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

async fn lines(db: &PgPool, sql: &str) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_all(db).await.unwrap()
}

/// A customer and a person, so that orders can be written as the program of before wrote them: without an id.
async fn open_book(db: &PgPool) {
    run(
        db,
        "insert into customers (name, name_key) values ('Lakeshore', 'lakeshore');
        insert into users (email, email_key, name, initials, role, password_hash)
        values ('a@x.example', 'a@x.example', 'Ana', 'A', 'coordinator', '')",
    )
    .await;
}

fn order(number: &str, po: &str) -> String {
    format!(
        "insert into orders (number, po_number, po_key, customer_id, sales_person, want_on, language, family, created_by)
        select '{number}', '{po}', lower('{po}'), c.id, 'M. Keller', '2026-12-01', 'EN', 'MDRD', u.id
        from customers c, users u limit 1"
    )
}

/// Makes a past month and puts the order into it, as if it had been entered then.
async fn entered_on(db: &PgPool, number: &str, day: &str) {
    run(db, &format!("select create_order_month('{day}')")).await;
    let row = order(number, number).replace("(number,", "(id, created_at, number,");
    run(db, &row.replace("select ", &format!("select order_id_at('{day}'), '{day}'::timestamptz, "))).await;
}

async fn month_of(db: &PgPool, number: &str) -> String {
    lines(db, &format!("select tableoid::regclass::text from orders where number = '{number}'")).await.remove(0)
}

#[tokio::test]
async fn the_next_three_months_of_everything_kept_by_month_are_there() {
    let database = Database::open().await;
    let worker = PgPool::connect(&database.worker_url()).await.unwrap();
    models::partitions::prepare(&worker).await.unwrap();
    let missing = "select parent || '_' || to_char((now() at time zone 'UTC') + make_interval(months => ahead), 'YYYYMM')
        from unnest(array['orders', 'jobs', 'job_attempts', 'job_texts', 'audit_log']) parent, generate_series(0, 3) ahead
        where to_regclass(parent || '_' || to_char(date_trunc('month', now() at time zone 'UTC') + make_interval(months => ahead), 'YYYYMM')) is null";
    assert_eq!(lines(&database.pool, missing).await, Vec::<String>::new());
}

#[tokio::test]
async fn orders_of_before_stay_and_those_the_program_of_before_writes_go_into_their_month() {
    let bare = Database::bare().await;
    let mut db = PgConnection::connect(&bare.url).await.unwrap();
    for migration in models::MIGRATOR.iter().filter(|migration| migration.version < 20261124050000) {
        sqlx::raw_sql(AssertSqlSafe(migration.sql.as_str().to_owned())).execute(&mut db).await.unwrap();
    }
    open_book(&bare.pool).await;
    run(&bare.pool, &order("TOR-1", "PO 1")).await;
    run(&bare.pool, "insert into builds (order_id, position, number, number_key, configuration, configuration_hash) select id, 1, 'B1', 'b1', '{}', '' from orders").await;
    // Prepared in the old shape and used in the new one, as by a web process that goes on through the update.
    let kept = order("TOR-2", "PO 2").replace("'TOR-2'", "$1").replace("'PO 2'", "$2::text") + " returning id";
    let mut old = PgConnection::connect(&bare.url).await.unwrap();
    run_prepared(&mut old, &kept, "TOR-0", "PO 0").await.unwrap();
    for migration in models::MIGRATOR.iter().filter(|migration| migration.version >= 20261124050000) {
        let mut tx = db.begin().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(migration.sql.as_str().to_owned())).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    }
    let id = run_prepared(&mut old, &kept, "TOR-2", "PO 2").await.unwrap();
    assert!(id > 1 << 40 && id < 1 << 53, "{id} carries its time and fits into JavaScript's numbers");
    assert_eq!(month_of(&bare.pool, "TOR-1").await, "orders_first");
    assert_eq!(
        month_of(&bare.pool, "TOR-2").await,
        lines(&bare.pool, "select to_char(now() at time zone 'UTC', '\"orders_\"YYYYMM')").await[0]
    );
    let again = run_prepared(&mut old, &kept, "TOR-3", "po 1").await.unwrap_err();
    assert_eq!(again.as_database_error().and_then(|error| error.constraint()), Some("orders_po_key_key"));
    let kept = "select o.number || ' ' || k.number || ' ' || (select sum(orders) from order_counts) from orders o join order_keys k on k.order_id = o.id order by o.id";
    assert_eq!(lines(&bare.pool, kept).await, ["TOR-1 TOR-1 3", "TOR-0 TOR-0 3", "TOR-2 TOR-2 3"]);
}

async fn run_prepared(db: &mut PgConnection, sql: &str, number: &str, po: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).bind(number).bind(po).fetch_one(db).await
}

#[tokio::test]
async fn a_number_a_po_and_a_draft_are_given_once_in_all_months_also_to_two_at_once() {
    let database = Database::open().await;
    let db = &database.pool;
    open_book(db).await;
    entered_on(db, "TOR-2025-0001", "2025-03-05").await;
    for (number, po, taken) in
        [("TOR-2025-0001", "PO 9", "orders_number_key"), ("TOR-9", "TOR-2025-0001", "orders_po_key_key")]
    {
        let refused = sqlx::raw_sql(AssertSqlSafe(order(number, po))).execute(db).await.unwrap_err();
        assert_eq!(refused.as_database_error().and_then(|error| error.constraint()), Some(taken));
    }
    let (first, second) = (order("TOR-7", "PO 7"), order("TOR-8", "PO 7"));
    let (first, second) =
        tokio::join!(sqlx::raw_sql(AssertSqlSafe(first)).execute(db), sqlx::raw_sql(AssertSqlSafe(second)).execute(db));
    assert!(first.is_ok() != second.is_ok(), "one of the two has the PO number");
    run(db, "delete from orders where number = 'TOR-2025-0001'").await;
    run(db, &order("TOR-2025-0001", "PO 10")).await;
    let web = PgPool::connect(&database.web_url()).await.unwrap();
    for by_hand in ["delete from order_keys", "update order_keys set number = 'x'", "delete from orders_202503"] {
        let refused = sqlx::raw_sql(by_hand).execute(&web).await.unwrap_err().to_string();
        assert!(refused.contains("permission denied"), "{by_hand}: {refused}");
    }
}

/// What the checks have to say about months.
async fn alarm(db: &PgPool) -> Vec<String> {
    let watched: Vec<_> = jobs::Kind::ALL.into_iter().map(jobs::Kind::watched).collect();
    models::alerts::check(db, &watched).await.unwrap();
    lines(db, "select cause from alerts where cleared_at is null and cause = 'no_month'").await
}

#[tokio::test]
async fn an_order_is_taken_at_the_turn_of_a_month_and_where_no_month_was_made() {
    let database = Database::open().await;
    let db = &database.pool;
    open_book(db).await;
    assert_eq!(alarm(db).await, Vec::<String>::new());
    entered_on(db, "TOR-LAST", "2025-03-31 23:59:59.999+00").await;
    entered_on(db, "TOR-FIRST", "2025-04-01 00:00:00+00").await;
    assert_eq!(
        (month_of(db, "TOR-LAST").await.as_str(), month_of(db, "TOR-FIRST").await.as_str()),
        ("orders_202503", "orders_202504")
    );
    run(db, "do $$ declare part regclass; begin for part in select relid from pg_partition_tree('orders') where relid::regclass::text ~ '_20(26|27)' loop execute format('alter table orders detach partition %s', part); end loop; end $$").await;
    run(db, &order("TOR-NOW", "PO NOW")).await;
    assert_eq!(month_of(db, "TOR-NOW").await, "orders_default");
    assert_eq!(alarm(db).await, ["no_month"]);
    let page = Filter::default().page(db).await.unwrap();
    let numbers: Vec<&str> = page.orders.iter().map(|order| order.number.as_str()).collect();
    assert_eq!(numbers, ["TOR-NOW", "TOR-FIRST", "TOR-LAST"], "the newest first, across the months");
    assert_eq!(Order::find(db, "TOR-LAST").await.unwrap().number, "TOR-LAST");
}

#[tokio::test]
async fn one_order_is_found_without_reading_the_other_months() {
    let house = House::open().await;
    let db = &house.db;
    open_book(db).await;
    for month in 1..=12 {
        entered_on(db, &format!("TOR-2025-{month:04}"), &format!("2025-{month:02}-15")).await;
    }
    let id = lines(db, "select order_id::text from order_keys where number = 'TOR-2025-0007'").await.remove(0);
    let by_id = lines(db, &format!("explain (costs off) select * from orders where id = {id}")).await.join("\n");
    assert!(by_id.contains("orders_202507") && by_id.matches(" on orders_").count() == 1, "{by_id}");
    let by_number = "explain (analyze, costs off, timing off, summary off) select * from orders where id = (select order_id from order_keys where number = 'TOR-2025-0007')";
    let by_number = lines(db, by_number).await;
    let read: Vec<&String> =
        by_number.iter().filter(|line| line.contains(" on orders_") && !line.contains("never executed")).collect();
    assert!(read.len() == 1 && read[0].contains("orders_202507"), "{by_number:#?}");
}
