//! The way back: every job as it was, unless it has moved on.

use super::many::choose;
use super::{catalogue, change, jobs, post, state, undone};
use crate::orders::book;
use models::audit::Actor;
use models::jobs::actions::{Change, Image};
use models::jobs::{Run, State};
use tests::support::shop::{ask, order_bom};
use tests::{House, Person};
use uuid::Uuid;

async fn last_action(house: &House) -> Uuid {
    let last = "select id from job_actions order by created_at desc limit 1";
    sqlx::query_scalar(last).fetch_one(&house.db).await.unwrap()
}

async fn undo(house: &House, person: &Person) -> tests::Answer {
    person.post(&format!("/jobs/actions/{}/undo", last_action(house).await), &[]).await
}

async fn images(house: &House, runs: &[Run]) -> Vec<Image> {
    let mut images = Vec::new();
    for run in runs {
        images.push(Image::of(&Run::find(&house.db, run.id).await.unwrap()));
    }
    images
}

#[tokio::test]
async fn sixty_discarded_jobs_are_all_back_in_the_same_state() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let mut runs = jobs(&house.db, State::Dead, 30).await;
    runs.extend(jobs(&house.db, State::Cancelled, 15).await);
    runs.extend(jobs(&house.db, State::Queued, 15).await);
    book::set(&house.db, "update jobs set priority = 3, run_at = now() + interval '1 hour' where state = 'queued'")
        .await;
    let before = images(&house, &runs).await;
    let list = "/jobs/list?kind=generate_bom";
    let path = choose(&boss, "discard", &runs, list).await;
    boss.post(&path, &[("reason", "a test"), ("count", "60")]).await.assert_status(303);
    assert_eq!(book::count(&house.db, "jobs where state = 'discarded'").await, 60);

    let answer = undo(&house, &boss).await;

    assert_eq!(answer.location(), list);
    assert_eq!(images(&house, &runs).await, before);
    boss.get("/jobs/actions").await.assert_shows("60 jobs are as they were.").assert_shows("by Administrator");
    let twice = undo(&house, &boss).await;
    assert!(twice.location().starts_with("/jobs/actions/"));
    assert_eq!(book::count(&house.db, "audit_log where action = 'undid: discarded'").await, 60);
}

#[tokio::test]
async fn each_action_on_a_waiting_or_dead_job_can_be_undone() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let actor = Actor::from(&house.account("administrator").await);
    for (was, doing) in [
        (State::Dead, Change::Retry),
        (State::Cancelled, Change::Retry),
        (State::Queued, Change::Cancel),
        (State::Queued, Change::Discard),
        (State::Queued, Change::Prioritise(-10)),
        (State::Queued, Change::Reschedule(chrono::Utc::now() + chrono::TimeDelta::days(2))),
    ] {
        let run = jobs(&house.db, was, 1).await.remove(0);
        assert_eq!(change(&house.db, &actor, run.id, doing).await, None, "{doing:?}");
        assert_ne!(Image::of(&Run::find(&house.db, run.id).await.unwrap()), Image::of(&run), "{doing:?}");

        assert_eq!(undone(&house.db, &actor, last_action(&house).await).await, 1, "{doing:?}");

        assert_eq!(Image::of(&Run::find(&house.db, run.id).await.unwrap()), Image::of(&run), "{doing:?}");
        book::set(&house.db, "delete from job_locks; update jobs set state = 'done'").await;
    }
    boss.get("/jobs/actions")
        .await
        .assert_ok()
        .assert_shows("1 job retried")
        .assert_shows("Priority of 1 job changed to Urgent");
}

#[tokio::test]
async fn an_undo_leaves_alone_what_has_moved_on_and_names_it() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let runs = jobs(&house.db, State::Dead, 2).await;
    let path = choose(&boss, "discard", &runs, "/jobs/list").await;
    boss.post(&path, &[("reason", "a test")]).await.assert_status(303);
    let first = last_action(&house).await;
    post(&boss, &runs[0], "put-back", &[]).await.assert_status(303);

    let answer = boss.post(&format!("/jobs/actions/{first}/undo"), &[]).await;

    assert_eq!(answer.location(), format!("/jobs/actions/{first}"));
    let page = boss.get(answer.location()).await;
    page.assert_shows("1 job is as it was. 1 was left alone.")
        .assert_shows("It has moved on since: it is given up now.");
    assert_eq!(state(&house.db, runs[1].id).await, State::Dead);
}

#[tokio::test]
async fn a_waiting_job_whose_twin_was_asked_for_meanwhile_stays_in_the_bin() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let run = ask(&house.db, order_bom(7)).await;
    post(&boss, &run, "discard", &[("reason", "a test")]).await.assert_status(303);
    let twin = ask(&house.db, order_bom(7)).await;
    assert_ne!(twin.id, run.id);

    undo(&house, &boss).await.assert_status(303);
    assert_eq!(state(&house.db, run.id).await, State::Discarded);

    let back = post(&boss, &run, "put-back", &[]).await;
    back.assert_status(409).assert_shows("does the same and is not over yet");
}

#[tokio::test]
async fn a_job_put_back_from_the_bin_is_what_it_was() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let run = jobs(&house.db, State::Dead, 1).await.remove(0);
    post(&boss, &run, "discard", &[("reason", "Wrong button")]).await.assert_status(303);
    let bin = boss.get("/jobs/bin").await;
    bin.assert_ok().assert_shows("Wrong button").assert_shows("Given up").assert_shows("more days");
    boss.get("/jobs/bin?text=900001").await.assert_shows("Wrong button");
    boss.get("/jobs/bin?text=100%25").await.assert_shows("No discarded job matches “100%”.");

    let path = choose(&boss, "put_back", std::slice::from_ref(&run), "/jobs/bin").await;
    boss.post(&path, &[("reason", "It was the wrong button")]).await.assert_status(303);

    assert_eq!(Image::of(&Run::find(&house.db, run.id).await.unwrap()), Image::of(&run));
    boss.get("/jobs/bin").await.assert_shows("The bin is empty.").assert_shows("1 job put back.");
}

#[tokio::test]
async fn a_copy_that_is_undone_goes_into_the_bin() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    catalogue(&house).await;
    let order = book::entered(&house, "PO-1", &["20415"]).await;
    house.work().await;
    let run = book::job_of(&house.db, &order).await;
    let build = run.build_id.unwrap().to_string();
    let made = post(&boss, &run, "copy", &[("argument-build_id", &build), ("reason", "a test")]).await;
    let copy: Uuid = made.location().rsplit('/').next().unwrap().parse().unwrap();

    undo(&house, &boss).await.assert_status(303);

    assert_eq!(state(&house.db, copy).await, State::Discarded);
    assert_eq!(state(&house.db, run.id).await, State::Done);
}
