//! A hundred BOMs of ten thousand lines and ten levels, asked for at once: when the last one is kept, and what the pages
//! of everybody else take meanwhile.

use std::time::{Duration, Instant};

use jobs::Job;
use models::jobs::Links;
use models::users::Role;

use super::floor::{Floor, Process};
use super::visits::{Visit, Visits};
use super::{at, load};

const BOMS: i64 = 100;
const LINES: i32 = 10_000;
const LEVELS: i32 = 10;
/// Generated orders in the book, so that its pages have something to read.
const ORDERS: u32 = 10_000;
/// Pages a second: a thousand people with ten seconds between two clicks.
const PAGES_A_SECOND: u32 = 100;
/// Between two rounds, while the pages' normal times are taken.
const REST: Duration = Duration::from_secs(3);

pub async fn measure(rounds: usize) {
    let floor = Floor::open().await;
    app::demo::run(&floor.db, "", Some(ORDERS)).await.expect("the demo data");
    let first = floor.worker().await;
    floor.until_done(Duration::from_secs(60)).await;
    drop(first);
    let pages = pages(&floor).await;
    grow(&floor).await;
    let (web, address) = floor.web().await;
    let worker = floor.worker().await;
    let cookie = floor.log_in(&floor.person(Role::Coordinator).await).await;
    let builds = builds(&floor).await;
    round(&floor, &builds).await;
    println!(
        "{BOMS} BOMs of {} at once, {PAGES_A_SECOND} pages a second, {rounds} rounds, load {}",
        lines(&floor).await,
        load()
    );
    let alone = round(&floor, &builds).await;
    println!("  without pages         all kept after {:.2} s", alone.all.as_secs_f64());

    let visits = Visits::start(address, &cookie, pages, PAGES_A_SECOND);
    tokio::time::sleep(REST).await;
    let mut done = Vec::new();
    for number in 1..=rounds {
        let (hers, servers) = (worker.processor(), web.processor());
        let one = round(&floor, &builds).await;
        println!(
            "  round {number:<2}              all kept after {:.2} s, a BOM p50 {:.2} s, p95 {:.2} s; worker {:.2} s, web {:.2} s of the processors",
            one.all.as_secs_f64(),
            one.p50,
            one.p95,
            (worker.processor() - hers).as_secs_f64(),
            (web.processor() - servers).as_secs_f64(),
        );
        done.push(one);
        tokio::time::sleep(REST).await;
    }
    report(done, visits.end().await, &worker);
    drop((web, worker));
    floor.close().await;
}

struct Round {
    began: Instant,
    all: Duration,
    p50: f64,
    p95: f64,
}

/// Asks for all BOMs in one transaction and waits for the last.
async fn round(floor: &Floor, builds: &[i64]) -> Round {
    let mut tx = floor.db.begin().await.expect("a transaction");
    let mut ids = Vec::new();
    for build in builds {
        let links = Links { build_id: Some(*build), ..Links::default() };
        ids.push(Job::GenerateBom { build_id: *build }.enqueue(&mut tx, links).await.expect("the job is accepted").id);
    }
    tx.commit().await.expect("the jobs are kept");
    let began = Instant::now();
    let kept_at = chrono::Utc::now();
    floor.until_done(Duration::from_secs(120)).await;
    let all = began.elapsed();
    let ends = "select extract(epoch from finished_at - $2)::float8 from jobs where id = any($1) and state = 'done'";
    let mut ends: Vec<f64> =
        sqlx::query_scalar(ends).bind(&ids).bind(kept_at).fetch_all(&floor.db).await.expect("the ledger");
    assert_eq!(ends.len(), builds.len(), "every BOM is kept");
    Round { began, all, p50: at(&mut ends, 50.0), p95: at(&mut ends, 95.0) }
}

fn report(rounds: Vec<Round>, visits: Vec<Visit>, worker: &Process) {
    let during = |visit: &Visit| rounds.iter().any(|one| visit.at >= one.began && visit.at < one.began + one.all);
    // The moment after a round still belongs to it: autovacuum, the journal.
    let after = |visit: &Visit| {
        rounds
            .iter()
            .any(|one| visit.at >= one.began + one.all && visit.at < one.began + one.all + Duration::from_millis(500))
    };
    let milliseconds = |visit: &Visit| visit.took.as_secs_f64() * 1000.0;
    let mut busy: Vec<f64> = visits.iter().filter(|visit| during(visit)).map(milliseconds).collect();
    let mut normal: Vec<f64> =
        visits.iter().filter(|visit| !during(visit) && !after(visit)).map(milliseconds).collect();
    let failed = visits.iter().filter(|visit| visit.status != 200).count();
    for (name, times) in [("pages otherwise", &mut normal), ("pages meanwhile", &mut busy)] {
        let (half, most, rare) = (at(times, 50.0), at(times, 95.0), at(times, 99.0));
        println!("  {name:<22}{} of them, p50 {half:.1} ms, p95 {most:.1} ms, p99 {rare:.1} ms", times.len());
    }
    let mut all: Vec<f64> = rounds.iter().map(|one| one.all.as_secs_f64()).collect();
    println!(
        "  all kept              p50 {:.2} s, slowest {:.2} s (goal 2 s)",
        at(&mut all, 50.0),
        at(&mut all, 100.0)
    );
    println!(
        "  pages' p95            {:.2} times the usual (goal 2); {failed} not answered well",
        at(&mut busy, 95.0) / at(&mut normal, 95.0)
    );
    println!("  worker's memory       {:.1} MiB", worker.memory());
}

/// The board, orders and BOMs of ordinary size.
async fn pages(floor: &Floor) -> Vec<String> {
    let builds =
        "select b.number from builds b join boms m on m.build_id = b.id where m.is_active order by b.id limit 12";
    let orders = "select number from orders where id in (select order_id from builds b join boms m on m.build_id = b.id) order by id limit 12";
    let builds: Vec<String> = sqlx::query_scalar(builds).fetch_all(&floor.db).await.expect("the builds");
    let orders: Vec<String> = sqlx::query_scalar(orders).fetch_all(&floor.db).await.expect("the orders");
    let mut pages = Vec::new();
    for (build, order) in builds.iter().zip(orders.iter().cycle()) {
        pages.extend([
            "/orders".into(),
            format!("/orders/{order}"),
            "/orders?search=General".into(),
            format!("/builds/{build}/bom"),
        ]);
    }
    pages
}

/// Hangs a tree under a number of the first BOM that has no components, until that BOM has the lines that are wanted.
async fn grow(floor: &Floor) {
    let grow = r#"
        with leaf as (
            select l.item_id as id, m.line_count, m.catalogue_revision_id as revision_id
            from (select * from boms order by id limit 1) m join bom_lines l on l.bom_id = m.id and l.level = 0
            where not exists (
                select from catalogue_components k
                where k.revision_id = m.catalogue_revision_id and k.parent_id = l.item_id
            )
            order by l.line limit 1
        ), made as (
            insert into items (number) select 'GROWN-' || n from leaf, generate_series(1, $1 - line_count) n
            returning id, substr(number, 7)::integer as n
        ), described as (
            insert into catalogue_items (revision_id, item_id, name, kind)
            select revision_id, made.id, 'Grown ' || n, 'part' from leaf, made
        )
        insert into catalogue_components (revision_id, parent_id, position, child_id, quantity)
        select revision_id, coalesce(above.id, leaf.id), made.n, made.id, case when made.n % 5 = 0 then 1.5 else made.n % 4 + 1 end
        from leaf cross join made
        left join made above on above.n = case when made.n < $2 then made.n - 1 else made.n % ($2 - 1) end
    "#;
    let grown = sqlx::query(grow).bind(LINES).bind(LEVELS).execute(&floor.db).await.expect("the catalogue grows");
    assert!(grown.rows_affected() > 9_000, "the tree hangs under a number: {}", grown.rows_affected());
    floor.sql("analyze").await;
}

/// Builds with the configuration whose BOM has grown, in an order that nobody looks at.
async fn builds(floor: &Floor) -> Vec<i64> {
    let order = "insert into builds (order_id, position, number, number_key, configuration, configuration_hash)
        select (select max(id) from orders), 100 + n, 'H' || n, 'h' || n, b.configuration, b.configuration_hash
        from (select * from builds where id = (select build_id from boms order by id limit 1)) b, generate_series(1, $1) n
        returning id";
    sqlx::query_scalar(order).bind(BOMS as i32).fetch_all(&floor.db).await.expect("the builds")
}

async fn lines(floor: &Floor) -> String {
    let what = "select line_count || ' lines and ' || (select max(level) + 1 from unnest(levels) level) || ' levels'
        from boms m join bom_contents c on c.bom_id = m.id order by m.id desc limit 1";
    sqlx::query_scalar(what).fetch_one(&floor.db).await.expect("a BOM")
}
