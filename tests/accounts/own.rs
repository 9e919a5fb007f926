//! Where somebody is logged in, and how they end it.

use tests::{House, Person};

/// The marks of the open sessions as the page shows them, the own one left out.
fn others(page: &str) -> Vec<String> {
    let forms = page.split("/account/sessions/").skip(1).filter_map(|rest| rest.split_once("/ended"));
    forms.map(|(mark, _)| mark.to_owned()).filter(|mark| mark.len() == 16).collect()
}

async fn is_in(person: &Person) -> bool {
    person.get("/account").await.status == 200
}

#[tokio::test]
async fn somebody_sees_where_they_are_logged_in_and_ends_one_of_them() {
    let house = House::open().await;
    let (here, there, elsewhere) = (house.login("qc").await, house.login("qc").await, house.login("qc").await);

    let page = here.get("/account").await;
    page.assert_ok().assert_shows("This one").assert_shows("End all other sessions");
    let marks = others(&page.body);
    assert_eq!(marks.len(), 2, "{}", page.body);
    here.post(&format!("/account/sessions/{}/ended", marks[0]), &[]).await.assert_status(303);

    let left = [is_in(&there).await, is_in(&elsewhere).await];
    assert!(left.contains(&true) && left.contains(&false), "{left:?}");
    assert!(is_in(&here).await);
}

#[tokio::test]
async fn somebody_ends_all_sessions_but_this_one() {
    let house = House::open().await;
    let (here, there) = (house.login("qc").await, house.login("qc").await);
    let another = house.login("assembler").await;

    here.get("/account").await;
    here.post("/account/sessions/ended", &[]).await.assert_status(303);

    assert!(is_in(&here).await && !is_in(&there).await && is_in(&another).await);
}

#[tokio::test]
async fn nobody_ends_a_session_of_somebody_else_by_its_mark() {
    let house = House::open().await;
    let (victim, other, attacker) = (house.login("qc").await, house.login("qc").await, house.login("assembler").await);
    let mark = others(&victim.get("/account").await.body).remove(0);

    attacker.get("/account").await;
    attacker.post(&format!("/account/sessions/{mark}/ended"), &[]).await.assert_status(303);

    assert!(is_in(&other).await && is_in(&victim).await);
}

#[tokio::test]
async fn the_looks_of_the_screen_are_kept_from_the_account_page() {
    let house = House::open().await;
    let person = house.login("service").await;
    person.get("/account").await.assert_ok();

    let looks = [("theme", "dark"), ("density", "bench"), ("text_size", "130"), ("next", "/account")];
    assert_eq!(person.post("/preferences", &looks).await.location(), "/account");

    let page = person.get("/account").await;
    assert!(page.body.contains("data-theme=\"dark\"") && page.body.contains("data-text-size=\"130\""), "{}", page.body);
}

#[tokio::test]
async fn logging_out_twice_and_opening_the_log_in_page_while_logged_in_harm_nothing() {
    let house = House::open().await;
    let person = house.login("qc").await;
    person.get("/login").await.assert_status(303);
    assert!(is_in(&person).await);
    let page = person.get("/account").await;
    assert_eq!(page.header("cache-control"), Some("no-store"), "Back after logging out shows nothing kept");

    let cookie = person.cookie("session").unwrap();
    let answer = person.post("/logout", &[]).await;
    assert!(answer.header("clear-site-data").is_some_and(|what| what.contains("cache")));
    person.set_cookie("session", &cookie);
    person.post("/logout", &[]).await.assert_status(303);

    assert!(!is_in(&person).await);
}
