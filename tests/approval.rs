//! Approving a BOM: procurement signs what is in force, never who made it; what is signed stays, what comes later is
//! unsigned.

use crate::boms::office::Office;
use models::audit::Actor;
use models::configurations::Feet;
use models::users::{NewUser, Role, User, passwords};
use tests::{PASSWORD, Person};

pub const PAGE: &str = "/builds/20421/bom/1/approval";

/// The hash of what the page shows, as its form carries it.
pub async fn seen(person: &Person, page: &str) -> String {
    let body = person.get(page).await.assert_ok().body.clone();
    let (_, rest) = body.split_once("name=\"content\" value=\"").expect("the form carries the content's hash");
    rest.split('"').next().unwrap().to_owned()
}

/// Signs as the page would, with a reason.
pub async fn sign(person: &Person, page: &str, password: &str) -> tests::Answer {
    let seen = seen(person, page).await;
    let fields = [
        ("meaning", "bom_approved"),
        ("content", seen.as_str()),
        ("reason", "Quantities confirmed by telephone."),
        ("password", password),
    ];
    person.post(page, &fields).await
}

async fn stage(office: &Office, table: &str) -> String {
    let question = format!("select stage from {table} limit 1");
    sqlx::query_scalar(sqlx::AssertSqlSafe(question)).fetch_one(office.db()).await.unwrap()
}

async fn count(office: &Office, question: &'static str) -> i64 {
    sqlx::query_scalar(question).fetch_one(office.db()).await.unwrap()
}

const SIGNATURES: &str = "select count(*) from signatures";

#[tokio::test]
async fn procurement_signs_the_bom_in_force_and_the_build_goes_on() {
    let office = Office::with_bom().await;
    let procurement = office.house.login("procurement").await;
    let page = procurement.get(PAGE).await;
    page.assert_ok().assert_shows("I have reviewed this BOM and approve it for production.");
    page.assert_shows("Signed by Procurement specialist").assert_shows("with a quantity to be confirmed");

    sign(&procurement, PAGE, PASSWORD).await.assert_status(303);

    let bom = procurement.get("/builds/20421/bom").await;
    bom.assert_ok().assert_shows("Approved").assert_shows("Procurement specialist").assert_shows("Valid");
    bom.assert_shows("UTC")
        .assert_shows("Reason: Quantities confirmed by telephone.")
        .assert_hides("Review and approve");
    procurement.get("/builds/20421/bom/1/print").await.assert_shows("BOM approved, version 1 Valid");
    let order = procurement.get("/orders/TOR-2026-0412").await;
    order.assert_shows("BOM approved by Procurement specialist on").assert_shows("Procurement sends parts out");
    assert_eq!(
        (stage(&office, "builds").await, stage(&office, "orders").await),
        ("bom_approved".into(), "bom_approved".into())
    );
    let audited =
        "select count(*) from audit_log where action = 'signed' and noun = 'boms' and object_id = '20421' and success";
    assert_eq!(count(&office, audited).await, 1);
    let history = procurement.get("/orders/TOR-2026-0412?tab=history").await;
    history.assert_shows("moved build 20421 from Order created to BOM approved").assert_shows("BOM version 1 approved");
}

#[tokio::test]
async fn who_configured_or_generated_a_bom_approves_it_in_no_role() {
    let office = Office::with_bom().await;
    let coordinator = office.house.login("coordinator").await;
    coordinator.get(PAGE).await.assert_status(403).assert_shows("Procurement approves BOMs.");
    coordinator.get("/builds/20421/bom").await.assert_hides("Review and approve");

    // An administrator who asked for the version has made it.
    let administrator = office.house.login("administrator").await;
    office.ask(&administrator).await;
    office.house.work().await;
    let page = "/builds/20421/bom/2/approval";
    administrator.get(page).await.assert_ok().assert_shows("You made this; another person must sign it.");
    let fields = [("meaning", "bom_approved"), ("content", "x"), ("reason", "Mine"), ("password", PASSWORD)];
    administrator.post(page, &fields).await.assert_status(403).assert_shows("another person must sign it");

    assert_eq!(count(&office, SIGNATURES).await, 0);
    let refused =
        "select count(*) from audit_log where action = 'signature refused' and not success and object_id = '20421'";
    assert_eq!(count(&office, refused).await, 1);

    // The coordinator who becomes a procurement specialist is still the one who configured it.
    sqlx::query("update users set role = 'procurement' where email_key = 'coordinator@torvan.test'")
        .execute(office.db())
        .await
        .unwrap();
    coordinator.get(page).await.assert_ok().assert_shows("You made this; another person must sign it.");
    coordinator.post(page, &fields).await.assert_status(403);
    assert_eq!(count(&office, SIGNATURES).await, 0);
}

#[tokio::test]
async fn a_new_version_is_unsigned_and_shows_the_old_signature_as_void_or_superseded() {
    let office = Office::with_bom().await;
    let procurement = office.house.login("procurement").await;
    sign(&procurement, PAGE, PASSWORD).await.assert_status(303);

    office.generate().await;
    let same = procurement.get("/builds/20421/bom").await;
    same.assert_shows("To approve").assert_shows("Superseded").assert_shows("Version 2 says the same");
    assert_eq!(stage(&office, "builds").await, "order_created", "version 2 waits for approval");
    procurement.get("/builds/20421/bom/1").await.assert_shows("Superseded");

    office.configure(|configuration| configuration.feet = Feet::Seismic).await;
    office.generate().await;
    let other = procurement.get("/builds/20421/bom/1").await;
    other
        .assert_shows("Void: replaced by version 3, made by Production coordinator")
        .assert_shows("Changed: configuration and lines");
    procurement.get("/builds/20421/bom/1/print").await.assert_shows("Void: replaced by version 3");

    let third = "/builds/20421/bom/3/approval";
    sign(&procurement, third, PASSWORD).await.assert_status(303);
    let page = procurement.get("/builds/20421/bom").await;
    page.assert_shows("BOM approved, version 3 Valid").assert_shows("BOM approved, version 1 Void");
    assert_eq!(count(&office, SIGNATURES).await, 2);
}

#[tokio::test]
async fn a_changed_configuration_voids_the_approval_before_anybody_regenerates() {
    let office = Office::with_bom().await;
    let procurement = office.house.login("procurement").await;
    sign(&procurement, PAGE, PASSWORD).await.assert_status(303);

    office.configure(|configuration| configuration.feet = Feet::Seismic).await;

    procurement
        .get("/builds/20421/bom")
        .await
        .assert_shows("Approval void")
        .assert_shows("Void: the configuration changed after this was signed.");
    procurement.get("/orders/TOR-2026-0412").await.assert_shows("Approval by Procurement specialist is void");
}

#[tokio::test]
async fn a_bom_is_sent_back_with_a_comment_that_the_coordinator_reads_on_the_order() {
    let office = Office::with_bom().await;
    let procurement = office.house.login("procurement").await;
    let back = "/builds/20421/bom/1/return";
    procurement.post(back, &[("comment", "  ")]).await.assert_status(422).assert_shows("Say what is wrong");
    procurement.post(back, &[("comment", "Basin 2 needs a light.")]).await.assert_status(303);

    let coordinator = office.house.login("coordinator").await;
    let order = coordinator.get("/orders/TOR-2026-0412").await;
    order
        .assert_shows("Procurement specialist sent it back: Basin 2 needs a light.")
        .assert_shows("The coordinator puts right");
    procurement.get("/builds/20421/bom").await.assert_shows("Sent back").assert_shows("Basin 2 needs a light.");
    procurement.get(PAGE).await.assert_shows("sent this version back: Basin 2 needs a light.");
    let audited = "select count(*) from audit_log where action = 'sent back' and noun = 'boms' and reason = 'Basin 2 needs a light.'";
    assert_eq!(count(&office, audited).await, 1);
    coordinator.post(back, &[("comment", "No")]).await.assert_status(403);

    sign(&procurement, PAGE, PASSWORD).await.assert_status(303);
    procurement.post(back, &[("comment", "Too late")]).await.assert_status(409);
}

#[tokio::test]
async fn what_is_open_in_a_bom_is_said_and_then_a_reason_is_needed() {
    let office = Office::with_bom().await;
    let procurement = office.house.login("procurement").await;
    let content = seen(&procurement, PAGE).await;
    let without = [("meaning", "bom_approved"), ("content", content.as_str()), ("reason", ""), ("password", PASSWORD)];

    let refused = procurement.post(PAGE, &without).await;

    refused.assert_status(422).assert_shows("Say why this may be ordered by all the same.");
    assert!(!refused.body.contains(PASSWORD), "a password is never sent back");
    assert_eq!(count(&office, SIGNATURES).await, 0);
}

#[tokio::test]
async fn of_two_who_approve_at_once_one_signs_and_the_other_is_told() {
    let office = Office::with_bom().await;
    let (procurement, administrator) =
        (office.house.login("procurement").await, office.house.login("administrator").await);
    let (one, other) = (seen(&procurement, PAGE).await, seen(&administrator, PAGE).await);
    assert_eq!(one, other);
    let form = [("meaning", "bom_approved"), ("content", one.as_str()), ("reason", "Seen"), ("password", PASSWORD)];

    let (first, second) = tokio::join!(procurement.post(PAGE, &form), administrator.post(PAGE, &form));

    let mut answers = [first.status.as_u16(), second.status.as_u16()];
    answers.sort_unstable();
    assert_eq!(answers, [303, 409]);
    assert_eq!(count(&office, SIGNATURES).await, 1);
}

#[tokio::test]
async fn a_version_that_was_replaced_while_somebody_read_it_is_not_signed() {
    let office = Office::with_bom().await;
    let procurement = office.house.login("procurement").await;
    let content = seen(&procurement, PAGE).await;
    office.generate().await;
    let form = [("meaning", "bom_approved"), ("content", content.as_str()), ("reason", "Seen"), ("password", PASSWORD)];

    procurement.post(PAGE, &form).await.assert_status(409).assert_shows("A newer version is in force.");

    assert_eq!(count(&office, SIGNATURES).await, 0);
}

#[tokio::test]
async fn a_build_that_has_left_the_shop_keeps_its_bom_as_it_is() {
    let office = Office::with_bom().await;
    sqlx::query("update builds set stage = 'shipped'").execute(office.db()).await.unwrap();
    let procurement = office.house.login("procurement").await;

    procurement.get(PAGE).await.assert_ok().assert_shows("has left the shop or was cancelled");
    let form = [("meaning", "bom_approved"), ("content", "x"), ("reason", "Seen"), ("password", PASSWORD)];
    procurement.post(PAGE, &form).await.assert_status(403);
    assert_eq!(count(&office, SIGNATURES).await, 0);
}

#[tokio::test]
async fn anybody_with_the_role_who_did_not_make_it_may_sign() {
    let office = Office::with_bom().await;
    let mut tx = office.db().begin().await.unwrap();
    let new = NewUser { email: "ana@torvan.test", name: "Ana Silva", role: Role::Administrator };
    let hash = passwords::hash(PASSWORD.into()).await.unwrap();
    User::create(&mut tx, &Actor::system(), new, &hash).await.unwrap();
    tx.commit().await.unwrap();
    let ana = office.house.stranger();
    ana.log_in("ana@torvan.test", PASSWORD).await;

    sign(&ana, PAGE, PASSWORD).await.assert_status(303);

    ana.get("/builds/20421/bom").await.assert_shows("Ana Silva , Administrator");
}
