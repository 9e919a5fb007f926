//! Many at once: exactly what was seen, with the count typed, and nothing that moved since.

use super::{jobs, state};
use crate::orders::book;
use models::jobs::{Run, State};
use tests::support::shop::{ask, order_bom};
use tests::{Answer, House, Person};

/// Sends the ticked boxes and stands before the question.
pub async fn choose(person: &Person, action: &str, runs: &[Run], address: &str) -> String {
    let ids: Vec<String> = runs.iter().map(|run| run.id.to_string()).collect();
    let mut fields = vec![("action", action), ("address", address)];
    fields.extend(ids.iter().map(|id| ("ids", id.as_str())));
    let answer = person.post("/jobs/selections", &fields).await;
    answer.assert_status(303);
    answer.location().to_owned()
}

async fn confirm(person: &Person, path: &str, fields: &[(&str, &str)]) -> Answer {
    person.post(path, fields).await
}

#[tokio::test]
async fn many_jobs_are_discarded_after_their_number_is_typed() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let runs = jobs(&house.db, State::Dead, 60).await;
    let list = "/jobs/list?state=dead";
    let path = choose(&boss, "discard", &runs, list).await;

    let question = boss.get(&path).await;
    question
        .assert_ok()
        .assert_shows("Discard 60 jobs?")
        .assert_shows("60 × Generate BOM, given up")
        .assert_shows("The first 10");
    let refused = confirm(&boss, &path, &[("reason", "Tests of Monday"), ("count", "59")]).await;
    refused.assert_status(422).assert_shows("“59” is not the number of jobs you chose. It is 60.");
    assert!(refused.body.contains("value=\"59\"") && refused.body.contains("value=\"Tests of Monday\""));
    confirm(&boss, &path, &[("count", "60")]).await.assert_status(422).assert_shows("Say why");
    assert_eq!(book::count(&house.db, "jobs where state = 'discarded'").await, 0);

    let done = confirm(&boss, &path, &[("reason", "Tests of Monday"), ("count", "60")]).await;
    done.assert_status(303);
    assert_eq!(done.location(), list);
    assert_eq!(book::count(&house.db, "jobs where state = 'discarded'").await, 60);
    assert_eq!(book::count(&house.db, "audit_log where noun = 'jobs' and action = 'discarded'").await, 60);
    boss.get("/jobs/bin").await.assert_shows("60 jobs discarded.").assert_shows("Undo").assert_shows("Tests of Monday");

    let again = confirm(&boss, &path, &[("reason", "Tests of Monday"), ("count", "60")]).await;
    again.assert_status(303);
    assert!(again.location().starts_with("/jobs/actions/"), "{}", again.location());
    assert_eq!(book::count(&house.db, "job_actions").await, 1);
}

#[tokio::test]
async fn a_job_that_fails_between_the_look_and_the_click_survives() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let seen = jobs(&house.db, State::Dead, 3).await;
    let path = choose(&boss, "discard", &seen, "/jobs/list?state=dead").await;
    boss.get(&path).await.assert_shows("Discard 3 jobs?");

    let late = ask(&house.db, order_bom(7)).await;
    book::set(&house.db, &format!("update jobs set state = 'dead' where id = '{}'", late.id)).await;
    let moved = "update jobs set state = 'retry', updated_at = now() where id = '{}'";
    book::set(&house.db, &moved.replace("{}", &seen[0].id.to_string())).await;
    confirm(&boss, &path, &[("reason", "Tests of Monday")]).await.assert_status(303);

    assert_eq!(state(&house.db, late.id).await, State::Dead);
    assert_eq!(state(&house.db, seen[0].id).await, State::Retry);
    assert_eq!(state(&house.db, seen[1].id).await, State::Discarded);
    let page = boss.get("/jobs/bin").await;
    page.assert_shows("2 jobs discarded. 1 was left alone.");
    let id: uuid::Uuid = sqlx::query_scalar("select id from job_actions").fetch_one(&house.db).await.unwrap();
    let page = boss.get(&format!("/jobs/actions/{id}")).await;
    page.assert_ok().assert_shows("It has changed since you looked: it is waiting for its next try now.");
}

#[tokio::test]
async fn all_that_a_filter_found_are_taken_and_none_that_failed_later() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    jobs(&house.db, State::Dead, 3).await;
    jobs(&house.db, State::Cancelled, 1).await;
    let as_of: chrono::DateTime<chrono::Utc> = sqlx::query_scalar("select now()").fetch_one(&house.db).await.unwrap();
    let as_of = as_of.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let late = ask(&house.db, order_bom(7)).await;
    book::set(&house.db, &format!("update jobs set state = 'dead', updated_at = now() where id = '{}'", late.id)).await;
    let asked = |filter, as_of| [("action", "discard"), ("all", "1"), ("filter", filter), ("as_of", as_of)];

    let chosen = boss.post("/jobs/selections", &asked("state=dead", as_of.as_str())).await;
    chosen.assert_status(303);
    boss.get(chosen.location()).await.assert_shows("Discard 3 jobs?");
    confirm(&boss, chosen.location(), &[("reason", "a test")]).await.assert_status(303);

    assert_eq!(state(&house.db, late.id).await, State::Dead);
    assert_eq!(book::count(&house.db, "jobs where state = 'discarded'").await, 3);
    boss.post("/jobs/selections", &asked("state=broken", as_of.as_str())).await.assert_status(422);
    boss.post("/jobs/selections", &asked("state=dead", "yesterday"))
        .await
        .assert_status(422)
        .assert_shows("“yesterday” is no time");
}

#[tokio::test]
async fn what_cant_be_done_is_said_before_anybody_confirms() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let mut runs = jobs(&house.db, State::Dead, 2).await;
    runs.extend(jobs(&house.db, State::Done, 1).await);
    let path = choose(&boss, "discard", &runs, "/jobs/list").await;

    let question = boss.get(&path).await;
    question.assert_shows("Discard 2 jobs?").assert_shows("1 job stays as it is").assert_shows("It is done.");

    let none = choose(&boss, "retry", &runs[2..], "/jobs/list").await;
    boss.get(&none).await.assert_ok().assert_shows("This can't be done to any of the 1 job that you chose.");
    confirm(&boss, &none, &[("reason", "a test")]).await.assert_status(409);
}

#[tokio::test]
async fn an_empty_or_unreadable_choice_is_refused_by_name() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let none = boss.post("/jobs/selections", &[("action", "discard")]).await;
    none.assert_status(422).assert_shows("No job was chosen.");
    let odd = boss.post("/jobs/selections", &[("action", "explode"), ("ids", "x")]).await;
    odd.assert_status(422).assert_shows("“explode” can't be done to jobs.");
    let odd = boss.post("/jobs/selections", &[("action", "retry"), ("ids", "x")]).await;
    odd.assert_status(422).assert_shows("“x” is no job.");
    let copies = boss.post("/jobs/selections", &[("action", "copy"), ("ids", "x")]).await;
    copies.assert_status(422);
}

#[tokio::test]
async fn a_choice_belongs_to_who_made_it() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let runs = jobs(&house.db, State::Dead, 1).await;
    let path = choose(&boss, "discard", &runs, "/jobs/list").await;
    book::set(&house.db, "update users set role = 'administrator' where role = 'procurement'").await;
    let other = house.login("procurement").await;
    book::set(&house.db, "update users set role = 'administrator' where email like 'procurement%'").await;

    other.get(&path).await.assert_status(404);
    confirm(&other, &path, &[("reason", "a test")]).await.assert_status(404);
    assert_eq!(state(&house.db, runs[0].id).await, State::Dead);
}

#[tokio::test]
async fn ten_thousand_jobs_are_changed_at_once_and_no_more() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let many = "insert into jobs (id, kind, payload, state) select gen_random_uuid(), 'generate_bom',
        jsonb_build_object('kind', 'generate_bom', 'build_id', n), 'dead' from generate_series(1, 10001) n";
    book::set(&house.db, many).await;
    let ids: Vec<uuid::Uuid> = sqlx::query_scalar("select id from jobs").fetch_all(&house.db).await.unwrap();
    let user = house.account("administrator").await;
    let mut tx = house.db.begin().await.unwrap();
    let action = models::jobs::actions::Action::Discard;
    let refused = models::jobs::selections::Selection::make(&mut tx, user.id, action, &ids, "/jobs/list").await;
    assert!(refused.unwrap_err().to_string().contains("more than 10000 jobs"));
    let made = models::jobs::selections::Selection::make(&mut tx, user.id, action, &ids[1..], "/jobs/list").await;
    tx.commit().await.unwrap();
    let path = format!("/jobs/selections/{}", made.unwrap());

    boss.get(&path).await.assert_shows("Discard 10000 jobs?");
    confirm(&boss, &path, &[("reason", "a test"), ("count", "10000")]).await.assert_status(303);

    assert_eq!(book::count(&house.db, "jobs where state = 'discarded'").await, 10_000);
    assert_eq!(book::count(&house.db, "jobs where state = 'dead'").await, 1);
}
