//! Links that let somebody choose their own password: invitations, resets, and the very first administrator.

use super::count;
use tests::{Answer, House, PASSWORD, Person};

const NEW: &str = "nine lathes sing low";

/// The link on the page, as its path.
fn link(page: &Answer) -> String {
    let (_, rest) = page.body.split_once("<code>http://torvan.test").expect("a link is shown");
    rest.split('<').next().unwrap().to_owned()
}

async fn invited(house: &House, administrator: &Person) -> String {
    administrator.get("/people/new").await.assert_ok();
    let kim = [("name", "Kim Lee"), ("email", "kim@torvan.test"), ("role", "qc")];
    let page = administrator.post("/people", &kim).await;
    page.assert_ok().assert_shows("It is shown this once");
    let link = link(&page);
    let token = link.rsplit('/').next().unwrap();
    assert_eq!(token.len(), 64);
    let hashes: Vec<Vec<u8>> =
        sqlx::query_scalar("select token_hash from account_links").fetch_all(&house.db).await.unwrap();
    assert!(hashes.contains(&models::sessions::id_hash(token)), "the table holds the hash only");
    link
}

#[tokio::test]
async fn somebody_invited_chooses_name_and_password_and_is_in() {
    let house = House::open().await;
    let administrator = house.login("administrator").await;
    let link = invited(&house, &administrator).await;
    administrator.get("/people?state=invited").await.assert_shows("kim@torvan.test");

    let kim = house.stranger();
    let page = kim.get(&link).await;
    page.assert_ok().assert_shows("kim@torvan.test").assert_shows("QC inspector");
    assert_eq!(page.header("referrer-policy"), Some("strict-origin"), "no request carries the link on");
    let differ = [("name", "Kim Lee"), ("new", NEW), ("again", "nine lathes")];
    kim.post(&link, &differ).await.assert_status(422).assert_shows("differ").assert_hides(NEW);
    let weak = [("name", "Kim Lee"), ("new", "Password1234"), ("again", "Password1234")];
    kim.post(&link, &weak).await.assert_status(422).assert_shows("guessed quickly");
    kim.post(&link, &[("name", "Kim Lee-Roy"), ("new", NEW), ("again", NEW)]).await.assert_status(303);

    kim.get("/orders").await.assert_ok().assert_shows("Kim Lee-Roy");
    house.stranger().log_in("KIM@torvan.test", NEW).await;
    let steps = "select count(*) from audit_log where noun = 'users' and action in ('created', 'invited', 'accepted the invitation')
        and object_id = (select id::text from users where email = 'kim@torvan.test')";
    assert_eq!(count(&house, steps).await, 3);
}

#[tokio::test]
async fn a_link_works_once_and_for_a_day_and_a_newer_one_replaces_it() {
    let house = House::open().await;
    let administrator = house.login("administrator").await;
    let first = invited(&house, &administrator).await;
    let kim: i64 = count(&house, "select id from users where email = 'kim@torvan.test'").await;
    administrator.get(&format!("/people/{kim}")).await.assert_shows("Make new invitation");
    let second = link(&administrator.post(&format!("/people/{kim}/invitation"), &[]).await);

    house.stranger().get(&first).await.assert_status(404).assert_shows("An administrator makes a new one.");
    sqlx::query("update account_links set expires_at = now() - interval '1 second'").execute(&house.db).await.unwrap();
    house.stranger().get(&second).await.assert_status(404);
    let third = link(&administrator.post(&format!("/people/{kim}/invitation"), &[]).await);
    let person = house.stranger();
    person.get(&third).await.assert_ok();
    let form = [("name", "Kim"), ("new", NEW), ("again", NEW)];
    let thief = house.stranger();
    thief.get(&third).await.assert_ok();
    person.post(&third, &form).await.assert_status(303);
    thief.post(&third, &form).await.assert_status(404);

    let reset = third.replace("invitations", "resets");
    house.stranger().get(&reset).await.assert_status(404);
    administrator.post(&format!("/people/{kim}/invitation"), &[]).await.assert_status(422);
}

#[tokio::test]
async fn a_reset_link_gives_a_new_password_that_no_administrator_knows_and_ends_every_session() {
    let house = House::open().await;
    let (administrator, old) = (house.login("administrator").await, house.login("qc").await);
    let qc = house.account("qc").await;
    let path = format!("/people/{}", qc.id);
    let page = administrator.get(&path).await;
    page.assert_shows("Make reset link");
    assert!(!page.body.contains("type=\"password\""), "administrators choose nobody's password");
    let reset = link(&administrator.post(&format!("{path}/reset-link"), &[]).await);

    let person = house.stranger();
    person.get(&reset).await.assert_ok().assert_hides("Your name");
    let renaming = person.post(&reset, &[("new", NEW), ("again", NEW), ("name", "Somebody Else")]).await;
    renaming.assert_status(422).assert_shows("\"name\" is no field of this form.");
    person.post(&reset, &[("new", NEW), ("again", NEW)]).await.assert_status(303);

    old.get("/orders").await.assert_status(303);
    let door = house.stranger();
    door.get("/login").await;
    door.post("/login", &[("email", "qc@torvan.test"), ("password", PASSWORD)]).await.assert_status(422);
    house.stranger().log_in("qc@torvan.test", NEW).await;
    assert_eq!(house.account("qc").await.name, qc.name);
}

#[tokio::test]
async fn a_link_ends_when_its_person_is_locked_out() {
    let house = House::open().await;
    let administrator = house.login("administrator").await;
    let link = invited(&house, &administrator).await;
    let kim: i64 = count(&house, "select id from users where email = 'kim@torvan.test'").await;
    administrator.get(&format!("/people/{kim}")).await.assert_ok();

    let out = [("revision", "1"), ("reason", "Hired elsewhere.")];
    administrator.post(&format!("/people/{kim}/deactivation"), &out).await.assert_status(303);

    house.stranger().get(&link).await.assert_status(404);
}

#[tokio::test]
async fn the_first_administrator_comes_in_by_a_command_that_works_while_there_is_none() {
    let house = House::open().await;
    let told = app::admin_command::run(&house.db, "first@torvan.test", "Ada First").await.unwrap();
    let again = app::admin_command::run(&house.db, "first@torvan.test", "Ada First").await.unwrap();
    let path = |told: &str| told.lines().last().unwrap().to_owned();
    house.stranger().get(&path(&told)).await.assert_status(404);

    let person = house.stranger();
    person.get(&path(&again)).await.assert_ok();
    person.post(&path(&again), &[("name", "Ada First"), ("new", NEW), ("again", NEW)]).await.assert_status(303);
    person.get("/people").await.assert_ok();

    let refused = app::admin_command::run(&house.db, "second@torvan.test", "Eve").await.unwrap_err().to_string();
    assert!(refused.starts_with("There is an administrator already."), "{refused}");
    for guess in ["admin", "administrator", "root", "torvan"] {
        let stranger = house.stranger();
        stranger.get("/login").await;
        let email = format!("{guess}@torvan.test");
        stranger.post("/login", &[("email", &email), ("password", guess)]).await.assert_status(422);
    }
}
