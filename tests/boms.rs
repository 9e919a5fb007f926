//! The BOM of a build as people read it, take it along, compare it and ask for the next.

pub mod office;

use models::audit::Actor;
use models::boms::causes::{self, Comparison};
use models::boms::compare::Kind;
use models::boms::sheet::{Mark, Sheet};
use models::boms::versions::{Book, Outdated};
use models::catalogue::revise::{self, Change, ComponentChange};
use models::configurations::{Feet, Legs};
use office::Office;
use std::time::Duration;

async fn book(office: &Office) -> Book {
    Book::find(office.db(), "20421").await.unwrap()
}

async fn sheet(office: &Office, version: i32) -> Sheet {
    Sheet::load(office.db(), book(office).await.version(version).unwrap()).await.unwrap()
}

async fn differences(office: &Office, from: i32, to: i32) -> Comparison {
    let book = book(office).await;
    causes::compare(office.db(), book.version(from).unwrap(), book.version(to).unwrap()).await.unwrap()
}

/// "removed T2-DL27-KIT: Configuration, legs: …", in the order of the page.
fn said(comparison: &Comparison) -> Vec<String> {
    let say = |(difference, causes): &(models::boms::compare::Difference, Vec<causes::Cause>)| {
        let causes: Vec<String> = causes.iter().map(ToString::to_string).collect();
        format!("{:?} {}: {}", difference.kind, difference.path.join(" > "), causes.join(" and "))
    };
    comparison.differences.iter().map(say).collect()
}

#[tokio::test]
async fn a_bom_shows_what_was_chosen_why_and_what_is_not_settled() {
    let office = Office::with_bom().await;
    let coordinator = office.house.login("coordinator").await;

    let page = coordinator.get("/builds/20421/bom").await;

    page.assert_ok().assert_shows("BOM of build 20421").assert_shows("Length 72 in is in 61 to 72");
    page.assert_shows("Quantity to be confirmed").assert_shows("Not in catalogue").assert_shows("MDRD v1");
    let sheet = sheet(&office, 1).await;
    let custom = sheet.lines.iter().find(|line| line.number == "T2-ADW-BASIN-25.5x20x9").unwrap();
    assert_eq!(custom.marks, [Mark::MadeToSize("720.215.001".into())]);
    let casters = sheet.lines.iter().find(|line| line.number == "T2-LEVELING-CASTOR-475").unwrap();
    assert!(matches!(casters.marks[..], [Mark::ToConfirm(_)]) && casters.level == 0, "{casters:?}");
    assert!(sheet.lines.iter().all(|line| (line.level == 0) != line.reason.is_empty()), "level 0 says why");
}

#[tokio::test]
async fn a_cost_that_is_not_known_is_never_a_silent_zero() {
    let office = Office::open().await;
    let items = ["KIT", "SCREW", "PLATE", "BOUGHT", "INSIDE", "LOOSE"].map(|number| (number.into(), "part".into()));
    let component = |parent: &str, child: &str, pieces| (parent.to_string(), child.to_string(), pieces);
    office
        .catalogue(
            &items,
            &[component("KIT", "SCREW", 4), component("KIT", "PLATE", 2), component("BOUGHT", "INSIDE", 3)],
        )
        .await;
    for (number, cost) in [("SCREW", "0.0425"), ("KIT", "999"), ("BOUGHT", "120")] {
        office.set_cost(number, cost).await;
    }

    office.keep(&["KIT", "BOUGHT", "LOOSE"]).await;

    let sheet = sheet(&office, 1).await;
    let cost = |number: &str| sheet.lines.iter().find(|line| line.number == number).unwrap().cost;
    // A priced component counts before the kit's own cost; what is missing stays said.
    assert_eq!((cost("KIT").amount, cost("KIT").unpriced), (Some("0.17".parse().unwrap()), 1));
    // Nothing in it has a price, so it was bought whole.
    assert_eq!((cost("BOUGHT").amount, cost("BOUGHT").unpriced), (Some(120.into()), 0));
    assert!(cost("INSIDE").is_covered && cost("LOOSE").amount.is_none());
    assert_eq!((sheet.cost.amount, sheet.cost.unpriced), (Some("120.17".parse().unwrap()), 2));
    let page = office.house.login("procurement").await.get("/builds/20421/bom").await;
    page.assert_shows("120.17 CAD, 2 unpriced");
}

#[tokio::test]
async fn the_summed_view_has_every_number_once_with_all_its_pieces() {
    let office = Office::with_bom().await;
    let sheet = sheet(&office, 1).await;

    let flat = sheet.flat();

    let items: i32 = sqlx::query_scalar("select item_count from boms").fetch_one(office.db()).await.unwrap();
    assert_eq!(flat.len(), items as usize);
    for item in &flat {
        let lines = sheet.lines.iter().filter(|line| line.number == item.number);
        assert_eq!(item.quantity, lines.map(|line| line.quantity).sum());
    }
    let page = office.house.login("qc").await.get("/builds/20421/bom?view=flat&q=screw").await;
    page.assert_ok().assert_shows("8-32 PAN HEAD SCREWS 1/2\"").assert_hides("T2-DL27-KIT");
}

#[tokio::test]
async fn a_search_keeps_the_assemblies_above_what_it_finds() {
    let office = Office::with_bom().await;
    let procurement = office.house.login("procurement").await;

    let found = procurement.get("/builds/20421/bom?q=pan+head").await;

    found.assert_shows("T2-PWRBAR-KIT").assert_shows("8-32 PAN HEAD SCREWS 1/2\"").assert_hides("T2-DL27-KIT");
    assert!(found.body.matches("data-hit").count() >= 1);
    let none = procurement.get("/builds/20421/bom?q=%3Cscript%3E").await;
    none.assert_ok().assert_shows("No line of this BOM has “<script>”");
    assert!(!none.body.contains("<script>”"));
}

#[tokio::test]
async fn files_carry_odd_numbers_exactly_and_nothing_a_spreadsheet_runs() {
    let office = Office::open().await;
    let odd = ["8-32 PAN HEAD SCREWS 1/2\"", "6.65E+11", "1/4-20 NYLON NUT", "=1+1", "-2", "@SUM(1)", "A, \"B\""];
    office.catalogue(&odd.map(|number| (number.into(), "=HYPERLINK(\"x\")".into())), &[]).await;
    office.keep(&odd).await;
    let procurement = office.house.login("procurement").await;

    let tree = procurement.get("/builds/20421/bom/1.csv?view=tree").await;
    let flat = procurement.get("/builds/20421/bom/1.csv?view=flat").await;

    tree.assert_ok();
    assert_eq!(tree.header("content-disposition"), Some("attachment; filename=\"BOM-20421-v1-tree.csv\""));
    for (line, number) in [
        (1, "\"8-32 PAN HEAD SCREWS 1/2\"\"\""),
        (2, "6.65E+11"),
        (3, "1/4-20 NYLON NUT"),
        (4, "\"'=1+1\""),
        (5, "\"'-2\""),
        (6, "\"'@SUM(1)\""),
        (7, "\"A, \"\"B\"\"\""),
    ] {
        let expected = format!("{line},0,,,{number},\"'=HYPERLINK(\"\"x\"\")\",1,1,Because the test says so,,,,1");
        assert_eq!(tree.body.split("\r\n").nth(line), Some(expected.as_str()));
        assert!(flat.body.contains(&format!("\r\n{number},")), "{number}");
    }
    assert_eq!(flat.body.split("\r\n").count(), odd.len() + 2);
}

#[tokio::test]
async fn a_changed_answer_is_the_cause_of_what_it_changes() {
    let office = Office::with_bom().await;
    office
        .configure(|configuration| {
            configuration.legs = Legs::Dl14;
            configuration.feet = Feet::Seismic;
        })
        .await;
    assert_eq!(book(&office).await.outdated(book(&office).await.active().unwrap()), [Outdated::Configuration]);
    office.generate().await;

    let comparison = differences(&office, 1, 2).await;

    let legs = "Configuration, legs: DL27, height adjustable → DL14, height adjustable";
    let feet = "Configuration, feet: Lock and levelling casters → Seismic feet";
    assert_eq!(
        said(&comparison),
        [
            format!("Removed T2-DL27-KIT: {legs}"),
            format!("Removed T2-LEVELING-CASTOR-475: {feet}"),
            format!("Added T2-DL14-KIT: {legs}"),
            format!("Added T2-SEISMIC-FEET: {feet}"),
        ]
    );
    let page = office.house.login("procurement").await.get("/builds/20421/bom/compare?from=2&to=1").await;
    page.assert_ok().assert_shows("version 1 to 2").assert_shows(legs);
}

#[tokio::test]
async fn a_revised_item_is_the_cause_of_its_new_quantity() {
    let office = Office::with_bom().await;
    let revision = book(&office).await.revision_now.unwrap();
    let components = vec![ComponentChange { position: 1, quantity: 3.into(), settled: true }];
    let change =
        Change { revision, item: "T2-DL27-KIT".into(), components, reason: "Measured".into(), ..Change::default() };
    let mut tx = office.db().begin().await.unwrap();
    let revised = revise::revise(&mut tx, &change, &Actor::system()).await.unwrap();
    tx.commit().await.unwrap();
    office.configure(|configuration| configuration.feet = Feet::Seismic).await;
    office.generate().await;

    let comparison = differences(&office, 1, 2).await;

    let changed: Vec<_> =
        comparison.differences.iter().filter(|(difference, _)| difference.kind == Kind::Changed).collect();
    let [(difference, causes)] = changed[..] else { panic!("{:?}", said(&comparison)) };
    assert_eq!(difference.path[0], "T2-DL27-KIT");
    assert_eq!(
        (difference.old.as_ref().unwrap().quantity, difference.new.as_ref().unwrap().quantity),
        (1.into(), 3.into())
    );
    assert_eq!(causes[0].to_string(), format!("Catalogue revision {revised}"));
    let feet = comparison.differences.iter().find(|(difference, _)| difference.number() == "T2-SEISMIC-FEET").unwrap();
    assert!(feet.1[0].to_string().starts_with("Configuration, feet"), "{:?}", feet.1);
}

#[tokio::test]
async fn new_rules_are_the_cause_of_the_lines_they_change() {
    let office = Office::with_bom().await;
    let casters = "T2-LEVELING-CASTOR-475";
    publish_copy(&office, "update bom_template_items set base_quantity = 4 where template_id = $1 and role = 'feet'")
        .await;
    office.generate().await;

    let comparison = differences(&office, 1, 2).await;

    assert_eq!(said(&comparison), [format!("Changed {casters}: BOM rules version 2")]);
    let page = office.house.login("procurement").await.get("/builds/20421/bom/compare?from=1&to=2").await;
    page.assert_ok().assert_shows("BOM rules version 2").assert_shows("v1 → v2");
}

/// Puts a copy of the rules with one change into force.
async fn publish_copy(office: &Office, change: &'static str) {
    let mut tx = office.db().begin().await.unwrap();
    let new: i32 = sqlx::query_scalar(
        "insert into bom_templates (family, version, name, status) select family, 2, name, 'draft' from bom_templates returning id",
    )
    .fetch_one(&mut *tx)
    .await
    .unwrap();
    let copies = [
        "insert into bom_template_items (template_id, line_number, level, role, repeat_for, item, item_expression, base_quantity, condition, quantity_formula, reason, note, source, omits)
         select $1, line_number, level, role, repeat_for, item, item_expression, base_quantity, condition, quantity_formula, reason, note, source, omits from bom_template_items where template_id <> $1 and parent_item_id is null",
        "insert into bom_template_tables (template_id, name, kind, description) select $1, name, kind, description from bom_template_tables where template_id <> $1",
        "insert into bom_template_table_rows (table_id, position, low, high, key, value)
         select n.id, r.position, r.low, r.high, r.key, r.value from bom_template_table_rows r join bom_template_tables o on o.id = r.table_id
         join bom_template_tables n on n.name = o.name and n.template_id = $1 where o.template_id <> $1",
        change,
    ];
    for copy in copies {
        sqlx::query(copy).bind(new).execute(&mut *tx).await.unwrap();
    }
    sqlx::query("update bom_templates set status = 'retired' where status = 'active'").execute(&mut *tx).await.unwrap();
    let publish = "update bom_templates set status = 'active', published_at = now() where id = $1";
    sqlx::query(publish).bind(new).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn ten_thousand_lines_come_two_hundred_at_a_time() {
    let office = Office::open().await;
    let number = |level: usize, index: usize| format!("L{level}-{index:02}");
    let items: Vec<(String, String)> =
        (0..4).flat_map(|level| (0..22).map(move |index| (number(level, index), format!("Level {level}")))).collect();
    // 1 + 21 + 21² + 21³ lines.
    let components: Vec<(String, String, i32)> = (0..3)
        .flat_map(|level| (0..21).map(move |index| (level, index)))
        .flat_map(|(level, parent)| (0..21).map(move |child| (number(level, parent), number(level + 1, child), 1)))
        .collect();
    office.catalogue(&items, &components).await;
    office.keep(&["L0-00"]).await;
    let procurement = office.house.login("procurement").await;

    let first = procurement.get("/builds/20421/bom?fold=all").await;
    let last = procurement.get("/builds/20421/bom?fold=all&from=9600").await;
    let folded = procurement.get("/builds/20421/bom").await;

    for page in [&first, &last, &folded] {
        page.assert_ok();
        let rows = page.body.matches("<tr id=\"line-").count();
        assert!(rows <= 200 && page.body.len() < 400_000, "{rows} rows, {} bytes", page.body.len());
    }
    first.assert_shows("Showing 1 to 200 of 9,724 lines").assert_shows("Next");
    last.assert_shows("Showing 9,601 to 9,724 of 9,724 lines").assert_shows("Continues in L0-00");
    assert_eq!(folded.body.matches("<tr id=\"line-").count(), 1);
}

#[tokio::test]
async fn fifty_clicks_at_once_ask_for_one_new_version() {
    let office = Office::with_bom().await;
    let coordinator = office.house.login("coordinator").await;
    let _worker = office.house.start_worker();

    let clicks = (0..50).map(|_| coordinator.post("/builds/20421/bom", &[("after", "1")]));
    let answers = futures_util::future::join_all(clicks).await;

    assert!(answers.iter().all(|answer| answer.status == 303));
    let made = "select count(*) from jobs where kind = 'generate_bom'";
    tokio::time::timeout(Duration::from_secs(60), async {
        while book(&office).await.versions.len() < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    assert_eq!(sqlx::query_scalar::<_, i64>(made).fetch_one(office.db()).await.unwrap(), 2, "the first and one more");
    assert_eq!(book(&office).await.versions.len(), 2);
    let asked = "select count(*) from audit_log where noun = 'boms' and action = 'asked for'";
    assert_eq!(sqlx::query_scalar::<_, i64>(asked).fetch_one(office.db()).await.unwrap(), 2);
    // Who saw version 1 too late is shown version 2 instead of getting a third.
    coordinator.post("/builds/20421/bom", &[("after", "1")]).await.assert_status(303);
    assert_eq!(sqlx::query_scalar::<_, i64>(made).fetch_one(office.db()).await.unwrap(), 2);
}

#[tokio::test]
async fn an_older_version_stays_readable_word_for_word() {
    let office = Office::with_bom().await;
    let qc = office.house.login("qc").await;
    let before = qc.get("/builds/20421/bom/1.csv?view=tree").await.body;
    office.configure(|configuration| configuration.legs = Legs::Lc1).await;
    office.generate().await;

    qc.get("/builds/20421/bom").await.assert_shows("Version 2 of 2").assert_shows("T2-LC1-KIT");
    qc.get("/builds/20421/bom/1").await.assert_shows("Replaced").assert_shows("T2-DL27-KIT").assert_hides("T2-LC1-KIT");
    assert_eq!(qc.get("/builds/20421/bom/1.csv?view=tree").await.body, before);
    qc.get("/builds/20421/bom/1/print").await.assert_ok().assert_shows("Replaced by a newer version");
}

#[tokio::test]
async fn boms_are_read_by_those_who_build_and_buy_and_asked_for_by_coordinators() {
    let office = Office::with_bom().await;
    let pages = [
        "/builds/20421/bom",
        "/builds/20421/bom/1",
        "/builds/20421/bom/1.csv",
        "/builds/20421/bom/1/print",
        "/builds/20421/bom/job",
    ];
    for (role, status) in [
        ("coordinator", 200),
        ("administrator", 200),
        ("procurement", 200),
        ("qc", 200),
        ("assembler", 404),
        ("service", 403),
    ] {
        let person = office.house.login(role).await;
        for page in pages {
            person.get(page).await.assert_status(status);
        }
        let asked = person.post("/builds/20421/bom", &[("after", "0")]).await;
        asked.assert_status(if matches!(role, "coordinator" | "administrator") { 303 } else { 403 });
    }
    office.house.stranger().get("/builds/20421/bom").await.assert_status(303);
    let qc = office.house.login("qc").await;
    for missing in [
        "/builds/99999/bom",
        "/builds/20421/bom/2",
        "/builds/20421/bom/x",
        "/builds/20421/bom/2.csv",
        "/builds/20421/bom/compare?from=1&to=9",
    ] {
        qc.get(missing).await.assert_status(404);
    }
}

#[tokio::test]
async fn a_bom_appears_by_itself_once_somebody_works() {
    let office = Office::with_catalogue().await;
    let coordinator = office.house.login("coordinator").await;
    let browser = office.house.browser_as("coordinator").await;
    browser.complaints().await; // those about the pages before
    browser.visit("/builds/20421/bom").await;
    browser.wait_for_text("This build has no BOM yet.").await;

    office.ask(&coordinator).await;
    browser.wait_for_text("No worker is running yet. Nothing is lost").await;
    let _worker = office.house.start_worker();

    browser.wait_for_text("T2-BODY-61-72-HA").await;
    browser.wait_for_text("Version 1 of 1").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_bom_that_cannot_be_made_says_why_and_where() {
    let office = Office::with_catalogue().await;
    office.configure(|configuration| configuration.accessories[0].item = "NOBODY-KNOWS-IT".into()).await;

    office.generate().await;

    let page = office.house.login("coordinator").await.get("/builds/20421/bom").await;
    page.assert_ok().assert_shows("The BOM could not be made.").assert_shows("NOBODY-KNOWS-IT");
    page.assert_shows("Generate the BOM again");
}

#[tokio::test]
async fn lines_fold_with_a_script_and_without() {
    let office = Office::with_bom().await;
    let browser = office.house.browser_as("qc").await;
    browser.visit("/builds/20421/bom?fold=0").await;
    assert!(!browser.text().await.contains("T2-ADW-61-72-FRAME"));

    browser.click_css("#line-4 .fold").await;

    browser.wait_for_text("T2-ADW-61-72-FRAME").await;
    assert_eq!(browser.path().await, "/builds/20421/bom?fold=0", "nothing was asked of the server");
    browser.click_css("#line-4 .fold").await;
    browser.wait_until_gone("T2-ADW-61-72-FRAME").await;

    let plain = office.house.login("qc").await;
    plain.get("/builds/20421/bom?fold=0&open=4").await.assert_shows("Fold to level").assert_shows("T2-ADW-61-72-FRAME");
    let page = plain.get("/builds/20421/bom?fold=0").await;
    assert!(page.body.contains("/builds/20421/bom/1?fold=0&amp;open=4#line-4"), "the link does it without a script");
}
