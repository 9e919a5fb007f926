//! Changing one's own password.

use tests::{House, PASSWORD};

const NEW: &str = "nine lathes sing low";

#[tokio::test]
async fn somebody_changes_their_password_and_is_logged_out_everywhere_else() {
    let house = House::open().await;
    let (here, there) = (house.login("qc").await, house.login("qc").await);
    here.get("/password").await.assert_ok().assert_shows("Password until now");

    let form = [("old", PASSWORD), ("new", NEW), ("again", NEW)];
    here.post("/password", &form).await.assert_ok().assert_shows("One other session was ended.");

    here.get("/").await.assert_ok();
    there.get("/").await.assert_status(303);
    let door = house.stranger();
    door.get("/login").await;
    door.post("/login", &[("email", "qc@torvan.test"), ("password", PASSWORD)]).await.assert_status(422);
    house.stranger().log_in("qc@torvan.test", NEW).await;
    let audited = "select count(*) from audit_log where action = 'changed the password' and noun = 'users' and success";
    let audited: i64 = sqlx::query_scalar(audited).fetch_one(&house.db).await.unwrap();
    assert_eq!(audited, 1);
    let leaked =
        "select count(*) from audit_log where coalesce(before::text, '') || coalesce(after::text, '') like '%lathes%'";
    let leaked: i64 = sqlx::query_scalar(leaked).fetch_one(&house.db).await.unwrap();
    assert_eq!(leaked, 0);
}

#[tokio::test]
async fn a_new_password_needs_the_old_one_the_rules_and_two_equal_words() {
    let house = House::open().await;
    let person = house.login("assembler").await;
    for (old, new, again, said) in [
        ("wrong words here", NEW, NEW, "This is not your password until now."),
        (PASSWORD, "short", "short", "12 characters"),
        (PASSWORD, "hospital-sink-1", "hospital-sink-1", "guessed quickly"),
        (PASSWORD, PASSWORD, PASSWORD, "your password already"),
        (PASSWORD, NEW, "nine lathes sing high", "differ"),
    ] {
        let refused = person.post("/password", &[("old", old), ("new", new), ("again", again)]).await;
        refused.assert_status(422).assert_shows(said);
        assert!(!refused.body.contains(new), "secrets do not come back");
    }
    house.stranger().log_in("assembler@torvan.test", PASSWORD).await;
}

#[tokio::test]
async fn an_unlocked_screen_is_no_place_to_guess_a_password() {
    let house = House::open().await;
    let person = house.login("service").await;
    let mut last = String::new();
    for _ in 0..12 {
        let guess = [("old", "not the right one"), ("new", NEW), ("again", NEW)];
        last = person.post("/password", &guess).await.assert_status(422).text();
    }
    assert!(last.contains("Too many wrong passwords."), "{last}");
}

#[tokio::test]
async fn a_copy_of_the_token_from_before_the_change_opens_nothing() {
    let house = House::open().await;
    let person = house.login("qc").await;
    let (old, thief) = (person.cookie("session").unwrap(), house.stranger());
    thief.set_cookie("session", &old);
    thief.get("/").await.assert_ok();

    person.post("/password", &[("old", PASSWORD), ("new", NEW), ("again", NEW)]).await.assert_ok();

    let new = person.cookie("session").unwrap();
    assert_ne!(new, old);
    thief.get("/").await.assert_status(303);
    // The page that told about it has the new token in its forms.
    person.post("/preferences", &[("theme", "dark")]).await.assert_status(303);
    let (refused, renewed) = (house.login("assembler").await, "the same token after a refusal");
    let before = refused.cookie("session");
    refused.post("/password", &[("old", "wrong words here"), ("new", NEW), ("again", NEW)]).await.assert_status(422);
    assert_eq!(refused.cookie("session"), before, "{renewed}");
    let lasts = "select count(distinct absolute_until) from sessions s join users u on u.id = s.user_id
        where u.role = 'qc' and (s.revoked_at is null or s.last_seen_at > now() - interval '1 hour')";
    let ends: i64 = sqlx::query_scalar(lasts).fetch_one(&house.db).await.unwrap();
    assert_eq!(ends, 1, "a new token does not make the session last longer");
}
