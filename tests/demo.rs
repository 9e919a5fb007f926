//! Demo data: people, customers, catalogue and orders to try the product with, the same on every machine.

use sqlx::PgPool;
use tests::{Database, House};

/// Every row that demo data makes, as one text.
async fn rows(db: &PgPool, what: &str) -> Vec<String> {
    sqlx::query_scalar(sqlx::AssertSqlSafe(what.to_owned())).fetch_all(db).await.unwrap()
}

const BOOK: &str = "select concat_ws('|', o.number, o.po_number, c.name, c.city, o.project, o.sales_person, o.want_on, o.language,
        o.priority, o.stage, u.email, b.number, b.stage, b.configuration_hash, b.configuration)
    from orders o join customers c on c.id = o.customer_id join users u on u.id = o.created_by join builds b on b.order_id = o.id
    order by o.number, b.position";
const EVERYTHING: &str = "select concat_ws('|', (select count(*) from users), (select count(*) from customers), (select count(*) from orders),
    (select count(*) from builds), (select count(*) from items), (select count(*) from catalogue_revisions), (select count(*) from jobs),
    (select count(*) from drafts), (select count(*) from order_history), (select count(*) from audit_log))";

#[tokio::test]
async fn demo_data_is_loaded_once_and_its_logins_work() {
    let house = House::open().await;

    let said = app::demo::run(&house.db, "development", None).await.unwrap();

    let before = (rows(&house.db, EVERYTHING).await, rows(&house.db, BOOK).await);
    assert!(said.contains(app::demo::PASSWORD) && said.contains("12 demo orders"), "{said}");
    let again = app::demo::run(&house.db, "development", None).await.unwrap();
    assert!(!again.contains("demo orders were created"), "{again}");
    assert_eq!((rows(&house.db, EVERYTHING).await, rows(&house.db, BOOK).await), before);

    let mut roles = Vec::new();
    for line in said.lines().filter(|line| line.contains('@')) {
        let (email, rest) = line.trim().split_once(' ').unwrap();
        let person = house.stranger();
        person.log_in(email, app::demo::PASSWORD).await;
        person.get("/").await.assert_ok();
        roles.push(rest.rsplit(", ").next().unwrap().to_owned());
    }
    roles.sort();
    let mut every: Vec<String> = models::users::Role::ALL.iter().map(|role| role.title().to_owned()).collect();
    every.sort();
    assert_eq!(roles, every, "one login per role");
}

#[tokio::test]
async fn every_demo_order_gets_its_bom() {
    let house = House::open().await;
    app::demo::run(&house.db, "development", None).await.unwrap();

    house.work().await;

    let without = "select b.number from builds b where not exists (select from boms m where m.build_id = b.id and m.line_count > 50)";
    assert_eq!(rows(&house.db, without).await, Vec::<String>::new());
    assert_eq!(rows(&house.db, "select distinct state from jobs").await, ["done"]);
}

#[tokio::test]
async fn production_takes_no_demo_data() {
    let database = Database::open().await;

    let refused = app::demo::run(&database.pool, "production", None).await.unwrap_err();

    assert!(refused.to_string().contains("ENVIRONMENT is production"), "{refused}");
    assert_eq!(rows(&database.pool, EVERYTHING).await, ["0|0|0|0|0|0|0|0|0|0"]);
}

#[tokio::test]
async fn the_large_book_is_the_same_on_every_machine_and_is_filled_once() {
    let (one, other) = (Database::open().await, Database::open().await);
    for database in [&one, &other] {
        app::demo::run(&database.pool, "development", Some(400)).await.unwrap();
    }

    let book = rows(&one.pool, BOOK).await;
    assert_eq!(book, rows(&other.pool, BOOK).await);
    assert_eq!(rows(&one.pool, "select count(*)::text from orders where number like '%-V%'").await, ["400"]);
    assert_eq!(rows(&one.pool, "select (count(*) >= 5000)::text from customers").await, ["true"]);
    assert_eq!(rows(&one.pool, "select count(*)::text from users where email like 'person%'").await, ["500"]);
    let stages = rows(&one.pool, "select stage from orders where number like '%-V%' group by stage").await;
    assert!(stages.len() >= 12, "{stages:?}");

    app::demo::run(&one.pool, "development", Some(400)).await.unwrap();
    assert_eq!(rows(&one.pool, BOOK).await, book);
}

#[tokio::test]
async fn every_sink_of_the_large_book_can_be_ordered() {
    for number in 0..app::demo::configurations::DIFFERENT {
        let sink = app::demo::configurations::sink(number);
        let read = models::configurations::read_document(&sink.document().to_string());
        assert_eq!(read.as_ref().map_err(|problems| format!("sink {number}: {problems:?}")), Ok(&sink));
    }
}

#[tokio::test]
async fn demo_data_whose_loading_was_interrupted_is_completed_the_next_time() {
    let house = House::open().await;
    for patience in [1, 150, 400] {
        let loading = app::demo::run(&house.db, "development", None);
        let _ = tokio::time::timeout(std::time::Duration::from_millis(patience), loading).await;
    }

    app::demo::run(&house.db, "development", None).await.unwrap();

    let untouched = House::open().await;
    app::demo::run(&untouched.db, "development", None).await.unwrap();
    assert_eq!(rows(&house.db, BOOK).await.len(), rows(&untouched.db, BOOK).await.len());
    assert_eq!(rows(&house.db, "select state from jobs").await, rows(&untouched.db, "select state from jobs").await);
}
