//! The pages of schedules: read by those who may see jobs, steered by administrators, every change audited.

use models::jobs::Schedule;
use serde_json::{Value, json};
use tests::House;

const NIGHTLY: &str = "/jobs/schedules/replay_golden";

#[tokio::test]
async fn schedules_say_in_words_when_they_run_and_procurement_only_reads_them() {
    let house = house().await;
    let (administrator, procurement) = (house.login("administrator").await, house.login("procurement").await);

    let list = administrator.get("/jobs/schedules").await;
    list.assert_ok().assert_shows("Replay known BOMs").assert_shows("Every day at 02:50").assert_shows("Run now");
    administrator.get(NIGHTLY).await.assert_ok().assert_shows("Next times").assert_shows("It has not run yet.");

    procurement.get("/jobs/schedules").await.assert_ok().assert_shows("Every day at 02:50").assert_hides("Run now");
    procurement.get(NIGHTLY).await.assert_ok().assert_hides("Pause schedule").assert_hides("Save schedule");
    for change in ["", "/run", "/pause", "/resume"] {
        procurement.post(&format!("{NIGHTLY}{change}"), &[("pause_reason", "x")]).await.assert_status(403);
    }
    house.login("qc").await.get("/jobs/schedules").await.assert_status(403);
    administrator.get("/jobs/schedules/no_such_one").await.assert_status(404);
    administrator.get("/jobs/schedules/a%00b").await.assert_status(404);
}

#[tokio::test]
async fn a_schedule_that_is_run_now_twice_runs_once_for_who_asked() {
    let house = house().await;
    let administrator = house.login("administrator").await;

    administrator.post(&format!("{NIGHTLY}/run"), &[]).await.assert_status(303);
    administrator.post(&format!("{NIGHTLY}/run"), &[]).await.assert_status(303);

    let asked: Vec<(Option<i64>, String)> =
        sqlx::query_as("select requested_by, queue from jobs where schedule = 'replay_golden'")
            .fetch_all(&house.db)
            .await
            .unwrap();
    let who = house.account("administrator").await.id;
    assert_eq!(asked, [(Some(who), "upkeep".into())]);
    assert_eq!(audited(&house).await, ["ran", "ran"]);
    administrator.get(NIGHTLY).await.assert_shows("by hand").assert_shows("Waiting");
}

#[tokio::test]
async fn a_schedule_is_paused_with_a_reason_that_everybody_reads() {
    let house = house().await;
    let administrator = house.login("administrator").await;

    let refused = administrator.post(&format!("{NIGHTLY}/pause"), &[("pause_reason", "  ")]).await;
    refused.assert_status(422).assert_shows("Say why the schedule is paused: others will read it.");
    administrator
        .post(&format!("{NIGHTLY}/pause"), &[("pause_reason", "Rules are being moved.")])
        .await
        .assert_status(303);
    administrator.post(&format!("{NIGHTLY}/pause"), &[("pause_reason", "Again")]).await.assert_status(409);

    let procurement = house.login("procurement").await;
    procurement.get("/jobs/schedules").await.assert_shows("Paused").assert_shows("Rules are being moved.");
    administrator.get(NIGHTLY).await.assert_shows("Paused by Administrator").assert_shows("Resume schedule");

    administrator.post(&format!("{NIGHTLY}/resume"), &[]).await.assert_status(303);
    administrator.post(&format!("{NIGHTLY}/resume"), &[]).await.assert_status(409);
    assert_eq!(audited(&house).await, ["paused", "resumed"]);
}

#[tokio::test]
async fn a_schedule_is_moved_to_a_time_that_exists_and_what_was_typed_stays() {
    let house = house().await;
    let administrator = house.login("administrator").await;
    let edit = async |pattern: &str, zone: &str, reason: &str, revision: &str| {
        let fields = [("pattern", pattern), ("time_zone", zone), ("reason", reason), ("revision", revision)];
        administrator.post(NIGHTLY, &fields).await
    };

    let wrong = edit("75 2 * * *", "Mars/Olympus", "", "1").await;
    wrong.assert_status(422).assert_shows("The minute is \"75\".").assert_shows("The time zone is \"Mars/Olympus\".");
    assert!(wrong.body.contains("value=\"75 2 * * *\""));
    edit("0 0 31 2 *", "UTC", "x", "1").await.assert_status(422).assert_shows("names no time within five years");
    edit("0 4 * * 1", "UTC", " ", "1").await.assert_status(422).assert_shows("Say why the schedule is changed");
    edit("0 4 * * 1", "UTC", "Later than the backup", "1").await.assert_status(303);
    edit("0 5 * * 1", "UTC", "Mine", "1").await.assert_status(409).assert_shows("Your change was not saved");

    let kept = Schedule::find(&house.db, "replay_golden").await.unwrap();
    assert_eq!((kept.pattern.as_str(), kept.time_zone.as_str(), kept.revision), ("0 4 * * 1", "UTC", 2));
    let (before, after, reason): (Value, Value, String) =
        sqlx::query_as("select before, after, reason from audit_log where noun = 'schedules'")
            .fetch_one(&house.db)
            .await
            .unwrap();
    assert_eq!(before, json!({"pattern": "50 2 * * *", "time_zone": "America/Toronto"}));
    assert_eq!(after, json!({"pattern": "0 4 * * 1", "time_zone": "UTC"}));
    assert_eq!(reason, "Later than the backup");
    administrator.get("/jobs/schedules").await.assert_shows("Mondays at 04:00, UTC");
}

#[tokio::test]
async fn the_next_times_are_shown_before_they_are_saved() {
    let house = house().await;
    let administrator = house.login("administrator").await;

    let typed = "pattern=30+7+1+1+*&time_zone=UTC";
    let part = administrator.get_fragment(&format!("{NIGHTLY}/preview?{typed}")).await;
    part.assert_ok().assert_shows("On day 1 of the month in January at 07:30").assert_shows("1 Jan 2028 07:30 UTC");
    let fields = [("pattern", "30 7 1 1 *"), ("time_zone", "UTC"), ("preview", "yes"), ("revision", "1")];
    let page = administrator.post(NIGHTLY, &fields).await;

    page.assert_ok().assert_shows("On day 1 of the month in January at 07:30");
    assert_eq!(Schedule::find(&house.db, "replay_golden").await.unwrap().pattern, "50 2 * * *");
}

async fn house() -> House {
    let house = House::open().await;
    jobs::schedules::ensure(&house.db).await.unwrap();
    house
}

/// What was done to schedules, in order.
async fn audited(house: &House) -> Vec<String> {
    sqlx::query_scalar("select action from audit_log where noun = 'schedules' order by seq")
        .fetch_all(&house.db)
        .await
        .unwrap()
}
