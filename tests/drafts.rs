//! Drafts: kept at every step, one editor at a time, and an order exactly once.

use models::audit::Actor;
use models::configurations::{Answers, BasinAnswers, Override};
use models::drafts::{Draft, House, OrderAnswers, Seen, offer_numbers, review};
use models::orders::submit::{Submission, submit};
use models::users::{Role, User};
use models::{Error, documents};
use sqlx::PgPool;
use uuid::Uuid;

use tests::Database;

const ZONE: &str = "America/Toronto";

async fn person(db: &PgPool, name: &str, role: Role) -> User {
    let id: i64 = sqlx::query_scalar(
        "insert into users (email, email_key, name, initials, role, password_hash) values ($1, $1, $2, 'XX', $3, '') returning id",
    )
    .bind(format!("{}@example.org", name.to_lowercase().replace(' ', ".")))
    .bind(name)
    .bind(serde_json::to_value(role).unwrap().as_str().unwrap())
    .fetch_one(db)
    .await
    .unwrap();
    User { id, email: String::new(), name: name.into(), initials: "XX".into(), role }
}

/// An order of one sink that can be built as it is.
fn order(po: &str, build: &str) -> OrderAnswers {
    let basin = BasinAnswers { kind: "E-Drain".into(), size: "24X20X8".into(), ..BasinAnswers::default() };
    let in_half_a_year = chrono::Utc::now().date_naive() + chrono::Months::new(6);
    let friday = in_half_a_year.week(chrono::Weekday::Mon).first_day() + chrono::Days::new(4);
    OrderAnswers {
        po_number: po.into(),
        customer: "Lakeshore General Hospital".into(),
        sales_person: "M. Keller".into(),
        want_on: friday.to_string(),
        build_numbers: vec![build.into()],
        builds: vec![Answers { basins: vec![basin], ..Answers::usual() }],
        ..OrderAnswers::default()
    }
}

async fn draft(db: &PgPool, user: &User, answers: &OrderAnswers) -> i64 {
    Draft::create(&mut db.acquire().await.unwrap(), user, answers).await.unwrap()
}

async fn ask(db: &PgPool, user: &User, draft: i64) -> models::Result<Submission> {
    let mut tx = db.begin().await?;
    let actor = Actor::from(user);
    let done = submit(&mut tx, user, &actor, draft, ZONE, |answers, house| review(answers, house, None)).await?;
    tx.commit().await?;
    Ok(done)
}

async fn count(db: &PgPool, table: &'static str) -> i64 {
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}"))).fetch_one(db).await.unwrap()
}

#[tokio::test]
async fn a_draft_is_kept_as_typed_and_becomes_one_order() {
    let database = Database::open().await;
    let (db, ana) = (&database.pool, person(&database.pool, "Ana Novak", Role::Coordinator).await);
    let id = draft(db, &ana, &order("PO 88213", "20419")).await;
    let Submission::Created(made) = ask(db, &ana, id).await.unwrap() else { panic!("the order was not made") };
    assert!(made.number.starts_with("TOR-") && made.number.ends_with("-0001"), "{}", made.number);
    assert_eq!(made.builds.len(), 1);
    let Submission::Existing(again) = ask(db, &ana, id).await.unwrap() else { panic!("a second order was made") };
    assert_eq!(again, made.number);
    let builds = models::orders::Order::find(db, &made.number).await.unwrap().builds(db).await.unwrap();
    assert_eq!((builds[0].number.as_str(), builds[0].configuration.length_in), ("20419", 60));
    assert_eq!(builds[0].configuration.hash(), builds[0].configuration_hash);
    assert_eq!((count(db, "order_history").await, count(db, "customers").await), (1, 1));
    assert_eq!(count(db, "audit_log where action = 'submitted' and object_id like 'TOR-%'").await, 1);
}

#[tokio::test]
async fn twenty_clicks_on_create_make_one_order() {
    let database = Database::open().await;
    let (db, ana) = (database.pool.clone(), person(&database.pool, "Ana Novak", Role::Coordinator).await);
    let id = draft(&db, &ana, &order("PO 1001", "30001")).await;
    let clicks = (0..20).map(|_| {
        let (db, ana) = (db.clone(), ana.clone());
        tokio::spawn(async move { ask(&db, &ana, id).await.unwrap() })
    });
    let (mut created, mut numbers) = (0, Vec::new());
    for click in clicks.collect::<Vec<_>>() {
        match click.await.unwrap() {
            Submission::Created(order) => {
                created += 1;
                numbers.push(order.number);
            }
            Submission::Existing(number) => numbers.push(number),
            Submission::Refused(review) => panic!("refused: {:?}", review.heading.customer),
        }
    }
    numbers.dedup();
    assert_eq!((created, numbers.len(), numbers[0].as_str()), (1, 1, numbers[0].as_str()));
    assert_eq!((count(&db, "orders").await, count(&db, "builds").await), (1, 1));
}

#[tokio::test]
async fn a_second_order_never_takes_a_used_po_or_build_number() {
    let database = Database::open().await;
    let (db, ana) = (&database.pool, person(&database.pool, "Ana Novak", Role::Coordinator).await);
    let first = draft(db, &ana, &order("PO 1001", "SINK-1")).await;
    ask(db, &ana, first).await.unwrap();
    let second = draft(db, &ana, &order("  po　1001 ", "sink-1")).await;
    let Submission::Refused(review) = ask(db, &ana, second).await.unwrap() else { panic!("a twin was made") };
    let sentences: Vec<&str> =
        review.heading.customer.iter().chain(&review.heading.sinks).map(|p| p.message.as_str()).collect();
    assert!(sentences[0].contains("is order TOR-"), "{sentences:?}");
    assert!(sentences[1].contains("exists already"), "{sentences:?}");
    assert_eq!(count(db, "orders").await, 1);
}

#[tokio::test]
async fn two_orders_at_once_share_one_customer_and_count_on() {
    let database = Database::open().await;
    let (db, ana) = (database.pool.clone(), person(&database.pool, "Ana Novak", Role::Coordinator).await);
    let mut drafts = Vec::new();
    for number in 0..6 {
        let mut answers = order(&format!("PO 20{number}"), &format!("400{number}"));
        answers.customer = if number % 2 == 0 { "Lakeshore General".into() } else { "LAKESHORE  general".into() };
        drafts.push(draft(&db, &ana, &answers).await);
    }
    let asked = drafts.into_iter().map(|id| {
        let (db, ana) = (db.clone(), ana.clone());
        tokio::spawn(async move { ask(&db, &ana, id).await.unwrap() })
    });
    let mut numbers = Vec::new();
    for one in asked.collect::<Vec<_>>() {
        let Submission::Created(order) = one.await.unwrap() else { panic!("refused") };
        numbers.push(order.number[9..].to_string());
    }
    numbers.sort();
    assert_eq!(numbers, ["0001", "0002", "0003", "0004", "0005", "0006"]);
    assert_eq!(count(&db, "customers").await, 1);
}

#[tokio::test]
async fn an_older_page_never_overwrites_what_somebody_else_saved() {
    let database = Database::open().await;
    let db = &database.pool;
    let (ana, boss) =
        (person(db, "Ana Novak", Role::Coordinator).await, person(db, "Bea Boss", Role::Administrator).await);
    let id = draft(db, &ana, &OrderAnswers::default()).await;
    let (mine, theirs) = (Seen { editor: Uuid::new_v4(), version: 1 }, Seen { editor: Uuid::new_v4(), version: 1 });
    let save = async |user: &User, seen: Seen, notes: &str| {
        let mut tx = db.begin().await.unwrap();
        let mut draft = Draft::hold(&mut tx, user, id).await.unwrap();
        draft.answers.notes = notes.into();
        draft.save(&mut tx, user, seen).await?;
        tx.commit().await?;
        models::Result::Ok(draft.version)
    };
    assert_eq!(save(&ana, mine, "one").await.unwrap(), 2);
    assert_eq!(save(&ana, mine, "two").await.unwrap(), 3, "a quick second save of the same page is no conflict");
    let Err(Error::Stale(sentence)) = save(&boss, theirs, "three").await else { panic!("overwritten") };
    assert!(sentence.contains("Ana Novak saved this draft"), "{sentence}");
    assert_eq!(Draft::find(db, &ana, id).await.unwrap().answers.notes, "two");
    assert_eq!(save(&boss, Seen { version: 3, ..theirs }, "three").await.unwrap(), 4);
}

#[tokio::test]
async fn a_draft_is_for_its_owner_and_for_administrators() {
    let database = Database::open().await;
    let db = &database.pool;
    let ana = person(db, "Ana Novak", Role::Coordinator).await;
    let id = draft(db, &ana, &OrderAnswers::default()).await;
    let other = person(db, "Olaf Other", Role::Coordinator).await;
    assert!(matches!(Draft::find(db, &other, id).await, Err(Error::Hidden("Draft"))));
    for role in [Role::Procurement, Role::Qc, Role::Assembler, Role::Service] {
        let someone = person(db, &format!("Someone {role:?}"), role).await;
        assert!(matches!(Draft::find(db, &someone, id).await, Err(Error::Forbidden(_))), "{role:?}");
        let mut connection = db.acquire().await.unwrap();
        assert!(matches!(
            Draft::create(&mut connection, &someone, &OrderAnswers::default()).await,
            Err(Error::Forbidden(_))
        ));
    }
    let boss = person(db, "Bea Boss", Role::Administrator).await;
    assert_eq!(Draft::find(db, &boss, id).await.unwrap().owner_id, ana.id);
    assert_eq!((Draft::open(db, &other).await.unwrap().len(), Draft::open(db, &boss).await.unwrap().len()), (0, 1));
    let mut tx = db.begin().await.unwrap();
    Draft::discard(&mut tx, &ana, &Actor::from(&ana), id).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(Draft::find(db, &boss, id).await, Err(Error::NotFound("Draft"))));
}

#[tokio::test]
async fn an_override_of_the_geometry_is_written_down_with_its_reason() {
    let database = Database::open().await;
    let (db, boss) = (&database.pool, person(&database.pool, "Bea Boss", Role::Administrator).await);
    let mut answers = order("PO 77", "77001");
    answers.builds[0] = Answers { length: "48".into(), model: "T2-B2".into(), ..answers.builds[0].clone() };
    let basin = BasinAnswers { size: "30X20X8".into(), ..answers.builds[0].basins[0].clone() };
    answers.builds[0].basins = vec![basin.clone(), basin];
    let id = draft(db, &boss, &answers).await;
    assert!(matches!(ask(db, &boss, id).await.unwrap(), Submission::Refused(_)));
    answers.po_number = "PO 78".into();
    answers.builds[0].geometry_override = Some(Override {
        reason: "Overhang agreed with the customer".into(),
        user_id: boss.id,
        user_name: boss.name.clone(),
        geometry: "60 in of basins in 48 in".into(),
    });
    let id = draft(db, &boss, &answers).await;
    assert!(matches!(ask(db, &boss, id).await.unwrap(), Submission::Created(_)));
    let reasons =
        count(db, "audit_log where reason = 'Overhang agreed with the customer' and object_id = '77001'").await;
    assert_eq!(reasons, 1);
}

#[tokio::test]
async fn offered_build_numbers_are_free_and_differ() {
    let database = Database::open().await;
    let (db, ana) = (&database.pool, person(&database.pool, "Ana Novak", Role::Coordinator).await);
    let mut connection = db.acquire().await.unwrap();
    let first = offer_numbers(&mut connection, 3).await.unwrap();
    let id = draft(db, &ana, &order("PO 5", "20005")).await;
    ask(db, &ana, id).await.unwrap();
    let second = offer_numbers(&mut connection, 3).await.unwrap();
    assert_eq!(first, ["20001", "20002", "20003"]);
    assert_eq!(second, ["20007", "20008", "20009"]);
}

#[tokio::test]
async fn a_nul_and_a_long_text_are_kept_as_a_draft_and_refused_as_an_order() {
    let database = Database::open().await;
    let (db, ana) = (&database.pool, person(&database.pool, "Ana Novak", Role::Coordinator).await);
    let mut answers = order(&models::configurations::words::storable("PO\u{0}1"), "90001");
    answers.notes = "x".repeat(10_000);
    let id = draft(db, &ana, &answers).await;
    assert_eq!(Draft::find(db, &ana, id).await.unwrap().answers, answers);
    let Submission::Refused(review) = ask(db, &ana, id).await.unwrap() else { panic!("accepted") };
    assert_eq!(review.heading.customer.len(), 2);
}

#[tokio::test]
async fn documents_of_a_draft_go_with_its_order() {
    let database = Database::open().await;
    let (db, ana) = (&database.pool, person(&database.pool, "Ana Novak", Role::Coordinator).await);
    let id = draft(db, &ana, &order("PO 31", "31001")).await;
    let mut tx = db.begin().await.unwrap();
    let held = Draft::hold(&mut tx, &ana, id).await.unwrap();
    let mut keep = async |name: &str, sha256: &str| {
        let file = documents::Arrived {
            id: Uuid::new_v4(),
            kind: documents::Kind::PoDocument,
            file_name: name.into(),
            media: documents::Media::Pdf,
            size_bytes: 12,
            sha256: sha256.into(),
        };
        documents::Document::keep(&mut tx, &ana, &Actor::from(&ana), &held, &file).await.map(|()| file.id)
    };
    let kept = keep("PO 31.pdf", "aa").await.unwrap();
    let gone = keep("wrong.pdf", "bb").await.unwrap();
    assert!(matches!(keep("PO 31 again.pdf", "aa").await, Err(Error::Invalid(_))));
    documents::Document::remove(&mut tx, &ana, &Actor::from(&ana), id, gone).await.unwrap();
    tx.commit().await.unwrap();
    let Submission::Created(made) = ask(db, &ana, id).await.unwrap() else { panic!("refused") };
    let documents = documents::Document::of_order(db, made.id).await.unwrap();
    assert_eq!(documents.iter().map(|document| document.id).collect::<Vec<_>>(), [kept]);
    let service = person(db, "Sia Service", Role::Service).await;
    let mut connection = db.acquire().await.unwrap();
    assert!(matches!(documents::Document::find(&mut connection, &service, kept).await, Err(Error::Hidden(_))));
}

#[tokio::test]
async fn today_is_the_sites_today() {
    let database = Database::open().await;
    let mut connection = database.pool.acquire().await.unwrap();
    let answers = OrderAnswers::default();
    let east = House::look(&mut connection, &answers, "Pacific/Kiritimati").await.unwrap().today;
    let west = House::look(&mut connection, &answers, "Pacific/Niue").await.unwrap().today;
    assert!(east > west);
}
