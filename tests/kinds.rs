//! The kinds of jobs beside BOMs: what each makes, what it leaves alone, and what it says when it can't.

use jobs::Job;
use models::audit::Actor;
use models::documents::Store;
use models::golden::{Case, Expected};
use models::jobs::{Links, Run, State};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};
use tests::{House, Person};
use uuid::Uuid;

mod batches;

#[tokio::test]
async fn the_parts_of_an_order_are_summed_into_one_file_that_stays_with_it() {
    let house = House::open().await;
    let (order, builds) = furnish(&house).await;
    let procurement = house.login("procurement").await;
    let tab = format!("/orders/{order}?tab=documents");
    procurement.get(&tab).await.assert_ok().assert_shows("Make parts list");

    procurement.post(&format!("/orders/{order}/parts-list"), &[]).await.assert_status(303);
    procurement.post(&format!("/orders/{order}/parts-list"), &[]).await.assert_status(303);
    procurement.get(&tab).await.assert_hides("All parts of all builds in one file");
    house.work().await;

    let name = format!("Parts-list-{order}-v1.csv");
    let page = procurement.get(&tab).await;
    page.assert_shows(&name).assert_shows("Make parts list again");
    let made: Vec<(Uuid, Option<Uuid>, String)> =
        sqlx::query_as("select id, document_id, result from jobs where kind = 'parts_list'")
            .fetch_all(&house.db)
            .await
            .unwrap();
    let [(_, Some(document), result)] = made.as_slice() else { panic!("one job, one document: {made:?}") };
    assert_eq!(result, &format!("document:{document}"));
    let file = procurement.get(&format!("/documents/{document}")).await;
    assert_eq!(file.assert_ok().header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(quantities(&file.body, 2), of_builds(&procurement, &builds).await);
}

#[tokio::test]
async fn a_parts_list_is_made_anew_only_when_something_changed_and_the_earlier_one_stays() {
    let house = House::open().await;
    let (order, _) = furnish(&house).await;
    let procurement = house.login("procurement").await;
    let make = async || {
        procurement.post(&format!("/orders/{order}/parts-list"), &[]).await.assert_status(303);
        house.work().await;
        let files = "select file_name from documents where kind = 'parts_list' order by uploaded_at";
        sqlx::query_scalar::<_, String>(files).fetch_all(&house.db).await.unwrap().len()
    };

    assert_eq!((make().await, make().await), (1, 1));
    let cost = procurement.post("/catalogue/items/T2-LEVELING-CASTOR-475/cost", &[("cost", "99.95")]).await;
    assert!(cost.status.is_redirection(), "{}", cost.status);
    assert_eq!(make().await, 2);

    let page = procurement.get(&format!("/orders/{order}?tab=documents")).await;
    page.assert_shows("-v2.csv").assert_shows("1 earlier parts list").assert_shows("-v1.csv");
}

#[tokio::test]
async fn an_incomplete_parts_list_is_not_made() {
    let house = House::open().await;
    app::demo::run(&house.db, "development", None).await.unwrap();
    let order: String =
        sqlx::query_scalar("select number from orders order by id limit 1").fetch_one(&house.db).await.unwrap();

    let refused = house.login("procurement").await.post(&format!("/orders/{order}/parts-list"), &[]).await;
    refused.assert_status(422).assert_shows("A parts list can be made once every build has a BOM.");
    let qc = house.login("qc").await;
    qc.get(&format!("/orders/{order}?tab=documents")).await.assert_ok().assert_hides("Make parts list");
    qc.post(&format!("/orders/{order}/parts-list"), &[]).await.assert_status(403);
}

#[tokio::test]
async fn files_that_no_document_names_go_after_a_day() {
    let house = House::open().await;
    let store = Store::new(house.storage.path());
    let user = house.account("coordinator").await.id;
    let drafts: Vec<i64> = sqlx::query_scalar(
        "insert into drafts (owner_id, answers, discarded_at)
         values ($1, '{}', null), ($1, '{}', now() - interval '2 days'), ($1, '{}', now()) returning id",
    )
    .bind(user)
    .fetch_all(&house.db)
    .await
    .unwrap();
    let (kept, discarded, just_discarded, unnamed, young) = (id(), id(), id(), id(), id());
    for (document, draft) in [(kept, drafts[0]), (discarded, drafts[1]), (just_discarded, drafts[2])] {
        let made = "insert into documents (id, draft_id, kind, file_name, media_type, size_bytes, sha256, uploaded_by)
            values ($1, $2, 'po_document', 'po.pdf', 'application/pdf', 3, 'x', $3)";
        sqlx::query(made).bind(document).bind(draft).bind(user).execute(&house.db).await.unwrap();
    }
    for file in [kept, discarded, just_discarded, unnamed, young] {
        store.keep(file, b"abc").await.unwrap();
        if file != young {
            let two_days_ago = SystemTime::now() - Duration::from_secs(48 * 3600);
            std::fs::File::options()
                .write(true)
                .open(house.storage.path().join(Store::key(file)))
                .unwrap()
                .set_modified(two_days_ago)
                .unwrap();
        }
    }

    let run = perform(&house, Job::TidyFiles).await;

    assert_eq!((run.state, run.result.as_deref()), (State::Done, Some("files:2")));
    let there = [kept, discarded, just_discarded, unnamed, young]
        .map(|file| house.storage.path().join(Store::key(file)).exists());
    assert_eq!(there, [true, false, true, false, true]);
}

#[tokio::test]
async fn a_file_store_that_nobody_knows_is_left_alone() {
    let house = House::open().await;
    let store = Store::new(house.storage.path());
    for _ in 0..30 {
        let file = id();
        store.keep(file, b"abc").await.unwrap();
        let two_days_ago = SystemTime::now() - Duration::from_secs(48 * 3600);
        std::fs::File::options()
            .write(true)
            .open(house.storage.path().join(Store::key(file)))
            .unwrap()
            .set_modified(two_days_ago)
            .unwrap();
    }

    let run = perform(&house, Job::TidyFiles).await;

    assert_eq!((run.state, run.error_class.as_deref()), (State::Dead, Some("file_store")));
    assert_eq!(store.older_than(Duration::ZERO).await.unwrap().len(), 30);
}

#[tokio::test]
async fn the_ledger_forgets_at_night_what_belongs_to_no_record() {
    let house = House::open().await;
    let old = "insert into jobs (id, kind, payload, queue, state, finished_at, order_id)
        values (gen_random_uuid(), 'tidy_files', '{}', 'upkeep', 'done', now() - interval '100 days', null),
               (gen_random_uuid(), 'generate_bom', '{}', 'boms', 'done', now() - interval '100 days', 1)";
    sqlx::query(old).execute(&house.db).await.unwrap();

    let run = perform(&house, Job::AgeLedger).await;

    assert_eq!(run.result.as_deref(), Some("ledger:1"));
    let left: Vec<String> =
        sqlx::query_scalar("select kind from jobs order by kind").fetch_all(&house.db).await.unwrap();
    assert_eq!(left, ["age_ledger", "generate_bom"]);
}

#[tokio::test]
async fn known_boms_that_come_out_differently_are_named() {
    let house = House::open().await;
    app::demo::run(&house.db, "development", None).await.unwrap();
    let run = perform(&house, Job::ReplayGolden { template_id: None }).await;
    assert_eq!(run.result.as_deref(), Some("golden:0"));
    let line = Expected { level: 0, parent: "-".into(), item: "T2-NO-SUCH".into(), quantity: Decimal::ONE };
    let sink = app::demo::configurations::sink(2);
    let case = Case { name: "two basins".into(), row: 1, configuration: Ok(sink), expected: vec![line] };
    let mut tx = house.db.begin().await.unwrap();
    models::rules::known::save(&mut tx, &Actor::system(), &[case]).await.unwrap();
    tx.commit().await.unwrap();

    let run = perform(&house, Job::ReplayGolden { template_id: None }).await;

    assert_eq!((run.state, run.error_class.as_deref()), (State::Dead, Some("golden_differs")));
    let said = run.error_text.unwrap();
    assert!(said.starts_with("1 of 1 known BOMs differ. two basins: "), "{said}");
}

#[tokio::test]
async fn a_job_whose_build_has_moved_on_may_not_run_again() {
    let house = House::open().await;
    let (_, builds) = furnish(&house).await;
    let id: i64 = sqlx::query_scalar("update builds set stage = 'shipped' where number = $1 returning id")
        .bind(&builds[0])
        .fetch_one(&house.db)
        .await
        .unwrap();

    let refused = Job::GenerateBom { build_id: id }.may_run(&house.db).await.unwrap_err();
    assert_eq!(refused, format!("Build {} is shipped. Its BOM stays as it is.", builds[0]));
    assert!(Job::GenerateBom { build_id: -1 }.may_run(&house.db).await.is_err());
    assert_eq!(Job::TidyFiles.may_run(&house.db).await, Ok(()));
}

#[test]
fn a_kind_is_called_the_same_in_the_ledger_and_on_pages() {
    for kind in jobs::Kind::ALL {
        assert_eq!(views::jobs::title(kind.word()), kind.title());
    }
}

fn id() -> Uuid {
    Uuid::new_v4()
}

/// Asks for the job and lets a worker do it.
async fn perform(house: &House, job: Job) -> Run {
    let mut tx = house.db.begin().await.unwrap();
    let run = job.enqueue(&mut tx, Links::default()).await.unwrap();
    tx.commit().await.unwrap();
    house.work().await;
    Run::find(&house.db, run.id).await.unwrap()
}

/// The demo's orders with their BOMs; an order with more than one build, and its builds.
pub async fn furnish(house: &House) -> (String, Vec<String>) {
    app::demo::run(&house.db, "development", None).await.unwrap();
    house.work().await;
    let order =
        "select o.number, array_agg(b.number order by b.position) from orders o join builds b on b.order_id = o.id
        group by o.id order by count(*) desc, o.id limit 1";
    sqlx::query_as(order).fetch_one(&house.db).await.unwrap()
}

/// Number and quantity of every row; the first three columns of these files hold no line ends.
fn quantities(csv: &str, column: usize) -> BTreeMap<String, Decimal> {
    let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
    for row in csv.lines().skip(1) {
        let cells = cells(row);
        *sums.entry(cells[0].clone()).or_default() += cells[column].parse::<Decimal>().unwrap();
    }
    sums
}

async fn of_builds(person: &Person, builds: &[String]) -> BTreeMap<String, Decimal> {
    let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
    for build in builds {
        let file = person.get(&format!("/builds/{build}/bom/1.csv?view=flat")).await;
        for (item, quantity) in quantities(&file.assert_ok().body, 2) {
            *sums.entry(item).or_default() += quantity;
        }
    }
    sums
}

/// The cells of one line of RFC 4180.
fn cells(row: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for letter in row.chars() {
        match letter {
            '"' => {
                quoted = !quoted;
                // A doubled quote inside a quoted cell is one quote.
                if quoted && cells.last().is_some_and(|cell| !cell.is_empty()) {
                    cells.last_mut().unwrap().push('"');
                }
            }
            ',' if !quoted => cells.push(String::new()),
            letter => cells.last_mut().unwrap().push(letter),
        }
    }
    cells
}
