//! How long a BOM takes to compute: rules and expansion of real configurations, and expansion of made-up large ones.
//!
//! `cargo bench -p models --bench boms`. The real configurations need `DATABASE_URL` with a catalogue in force.

use divan::{Bencher, black_box};
use models::boms::{ChosenLine, Line, explode};
use models::catalogue::{Catalogue, Component, Item, ItemIndex};
use models::configurations::Configuration;
use models::rules::Rules;
use rust_decimal::Decimal;
use std::sync::Arc;

fn main() {
    divan::main();
}

/// The largest of the known BOMs: two basins, one E-Sink and one E-Drain, 209 lines.
const LARGEST: &str = "lang=FR model=T2-B2 width_in=48 length_in=60 legs=DL14-HA feet=casters pegboard=PERFORATED \
    basins=1:ESK/30X20X10+LIGHT;2:EDR/30X20X10+LIGHT faucets=PRE-RINSE*1,WRIST-BLADE*1 sprayers=- \
    drawers=pull-out-shelf accessories=T-OA-BINRAIL-36-KIT*3,T-OA-SSSHELF-1812-BOLT-ON-KIT*3";

struct Real {
    configuration: Configuration,
    rules: Arc<Rules>,
    catalogue: Arc<Catalogue>,
}

/// What is in force in the database of the settings; nothing when there is none.
fn real() -> Option<Real> {
    let Ok(url) = std::env::var("DATABASE_URL") else {
        println!("Skipped: DATABASE_URL is not set, so there are no rules in force.");
        return None;
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let db = sqlx::PgPool::connect(&url).await.expect("the database answers");
        let rules = models::rules::active(&db, "MDRD").await.expect("rules are in force");
        let catalogue = models::catalogue::active(&db).await;
        let catalogue = catalogue.inspect_err(|problem| println!("Skipped: {problem}")).ok()?;
        let configuration = models::golden::configuration(LARGEST).expect("the configuration is readable");
        Some(Real { configuration, rules, catalogue })
    })
}

#[divan::bench]
fn rules_and_expansion_of_the_largest_known_bom(bencher: Bencher) {
    let Some(real) = real() else { return };
    let lines = bom(&real);
    assert_eq!(lines.len(), 209, "the catalogue in force is the customer's");
    bencher.bench_local(|| bom(black_box(&real)));
}

#[divan::bench]
fn rules_alone_of_the_largest_known_bom(bencher: Bencher) {
    let Some(real) = real() else { return };
    bencher.bench_local(|| real.rules.lines(black_box(&real.configuration)).expect("the rules have lines"));
}

fn bom(real: &Real) -> Vec<Line> {
    let chosen = real.rules.lines(&real.configuration).expect("the rules have lines");
    explode::explode(&real.catalogue, &chosen).expect("the lines expand")
}

#[divan::bench]
fn expansion_of_500_lines_on_5_levels(bencher: Bencher) {
    expansion(bencher, 500, 5);
}

#[divan::bench]
fn expansion_of_10000_lines_on_10_levels(bencher: Bencher) {
    expansion(bencher, 10_000, 10);
}

#[divan::bench]
fn expansion_and_totals_of_10000_lines_on_10_levels(bencher: Bencher) {
    let (catalogue, chosen) = made_up(10_000, 10);
    bencher.bench_local(|| {
        let lines = explode::explode(black_box(&catalogue), black_box(&chosen)).expect("the lines expand");
        explode::summarize(&lines, &chosen)
    });
}

fn expansion(bencher: Bencher, lines: usize, levels: usize) {
    let (catalogue, chosen) = made_up(lines, levels);
    let made = explode::explode(&catalogue, &chosen).expect("the lines expand");
    assert_eq!((made.len(), made.iter().map(|line| usize::from(line.level) + 1).max()), (lines, Some(levels)));
    bencher.bench_local(|| explode::explode(black_box(&catalogue), black_box(&chosen)).expect("the lines expand"));
}

/// A tree of exactly so many lines and levels, wide at the bottom, with whole and fractional quantities.
fn made_up(lines: usize, levels: usize) -> (Catalogue, Vec<ChosenLine>) {
    let mut level_of = vec![0usize];
    let mut edges = Vec::new();
    for item in 1..lines {
        // The first items make one path to the deepest level; the others hang where the tree is still shallow.
        let parent = if item < levels { item - 1 } else { (item * 7919) % (item / 4 + 1) };
        let parent = if level_of[parent] + 1 >= levels { item % (levels - 1) } else { parent };
        level_of.push(level_of[parent] + 1);
        let quantity = match item % 5 {
            0 => Decimal::new(15, 1),
            1 | 2 => Decimal::ONE,
            other => Decimal::from(other - 1),
        };
        let child = ItemIndex(item as u32);
        edges.push((ItemIndex(parent as u32), Component { child, quantity, note: String::new(), to_confirm: None }));
    }
    let item = |index: usize| Item {
        id: index as i32,
        number: format!("I{index}"),
        name: String::new(),
        prints_flat: false,
        to_confirm: None,
    };
    let catalogue = Catalogue::new(1, 1, (0..lines).map(item).collect(), edges);
    let chosen = ChosenLine {
        template_item_id: 1,
        role: "accessory".into(),
        number: "I0".into(),
        quantity: Decimal::ONE,
        reason: String::new(),
        note: String::new(),
        custom_group: None,
        omits: None,
        parent: None,
    };
    (catalogue, vec![chosen])
}
