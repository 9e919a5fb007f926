//! Several hands on one job: whoever comes second is told, and the job ends once.

use super::{change, jobs, state};
use crate::orders::book;
use models::audit::Actor;
use models::jobs::actions::Change;
use models::jobs::{Lease, Run, State};
use std::time::Duration;
use tests::House;

#[tokio::test]
async fn cancel_retry_cancel_at_once_ends_in_one_state_a_hundred_times() {
    let house = House::open().await;
    let actor = Actor::from(&house.account("administrator").await);
    for run in jobs(&house.db, State::Queued, 100).await {
        let (one, two, three) = tokio::join!(
            change(&house.db, &actor, run.id, Change::Cancel),
            change(&house.db, &actor, run.id, Change::Retry),
            change(&house.db, &actor, run.id, Change::Cancel),
        );

        // Only a cancelled job can be retried, and only a waiting one cancelled: the order decides, never chance.
        let done = [&one, &two, &three].into_iter().filter(|refused| refused.is_none()).count();
        let expected = match (one.is_none() && three.is_none(), two.is_none()) {
            (true, true) => State::Cancelled,
            (false, true) => State::Queued,
            (false, false) => State::Cancelled,
            (true, false) => panic!("cancelled twice without a retry in between"),
        };
        assert_eq!(state(&house.db, run.id).await, expected, "{one:?} {two:?} {three:?}");
        let acted = format!("job_action_items where job_id = '{}'", run.id);
        assert_eq!(book::count(&house.db, &acted).await, done as i64);
        let locks = format!("job_locks where job_id = '{}'", run.id);
        assert_eq!(book::count(&house.db, &locks).await, i64::from(expected.is_live()));
    }
}

#[tokio::test]
async fn a_job_is_either_started_or_cancelled_never_both() {
    let house = House::open().await;
    let actor = Actor::from(&house.account("administrator").await);
    for run in jobs(&house.db, State::Queued, 50).await {
        let (claimed, refused) = tokio::join!(
            Lease::claim(&house.db, run.id, "a worker", Duration::from_secs(30)),
            change(&house.db, &actor, run.id, Change::Discard),
        );

        let started = claimed.unwrap().is_some();
        assert_ne!(started, refused.is_none(), "started or discarded");
        let expected = if started { State::Running } else { State::Discarded };
        assert_eq!(state(&house.db, run.id).await, expected);
    }
}

#[tokio::test]
async fn of_two_retries_one_acts() {
    let house = House::open().await;
    let actor = Actor::from(&house.account("administrator").await);
    for run in jobs(&house.db, State::Dead, 20).await {
        let (one, two) = tokio::join!(
            change(&house.db, &actor, run.id, Change::Retry),
            change(&house.db, &actor, run.id, Change::Retry),
        );
        assert!(one.is_none() != two.is_none(), "{one:?} {two:?}");
        assert_eq!(Run::find(&house.db, run.id).await.unwrap().state, State::Retry);
    }
}
