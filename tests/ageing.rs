//! The ledger forgets in time, but nothing that belongs to a record.

use chrono::{Duration, Utc};
use models::jobs::{Run, ageing};
use sqlx::PgPool;
use tests::support::shop::Shop;
use uuid::Uuid;

/// A finished job of so many days ago, tied to a build or to nothing.
async fn ended(shop: &Shop, days: i32, build_id: Option<i64>) -> Uuid {
    let id = shop.ask_in("boms", 0, 1).await;
    let end =
        "update jobs set state = 'done', finished_at = now() - make_interval(days => $2), build_id = $3 where id = $1";
    sqlx::query(end).bind(id).bind(days).bind(build_id).execute(&shop.database.pool).await.unwrap();
    sqlx::query("insert into job_attempts (job_id, attempt, worker) values ($1, 1, 'one')")
        .bind(id)
        .execute(&shop.database.pool)
        .await
        .unwrap();
    id
}

async fn is_there(db: &PgPool, id: Uuid) -> bool {
    Run::find(db, id).await.is_ok()
}

#[tokio::test]
async fn old_jobs_go_with_everything_about_them_and_jobs_of_a_record_stay() {
    let shop = Shop::open().await;
    let db = &shop.database.pool;
    let (old, recent, of_a_build) =
        (ended(&shop, 91, None).await, ended(&shop, 89, None).await, ended(&shop, 400, Some(7)).await);
    let waiting = shop.ask_in("boms", 0, 2).await;

    let report = ageing::age(db, Utc::now()).await.unwrap();

    assert_eq!((report.jobs, report.is_more), (1, false));
    assert!(!is_there(db, old).await && is_there(db, recent).await && is_there(db, of_a_build).await);
    assert!(is_there(db, waiting).await);
    let left = "select (select count(*) from job_attempts where job_id = $1) + (select count(*) from job_texts where job_id = $1)";
    assert_eq!(sqlx::query_scalar::<_, i64>(left).bind(old).fetch_one(db).await.unwrap(), 0);
    assert_eq!(ageing::age(db, Utc::now()).await.unwrap().jobs, 0);
}

#[tokio::test]
async fn a_clock_ten_years_ahead_deletes_no_job_of_a_record_and_not_the_month_that_is_written_to() {
    let shop = Shop::open().await;
    let db = &shop.database.pool;
    let (held, loose) = (ended(&shop, 1, Some(7)).await, ended(&shop, 1, None).await);
    let waiting = shop.ask_in("boms", 0, 2).await;

    let report = ageing::age(db, Utc::now() + Duration::days(3653)).await.unwrap();

    assert!(is_there(db, held).await && is_there(db, waiting).await && !is_there(db, loose).await);
    assert_eq!(report.months, Vec::<String>::new());
}

#[tokio::test]
async fn months_that_are_empty_are_dropped_and_old_figures_and_alerts_go() {
    let shop = Shop::open().await;
    let db = &shop.database.pool;
    for (month, from, to) in [("202001", "2020-01-01", "2020-02-01"), ("202002", "2020-02-01", "2020-03-01")] {
        let make = format!(
            "create table jobs_{month} partition of jobs for values from (first_uuid_at('{from}')) to (first_uuid_at('{to}'))"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(make)).execute(db).await.unwrap();
    }
    let rows = "insert into jobs (id, kind, payload, state, finished_at, order_id)
            values ('01700000-0000-7000-8000-000000000000', 'generate_bom', '{}', 'done', '2020-02-05', 1);
        insert into job_figures (span, at, queue, kind) values ('minute', now() - interval '3 days', 'boms', 'generate_bom'),
            ('minute', now(), 'boms', 'generate_bom'), ('hour', now() - interval '91 days', 'boms', 'generate_bom'),
            ('hour', now() - interval '89 days', 'boms', 'generate_bom');
        insert into queue_depths values (now() - interval '91 days', 'boms', 1, 1, 1), (now(), 'boms', 1, 1, 1);
        insert into alerts (cause, text, cleared_at) values ('stalled', 'Old', now() - interval '91 days'),
            ('stalled', 'Recent', now()), ('no_worker', 'Open', null)";
    sqlx::raw_sql(rows).execute(db).await.unwrap();

    let report = ageing::age(db, Utc::now()).await.unwrap();

    assert_eq!(report.months, ["jobs_202001"]);
    assert_eq!((report.figures, report.alerts), (3, 1));
}
