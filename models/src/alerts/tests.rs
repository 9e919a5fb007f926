use super::super::facts::WorkerFacts;
use super::*;

fn at(seconds_ago: i64) -> Option<DateTime<Utc>> {
    Some(DateTime::UNIX_EPOCH - TimeDelta::seconds(seconds_ago))
}

fn worker() -> WorkerFacts {
    WorkerFacts { started_at: DateTime::UNIX_EPOCH - TimeDelta::hours(1), redis: "up".into(), ..WorkerFacts::default() }
}

fn queue() -> QueueFacts {
    QueueFacts { name: "boms".into(), title: "BOMs".into(), ..QueueFacts::default() }
}

/// All is well: one worker, an empty queue.
fn well() -> Facts {
    let (queues, workers) = (vec![queue()], vec![worker()]);
    Facts { now: DateTime::UNIX_EPOCH, queues, workers, somebody_relays: true, ..Facts::default() }
}

fn used() -> crate::company::emergency::Use {
    crate::company::emergency::Use {
        id: 7,
        user_name: "Ana Silva".into(),
        used_at: DateTime::UNIX_EPOCH,
        peer: String::new(),
        reason: String::new(),
        explained_by: None,
    }
}

fn with_queue(queue: QueueFacts) -> Facts {
    Facts { queues: vec![queue], ..well() }
}

const WATCHED: [Watched; 1] =
    [Watched { kind: "generate_bom", title: "Generate BOM", queue: "boms", timeout: Duration::from_secs(120) }];

#[test]
fn each_thing_that_is_wrong_raises_its_alert_and_nothing_else() {
    use Cause::*;
    let due = |seconds| QueueFacts { oldest_due_at: at(seconds), ..queue() };
    let running = |moved, ended| QueueFacts { running: 4, last_moved_at: at(moved), last_ended_at: ended, ..queue() };
    let paused = |seconds| QueueFacts { paused_at: at(seconds), ..due(90_000) };
    let served = |queues: &str| vec![WorkerFacts { queues: queues.into(), ..worker() }];
    let quiet = || vec![WorkerFacts { is_quiet: true, ..worker() }];
    let away = || vec![WorkerFacts { redis: "away".into(), ..worker() }];
    let fresh = || vec![WorkerFacts { started_at: DateTime::UNIX_EPOCH, ..worker() }];
    let dead = vec![Dead { group: "d".into(), kind: "generate_bom".into(), jobs: 2, error: "No drain.".into() }];
    let overdue = vec![("check_audit".into(), "Check the audit trail".into())];
    let table: Vec<(&str, Facts, Vec<Cause>)> = vec![
        ("all is well", well(), vec![]),
        ("the emergency account was used", Facts { emergencies: vec![used()], ..well() }, vec![EmergencyUsed]),
        ("the trail is broken", Facts { audit_finding: Some("Link 3.".into()), ..well() }, vec![AuditBroken]),
        ("nobody works, nothing waits", Facts { workers: vec![], ..well() }, vec![]),
        ("nobody works for 9 s", Facts { workers: vec![], ..with_queue(due(9)) }, vec![]),
        ("nobody works for 11 s", Facts { workers: vec![], ..with_queue(due(11)) }, vec![NoWorker]),
        ("nobody works for an hour", Facts { workers: vec![], ..with_queue(due(3600)) }, vec![NoWorker]),
        ("all are quiet", Facts { workers: quiet(), ..with_queue(due(11)) }, vec![NoWorker]),
        ("nobody serves it", Facts { workers: served("reports, upkeep"), ..with_queue(due(11)) }, vec![NotServed]),
        ("somebody serves it", Facts { workers: served("reports,boms"), ..with_queue(due(11)) }, vec![]),
        ("due for 59 s", with_queue(due(59)), vec![]),
        ("due for 61 s", with_queue(due(61)), vec![Late]),
        ("due while paused", with_queue(paused(600)), vec![]),
        ("paused for more than a day", with_queue(paused(86_401)), vec![PausedLong]),
        ("stands still for half its limit", with_queue(running(61, None)), vec![Stalled]),
        ("got further", with_queue(running(59, None)), vec![]),
        ("others ended", with_queue(running(61, at(10))), vec![]),
        ("stands still since the last one ended", with_queue(running(61, at(70))), vec![Stalled]),
        ("a worker went away", with_queue(QueueFacts { crashed: 1, ..queue() }), vec![LostLeases]),
        ("jobs were given up", Facts { dead, ..well() }, vec![DeadJobs]),
        ("the clock stands still", Facts { overdue, ..well() }, vec![ScheduleOverdue]),
        ("Redis is away", Facts { workers: away(), ..well() }, vec![RedisAway]),
        ("nobody relays", Facts { somebody_relays: false, ..well() }, vec![NoRelay]),
        ("nobody relays yet", Facts { somebody_relays: false, workers: fresh(), ..well() }, vec![]),
        ("nobody relays without Redis", Facts { somebody_relays: false, workers: vec![], ..well() }, vec![]),
        ("a month is missing", Facts { a_month_is_missing: true, ..well() }, vec![NoMonth]),
    ];
    for (case, facts, expected) in table {
        let found: Vec<Cause> = decide(&facts, &WATCHED).into_iter().map(|finding| finding.cause).collect();
        assert_eq!(found, expected, "{case}");
    }
}

#[test]
fn an_alert_says_what_it_is_about_in_words() {
    let dead = vec![Dead { group: "d".into(), kind: "generate_bom".into(), jobs: 2, error: "No drain.".into() }];
    let text = |facts: &Facts| decide(facts, &WATCHED)[0].text.clone();
    assert_eq!(text(&Facts { dead, ..well() }), "2 jobs were given up, Generate BOM: No drain.");
    let still = with_queue(QueueFacts { running: 4, last_moved_at: at(900), ..queue() });
    assert_eq!(text(&still), "BOMs is stalled: 4 running, and for more than 60 s none has finished or got further.");
}

#[test]
fn every_cause_is_found_by_its_word_and_has_its_place() {
    for (place, cause) in Cause::ALL.into_iter().enumerate() {
        assert_eq!((Cause::from_word(cause.word()), cause.urgency()), (Some(cause), place));
    }
}
