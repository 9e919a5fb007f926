//! How long a BOM takes until it is generated and kept, beside the floor: the same rows, ready as text, copied into a
//! bare table with the same key in a transaction of their own.
//!
//! `DATABASE_URL=… cargo bench -p models --bench keeping`. Makes a database of its own and drops it.

use divan::{Bencher, black_box};
use models::boms::store::{self, Generation};
use models::boms::{ChosenLine, explode};
use models::catalogue::{Catalogue, Component, Item, ItemIndex};
use models::configurations::Configuration;
use rust_decimal::Decimal;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use std::fmt::Write;
use std::str::FromStr;
use std::sync::LazyLock;
use tokio::runtime::Runtime;

const DATABASE: &str = "torvan_bench_keeping";

struct Bench {
    runtime: Runtime,
    options: PgConnectOptions,
    db: PgPool,
    build_id: i64,
    template_id: i32,
}

static BENCH: LazyLock<Option<Bench>> = LazyLock::new(|| match std::env::var("DATABASE_URL") {
    Ok(url) => Some(Bench::open(&url)),
    Err(_) => {
        println!("Skipped: DATABASE_URL is not set.");
        None
    }
});

fn main() {
    divan::main();
    if let Some(bench) = &*BENCH {
        bench.runtime.block_on(async {
            bench.db.close().await;
            let mut server = PgConnection::connect_with(&bench.options).await.expect("the server answers");
            let drop = format!("drop database {DATABASE} with (force)");
            sqlx::query(AssertSqlSafe(drop)).execute(&mut server).await.expect("the database goes");
        });
    }
}

impl Bench {
    fn open(url: &str) -> Bench {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let options = PgConnectOptions::from_str(url).expect("DATABASE_URL can be read");
        let (db, build_id, template_id) = runtime.block_on(fill(&options));
        Bench { runtime, options, db, build_id, template_id }
    }
}

async fn fill(options: &PgConnectOptions) -> (PgPool, i64, i32) {
    let mut server = PgConnection::connect_with(options).await.expect("the server answers");
    for words in ["drop database if exists", "create database"] {
        let sql = format!("{words} {DATABASE}");
        sqlx::query(AssertSqlSafe(sql)).execute(&mut server).await.expect("an empty database");
    }
    let pool = PgPoolOptions::new().max_connections(1);
    let db = pool.connect_with(options.clone().database(DATABASE)).await.expect("the new database");
    models::MIGRATOR.run(&db).await.expect("the migrations apply");
    for sql in [
        "create table bare_lines (bom_id bigint, line integer, parent_line integer, level smallint, item_id integer,
            quantity numeric(24, 6), template_item_id integer, reason text, note text, primary key (bom_id, line))",
        "insert into catalogue_revisions (number, label, digest) values (1, 'Bench', 'x')",
        "insert into users (email, email_key, name, initials, role, password_hash) values ('b', 'b', 'B', 'B', 'coordinator', '')",
        "insert into customers (name, name_key) values ('Bench', 'bench')",
        "insert into orders (number, po_number, po_key, customer_id, sales_person, want_on, language, family, created_by)
            select 'B-1', 'B-1', 'b-1', c.id, 'B', '2030-01-01', 'EN', 'MDRD', u.id from customers c, users u",
        "insert into builds (order_id, position, number, number_key, configuration, configuration_hash)
            select id, 1, 'B-1', 'b-1', '{}', '' from orders",
    ] {
        sqlx::query(sql).execute(&db).await.expect("what a BOM needs");
    }
    let build_id = sqlx::query_scalar("select id from builds").fetch_one(&db).await.expect("the build");
    let template_id = sqlx::query_scalar("select id from bom_templates").fetch_one(&db).await.expect("the rules");
    (db, build_id, template_id)
}

#[divan::bench(args = [(500, 5), (10_000, 10)], sample_count = 60, sample_size = 1)]
fn generated_and_kept(bencher: Bencher, (lines, levels): (usize, usize)) {
    let Some(bench) = &*BENCH else { return };
    let (catalogue, chosen) = tree(lines, levels);
    let configuration = configuration();
    bencher.bench_local(|| {
        bench.runtime.block_on(async {
            let lines = explode::explode(black_box(&catalogue), &chosen).expect("the lines expand");
            let generation = Generation {
                build_id: bench.build_id,
                configuration: &configuration,
                template_id: bench.template_id,
                catalogue: &catalogue,
                chosen: &chosen,
                lines: &lines,
                job_id: None,
                generated_by: None,
            };
            let mut tx = bench.db.begin().await.expect("a transaction");
            store::save(&mut tx, &generation).await.expect("the BOM is kept");
            tx.commit().await.expect("it is committed");
        });
    });
}

#[divan::bench(args = [(500, 5), (10_000, 10)], sample_count = 60, sample_size = 1)]
fn floor_copy_into_a_bare_table(bencher: Bencher, (lines, levels): (usize, usize)) {
    let Some(bench) = &*BENCH else { return };
    let (catalogue, chosen) = tree(lines, levels);
    let expanded = explode::explode(&catalogue, &chosen).expect("the lines expand");
    let rows = |bom: usize| {
        let mut rows = String::new();
        for (index, line) in expanded.iter().enumerate() {
            let parent = line.parent.map_or("\\N".into(), |parent| parent.to_string());
            let number = index + 1;
            let _ =
                writeln!(rows, "{bom}\t{number}\t{parent}\t{}\t{number}\t{}\t\\N\t\\N\t\\N", line.level, line.quantity);
        }
        rows.into_bytes()
    };
    let mut bom = 0;
    let next = || {
        bom += 1;
        rows(bom * 100_000 + expanded.len())
    };
    bencher.with_inputs(next).bench_local_values(|rows| {
        bench.runtime.block_on(async {
            let mut tx = bench.db.begin().await.expect("a transaction");
            let mut copy = tx.copy_in_raw("copy bare_lines from stdin").await.expect("the copy starts");
            copy.send(rows).await.expect("the rows go");
            copy.finish().await.expect("the rows are taken");
            tx.commit().await.expect("it is committed");
        });
    });
}

/// A tree of exactly so many lines and levels: one way to the bottom, the other lines spread over the levels.
fn tree(lines: usize, levels: usize) -> (Catalogue, Vec<ChosenLine>) {
    let mut edges = Vec::new();
    for item in 1..lines {
        let parent = if item < levels { item - 1 } else { item % (levels - 1) };
        let quantity = if item % 5 == 0 { Decimal::new(15, 1) } else { Decimal::from(item % 4 + 1) };
        let child = ItemIndex(item as u32);
        edges.push((ItemIndex(parent as u32), Component { child, quantity, note: String::new(), to_confirm: None }));
    }
    let item = |index: usize| Item {
        id: index as i32 + 1,
        number: format!("I{index}"),
        name: String::new(),
        prints_flat: false,
        to_confirm: None,
    };
    let catalogue = Catalogue::new(1, 1, (0..lines).map(item).collect(), edges);
    let chosen = ChosenLine {
        template_item_id: 1,
        role: "bench".into(),
        number: "I0".into(),
        quantity: Decimal::ONE,
        reason: "Because it is measured".into(),
        note: String::new(),
        custom_group: None,
        omits: None,
        parent: None,
    };
    (catalogue, vec![chosen])
}

fn configuration() -> Configuration {
    let case = "lang=EN model=T2-B1 width_in=48 length_in=60 legs=DL27-HA feet=casters basins=1:EDR/20X20X8";
    models::golden::configuration(case).expect("the configuration can be read")
}
