//! Clocks that are wrong, and clocks that are set while a process runs. Times that matter come from PostgreSQL.

use std::path::PathBuf;
use std::time::Duration;

use crate::operations::{Operations, check, prepare_drafts};
use crate::report::Fault;
use crate::site::{Plan, START, Site};
use crate::{size, until};

/// libfaketime, where the system has it (`bin/test` brings it on Debian).
fn library() -> Option<PathBuf> {
    let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
    let paths = folders.iter().map(|folder| PathBuf::from(folder).join("faketime/libfaketimeMT.so.1"));
    paths.into_iter().find(|path| path.exists())
}

/// Environment of a process whose clock goes by a file that can be changed while it runs.
fn wrong_clock(library: &std::path::Path, file: &std::path::Path) -> Vec<(String, String)> {
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    vec![
        set("LD_PRELOAD", &library.display().to_string()),
        set("FAKETIME_TIMESTAMP_FILE", &file.display().to_string()),
        set("FAKETIME_NO_CACHE", "1"),
        set("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_clock_steals_no_lease_revives_no_session_and_disorders_no_audit() {
    let mut fault = Fault::of("F26", "P2 P10 P11");
    let Some(library) = library() else {
        println!("skipped: there is no libfaketime here; bin/test brings it with apt-get");
        return fault.saw("skipped: no libfaketime here");
    };
    let site = Site::boarded_up(Plan { webs: 2, odd: true, ..Plan::default() }).await;
    site.open_servers().await;
    let (ahead, behind) = (site.folder.path().join("ahead"), site.folder.path().join("behind"));
    std::fs::write(&ahead, "+1d\n").unwrap();
    std::fs::write(&behind, "-1h\n").unwrap();
    let mut worker = site.worker_program();
    worker.environment.extend(wrong_clock(&library, &ahead));
    let mut web = site.web_program(site.webs[1].address);
    web.environment.extend(wrong_clock(&library, &behind));
    site.workers[0].up_as(worker);
    site.webs[1].unit.up_as(web);
    site.open_doors().await;

    let operations = Operations::default();
    let coordinator = site.coordinator().await;
    let at_the_wrong_one = coordinator.at(site.webs[1].address);
    site.make_odd(1, "slow 3").await;
    for (turn, draft) in prepare_drafts(&site, size(8, 100)).await.into_iter().enumerate() {
        if turn == 4 {
            // Set while it runs, the other way round.
            std::fs::write(&ahead, "-1h\n").unwrap();
            std::fs::write(&behind, "+1d\n").unwrap();
        }
        let visitor = if turn % 2 == 0 { &at_the_wrong_one } else { &coordinator };
        let made = operations.submit(visitor, draft, START).await;
        assert!(made.order.is_some(), "nobody is logged out by a clock: {made:?}");
    }
    site.all_done(START).await;
    let stolen = site.count("jobs where attempt <> 1 or crash_count > 0").await;
    assert_eq!(stolen, 0, "no lease was stolen");
    // A moment is allowed for: an entry carries the time at which its transaction began.
    let disordered =
        "(select at < lag(at) over (order by seq) - interval '5 s' as earlier from audit_log) entries where earlier";
    assert_eq!(site.count(disordered).await, 0, "the audit goes by PostgreSQL's clock");
    let future = "audit_log where at > now() or at < now() - interval '30 min'";
    assert_eq!(site.count(future).await, 0);

    // A session that has been idle for too long stays dead, whatever the process believes.
    std::fs::write(&behind, "-1h\n").unwrap();
    site.run("update sessions set last_seen_at = now() - interval '31 min'").await;
    until(Duration::from_secs(5), "the session is over", async || {
        at_the_wrong_one.get("/orders").await.is_some_and(|answer| answer.status == 303)
    })
    .await;
    let verdict = check(&site, &operations).await;
    fault.saw(format!("worker a day ahead, web an hour behind, both set while running: 0 leases stolen, audit in order, a dead session stays dead; {verdict}"));
    verdict.assert_clean();
}
