//! What an open page is told, and what it is not.

use models::audit::announce;

use tests::House;

async fn change(house: &House, noun: &str, id: &str) {
    let mut tx = house.db.begin().await.unwrap();
    announce(&mut tx, noun, id).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_change_reaches_every_open_page_as_its_noun_and_number() {
    let house = House::open().await;
    let (coordinator, qc) = (house.login("coordinator").await, house.login("qc").await);
    let mut one = coordinator.listen("/events", None).await;
    let mut other = qc.listen("/events", None).await;
    assert_eq!(one.next().await.unwrap().name, "hello");

    change(&house, "orders", "TOR-2026-0042").await;

    assert_eq!(one.next_called("orders:TOR-2026-0042").await.data, "1");
    other.next_called("orders:TOR-2026-0042").await;
}

#[tokio::test]
async fn a_change_that_is_undone_is_told_to_nobody() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    let mut stream = person.listen("/events", None).await;
    stream.next_called("hello").await;

    let mut tx = house.db.begin().await.unwrap();
    announce(&mut tx, "orders", "TOR-2026-0001").await.unwrap();
    tx.rollback().await.unwrap();
    change(&house, "orders", "TOR-2026-0002").await;

    let mut told = stream.next().await.unwrap();
    while told.name.starts_with("users:") {
        told = stream.next().await.unwrap();
    }
    assert_eq!(told.name, "orders:TOR-2026-0002");
}

#[tokio::test]
async fn the_service_department_hears_of_the_catalogue_but_not_of_orders() {
    let house = House::open().await;
    let person = house.login("service").await;
    let mut stream = person.listen("/events", None).await;
    stream.next_called("hello").await;

    for (noun, id) in
        [("orders", "TOR-2026-0042"), ("build", "1"), ("boms", "1"), ("job", "7"), ("users", "1"), ("catalogue", "3")]
    {
        change(&house, noun, id).await;
    }

    assert_eq!(stream.next().await.unwrap().name, "catalogue:3");
}

#[tokio::test]
async fn only_administrators_hear_of_accounts() {
    let house = House::open().await;
    let (coordinator, administrator) = (house.login("coordinator").await, house.login("administrator").await);
    let mut hers = coordinator.listen("/events", None).await;
    let mut theirs = administrator.listen("/events", None).await;
    hers.next_called("hello").await;

    change(&house, "users", "999").await;
    change(&house, "orders", "TOR-1").await;

    theirs.next_called("users:999").await;
    assert_eq!(hers.next().await.unwrap().name, "orders:TOR-1");
}

#[tokio::test]
async fn a_page_that_comes_back_is_told_what_it_missed() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    let mut stream = person.listen("/events", None).await;
    change(&house, "orders", "TOR-1").await;
    let seen = stream.next_called("orders:TOR-1").await.id;
    drop(stream);
    let mut witness = house.login("qc").await.listen("/events", None).await;
    change(&house, "orders", "TOR-2").await;
    witness.next_called("orders:TOR-2").await;

    let mut back = person.listen("/events", Some(&seen)).await;
    back.next_called("hello").await;
    assert_ne!(back.next_called("orders:TOR-2").await.id, seen);

    let mut elsewhere = person.listen("/events", Some("anotherprocess-7")).await;
    elsewhere.next_called("hello").await;
    assert_eq!(elsewhere.next().await.unwrap().name, "resync");
}

#[tokio::test]
async fn a_page_that_connects_just_after_a_change_still_hears_of_it() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    let mut witness = person.listen("/events", None).await;
    change(&house, "orders", "TOR-9").await;
    witness.next_called("orders:TOR-9").await;

    let mut late = person.listen("/events", None).await;

    late.next_called("orders:TOR-9").await;
}

#[tokio::test]
async fn pages_fetch_everything_again_after_the_database_was_away() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    let mut stream = person.listen("/events", None).await;
    change(&house, "orders", "TOR-1").await;
    stream.next_called("orders:TOR-1").await;

    sqlx::query("select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%' and datname = current_database()")
        .execute(&house.db)
        .await
        .unwrap();

    stream.next_called("resync").await;
    change(&house, "orders", "TOR-2").await;
    stream.next_called("orders:TOR-2").await;
}

#[tokio::test]
async fn a_stranger_gets_no_stream_and_no_log_in_page_in_it() {
    let house = House::open().await;

    let answer = house.stranger().get_fragment("/events").await;

    answer.assert_status(401);
    assert!(answer.header("location").is_none() && answer.header("hx-redirect").is_none());
    assert!(!answer.body.contains('<'), "{}", answer.body);
}

#[tokio::test]
async fn the_oldest_of_too_many_windows_makes_room_for_the_newest() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    let mut oldest = person.listen("/events", None).await;
    let mut open = Vec::new();
    for _ in 0..app::limits::STREAMS_PER_SESSION {
        let mut window = person.listen("/events", None).await;
        window.next_called("hello").await;
        open.push(window);
    }

    while oldest.next().await.is_some() {}
    assert_eq!(house.app.live.open_streams(), app::limits::STREAMS_PER_SESSION);
}

#[tokio::test]
async fn streams_end_when_the_process_is_told_to_stop() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    let mut stream = person.listen("/events", None).await;
    stream.next_called("hello").await;

    house.app.stopping.cancel();

    while let Some(event) = stream.next().await {
        assert_ne!(event.name, "hello");
    }
    house.stranger().get("/readyz").await.assert_status(503);
}

#[tokio::test]
async fn every_open_page_hears_of_every_change_beside_one_that_never_reads() {
    let house = House::open().await;
    let mut pages = Vec::new();
    for role in ["coordinator", "qc", "procurement", "administrator"] {
        let person = house.login(role).await;
        for _ in 0..app::limits::STREAMS_PER_SESSION {
            let mut page = person.listen("/events", None).await;
            page.next_called("hello").await;
            pages.push(page);
        }
    }
    let mut deaf = house.login("coordinator").await.listen("/events", None).await;
    deaf.next_called("hello").await;
    let changes = app::limits::STREAM_BACKLOG + 50;

    for number in 0..changes {
        change(&house, "orders", &format!("TOR-{number}")).await;
        for page in &mut pages {
            page.next_called(&format!("orders:TOR-{number}")).await;
        }
    }

    let mut found = deaf.next().await.unwrap();
    while found.name.starts_with("users:") {
        found = deaf.next().await.unwrap();
    }
    assert_eq!(found.name, "resync", "it is told to fetch everything when it reads again");
}

#[tokio::test]
async fn a_flood_of_changes_tells_a_page_once_to_fetch_everything() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    let mut page = person.listen("/events", None).await;
    page.next_called("hello").await;

    let mut tx = house.db.begin().await.unwrap();
    for number in 0..10_000 {
        announce(&mut tx, "orders", &format!("FLOOD-{number}")).await.unwrap();
    }
    tx.commit().await.unwrap();

    page.next_called("resync").await;
    change(&house, "orders", "TOR-LAST").await;
    let mut told_again = 0;
    loop {
        match page.next().await.unwrap().name.as_str() {
            "orders:TOR-LAST" => break,
            "resync" => told_again += 1,
            _ => {}
        }
    }
    assert!(told_again < 5, "told {told_again} times");
}
