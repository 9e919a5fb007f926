//! An order book to look at: orders entered the way a coordinator enters them, and plenty of rows where number counts.

use chrono::{Days, Months, NaiveDate, Utc, Weekday};
use jobs::Job;
use models::audit::Actor;
use models::configurations::{Answers, BasinAnswers};
use models::drafts::{Draft, OrderAnswers, review};
use models::jobs::{Links, Run};
use models::orders::submit::{NewOrder, Submission, submit};
use models::users::User;
use sqlx::{AssertSqlSafe, PgPool};
use tests::House;

/// A Friday far enough away to be neither late nor due.
pub fn far_friday() -> NaiveDate {
    let in_half_a_year = Utc::now().date_naive() + Months::new(6);
    in_half_a_year.week(Weekday::Mon).first_day() + Days::new(4)
}

/// An order as typed: one sink per build number, everything else as usual.
pub fn order(po: &str, builds: &[&str]) -> OrderAnswers {
    let basin = BasinAnswers { kind: "E-Drain".into(), size: "24X20X8".into(), ..BasinAnswers::default() };
    let sink = Answers { basins: vec![basin], ..Answers::usual() };
    OrderAnswers {
        po_number: po.into(),
        customer: "Lakeshore General Hospital".into(),
        sales_person: "M. Keller".into(),
        want_on: far_friday().to_string(),
        quantity: builds.len().to_string(),
        build_numbers: builds.iter().map(|number| (*number).to_owned()).collect(),
        builds: vec![sink; builds.len()],
        ..OrderAnswers::default()
    }
}

/// Enters the order through the same door as the last step of the configurator, its BOM jobs included.
pub async fn enter(db: &PgPool, user: &User, answers: &OrderAnswers) -> NewOrder {
    let mut tx = db.begin().await.unwrap();
    let draft = Draft::create(&mut tx, user, answers).await.unwrap();
    let judge = |answers: &_, house: &_| review(answers, house, None);
    let made = submit(&mut tx, user, &Actor::from(user), draft, "UTC", judge).await.unwrap();
    let Submission::Created(order) = made else { panic!("not entered: {made:?}") };
    for (build_id, _) in &order.builds {
        let links = Links { order_id: Some(order.id), build_id: Some(*build_id), ..Links::default() };
        let links = Links { requested_by: Some(user.id), ..links };
        Job::GenerateBom { build_id: *build_id }.enqueue(&mut tx, links).await.unwrap();
    }
    tx.commit().await.unwrap();
    order
}

/// The usual order of the usual coordinator.
pub async fn entered(house: &House, po: &str, builds: &[&str]) -> NewOrder {
    enter(&house.db, &house.account("coordinator").await, &order(po, builds)).await
}

/// So many more orders, one after the other: PO numbers begin with the word and count on.
pub async fn fill(house: &House, word: &str, count: i32) {
    let user = house.account("coordinator").await;
    let rows = "
        with known as (
            insert into customers (name, name_key) select 'Volume General ' || n, 'volume general ' || n from generate_series(1, 400) n
            on conflict (name_key) do update set name = excluded.name
            returning id
        ), customer as (
            select id, row_number() over (order by id) as position from known
        ), made as (
            insert into orders (number, po_number, po_key, customer_id, sales_person, want_on, language, family, created_by)
            select 'TOR-' || $1 || '-' || lpad(n::text, 5, '0'), $1 || ' ' || n, lower($1 || ' ' || n), customer.id,
                   'M. Keller', $4, 'EN', 'MDRD', $3
            from generate_series(1, $2) n
            join customer on customer.position = 1 + n % 400
            order by n
            returning id, number
        )
        insert into builds (order_id, position, number, number_key, configuration, configuration_hash)
        select id, 1, 'B' || number, lower('b' || number), '{}', '' from made";
    let filled = sqlx::query(rows).bind(word).bind(count).bind(user.id).bind(far_friday());
    filled.execute(&house.db).await.unwrap();
}

/// Changes rows directly: what later pages will do to an order.
pub async fn set(db: &PgPool, change: &str) {
    sqlx::raw_sql(AssertSqlSafe(change.to_owned())).execute(db).await.unwrap();
}

pub async fn count(db: &PgPool, what: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {what}"))).fetch_one(db).await.unwrap()
}

pub async fn job_of(db: &PgPool, order: &NewOrder) -> Run {
    Run::of_order(db, order.id).await.unwrap().remove(0)
}
