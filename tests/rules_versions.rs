//! Versions of the rules: read, copied, changed, validated and published by the people who may.

use crate::golden::material;
use models::audit::Actor;
use models::rules;
use sqlx::PgPool;
use tests::{House, PASSWORD, Person};

/// A house with the demo catalogue in force.
async fn house() -> House {
    let house = House::open().await;
    let mut tx = house.db.begin().await.unwrap();
    app::catalogue::demo::import(&mut tx, &Actor::system()).await.unwrap();
    tx.commit().await.unwrap();
    house
}

/// A fresh draft, and its version.
async fn draft(person: &Person) -> String {
    let answer = person.post("/rules/MDRD/1/copies", &[]).await;
    answer.assert_status(303).location().to_string()
}

async fn lock(db: &PgPool, version: i32) -> String {
    let lock =
        sqlx::query_scalar::<_, i32>("select lock_version from bom_templates where family = 'MDRD' and version = $1");
    lock.bind(version).fetch_one(db).await.unwrap().to_string()
}

/// The legs line as its form sends it.
fn legs<'a>(lock: &'a str, condition: &'a str, item: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("lock_version", lock),
        ("line_number", "30"),
        ("parent", ""),
        ("role", "legs"),
        ("repeat_for", ""),
        ("item", ""),
        ("item_expression", item),
        ("base_quantity", "1"),
        ("condition", condition),
        ("quantity_formula", ""),
        ("reason", "\"Legs: \" + title(legs)"),
        ("note", ""),
        ("source", ""),
        ("omits", ""),
    ]
}

async fn audited(db: &PgPool, action: &str) -> i64 {
    let count = sqlx::query_scalar("select count(*) from audit_log where noun = 'rules' and action = $1");
    count.bind(action).fetch_one(db).await.unwrap()
}

/// Why nobody signed, in the words of the trail.
async fn refused(db: &PgPool) -> Vec<String> {
    let why = "select after ->> 'why' from audit_log where noun = 'signatures' and object_id = 'MDRD-2' and not success order by seq";
    sqlx::query_scalar(why).fetch_all(db).await.unwrap()
}

#[tokio::test]
async fn everybody_who_works_with_boms_reads_the_rules_and_only_administrators_change_them() {
    let house = house().await;
    for role in ["coordinator", "procurement", "qc", "administrator"] {
        let person = house.login(role).await;
        person.get("/rules").await.assert_ok().assert_shows("MDRD").assert_shows("in force");
        let page = person.get("/rules/MDRD/1").await;
        page.assert_ok().assert_shows("T2-OHL-MDRD-KIT").assert_shows("max(goosenecks, esk_di)");
        person.get("/rules/MDRD/1/tables").await.assert_ok().assert_shows("T2-BODY-61-72-HA");
        person
            .get("/rules/MDRD/1/choices")
            .await
            .assert_ok()
            .assert_shows("Bolt-on shelves are made for a solid pegboard.");
        person.get("/rules/MDRD/1/language").await.assert_ok().assert_shows("span(");
    }
    for role in ["coordinator", "qc"] {
        let person = house.login(role).await;
        person.get("/rules/MDRD/1").await.assert_hides("Copy to a new draft");
        person.post("/rules/MDRD/1/copies", &[]).await.assert_status(403);
        person.get("/rules/MDRD/1/publication").await.assert_status(403);
    }
    house.login("service").await.get("/rules").await.assert_status(403);
    house.login("administrator").await.get("/rules/MDRD/99").await.assert_status(404);
}

#[tokio::test]
async fn a_copy_gives_the_same_lines_and_the_delivered_version_can_be_published_again() {
    let house = house().await;
    let admin = house.login("administrator").await;
    assert_eq!(draft(&admin).await, "/rules/MDRD/2");

    let page = admin.get("/rules/MDRD/2/publication").await;
    page.assert_ok()
        .assert_shows("can be published")
        .assert_shows("Every tried configuration gives the same level-0 lines.");
    page.assert_shows("Sign and publish version 2");

    let content = crate::approval::seen(&admin, "/rules/MDRD/2/publication").await;
    let signed = [("meaning", "rules_published"), ("content", content.as_str()), ("lock_version", "1")];
    let seen: Vec<_> = signed.into_iter().chain([("password", PASSWORD), ("seen", "on")]).collect();
    let unseen = admin.post("/rules/MDRD/2/publication", &seen[..4]).await;
    unseen.assert_status(422).assert_shows("Tick that you have seen");
    admin.post("/rules/MDRD/2/publication", &[&seen[..3], &seen[4..]].concat()).await.assert_status(422);
    assert_eq!(rules::active(&house.db, "MDRD").await.unwrap().template.version, 1, "without a password nothing");
    let unmeant = admin.post("/rules/MDRD/2/publication", &seen[1..]).await;
    unmeant.assert_status(422).assert_shows("did not say what the signature means");
    assert_eq!(refused(&house.db).await, ["wrong password", "no meaning"]);
    admin.post("/rules/MDRD/2/publication", &seen).await.assert_status(303);
    admin.get("/rules/MDRD/2").await.assert_shows("Rules published, version 2 Valid");
    for change in [
        "update bom_templates set notes = 'x' where version = 2",
        "delete from bom_template_items where template_id = 2",
        "update bom_template_table_rows set value = 'x' where table_id in (select id from bom_template_tables where template_id = 2)",
    ] {
        assert!(sqlx::query(change).execute(&house.db).await.is_err(), "{change} was possible on signed rules");
    }

    assert_eq!(rules::active(&house.db, "MDRD").await.unwrap().template.version, 2);
    admin.get("/rules").await.assert_shows("retired");
    assert_eq!((audited(&house.db, "copied").await, audited(&house.db, "published").await), (1, 1));
    admin.post("/rules/MDRD/2/publication", &seen).await.assert_status(422);
}

#[tokio::test]
async fn a_wrong_expression_is_shown_with_its_column_and_what_was_typed_stays() {
    let house = house().await;
    let admin = house.login("administrator").await;
    draft(&admin).await;
    admin.get("/rules/MDRD/2/lines/30").await.assert_ok().assert_shows("pick(\"legs\", legs)");

    let answer =
        admin.post("/rules/MDRD/2/lines/30", &legs("1", "has_pegboard && lenght > 3", "pick(\"legs\", legs)")).await;
    answer.assert_status(422).assert_shows("Column 17: lenght is not a name of the configuration.");
    answer.assert_shows("has_pegboard && lenght > 3");
    assert_eq!(lock(&house.db, 2).await, "1", "nothing was saved");
}

#[tokio::test]
async fn a_choice_that_has_lost_its_line_is_named_and_stands_in_the_way() {
    let house = house().await;
    let admin = house.login("administrator").await;
    draft(&admin).await;
    let changed = legs("1", "legs != \"LC1-HA\"", "pick(\"legs\", legs)");
    admin.post("/rules/MDRD/2/lines/30", &changed).await.assert_status(303);

    let page = admin.get("/rules/MDRD/2/publication").await;
    page.assert_shows("Legs LC1, height adjustable has no line with the role legs.")
        .assert_shows("cannot be published");
    let seen = [("lock_version", "2"), ("seen", "on")];
    admin.post("/rules/MDRD/2/publication", &seen).await.assert_status(422);
    assert_eq!(rules::active(&house.db, "MDRD").await.unwrap().template.version, 1);
}

#[tokio::test]
async fn a_gap_in_a_table_and_an_unknown_number_are_found_before_anybody_meets_them() {
    let house = house().await;
    let admin = house.login("administrator").await;
    draft(&admin).await;
    let body = [
        ("lock_version", "1"),
        ("name", "body"),
        ("kind", "range"),
        ("description", "Sink body by length, inches"),
        ("low", "48"),
        ("high", "60"),
        ("key", ""),
        ("value", "T2-BODY-48-60-HA"),
        ("low", "62"),
        ("high", "120"),
        ("key", ""),
        ("value", "T2-BODY-UNKNOWN"),
        ("low", ""),
        ("high", ""),
        ("key", ""),
        ("value", ""),
    ];
    admin.post("/rules/MDRD/2/tables/body", &body).await.assert_status(303);

    let page = admin.get("/rules/MDRD/2/publication").await;
    page.assert_shows("Length 61 in: Rule 20, item, line 1 column 1: table body has no row for 61.");
    page.assert_shows("T2-BODY-UNKNOWN (body) is not in the catalogue.");
}

#[tokio::test]
async fn a_table_whose_rows_overlap_is_refused_and_keeps_what_was_typed() {
    let house = house().await;
    let admin = house.login("administrator").await;
    draft(&admin).await;
    let body = [
        ("lock_version", "1"),
        ("name", "body"),
        ("kind", "range"),
        ("description", ""),
        ("low", "48"),
        ("high", "61"),
        ("key", ""),
        ("value", "A"),
        ("low", "61"),
        ("high", "many"),
        ("key", ""),
        ("value", "B"),
    ];
    let answer = admin.post("/rules/MDRD/2/tables/body", &body).await;
    answer.assert_status(422).assert_shows("Row 2: a number is wanted.");
    assert!(answer.body.contains("value=\"many\""), "what was typed stays");
    let body = body.map(|(name, value)| (name, if value == "many" { "120" } else { value }));
    let answer = admin.post("/rules/MDRD/2/tables/body", &body).await;
    answer.assert_status(422).assert_shows("61 is already held by row 1.");
}

#[tokio::test]
async fn two_administrators_do_not_overwrite_each_other() {
    let house = house().await;
    let admin = house.login("administrator").await;
    draft(&admin).await;
    let first = legs("1", "true", "pick(\"legs\", legs)");
    admin.post("/rules/MDRD/2/lines/30", &first).await.assert_status(303);
    let second = legs("1", "feet == \"casters\"", "pick(\"legs\", legs)");
    let late = admin.post("/rules/MDRD/2/lines/30", &second).await;
    late.assert_status(409).assert_shows("Somebody changed MDRD version 2").assert_shows("feet == \"casters\"");
    assert!(late.body.contains("name=\"lock_version\" value=\"2\""), "saving again is meant");
    let meant = legs("2", "feet == \"casters\"", "pick(\"legs\", legs)");
    admin.post("/rules/MDRD/2/lines/30", &meant).await.assert_status(303);
}

#[tokio::test]
async fn a_published_version_is_never_changed() {
    let house = house().await;
    let admin = house.login("administrator").await;
    let changed = legs("1", "true", "pick(\"legs\", legs)");
    admin
        .post("/rules/MDRD/1/lines/30", &changed)
        .await
        .assert_status(422)
        .assert_shows("has been published and stays as it is");
    admin.get("/rules/MDRD/1/lines/30").await.assert_status(422);
}

#[tokio::test]
async fn a_changed_rule_shows_what_it_changes_on_the_boms() {
    let house = house().await;
    let admin = house.login("administrator").await;
    draft(&admin).await;
    let item = "pick(\"feet\", feet)";
    admin.post("/rules/MDRD/2/lines/30", &legs("1", "", item)).await.assert_status(303);

    let page = admin.get("/rules/MDRD/2/publication").await;
    page.assert_shows("T2-DL27-KIT × 1").assert_shows("T2-LEVELING-CASTOR-475 × 1").assert_shows("against version 1");
    assert_eq!(audited(&house.db, "changed").await, 1);
}

#[tokio::test]
async fn lines_and_choices_come_and_go() {
    let house = house().await;
    let admin = house.login("administrator").await;
    draft(&admin).await;
    let new = [
        ("lock_version", "1"),
        ("line_number", "35"),
        ("parent", "30"),
        ("role", "legs"),
        ("repeat_for", ""),
        ("item", "B210-BLUE"),
        ("item_expression", ""),
        ("base_quantity", "2.5"),
        ("condition", ""),
        ("quantity_formula", ""),
        ("reason", ""),
        ("note", ""),
        ("source", ""),
        ("omits", ""),
    ];
    assert!(admin.get("/rules/MDRD/2/lines/new").await.assert_ok().body.contains("value=\"250\""), "the next number");
    admin.post("/rules/MDRD/2/lines/new", &new).await.assert_status(303);
    admin.get("/rules/MDRD/2").await.assert_shows("2.5");
    admin.post("/rules/MDRD/2/lines/35/removal", &[("lock_version", "2")]).await.assert_status(303);
    admin.get("/rules/MDRD/2").await.assert_hides("2.5");

    let choice = [
        ("lock_version", "3"),
        ("position", "100"),
        ("group_code", "720.706"),
        ("item", "T2-OA-MS-1026"),
        ("requirement", "esk > 0"),
        ("severity", "error"),
        ("message", ""),
    ];
    let answer = admin.post("/rules/MDRD/2/choices/new", &choice).await;
    answer.assert_status(422).assert_shows("Say what is wrong when the requirement does not hold.");
    let choice = choice.map(|(name, value)| (name, if name == "message" { "Only for E-Sink basins." } else { value }));
    admin.post("/rules/MDRD/2/choices/new", &choice).await.assert_status(303);
    admin.get("/rules/MDRD/2/choices").await.assert_shows("Only for E-Sink basins.");
    admin.post("/rules/MDRD/2/choices/100/removal", &[("lock_version", "4")]).await.assert_status(303);
    admin.get("/rules/MDRD/2/choices").await.assert_hides("Only for E-Sink basins.");
}

#[tokio::test]
async fn known_boms_are_kept_and_replayed_before_a_version_is_published() {
    let Some(cases) = material("golden/boms.tsv") else { return };
    let house = House::open().await;
    let Some(()) = crate::golden::import_catalogue(&house.db).await else { return };
    app::golden::run(&house.db, &[cases.to_str().unwrap(), "--save"]).await.unwrap();
    let admin = house.login("administrator").await;
    draft(&admin).await;
    admin.get("/rules/MDRD/2/publication").await.assert_shows("G03, 209 lines").assert_shows("No difference.");

    let item = "pick(\"feet\", feet)";
    admin.post("/rules/MDRD/2/lines/30", &legs("1", "", item)).await.assert_status(303);
    let page = admin.get("/rules/MDRD/2/publication").await;
    page.assert_shows("missing: level 0, T2-DL27-KIT under -, quantity 1");
}

#[tokio::test]
async fn who_wrote_rules_leaves_the_signature_to_another_administrator_when_there_is_one() {
    let house = house().await;
    let admin = house.login("administrator").await;
    draft(&admin).await;
    admin.get("/rules/MDRD/2/publication").await.assert_shows("Sign and publish version 2");

    house.account("coordinator").await;
    let second = house.login("coordinator").await;
    sqlx::query("update users set role = 'administrator' where email_key = 'coordinator@torvan.test'")
        .execute(&house.db)
        .await
        .unwrap();
    let content = crate::approval::seen(&second, "/rules/MDRD/2/publication").await;
    let form = [
        ("meaning", "rules_published"),
        ("content", content.as_str()),
        ("lock_version", "1"),
        ("seen", "on"),
        ("password", PASSWORD),
    ];
    admin.get("/rules/MDRD/2/publication").await.assert_shows("You made this; another person must sign it.");
    admin.post("/rules/MDRD/2/publication", &form).await.assert_status(403);
    assert_eq!(refused(&house.db).await, ["You made this; another person must sign it."]);
    second.post("/rules/MDRD/2/publication", &form).await.assert_status(303);
}
