//! What a signature means: proved again, bound to the content, never changed, and reported when somebody guesses.

use crate::approval::{PAGE, seen, sign};
use crate::boms::office::Office;
use models::signatures;
use std::time::Duration;
use tests::support::until;
use tests::{Browser, PASSWORD, Person};

const SIGNATURES: &str = "select count(*) from signatures";

async fn count(office: &Office, question: &'static str) -> i64 {
    sqlx::query_scalar(question).fetch_one(office.db()).await.unwrap()
}

async fn refusals(office: &Office) -> i64 {
    count(office, "select count(*) from audit_log where action = 'signature refused' and not success").await
}

async fn desk() -> (Office, Person) {
    let office = Office::with_bom().await;
    let procurement = office.house.login("procurement").await;
    (office, procurement)
}

#[tokio::test]
async fn a_wrong_password_signs_nothing_and_stands_in_the_trail() {
    let (office, procurement) = desk().await;

    let refused = sign(&procurement, PAGE, "sinks need dirty water").await;

    refused.assert_status(422).assert_shows("This is not your password. Nothing was signed.");
    refused.assert_shows("Quantities confirmed by telephone.");
    assert!(!refused.body.contains("dirty"), "what was typed as a password is never sent back");
    assert_eq!((count(&office, SIGNATURES).await, refusals(&office).await), (0, 1));
    sign(&procurement, PAGE, PASSWORD).await.assert_status(303);
}

#[tokio::test]
async fn a_signature_without_meaning_is_none() {
    let (office, procurement) = desk().await;
    let content = seen(&procurement, PAGE).await;
    for meaning in [&[][..], &[("meaning", "")], &[("meaning", "rules_published")]] {
        let mut fields = vec![("content", content.as_str()), ("reason", "Seen"), ("password", PASSWORD)];
        fields.extend(meaning);
        procurement.post(PAGE, &fields).await.assert_status(422).assert_shows("what the signature means");
    }
    assert_eq!((count(&office, SIGNATURES).await, refusals(&office).await), (0, 3));
}

#[tokio::test]
async fn a_session_that_has_ended_signs_nothing() {
    let (office, procurement) = desk().await;
    let content = seen(&procurement, PAGE).await;
    sqlx::query("update sessions set last_seen_at = now() - interval '31 minutes'").execute(office.db()).await.unwrap();
    let form = [("meaning", "bom_approved"), ("content", content.as_str()), ("reason", "Seen"), ("password", PASSWORD)];

    let answer = procurement.post(PAGE, &form).await;

    assert!(answer.location().starts_with("/login"));
    assert_eq!(count(&office, SIGNATURES).await, 0);
}

#[tokio::test]
async fn time_person_and_role_are_never_taken_from_the_form() {
    let (office, procurement) = desk().await;
    let content = seen(&procurement, PAGE).await;
    let form = [("meaning", "bom_approved"), ("content", content.as_str()), ("reason", "Seen"), ("password", PASSWORD)];
    for extra in [("user_id", "1"), ("timestamp", "2020-01-01T00:00:00Z"), ("role", "administrator"), ("name", "Ana")] {
        let fields: Vec<_> = form.iter().copied().chain([extra]).collect();
        procurement.post(PAGE, &fields).await.assert_status(422).assert_shows(&format!("\"{}\" is no field", extra.0));
    }
    assert_eq!(count(&office, SIGNATURES).await, 0);

    procurement.post(PAGE, &form).await.assert_status(303);
    let own = "select count(*) from signatures s join users u on u.id = s.user_id where u.role = 'procurement'
        and s.user_name = u.name and s.role = 'Procurement specialist' and s.signed_at > now() - interval '1 minute'
        and s.session <> '' and s.request_id <> ''";
    assert_eq!(count(&office, own).await, 1);
}

#[tokio::test]
async fn somebody_elses_password_does_not_sign() {
    let (office, procurement) = desk().await;
    let other = models::users::passwords::hash("another person's secret words".into()).await.unwrap();
    sqlx::query("update users set password_hash = $1 where role = 'coordinator'")
        .bind(other)
        .execute(office.db())
        .await
        .unwrap();
    sign(&procurement, PAGE, "another person's secret words").await.assert_status(422);
    assert_eq!(count(&office, SIGNATURES).await, 0);
}

#[tokio::test]
async fn a_signature_is_bound_to_what_was_shown() {
    let (office, procurement) = desk().await;
    let content = seen(&procurement, PAGE).await;
    sqlx::query("update bom_contents set quantities[1] = quantities[1] + 1000000").execute(office.db()).await.unwrap();
    let form = [("meaning", "bom_approved"), ("content", content.as_str()), ("reason", "Seen"), ("password", PASSWORD)];

    procurement.post(PAGE, &form).await.assert_status(409).assert_shows("This changed after it was shown to you.");

    assert_eq!((count(&office, SIGNATURES).await, refusals(&office).await), (0, 1));
}

#[tokio::test]
async fn what_is_signed_cannot_be_changed_and_a_signature_cannot_be_removed() {
    let (office, procurement) = desk().await;
    sign(&procurement, PAGE, PASSWORD).await.assert_status(303);
    for change in [
        "update boms set line_count = 1",
        "update bom_contents set quantities[1] = 5",
        "delete from bom_contents",
        "update signatures set user_name = 'Somebody else'",
        "delete from signatures",
        "truncate signatures",
        "update bom_returns set comment = ''",
        "truncate bom_returns",
    ] {
        let done = sqlx::query(change).execute(office.db()).await;
        let harmless = change == "update bom_returns set comment = ''"
            && done.as_ref().is_ok_and(|done| done.rows_affected() == 0);
        assert!(done.is_err() || harmless, "{change} was possible");
    }
    // What is not content may still change: another version comes in force.
    office.generate().await;
    procurement.get("/builds/20421/bom/1").await.assert_ok().assert_shows("Superseded");
}

#[tokio::test]
async fn a_record_that_somebody_altered_behind_the_program_shows_its_signature_as_void() {
    let (office, procurement) = desk().await;
    sign(&procurement, PAGE, PASSWORD).await.assert_status(303);
    for past_the_program in [
        "alter table bom_contents disable trigger user",
        "update bom_contents set quantities[1] = quantities[1] + 1000000",
        "alter table bom_contents enable trigger user",
    ] {
        sqlx::query(past_the_program).execute(office.db()).await.unwrap();
    }
    let page = procurement.get("/builds/20421/bom").await;
    page.assert_shows("Approval void").assert_shows("the content is not what was signed. Changed: lines.");
}

#[tokio::test]
async fn wrong_passwords_in_a_row_wait_like_at_the_door_and_are_reported() {
    let (office, procurement) = desk().await;
    for _ in 0..signatures::REPORTED {
        sign(&procurement, PAGE, "not the words").await.assert_status(422);
    }
    let watched = jobs::Kind::ALL.map(jobs::Kind::watched);
    let alert = "select count(*) from alerts where cause = 'wrong_signatures' and cleared_at is null
        and text like 'Procurement specialist gave a wrong password or passkey 3 times in a row while signing%'";
    // The web process may be looking in this very moment; who comes second looks again.
    let alerts = async |expected: i64| {
        until(Duration::from_secs(15), "the alerts are as they should be", async || {
            models::alerts::check(office.db(), &watched).await.unwrap();
            count(&office, alert).await == expected
        })
        .await
    };
    alerts(1).await;
    office.house.login("administrator").await.get("/jobs/alerts").await.assert_shows("3 times in a row while signing");

    let mut answer = sign(&procurement, PAGE, "not the words").await;
    while answer.status.as_u16() == 422 {
        answer = sign(&procurement, PAGE, "not the words").await;
    }
    answer.assert_status(429).assert_shows("Too many wrong passwords. Nothing was signed; try again in");
    assert!(answer.header("retry-after").is_some());
    let right = sign(&procurement, PAGE, PASSWORD).await;
    right.assert_status(429);
    assert_eq!(count(&office, SIGNATURES).await, 0);
    // The door counts the same tries.
    let door = office.house.stranger();
    door.get("/login").await;
    door.post("/login", &[("email", "procurement@torvan.test"), ("password", PASSWORD)]).await.assert_status(429);

    sqlx::query("update login_throttles set blocked_until = now() - interval '1 second'")
        .execute(office.db())
        .await
        .unwrap();
    sign(&procurement, PAGE, PASSWORD).await.assert_status(303);
    // Who then signs has explained themselves.
    alerts(0).await;
}

#[tokio::test]
async fn a_foreign_or_missing_record_is_not_signed() {
    let (office, procurement) = desk().await;
    let form = [("meaning", "bom_approved"), ("content", "x"), ("reason", "Seen"), ("password", PASSWORD)];
    for place in ["/builds/99999/bom/1/approval", "/builds/20421/bom/7/approval", "/builds/20421/bom/x/approval"] {
        procurement.post(place, &form).await.assert_status(404);
    }
    for role in ["assembler", "service", "qc", "coordinator"] {
        office.house.login(role).await.post(PAGE, &form).await.assert_status(403);
    }
    assert_eq!(count(&office, SIGNATURES).await, 0);
}

#[tokio::test]
async fn on_a_tablet_somebody_signs_with_one_field_and_the_enter_key() {
    let office = Office::with_bom().await;
    // Nothing open in this BOM: no reason is asked for.
    sqlx::query("update catalogue_items set to_confirm = null, open_question = null").execute(office.db()).await.ok();
    let browser: Browser = office.house.browser_as("procurement").await;
    browser.viewport(820, 1180).await;
    browser.visit(PAGE).await;
    browser
        .wait_until("a field of the form has the focus", async || {
            let focus = browser.client.execute("return document.activeElement.name", Vec::new()).await.unwrap();
            ["password", "reason"].contains(&focus.as_str().unwrap_or_default())
        })
        .await;
    let small = "return [...document.querySelectorAll('.signature.form :is(input:not([type=hidden]), button, .btn)')]
        .filter((e) => e.getBoundingClientRect().height < 44).map((e) => e.outerHTML.slice(0, 80)).join()";
    assert_eq!(browser.client.execute(small, Vec::new()).await.unwrap().as_str(), Some(""));

    browser.fill("reason", "Seen").await;
    browser.fill("password", &format!("{PASSWORD}\u{e007}")).await;
    browser.wait_for_text("Valid").await;
}
