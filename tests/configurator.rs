//! Entering an order: every step with plain forms, everything kept as typed, and one order at the end.

mod papers;
mod people;

use sqlx::PgPool;
use tests::{Answer, House, Person};

/// A day more than half a year ahead that is a Friday.
fn friday() -> String {
    let later = chrono::Utc::now().date_naive() + chrono::Months::new(7);
    (later.week(chrono::Weekday::Mon).first_day() + chrono::Days::new(4)).to_string()
}

/// Somebody entering one draft with plain forms.
struct Desk {
    person: Person,
    draft: String,
}

impl Desk {
    async fn open(house: &House) -> Desk {
        Desk::of(house.login("coordinator").await).await
    }

    async fn of(person: Person) -> Desk {
        let answer = person.post("/drafts", &[]).await;
        answer.assert_status(303);
        let draft = answer.location().trim_end_matches("/customer").to_string();
        Desk { person, draft }
    }

    fn id(&self) -> i64 {
        self.draft.rsplit('/').next().unwrap().parse().unwrap()
    }

    async fn see(&self, step: &str) -> Answer {
        self.person.get(&format!("{}/{step}", self.draft)).await
    }

    /// Opens the step, fills it in and presses the button, as a browser without script does.
    async fn fill(&self, step: &str, fields: &[(&str, &str)], go: &str) -> Answer {
        let page = self.see(step).await;
        page.assert_ok();
        let (editor, version) = (hidden(&page.body, "editor"), hidden(&page.body, "version"));
        self.send(step, fields, go, &editor, &version).await
    }

    async fn send(&self, step: &str, fields: &[(&str, &str)], go: &str, editor: &str, version: &str) -> Answer {
        let mut all = vec![("editor", editor), ("version", version), ("go", go)];
        all.extend(fields);
        self.person.post(&format!("{}/{step}", self.draft), &all).await
    }

    async fn customer(&self, po: &str) {
        let day = friday();
        let fields = [
            ("po_number", po),
            ("customer", "Lakeshore General Hospital"),
            ("sales_person", "M. Keller"),
            ("want_on", day.as_str()),
        ];
        self.fill("customer", &fields, "next").await.assert_status(303);
    }

    /// One sink with one E-Drain basin, ready for review.
    async fn whole(&self, po: &str, build: &str) {
        self.customer(po).await;
        self.fill("family", &[("build-1-number", build)], "next").await.assert_status(303);
        self.fill("builds/1", &[("basin-1-type", "E-Drain"), ("basin-1-size", "24X20X8")], "next")
            .await
            .assert_status(303);
    }

    async fn answers(&self, db: &PgPool) -> serde_json::Value {
        sqlx::query_scalar("select answers from drafts where id = $1").bind(self.id()).fetch_one(db).await.unwrap()
    }
}

fn hidden(body: &str, name: &str) -> String {
    let (_, rest) =
        body.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name}:\n{body}"));
    rest.split('"').next().unwrap().to_string()
}

async fn count(db: &PgPool, table: &'static str) -> i64 {
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}"))).fetch_one(db).await.unwrap()
}

#[tokio::test]
async fn an_order_is_entered_from_start_to_end_without_script() {
    let house = House::open().await;
    let desk = Desk::open(&house).await;
    desk.whole("PO 88213", "20419").await;
    desk.fill("builds/1/accessories", &[("accessory-T-OA-BINRAIL-24-KIT", "2")], "next").await.assert_status(303);
    let review = desk.see("review").await;
    review.assert_ok().assert_shows("Lakeshore General Hospital").assert_shows("2 × T-OA-BINRAIL-24-KIT");
    review.assert_shows("No PO document is attached");
    let made = desk.person.post(&format!("{}/submit", desk.draft), &[]).await;
    made.assert_status(303);
    assert!(made.location().starts_with("/orders/TOR-"), "{}", made.location());
    assert_eq!((count(&house.db, "orders").await, count(&house.db, "builds").await), (1, 1));
    assert_eq!(
        count(&house.db, "jobs where kind = 'generate_bom' and state = 'queued' and build_id is not null").await,
        1
    );
    assert_eq!(count(&house.db, "order_history").await, 1);
    desk.see("builds/1").await.assert_status(303);
    assert!(desk.person.get("/drafts").await.body.contains("You have no order in the making"));
}

#[tokio::test]
async fn twenty_submits_at_once_make_one_order_and_one_job() {
    let house = House::open().await;
    let desk = Desk::open(&house).await;
    desk.whole("PO 1001", "30001").await;
    let path = format!("{}/submit", desk.draft);
    let clicks = (0..20).map(|_| desk.person.post(&path, &[]));
    let answers = futures_util::future::join_all(clicks).await;
    let places: std::collections::BTreeSet<String> =
        answers.iter().map(|answer| answer.location().to_string()).collect();
    assert_eq!(places.len(), 1, "{places:?}");
    assert_eq!((count(&house.db, "orders").await, count(&house.db, "jobs").await), (1, 1));
}

#[tokio::test]
async fn every_step_keeps_what_was_typed_even_when_it_is_wrong() {
    let house = House::open().await;
    let desk = Desk::open(&house).await;
    let long = "x".repeat(10_000);
    desk.fill("customer", &[("po_number", "12"), ("notes", &long), ("want_on", "2020-02-30")], "save")
        .await
        .assert_status(303);
    desk.fill("family", &[("quantity", "eleven"), ("build-1-number", "a b")], "save").await.assert_status(303);
    let build = [("length", "72.5"), ("width", "-3"), ("basin-1-size", "custom"), ("basin-1-width", "1e3")];
    desk.fill("builds/1", &build, "save").await.assert_status(303);
    desk.fill("builds/1/accessories", &[("accessory-T-OA-BINRAIL-24-KIT", "1.5")], "save").await.assert_status(303);
    let answers = desk.answers(&house.db).await;
    assert_eq!((answers["po_number"].as_str(), answers["want_on"].as_str()), (Some("12"), Some("2020-02-30")));
    assert_eq!((answers["notes"].as_str().unwrap().len(), answers["quantity"].as_str()), (10_000, Some("eleven")));
    assert_eq!(
        (answers["builds"][0]["length"].as_str(), answers["builds"][0]["width"].as_str()),
        (Some("72.5"), Some("-3"))
    );
    assert_eq!(answers["builds"][0]["accessories"][0]["quantity"].as_str(), Some("1.5"));
    desk.see("customer")
        .await
        .assert_shows("fewer than 3")
        .assert_shows("Keep it to 4,000")
        .assert_shows("The calendar has no");
    desk.see("family").await.assert_shows("“eleven” is not a number").assert_shows("cannot stand on a label");
    let page = desk.see("builds/1").await;
    page.assert_shows("Choose 72 or 73 in")
        .assert_shows("“-3” is below zero")
        .assert_shows("“1e3” is short for another number");
    assert!(page.body.contains("value=\"72.5\"") && page.body.contains("value=\"-3\""));
    desk.see("builds/1/accessories").await.assert_shows("1 to 999");
}

#[tokio::test]
async fn going_on_with_open_answers_is_refused_with_links_to_them() {
    let house = House::open().await;
    let desk = Desk::open(&house).await;
    let refused = desk.fill("customer", &[], "next").await;
    refused.assert_status(422).assert_shows("4 answers need a change").assert_shows("PO number is empty");
    assert!(refused.body.contains("href=\"#po_number\""));
    let refused = desk.fill("builds/1", &[], "next").await;
    refused.assert_status(422).assert_shows("Basin 1 type is not chosen yet");
    assert!(refused.body.contains("href=\"#basin-1-type\"") && refused.body.contains("id=\"basin-1-type\""));
    let submitted = desk.person.post(&format!("{}/submit", desk.draft), &[]).await;
    submitted.assert_status(422).assert_shows("before the order can be created");
    assert!(submitted.body.contains(&format!("href=\"{}/builds/1#basin-1-size\"", desk.draft)));
    assert_eq!(count(&house.db, "orders").await, 0);
}

#[tokio::test]
async fn an_option_that_cannot_be_chosen_says_why_and_what_blocks_it() {
    let house = House::open().await;
    let desk = Desk::open(&house).await;
    desk.see("family").await.assert_shows("Under construction");
    let page = desk.see("builds/1").await;
    page.assert_shows("There is no fixed LC1");
    assert!(page.body.contains("aria-disabled=\"true\"") && !page.body.contains("value=\"LC1-FH\""));
    desk.fill("builds/1", &[("model", "T2-B2")], "add-faucet").await.assert_status(303);
    let page = desk.see("builds/1").await;
    page.assert_shows("Centre of basin 3, Between basins 2 and 3")
        .assert_shows("This sink has 2 basins. You chose T2-B2, 2 basins. Change the model");
    desk.fill("builds/1", &[], "add-faucet").await.assert_status(303);
    desk.see("builds/1").await.assert_shows("1 or 2 basins carry up to 2 faucets");
    desk.fill("builds/1", &[("faucet-1-place", "basin-2"), ("model", "T2-B1")], "save").await.assert_status(303);
    desk.see("builds/1").await.assert_shows("so centre of basin 2 does not exist");
    let shop = desk.see("builds/1/accessories").await;
    shop.assert_shows("This light shelf belongs to the InstroSink");
    assert!(!shop.body.contains("value=\"more-T2-OHL-INSTRO-KIT\""));
}

#[tokio::test]
async fn choosing_a_model_adds_and_removes_basins_at_the_right() {
    let house = House::open().await;
    let desk = Desk::open(&house).await;
    desk.fill("builds/1", &[("model", "T2-B3"), ("basin-1-type", "E-Sink")], "save").await.assert_status(303);
    desk.see("builds/1").await.assert_shows("Basin 3 of 3");
    desk.fill("builds/1", &[("basin-3-type", "E-Drain"), ("model", "T2-B2")], "save").await.assert_status(303);
    let answers = desk.answers(&house.db).await;
    assert_eq!(answers["builds"][0]["basins"].as_array().unwrap().len(), 2);
    assert_eq!(answers["builds"][0]["basins"][0]["kind"], "E-Sink");
}

#[tokio::test]
async fn a_choice_shows_at_once_what_it_changes() {
    let house = House::open().await;
    let desk = Desk::open(&house).await;
    let person = &desk.person;
    let page = desk.see("builds/1").await;
    let (editor, version) = (hidden(&page.body, "editor"), hidden(&page.body, "version"));
    let path = format!("{}/builds/1", desk.draft);
    let fields = [("editor", editor.as_str()), ("version", version.as_str())];
    let choose = async |name: &str, value: &str| {
        let answer = person.post_fragment(&path, &[fields[0], fields[1], (name, value)]).await;
        answer.assert_ok();
        assert!(!answer.body.contains("<html"), "a part is enough");
        answer
    };
    choose("basin-1-type", "E-Drain")
        .await
        .assert_shows("New: E-Drain basins: 1")
        .assert_shows("1 answer needed: basin 1 size");
    choose("basin-1-type", "E-Sink").await.assert_shows("Was T2-BSN-EDR-KIT").assert_shows("Was T2-CTRL-EDR1");
    choose("legs", "DL14-FH").await.assert_shows("Was T2-DL27-KIT").assert_shows("Draft saved");
    choose("length", "130").await.assert_shows("A sink 130 in long has no body. Choose 48 to 120 in.");
}

#[tokio::test]
async fn a_build_is_copied_and_keeps_its_number() {
    let house = House::open().await;
    let desk = Desk::open(&house).await;
    desk.customer("PO 5005").await;
    desk.fill("family", &[("quantity", "3")], "number").await.assert_status(303);
    desk.see("family").await.assert_shows("Build 3");
    let numbers = desk.answers(&house.db).await["build_numbers"].clone();
    assert_eq!(numbers.as_array().unwrap().iter().filter(|number| number.as_str().unwrap().len() == 5).count(), 3);
    let build = [("length", "96"), ("basin-1-type", "E-Sink-DI"), ("basin-1-size", "30X20X8")];
    desk.fill("builds/1", &build, "next").await.assert_status(303);
    desk.fill("builds/1/accessories", &[], "more-T-OA-BINRAIL-48-KIT").await.assert_status(303);
    let page = desk.see("builds/2").await;
    page.assert_shows("not started").assert_shows("Copy from build…");
    let fields =
        [("editor", hidden(&page.body, "editor")), ("version", hidden(&page.body, "version")), ("from", "1".into())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    desk.person.post(&format!("{}/builds/2/copy", desk.draft), &fields).await.assert_status(303);
    let answers = desk.answers(&house.db).await;
    assert_eq!(answers["builds"][1], answers["builds"][0]);
    assert_eq!(answers["build_numbers"], numbers);
    desk.person.post(&format!("{}/builds/9/copy", desk.draft), &fields).await.assert_status(404);
}

#[tokio::test]
async fn a_nul_is_said_where_it_stands() {
    let house = House::open().await;
    let desk = Desk::open(&house).await;
    let page = desk.see("customer").await;
    let (editor, version) = (hidden(&page.body, "editor"), hidden(&page.body, "version"));
    let path = format!("{}/customer", desk.draft);
    let fields = [("editor", editor.as_str()), ("version", version.as_str()), ("po_number", "PO\0 77")];
    desk.person.post_fragment(&path, &fields).await.assert_ok().assert_shows("position 3 that cannot be printed");
    desk.person.post(&path, &fields).await.assert_status(422);
}

#[tokio::test]
async fn a_discarded_draft_is_gone_for_everybody() {
    let house = House::open().await;
    let desk = Desk::open(&house).await;
    desk.see("discard").await.assert_ok().assert_shows("Keep draft");
    desk.person.post(&format!("{}/discard", desk.draft), &[]).await.assert_status(303);
    desk.see("customer").await.assert_status(404);
    desk.person.post(&format!("{}/submit", desk.draft), &[]).await.assert_status(404);
    assert_eq!(count(&house.db, "drafts where discarded_at is not null").await, 1);
}

#[tokio::test]
async fn a_warning_in_the_review_leads_to_its_own_build() {
    let house = House::open().await;
    let desk = Desk::open(&house).await;
    desk.fill("family", &[("quantity", "2")], "save").await.assert_status(303);
    desk.fill("builds/2", &[("width", "20")], "save").await.assert_status(303);
    let review = desk.see("review").await;
    review.assert_ok().assert_shows("20 in from front to back is unusual");
    assert!(review.body.contains(&format!("href=\"{}/builds/2#width\"", desk.draft)));
}
