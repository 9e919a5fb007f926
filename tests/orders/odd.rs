//! Odd texts: whatever somebody typed is shown as what it is, and what cannot be shown is refused.

use super::book::{count, entered, order, set};
use models::audit::Actor;
use models::drafts::{Draft, OrderAnswers, review};
use models::orders::submit::{Submission, submit};
use tests::House;

const ODD: [&str; 5] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "O'Neil & Sons \"East\" %s ${1} {{7*7}}",
    "מרכז רפואי 123 ‎شرق",
    "病院 Łódź Ünï 🩺",
];

#[tokio::test]
async fn every_text_of_an_order_is_shown_as_typed_and_never_as_markup() {
    let house = House::open().await;
    let made = entered(&house, "PO 1001", &["20001"]).await;
    let qc = house.login("qc").await;
    set(
        &house.db,
        "insert into documents (id, order_id, kind, file_name, media_type, size_bytes, sha256, uploaded_by)
         select gen_random_uuid(), orders.id, 'sink_drawing', 'x', 'application/pdf', 1, '', created_by from orders",
    )
    .await;
    for odd in ODD {
        let change = "with names as (update users set name = $1 || ' who' where role = 'coordinator'),
            files as (update documents set file_name = $1 || '.pdf'),
            house as (update customers set name = $1 || ' house'),
            note as (update order_history set note = $1 || ' note'),
            job as (update jobs set state = 'dead', error_text = $1 || ' error')
            update orders set po_number = $1 || ' po', project = $1 || ' project', sales_person = $1 || ' sales',
                notes = $1 || ' notes'";
        sqlx::query(change).bind(odd).execute(&house.db).await.unwrap();
        let order = format!("/orders/{}", made.number);
        for (path, shown) in [
            ("/orders", &["house", "po", "project"][..]),
            (&order, &["house", "po", "project", "sales", "notes", "error", "who"]),
            (&format!("{order}?tab=documents"), &["who"]),
            (&format!("{order}?tab=history"), &["note", "who"]),
            (&format!("{order}?tab=jobs"), &["error"]),
            ("/builds/20001", &["error"]),
            ("/builds/20001/bom", &["error", "house"]),
        ] {
            let page = qc.get(path).await;
            page.assert_ok();
            let drawn = odd.split_whitespace().collect::<Vec<_>>().join(" ");
            for word in shown {
                page.assert_shows(&format!("{drawn} {word}"));
            }
            assert!(!page.body.contains("<script>alert") && !page.body.contains("<img src=x"), "{path} is markup");
        }
        let procurement = house.login("procurement").await;
        procurement
            .get("/")
            .await
            .assert_ok()
            .assert_shows(&format!("{} error", odd.split_whitespace().collect::<Vec<_>>().join(" ")));
        let found = qc.get(&format!("/orders?search={}", views::links::encode(odd))).await;
        found.assert_ok().assert_shows("1 order").assert_shows(&made.number);
        assert!(!found.body.contains("<script>alert") && !found.body.contains("<img src=x"), "the search is markup");
    }
}

#[tokio::test]
async fn a_text_nobody_could_read_back_makes_no_order() {
    let house = House::open().await;
    let user = house.account("coordinator").await;
    let long = "x".repeat(10_000);
    let mut cases: Vec<(OrderAnswers, &str)> = Vec::new();
    let mut wrong = |change: &dyn Fn(&mut OrderAnswers), sentence| {
        let mut answers = order("PO 1001", &["20001"]);
        change(&mut answers);
        cases.push((answers, sentence));
    };
    wrong(&|answers| answers.po_number = long.clone(), "PO number has 10,000 characters");
    wrong(&|answers| answers.customer = long.clone(), "Customer has 10,000 characters");
    wrong(&|answers| answers.project = long.clone(), "Project has 10,000 characters");
    wrong(&|answers| answers.sales_person = long.clone(), "Sales person has 10,000 characters");
    wrong(&|answers| answers.notes = long.clone(), "Notes has 10,000 characters");
    wrong(&|answers| answers.build_numbers[0] = long.clone(), "");
    wrong(&|answers| answers.customer = "Lake\u{202e}shore".into(), "hidden character");
    wrong(&|answers| answers.customer = "Lake\u{2400}shore".into(), "cannot be printed");
    wrong(&|answers| answers.want_on = "2020-01-01".into(), "");
    for (answers, sentence) in cases {
        let mut tx = house.db.begin().await.unwrap();
        let draft = Draft::create(&mut tx, &user, &answers).await.unwrap();
        let judge = |answers: &_, house: &_| review(answers, house, None);
        let done = submit(&mut tx, &user, &Actor::from(&user), draft, "UTC", judge).await.unwrap();
        let Submission::Refused(review) = done else { panic!("{sentence}: {done:?}") };
        let mut said =
            review.heading.customer.iter().chain(&review.heading.sinks).map(|problem| problem.message.as_str());
        assert!(said.any(|said| !said.is_empty() && said.contains(sentence)), "{sentence}");
        tx.commit().await.unwrap();
    }
    assert_eq!((count(&house.db, "orders").await, count(&house.db, "jobs").await), (0, 0));
}
