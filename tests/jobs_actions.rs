//! What administrators do to jobs, one and many: it fits the job's state, asks why where it must, is written down, and
//! can be undone.

use chrono::{TimeDelta, Utc};
use models::audit::Actor;
use models::jobs::actions::{Change, Deed};
use models::jobs::{Run, State, undo};
use sqlx::PgPool;
use tests::support::shop::{ask, order_bom};
use tests::{Answer, House, Person};
use uuid::Uuid;

use crate::orders::book;

mod many;
mod races;
mod undoing;

/// So many jobs in this state, as workers would have left them.
pub async fn jobs(db: &PgPool, state: State, count: i64) -> Vec<Run> {
    let mut runs = Vec::new();
    for number in 1..=count {
        let run = ask(db, order_bom(900_000 + number)).await;
        sqlx::query(
            "update jobs set state = $2, attempt = 5, error_count = case when $2 = 'dead' then 5 else 0 end,
                 error_class = case when $2 = 'dead' then 'timeout' end,
                 error_text = case when $2 = 'dead' then 'The file store did not answer in 30 s.' end,
                 error_group = case when $2 = 'dead' then 'group' end,
                 finished_at = case when $2 in ('dead', 'done', 'cancelled') then now() end
             where id = $1 and $2 <> 'queued'",
        )
        .bind(run.id)
        .bind(state.word())
        .execute(db)
        .await
        .unwrap();
        runs.push(Run::find(db, run.id).await.unwrap());
    }
    runs
}

/// The demo catalogue, so that BOMs can be made.
pub async fn catalogue(house: &House) {
    let mut tx = house.db.begin().await.unwrap();
    app::catalogue::demo::import(&mut tx, &Actor::system()).await.unwrap();
    tx.commit().await.unwrap();
}

/// One job of a real build, so that its kind lets it run again.
pub async fn dead_job_of_a_build(house: &House) -> Run {
    let order = book::entered(house, "PO-1", &["20415"]).await;
    let run = book::job_of(&house.db, &order).await;
    let kill = "update jobs set state = 'dead', attempt = 5, error_count = 5, error_class = 'timeout',
        error_text = 'The file store did not answer.', finished_at = now() where id = $1";
    sqlx::query(kill).bind(run.id).execute(&house.db).await.unwrap();
    Run::find(&house.db, run.id).await.unwrap()
}

pub async fn state(db: &PgPool, id: Uuid) -> State {
    Run::find(db, id).await.unwrap().state
}

pub async fn post(person: &Person, run: &Run, action: &str, fields: &[(&str, &str)]) -> Answer {
    person.post(&format!("/jobs/{}/{action}", run.id), fields).await
}

#[tokio::test]
async fn a_dead_job_is_retried_with_all_its_tries_and_its_lock() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    catalogue(&house).await;
    let run = dead_job_of_a_build(&house).await;

    let answer = post(&boss, &run, "retry", &[]).await;

    answer.assert_status(303);
    assert_eq!(answer.location(), format!("/jobs/{}", run.id));
    boss.get(answer.location()).await.assert_ok().assert_shows("1 job retried.").assert_shows("Undo");
    boss.get(answer.location()).await.assert_hides("1 job retried.");
    let again = Run::find(&house.db, run.id).await.unwrap();
    assert_eq!((again.state, again.attempt, again.error_count), (State::Retry, 5, 0));
    assert_eq!(ask(&house.db, order_bom(run.build_id.unwrap())).await.id, run.id);
    house.work().await;
    let done = Run::find(&house.db, run.id).await.unwrap();
    assert_eq!((done.state, done.attempt), (State::Done, 6));
}

#[tokio::test]
async fn the_same_form_sent_twice_acts_once() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let run = dead_job_of_a_build(&house).await;
    let key = Uuid::now_v7().to_string();

    for _ in 0..2 {
        post(&boss, &run, "retry", &[("key", &key)]).await.assert_status(303);
    }

    assert_eq!(book::count(&house.db, "job_actions").await, 1);
    assert_eq!(book::count(&house.db, "audit_log where noun = 'jobs' and action = 'retried'").await, 1);
}

#[tokio::test]
async fn htmx_is_led_to_the_same_place() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let run = dead_job_of_a_build(&house).await;

    let answer = boss.post_fragment(&format!("/jobs/{}/retry", run.id), &[]).await;

    answer.assert_ok();
    assert!(answer.header("hx-location").unwrap().contains(&format!("/jobs/{}", run.id)));
}

#[tokio::test]
async fn a_job_whose_twin_still_lives_is_not_retried_beside_it() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let run = dead_job_of_a_build(&house).await;
    let twin = ask(&house.db, order_bom(run.build_id.unwrap())).await;

    let answer = post(&boss, &run, "retry", &[]).await;

    let short = &twin.id.simple().to_string()[24..];
    answer.assert_status(409).assert_shows(&format!("Job {short} does the same and is not over yet."));
    assert_eq!(state(&house.db, run.id).await, State::Dead);
}

#[tokio::test]
async fn a_dead_job_of_a_cancelled_build_is_refused_with_the_reason() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let run = dead_job_of_a_build(&house).await;
    book::set(&house.db, "update builds set stage = 'cancelled'").await;

    let answer = post(&boss, &run, "retry", &[]).await;

    answer.assert_status(409).assert_shows("Build 20415 is cancelled.");
    assert_eq!(state(&house.db, run.id).await, State::Dead);
    assert_eq!(book::count(&house.db, "job_actions").await, 0);
}

#[tokio::test]
async fn an_action_that_does_not_fit_the_state_is_refused_and_changes_nothing() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let done = jobs(&house.db, State::Done, 1).await.remove(0);

    for action in ["retry", "cancel", "discard", "run-now", "put-back"] {
        let answer = post(&boss, &done, action, &[("reason", "a test")]).await;
        answer.assert_status(409).assert_shows("It is done.");
    }
    let soon = (Utc::now() + TimeDelta::hours(8)).format("%Y-%m-%dT%H:%M").to_string();
    post(&boss, &done, "reschedule", &[("at", &soon)]).await.assert_status(409);
    post(&boss, &done, "priority", &[("priority", "-10")]).await.assert_status(409);
    assert_eq!(state(&house.db, done.id).await, State::Done);

    boss.post(&format!("/jobs/{}/retry", Uuid::now_v7()), &[]).await.assert_status(404);
    boss.post("/jobs/nonsense/retry", &[]).await.assert_status(404);
    boss.post(&format!("/jobs/{}/explode", done.id), &[]).await.assert_status(404);
}

#[tokio::test]
async fn a_running_job_is_asked_to_stop_once() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let running = jobs(&house.db, State::Running, 1).await.remove(0);

    post(&boss, &running, "cancel", &[]).await.assert_status(303);
    let asked = Run::find(&house.db, running.id).await.unwrap();
    assert_eq!((asked.state, asked.cancel_requested), (State::Running, true));

    post(&boss, &running, "cancel", &[]).await.assert_status(409).assert_shows("asked to stop already");
}

#[tokio::test]
async fn discarding_and_cancelling_what_an_order_waits_for_ask_why() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let order = book::entered(&house, "PO-1", &["20415"]).await;
    let run = book::job_of(&house.db, &order).await;

    for action in ["discard", "cancel"] {
        let answer = post(&boss, &run, action, &[("reason", "  ")]).await;
        answer.assert_status(422).assert_shows("Say why in a few words.");
    }
    let long = "x".repeat(501);
    let answer = post(&boss, &run, "discard", &[("reason", &long)]).await;
    answer.assert_status(422).assert_shows("The reason has 501 characters. It takes at most 500.");
    assert!(answer.body.contains(&long), "what was typed is kept");
    assert_eq!(state(&house.db, run.id).await, State::Queued);

    post(&boss, &run, "cancel", &[("reason", "The hospital called")]).await.assert_status(303);
    assert_eq!(state(&house.db, run.id).await, State::Cancelled);
    let kept = "audit_log where noun = 'jobs' and action = 'cancelled' and reason = 'The hospital called'
        and before ->> 'state' = 'queued' and after ->> 'state' = 'cancelled'";
    assert_eq!(book::count(&house.db, kept).await, 1);
}

#[tokio::test]
async fn a_waiting_job_gets_another_time_and_priority_within_bounds() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let run = jobs(&house.db, State::Queued, 1).await.remove(0);
    let at = |days: i64| models::site::local(Utc::now() + TimeDelta::days(days)).format("%Y-%m-%dT%H:%M").to_string();

    for (typed, sentence) in [
        ("never", "“never” is no time."),
        (at(-2).as_str(), "This time is over."),
        (at(700).as_str(), "more than a year away"),
    ] {
        let refused = post(&boss, &run, "reschedule", &[("at", typed)]).await;
        refused.assert_status(422).assert_shows(sentence);
        assert!(refused.body.contains(&format!("value=\"{typed}\"")), "what was typed is kept");
    }
    post(&boss, &run, "reschedule", &[("at", &at(3))]).await.assert_status(303);
    let later = Run::find(&house.db, run.id).await.unwrap();
    assert!(later.run_at > Utc::now() + TimeDelta::days(2), "{}", later.run_at);

    post(&boss, &run, "run-now", &[]).await.assert_status(303);
    assert!(Run::find(&house.db, run.id).await.unwrap().run_at <= Utc::now());
    post(&boss, &run, "run-now", &[]).await.assert_status(409).assert_shows("It is due already");

    for typed in ["", "urgent", "-11", "1.5", "99999999999"] {
        post(&boss, &run, "priority", &[("priority", typed)]).await.assert_status(422).assert_shows("is no priority");
    }
    post(&boss, &run, "priority", &[("priority", "-10")]).await.assert_status(303);
    assert_eq!(Run::find(&house.db, run.id).await.unwrap().priority, -10);
}

#[tokio::test]
async fn a_job_is_run_again_with_other_arguments_and_the_wrong_one_is_named() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let order = book::entered(&house, "PO-1", &["20415", "20416"]).await;
    house.work().await;
    let runs = Run::of_order(&house.db, order.id).await.unwrap();
    let (run, other) = (&runs[0], runs[1].build_id.unwrap().to_string());
    boss.get(&format!("/jobs/{}/copy", run.id)).await.assert_ok().assert_shows("build_id").assert_shows("Number");

    for (typed, sentence) in [
        ("seven", "“seven” is no number."),
        ("", "is no number."),
        ("1.5", "“1.5” can't be used here"),
        ("99999999999999999999", "can't be used here"),
        ("4711000", "There is no build with the id 4711000."),
    ] {
        let fields = [("argument-build_id", typed), ("reason", "a test")];
        let refused = post(&boss, run, "copy", &fields).await;
        refused.assert_status(422).assert_shows(sentence);
        assert!(refused.body.contains(&format!("value=\"{typed}\"")), "{typed} is kept");
    }
    let refused = post(&boss, run, "copy", &[("argument-build_id", &other)]).await;
    refused.assert_status(422).assert_shows("Say why");

    let made = post(&boss, run, "copy", &[("argument-build_id", &other), ("reason", "The wrong build")]).await;
    made.assert_status(303);
    let copy = Run::find(&house.db, made.location().rsplit('/').next().unwrap().parse().unwrap()).await.unwrap();
    assert_eq!((copy.copy_of, copy.build_id, copy.order_id), (Some(run.id), runs[1].build_id, Some(order.id)));
    boss.get(made.location()).await.assert_ok().assert_shows("as a copy of");
    boss.get(&format!("/jobs/{}", run.id)).await.assert_shows("Run again with other arguments as job");

    let twice = post(&boss, run, "copy", &[("argument-build_id", &other), ("reason", "Once more")]).await;
    twice.assert_status(422).assert_shows("does the same and is not over yet");
}

#[tokio::test]
async fn those_who_only_watch_change_nothing_even_when_they_send_the_form() {
    let house = House::open().await;
    let dead = jobs(&house.db, State::Dead, 1).await.remove(0);
    let boss = house.login("administrator").await;
    post(&boss, &dead, "discard", &[("reason", "a test")]).await.assert_status(303);
    let action: Uuid = sqlx::query_scalar("select id from job_actions").fetch_one(&house.db).await.unwrap();

    for role in ["coordinator", "procurement", "qc", "assembler", "service"] {
        let person = house.login(role).await;
        for action in ["retry", "cancel", "discard", "run-now", "reschedule", "priority", "copy", "put-back"] {
            post(&person, &dead, action, &[("reason", "a test")]).await.assert_status(403);
        }
        let id = dead.id.to_string();
        person.post("/jobs/selections", &[("action", "put_back"), ("ids", &id)]).await.assert_status(403);
        person.post(&format!("/jobs/actions/{action}/undo"), &[]).await.assert_status(403);
        let sees = matches!(role, "coordinator" | "procurement");
        let page = person.get("/jobs/bin").await;
        page.assert_status(if sees { 200 } else { 403 }).assert_hides("Put chosen jobs back");
    }
    assert_eq!(state(&house.db, dead.id).await, State::Discarded);
    assert_eq!(house.stranger().get("/jobs/bin").await.location(), "/login?next=/jobs/bin");
}

#[tokio::test]
async fn the_answer_leads_back_to_the_list_it_came_from_and_to_no_other_site() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let runs = jobs(&house.db, State::Queued, 2).await;

    let back = post(&boss, &runs[0], "priority", &[("priority", "10"), ("address", "/jobs/list?state=queued")]).await;
    assert_eq!(back.location(), "/jobs/list?state=queued");
    let away = post(&boss, &runs[1], "priority", &[("priority", "10"), ("address", "//evil.example/")]).await;
    assert!(away.location().starts_with('/') && !away.location().starts_with("//"), "{}", away.location());
}

/// Performs a change below the pages, as two administrators at once would.
pub async fn change(db: &PgPool, actor: &Actor, id: Uuid, change: Change) -> Option<String> {
    let deed = Deed { key: Uuid::now_v7(), actor, reason: "a test", address: "" };
    let mut tx = db.begin().await.unwrap();
    let outcome = deed.hold(&mut tx, change, &[id], None).await.unwrap().apply(&mut tx, &deed).await.unwrap();
    tx.commit().await.unwrap();
    outcome.left.into_iter().next().map(|left| left.why)
}

pub async fn undone(db: &PgPool, actor: &Actor, id: Uuid) -> usize {
    let mut tx = db.begin().await.unwrap();
    let outcome = undo::undo(&mut tx, actor, id).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    outcome.done.len()
}
