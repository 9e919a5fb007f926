//! Jobs that compute: off the threads that keep the worker alive, and only as many as it has hands.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use futures_util::FutureExt;
use models::jobs::State;
use tests::support::shop::{Shop, keep};
use worker::Perform;

#[tokio::test]
async fn a_job_that_computes_sees_its_stop_sign_when_it_is_cancelled() {
    let shop = Shop::open().await;
    let seen = Arc::new(AtomicBool::new(false));
    let perform: Perform = {
        let seen = seen.clone();
        Arc::new(move |job, context| {
            let seen = seen.clone();
            async move {
                let sign = context.stop_sign();
                let work = move || {
                    while !sign.is_cancelled() {
                        std::thread::sleep(Duration::from_millis(5));
                    }
                    seen.store(true, SeqCst);
                };
                context.compute(work).await?;
                keep(job, context).await
            }
            .boxed()
        })
    };
    let _worker = shop.worker(perform);
    let run = shop.ask(1).await;
    let mut run = shop.until(run.id, |run| run.state == State::Running).await;

    let mut tx = shop.database.pool.begin().await.unwrap();
    run.cancel(&mut tx).await.unwrap();
    tx.commit().await.unwrap();

    let run = shop.until(run.id, |run| !run.state.is_live()).await;
    assert_eq!((run.state, shop.effects(run.id).await), (State::Cancelled, 0));
    tokio::time::timeout(Duration::from_secs(10), async {
        while !seen.load(SeqCst) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn no_more_threads_compute_than_the_worker_has_hands() {
    let shop = Shop::open().await;
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let perform: Perform = {
        let (now, most) = (now.clone(), most.clone());
        Arc::new(move |job, context| {
            let (now, most) = (now.clone(), most.clone());
            async move {
                let compute = || {
                    let (now, most) = (now.clone(), most.clone());
                    context.compute(move || {
                        most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                        std::thread::sleep(Duration::from_millis(20));
                        now.fetch_sub(1, SeqCst);
                    })
                };
                futures_util::future::try_join_all([compute(), compute(), compute(), compute()]).await?;
                keep(job, context).await
            }
            .boxed()
        })
    };
    let _worker = shop.worker(perform);

    for run in shop.ask_many(4).await {
        shop.until(run, |run| run.state == State::Done).await;
    }
    assert_eq!(most.load(SeqCst), 2);
}
