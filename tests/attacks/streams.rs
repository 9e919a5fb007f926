//! Open pages of people from whom something was taken while they were open.

use std::time::Duration;

use tests::{House, Person};

/// A house that looks at its open pages often, so that nobody here waits for half a minute.
async fn house() -> House {
    House::open_with(|config| config.stream_recheck = Duration::from_millis(200)).await
}

/// A change without a word about the person: as when another process, or somebody with SQL, makes it.
async fn silently(house: &House, sql: &'static str) {
    sqlx::query(sql).execute(&house.db).await.unwrap();
}

async fn change(house: &House, word: &str) {
    sqlx::query("select pg_notify('changes', $1)").bind(word).execute(&house.db).await.unwrap();
}

async fn listening(person: &Person) -> tests::EventStream {
    let mut stream = person.listen("/events", None).await;
    stream.next_called("hello").await;
    stream
}

#[tokio::test]
async fn an_open_page_soon_hears_nothing_that_its_person_may_no_longer_see() {
    let house = house().await;
    let mut stream = listening(&house.login("procurement").await).await;
    change(&house, "orders:TOR-1").await;
    stream.next_called("orders:TOR-1").await;

    silently(&house, "update users set role = 'service' where email_key = 'procurement@torvan.test'").await;
    let mut heard = true;
    for round in 0..50 {
        change(&house, &format!("orders:TOR-2-{round}")).await;
        change(&house, &format!("items:T-{round}")).await;
        heard = false;
        loop {
            let name = stream.next().await.expect("the page stays open").name;
            heard |= name.starts_with("orders:");
            if name == format!("items:T-{round}") {
                break;
            }
        }
        if !heard {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(!heard, "orders are still told to somebody who may not see them");
}

#[tokio::test]
async fn an_open_page_ends_with_its_account_and_with_its_session() {
    let house = house().await;
    for taken in [
        "update users set is_active = false where email_key = 'qc@torvan.test'",
        "update sessions set revoked_at = now() where user_id = (select id from users where email_key = 'assembler@torvan.test')",
        "update sessions set absolute_until = now() where user_id = (select id from users where email_key = 'coordinator@torvan.test')",
    ] {
        let role = ["qc", "assembler", "coordinator"].into_iter().find(|role| taken.contains(role)).unwrap();
        let mut stream = listening(&house.login(role).await).await;
        silently(&house, taken).await;
        let mut events = 0;
        while stream.next().await.is_some() {
            events += 1;
            assert!(events < 100, "the page of {role} goes on");
        }
    }
}

#[test]
fn no_setting_lets_an_open_page_outlive_a_permission_by_more_than_a_minute() {
    assert!(app::limits::SESSION_RECHECK <= Duration::from_secs(60));
}
