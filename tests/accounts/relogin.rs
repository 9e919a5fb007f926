//! A session that ends over a form: logging in again loses nothing, and shows nothing to anybody else.

use tests::{House, PASSWORD, Person};

/// Somebody at a draft's first step, whose session ends while they type.
async fn interrupted(house: &House) -> (Person, String) {
    let person = house.login("coordinator").await;
    person.get("/drafts").await.assert_ok();
    let draft = person.post("/drafts", &[]).await.assert_status(303).location().to_owned();
    let customer = format!("{}/customer", draft.trim_end_matches("/customer"));
    person.get(&customer).await.assert_ok();
    sqlx::query("update sessions set last_seen_at = now() - interval '1 hour'").execute(&house.db).await.unwrap();
    (person, customer)
}

const TYPED: [(&str, &str); 4] = [
    ("po_number", "PO 77-1"),
    ("customer", "Mercy <Hospital>"),
    ("password", "sinks need clean water"),
    ("pin", "4711"),
];

async fn log_in(person: &Person, email: &str, next: &str) -> String {
    person.get(&format!("/login?next={next}")).await;
    let answer = person.post("/login", &[("email", email), ("password", PASSWORD), ("next", next)]).await;
    answer.assert_status(303).location().to_owned()
}

#[tokio::test]
async fn what_was_typed_into_a_draft_waits_behind_the_log_in_and_is_sent_with_a_press() {
    let house = House::open().await;
    let (person, path) = interrupted(&house).await;

    let sent = person.post(&path, &TYPED).await;
    let door = sent.assert_status(303).location().to_owned();
    let next = door.strip_prefix("/login?next=").unwrap().to_owned();
    assert!(next.starts_with("/again/"), "{door}");
    person.get(&door).await.assert_ok().assert_shows("What you typed is kept");
    assert_eq!(log_in(&person, "coordinator@torvan.test", &next).await, next);

    let page = person.get(&next).await;
    page.assert_ok().assert_shows("PO 77-1").assert_shows("Mercy <Hospital>").assert_hides("4711");
    assert!(page.body.contains(&format!("action=\"{path}\"")), "{}", page.body);
    assert!(!page.body.contains(PASSWORD), "a password is never kept");
    let kept: String = sqlx::query_scalar("select fields::text from kept_forms").fetch_one(&house.db).await.unwrap();
    assert!(!kept.contains("4711") && !kept.contains(PASSWORD) && !kept.contains("csrf"), "{kept}");
    let again = person.post(&path, &[("po_number", "PO 77-1"), ("customer", "Mercy <Hospital>")]).await;
    assert_ne!(again.status, 403, "the page carries the new session's token");
}

#[tokio::test]
async fn htmx_leaves_for_the_log_in_page_and_finds_the_form_again_too() {
    let house = House::open().await;
    let (person, path) = interrupted(&house).await;

    let sent = person.post_fragment(&path, &TYPED).await;

    assert!(sent.assert_status(401).location().starts_with("/login?next=/again/"), "{}", sent.location());
}

#[tokio::test]
async fn another_person_at_the_same_screen_sees_nothing_of_it() {
    let house = House::open().await;
    house.account("qc").await;
    let (person, path) = interrupted(&house).await;
    let door = person.post(&path, &TYPED).await.location().to_owned();
    let next = door.strip_prefix("/login?next=").unwrap();

    log_in(&person, "qc@torvan.test", next).await;

    person.get(next).await.assert_status(404).assert_hides("PO 77-1");
}

#[tokio::test]
async fn a_form_that_is_not_from_a_page_of_the_ended_session_is_not_kept() {
    let house = House::open().await;
    let (person, path) = interrupted(&house).await;
    let other = house.stranger();
    other.set_cookie("session", &person.cookie("session").unwrap());

    assert_eq!(other.post(&path, &TYPED).await.location(), "/login?next=/", "without the page's token");
    assert_eq!(house.stranger().post(&path, &TYPED).await.location(), "/login?next=/");
    assert_eq!(person.post("/password", &[("old", "x"), ("new", "y")]).await.location(), "/login?next=/");

    let kept: i64 = sqlx::query_scalar("select count(*) from kept_forms").fetch_one(&house.db).await.unwrap();
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn what_was_kept_is_gone_when_discarded_and_after_an_hour() {
    let house = House::open().await;
    let (person, path) = interrupted(&house).await;
    let door = person.post(&path, &TYPED).await.location().to_owned();
    let next = door.strip_prefix("/login?next=").unwrap();
    log_in(&person, "coordinator@torvan.test", next).await;
    person.get(next).await.assert_ok();

    person.post(&format!("{next}/discarded"), &[]).await.assert_status(303);

    person.get(next).await.assert_status(404);
}
