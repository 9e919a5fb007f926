//! The page of one job: what it is about, why it waits, what happened to it, and the ways from and to its records.

use crate::jobs_actions::{catalogue, dead_job_of_a_build, jobs, post};
use crate::orders::book;
use models::jobs::{Run, State};
use tests::House;
use tests::support::shop::{ask, order_bom};
use uuid::Uuid;

fn page(run: &Run) -> String {
    format!("/jobs/{}", run.id)
}

#[tokio::test]
async fn a_finished_job_leads_to_what_it_made_and_back() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    catalogue(&house).await;
    let order = book::entered(&house, "PO-1", &["20415"]).await;
    house.work().await;
    let run = book::job_of(&house.db, &order).await;

    let job = boss.get(&page(&run)).await;

    job.assert_ok().assert_shows("Generate BOM, build 20415").assert_shows("Done").assert_shows("BOM version 1");
    job.assert_shows(&order.number).assert_shows("Attempt 1 done").assert_shows("Asked for by");
    job.assert_shows("Log, 1 line").assert_shows("with").assert_hides("Retry job");
    for link in ["/builds/20415/bom/1", "/builds/20415", &format!("/orders/{}?tab=jobs", order.number)] {
        assert!(job.body.contains(&format!("href=\"{link}\"")), "{link}");
    }
    let short = &run.id.simple().to_string()[24..];
    for from in [format!("/orders/{}?tab=jobs", order.number), "/builds/20415".into(), "/builds/20415/bom/1".into()] {
        let from_page = boss.get(&from).await;
        from_page.assert_ok();
        assert!(from_page.body.contains(&format!("href=\"{}\"", page(&run))), "{from} leads to the job {short}");
    }
}

#[tokio::test]
async fn a_dead_job_says_why_what_can_be_done_and_who_else_fails() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let runs = jobs(&house.db, State::Dead, 3).await;
    let attempt = "insert into job_attempts (job_id, attempt, worker, started_at, finished_at, outcome, error_class, error_text, log)
        select id, n, 'worker-2', now() - make_interval(mins => 10 - n::int), now() - make_interval(mins => 9 - n::int), 'failed', 'timeout',
               'The file store did not answer in 30 s.', 'one' || chr(10) || 'two' from jobs, generate_series(1, 5) n";
    book::set(&house.db, attempt).await;

    let job = boss.get(&page(&runs[0])).await;

    job.assert_ok()
        .assert_shows("Given up, 5 of 5 tries failed")
        .assert_shows("The file store did not answer in 30 s.");
    job.assert_shows("Attempt 5 failed")
        .assert_shows("Attempt 1 failed")
        .assert_shows("Same error as the attempt before");
    job.assert_shows("Log, 2 lines").assert_shows("2 other jobs fail for this reason").assert_shows("Retry job");
    assert!(job.body.contains("href=\"/jobs/list?group=group\""));
}

#[tokio::test]
async fn a_waiting_job_says_what_it_waits_for() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let first = ask(&house.db, order_bom(1)).await;
    let second = ask(&house.db, order_bom(2)).await;
    boss.get(&page(&second)).await.assert_shows("It waits because no worker has been started yet.");

    let worker = "insert into workers (id, host, pid, version) values ('w', 'h', 1, '1')";
    book::set(&house.db, worker).await;
    boss.get(&page(&first)).await.assert_shows("It waits for a worker. It is next.");
    boss.get(&page(&second)).await.assert_shows("It waits for a worker. 1 job goes first.");

    book::set(&house.db, "update queues set most_running = 1; update jobs set state = 'running' where id = (select min(id::text)::uuid from jobs)").await;
    boss.get(&page(&second)).await.assert_shows("1 jobs of the queue BOMs run, as many as may run at once.");

    let pause =
        "update queues set paused_at = now(), pause_reason = 'New catalogue', paused_by = (select min(id) from users)";
    book::set(&house.db, pause).await;
    boss.get(&page(&second)).await.assert_shows("the queue BOMs has been paused for").assert_shows("New catalogue");

    book::set(&house.db, "update queues set paused_at = null; update jobs set run_at = now() + interval '3 hours'")
        .await;
    boss.get(&page(&second)).await.assert_shows("It waits for its time").assert_shows("in 2 h");
}

#[tokio::test]
async fn what_people_did_to_a_job_stands_among_what_happened_to_it() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let run = dead_job_of_a_build(&house).await;
    post(&boss, &run, "discard", &[("reason", "Asked for twice")]).await.assert_status(303);
    let action: Uuid = sqlx::query_scalar("select id from job_actions").fetch_one(&house.db).await.unwrap();
    boss.post(&format!("/jobs/actions/{action}/undo"), &[]).await.assert_status(303);

    let job = boss.get(&page(&run)).await;

    job.assert_shows("Administrator discarded it").assert_shows("Asked for twice");
    job.assert_shows("Administrator took that back: discarded it").assert_shows("Given up");
}

#[tokio::test]
async fn those_who_only_watch_see_everything_but_the_buttons() {
    let house = House::open().await;
    let run = dead_job_of_a_build(&house).await;
    for role in ["coordinator", "procurement"] {
        let job = house.login(role).await.get(&page(&run)).await;
        job.assert_ok().assert_shows("Given up").assert_shows("build_id");
        job.assert_hides("Retry job").assert_hides("Discard job").assert_hides("Run as new job");
    }
    for role in ["qc", "assembler", "service"] {
        house.login(role).await.get(&page(&run)).await.assert_status(403);
    }
    assert!(house.stranger().get(&page(&run)).await.location().starts_with("/login?next=/jobs/"));
}

#[tokio::test]
async fn arguments_of_an_unknown_kind_are_hidden_from_those_who_only_watch() {
    let house = House::open().await;
    let run = jobs(&house.db, State::Dead, 1).await.remove(0);
    let secret = r#"update jobs set kind = 'send_mail', payload = '{"kind": "send_mail", "password": "canary-77"}'"#;
    book::set(&house.db, secret).await;

    let watcher = house.login("coordinator").await;
    watcher
        .get(&page(&run))
        .await
        .assert_ok()
        .assert_shows("Send mail")
        .assert_shows("hidden")
        .assert_hides("canary-77");
    let raw = watcher.get(&format!("{}.json", page(&run))).await;
    raw.assert_ok();
    assert!(!raw.body.contains("canary-77"), "{}", raw.body);
    let boss = house.login("administrator").await;
    boss.get(&page(&run)).await.assert_shows("canary-77");
    assert!(boss.get(&format!("{}.json", page(&run))).await.body.contains("canary-77"));
}

#[tokio::test]
async fn what_stands_in_a_job_is_text_and_an_unknown_job_is_not_found() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let run = jobs(&house.db, State::Dead, 1).await.remove(0);
    let hostile =
        "update jobs set error_text = '<script>alert(1)</script>', progress_text = '<b>', result = '\"><img src=x>',
        payload = '{\"kind\": \"generate_bom\", \"<i>\": \"</code><script>\"}'";
    book::set(&house.db, hostile).await;

    let job = boss.get(&page(&run)).await;
    job.assert_ok();
    for bad in ["<script>alert", "<img src=x", "</code><script>"] {
        assert!(!job.body.contains(bad), "{bad}");
    }
    boss.get(&format!("/jobs/{}/copy", run.id)).await.assert_ok();
    for nobody in [Uuid::now_v7().to_string(), "nonsense".into(), "'%20or%201=1--".into()] {
        boss.get(&format!("/jobs/{nobody}")).await.assert_status(404);
        boss.get(&format!("/jobs/{nobody}.json")).await.assert_status(404);
    }
}

#[tokio::test]
async fn the_page_refreshes_itself_by_the_part_that_changed() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    let run = ask(&house.db, order_bom(1)).await;

    let whole = boss.get(&page(&run)).await;
    let part = boss.get_fragment(&page(&run)).await;

    assert!(whole.body.contains(&format!("job:{} from:#live", run.id)));
    part.assert_ok().assert_shows("Generate BOM");
    assert!(
        part.body.contains("id=\"job\"")
            && !part.body.contains("<dialog")
            && !part.body.contains("<nav aria-label=\"Main\"")
    );
}

#[tokio::test]
async fn a_failed_bom_can_be_retried_from_its_order_and_todays_page_leads_to_its_job() {
    let house = House::open().await;
    let run = dead_job_of_a_build(&house).await;
    let boss = house.login("administrator").await;
    let order: String = sqlx::query_scalar("select number from orders").fetch_one(&house.db).await.unwrap();
    let tab = format!("/orders/{order}?tab=jobs");

    let today = boss.get("/").await;
    today.assert_shows("See job");
    assert!(today.body.contains(&format!("href=\"{}\"", page(&run))));
    boss.get(&tab).await.assert_ok().assert_shows("Given up").assert_shows("Retry job");
    boss.get("/builds/20415/bom").await.assert_ok().assert_shows("See job").assert_shows("Retry job");
    house.login("coordinator").await.get(&tab).await.assert_ok().assert_hides("Retry job");

    let back = post(&boss, &run, "retry", &[("address", &tab)]).await;
    assert_eq!(back.location(), tab);
    boss.get(&tab).await.assert_shows("1 job retried.").assert_shows("Tries again").assert_shows("no worker");
    house.login("qc").await.get(&tab).await.assert_ok().assert_hides("See job");
}
