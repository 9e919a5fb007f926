use super::*;
use serde_json::Value;

fn run(state: State) -> Run {
    let now = Utc::now();
    Run {
        id: Uuid::from_u128(7),
        kind: "generate_bom".into(),
        payload_version: 1,
        payload: Value::Null,
        queue: "boms".into(),
        priority: 0,
        state,
        attempt: 0,
        error_count: 0,
        crash_count: 0,
        max_attempts: 5,
        run_at: now,
        lease_until: None,
        worker: None,
        dedupe_key: None,
        cancel_requested: false,
        progress_done: 0,
        progress_total: 0,
        progress_text: String::new(),
        result: None,
        error_class: None,
        error_text: None,
        error_group: None,
        order_id: None,
        build_id: None,
        document_id: None,
        batch_id: None,
        schedule: None,
        copy_of: None,
        requested_by: None,
        trace_id: String::new(),
        created_at: now,
        started_at: None,
        finished_at: None,
    }
}

/// Which action fits which state: the whole table.
#[test]
fn each_action_fits_the_states_it_makes_sense_for() {
    use Action::*;
    let later = |state| Run { run_at: Utc::now() + TimeDelta::hours(1), ..run(state) };
    let fits = |action| -> Vec<State> {
        State::ALL.into_iter().filter(|state| refusal(action, &later(*state), Utc::now()).is_none()).collect()
    };
    assert_eq!(fits(Retry), [State::Cancelled, State::Dead]);
    assert_eq!(fits(Cancel), [State::Queued, State::Running, State::Retry]);
    assert_eq!(fits(Discard), [State::Queued, State::Retry, State::Cancelled, State::Dead]);
    assert_eq!(fits(RunNow), [State::Queued, State::Retry]);
    assert_eq!(fits(Reschedule), [State::Queued, State::Retry]);
    assert_eq!(fits(Prioritise), [State::Queued, State::Retry]);
    assert_eq!(fits(PutBack), [State::Discarded]);
    assert_eq!(fits(Copy), State::ALL);
}

#[test]
fn what_is_done_or_asked_already_is_said_so() {
    let stopping = Run { cancel_requested: true, ..run(State::Running) };
    assert_eq!(refusal(Action::Cancel, &stopping, Utc::now()).unwrap(), "It has been asked to stop already.");
    let due = run(State::Queued);
    assert!(refusal(Action::RunNow, &due, due.run_at).unwrap().contains("due already"));
}

#[test]
fn stopping_what_others_wait_for_asks_why_and_a_second_chance_does_not() {
    let (plain, of_an_order) = (run(State::Queued), Run { order_id: Some(1), ..run(State::Queued) });
    assert!(asks_reason(Step::One(Action::Discard, &plain)));
    assert!(asks_reason(Step::One(Action::Copy, &plain)));
    assert!(asks_reason(Step::One(Action::Cancel, &of_an_order)));
    assert!(!asks_reason(Step::One(Action::Cancel, &plain)));
    assert!(!asks_reason(Step::One(Action::Retry, &of_an_order)));
    assert!(asks_reason(Step::Many(Action::Retry)));
    assert!(asks_reason(Step::PauseQueue) && asks_reason(Step::StopWorker));
}

#[test]
fn a_job_is_rescheduled_to_a_time_between_now_and_a_year() {
    let now = Utc::now();
    assert!(within_a_year(now + TimeDelta::days(1), now).is_ok());
    assert!(within_a_year(now - TimeDelta::minutes(1), now).unwrap_err().contains("over"));
    assert!(within_a_year(now + TimeDelta::days(400), now).unwrap_err().contains("within a year"));
}

#[test]
fn a_priority_is_a_word() {
    assert_eq!([-10, -3, 0, 4, 10].map(priority_word), ["Urgent", "−3", "Normal", "+4", "Later"]);
}
