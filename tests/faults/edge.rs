//! Faults around the web process: its connections taken, its files used up, its log unread, its disk full, signals.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::browser::Visitor;
use crate::operations::{Operations, check, prepare_drafts};
use crate::report::Fault;
use crate::servers::{copy, postgres_program, shell};
use crate::site::{Plan, START, Site};
use crate::until;

/// One web process and no worker.
fn alone() -> Plan {
    Plan { workers: 0, ..Plan::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_and_logging_out_answer_while_a_lock_holds_every_connection_of_the_pages() {
    let mut fault = Fault::of("F15", "P6");
    let site = Site::open(alone()).await;
    let (coordinator, leaver) = (site.coordinator().await, site.coordinator().await);
    let mut lock = site.db.begin().await.unwrap();
    sqlx::raw_sql("lock table orders in access exclusive mode").execute(&mut *lock).await.unwrap();

    let mut people = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let visitor = coordinator.clone();
        people.spawn(async move { visitor.get("/orders").await.expect("an answer") });
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let ready = Visitor::stranger(site.webs[0].address).get("/readyz").await.expect("an answer");
    let out = leaver.post("/logout", &[]).await.expect("an answer");
    assert_eq!((ready.status, out.status), (200, 303), "{} {}", ready.body, out.body);
    assert!(
        ready.took < Duration::from_secs(2) && out.took < Duration::from_secs(2),
        "{:?} {:?}",
        ready.took,
        out.took
    );
    let answers = people.join_all().await;
    let slowest = answers.iter().map(|answer| answer.took).max().unwrap_or_default();
    assert!(answers.iter().all(|answer| answer.status == 503 && answer.header("retry-after").is_some()));
    assert!(slowest < Duration::from_millis(3500), "{slowest:?}");
    lock.rollback().await.unwrap();
    let back =
        until(START, "pages are back", async || coordinator.get("/orders").await.is_some_and(|it| it.status == 200))
            .await;
    fault.saw(format!(
        "50 pages said 503 within {} ms, health took {} ms, logging out {} ms, back after {} ms",
        slowest.as_millis(),
        ready.took.as_millis(),
        out.took.as_millis(),
        back.as_millis()
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_ends_what_takes_too_long_for_a_page() {
    let mut fault = Fault::of("F17", "P6 P7");
    let site = Site::open(Plan { webs: 0, ..alone() }).await;
    let vars = site.web_program(site.redis_address).environment.into_iter().collect();
    let pool = app::pool(&app::config::Config::read(&vars).unwrap()).unwrap();
    for (name, right) in
        [("lock_timeout", "2s"), ("statement_timeout", "5s"), ("idle_in_transaction_session_timeout", "15s")]
    {
        let set: String = sqlx::query_scalar("select current_setting($1)").bind(name).fetch_one(&pool).await.unwrap();
        assert_eq!(set, right, "{name}");
    }
    let start = Instant::now();
    let ended = sqlx::query("select pg_sleep(30)").execute(&pool).await.unwrap_err();
    let took = start.elapsed();
    assert!(app::errors::is_away(&ended), "{ended}");
    assert!(took < Duration::from_secs(7), "{took:?}");
    fault.saw(format!("a question of 30 s was ended after {} ms", took.as_millis()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_term_ends_the_web_process_at_once_and_a_closed_terminal_does_not() {
    let mut fault = Fault::of("F34", "P8");
    let site = Site::open(alone()).await;
    let web = &site.webs[0];
    web.unit.signal("HUP");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(Visitor::stranger(web.address).get("/healthz").await.is_some_and(|answer| answer.status == 200));
    assert_eq!(web.unit.started(), 1, "HUP ends nothing");

    // Somebody is in the middle of a form, so the first TERM waits.
    let mut form = TcpStream::connect(web.address).await.unwrap();
    let head = "POST /login HTTP/1.1\r\nHost: torvan.test\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nemail=";
    form.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    web.unit.signal("TERM");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(web.unit.pid().is_some() && web.unit.ends().is_empty(), "the first TERM lets the form finish");
    let took = web.unit.down("TERM", Duration::from_secs(2));
    assert_eq!(web.unit.ends(), [3]);
    fault.saw(format!("HUP ignored; gone {} ms after the second TERM", took.as_millis()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_go_on_while_nobody_reads_the_log_and_the_lost_lines_are_counted() {
    let mut fault = Fault::of("F35", "P7");
    let site = Site::boarded_up(alone()).await;
    site.open_servers().await;
    let web = &site.webs[0];
    let mut program = site.web_program(web.address);
    // Its log is a pipe whose other end never reads; the kernel keeps 64 KiB of it.
    program.wrapper = ["bash", "-c", "exec \"$@\" 2> >(exec sleep 60)", "bash"].map(str::to_owned).to_vec();
    web.unit.up_as(program);
    web.is_ready().await;
    let stranger = Visitor::stranger(web.address);
    let (start, mut slowest) = (Instant::now(), Duration::ZERO);
    let mut asked = 0;
    loop {
        for _ in 0..200 {
            let answer = stranger.get("/healthz").await.expect("an answer");
            slowest = slowest.max(answer.took);
            asked += 1;
        }
        let report = stranger.get("/api/health").await.expect("an answer").body;
        let dropped = report.split("\"log_lines_dropped\":").nth(1).and_then(|rest| rest.split([',', '}']).next());
        if dropped.and_then(|count| count.trim().parse::<u64>().ok()).is_some_and(|count| count > 0) {
            fault.saw(format!(
                "{asked} requests, {} lines dropped, slowest answer {} ms",
                dropped.unwrap_or_default(),
                slowest.as_millis()
            ));
            break;
        }
        assert!(start.elapsed() < START, "no line was dropped after {asked} requests");
    }
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_with_few_files_takes_no_more_connections_than_it_can_and_rests() {
    let mut fault = Fault::of("F36", "P7");
    let site = Site::boarded_up(alone()).await;
    site.open_servers().await;
    let web = &site.webs[0];
    let mut program = site.web_program(web.address);
    program.wrapper = ["prlimit", "--nofile=256:256"].map(str::to_owned).to_vec();
    web.unit.up_as(program);
    web.is_ready().await;
    let mut coming = tokio::task::JoinSet::new();
    for _ in 0..400 {
        // The kernel's own queue is full before the last of them: those wait outside.
        coming.spawn(tokio::time::timeout(Duration::from_millis(800), TcpStream::connect(web.address)));
    }
    let idle: Vec<_> = coming.join_all().await.into_iter().flatten().flatten().collect();
    assert!(idle.len() > 192, "{} connections were open at once", idle.len());
    let (before, _) = web.unit.usage().expect("it runs");
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (after, _) = web.unit.usage().expect("it runs");
    let share = (after - before).as_secs_f64() / 3.0 * 100.0;
    assert!(share < 20.0, "{share:.0} % of a processor for 400 idle connections");
    drop(idle);
    let stranger = Visitor::stranger(web.address);
    let back = until(Duration::from_secs(10), "it answers again", async || {
        stranger.get("/healthz").await.is_some_and(|answer| answer.status == 200)
    })
    .await;
    assert_eq!(web.unit.started(), 1);
    fault.saw(format!("{share:.1} % of a processor while 400 waited, answers {} ms after they left", back.as_millis()));
}

/// A file system of its own, gone with the test.
struct SmallDisk(std::path::PathBuf);

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_of_postgresql_keeps_nothing_half_and_is_over_when_there_is_room() {
    let mut fault = Fault::of("F16", "P1 P3 P6");
    let site = Site::boarded_up(Plan { workers: 1, ..Plan::default() }).await;
    let disk = SmallDisk(site.folder.path().join("disk"));
    let at = disk.0.display().to_string();
    let mounted = std::process::Command::new("sh")
        .args(["-c", &format!("mkdir '{at}' && mount -t tmpfs -o size=160m,mode=755 none '{at}'")])
        .stderr(std::process::Stdio::null())
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        fault.saw("skipped: nobody here may mount a small disk");
        return;
    }
    let data = disk.0.join("postgres");
    copy(&site.folder.path().join("postgres"), &data);
    let options = site.db.connect_options();
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], options.get_port()));
    let mut program = postgres_program(&data, address);
    program.words.extend(["-c".into(), format!("unix_socket_directories={}", site.folder.path().display())]);
    site.postgres.up_as(program);
    site.redis.up();
    site.postgres_answers().await;
    site.open_doors().await;
    let (operations, coordinator) = (Operations::default(), site.coordinator().await);
    let drafts = prepare_drafts(&site, 8).await;
    operations.submit(&coordinator, drafts[0], START).await;
    site.all_done(START).await;

    shell(&format!("dd if=/dev/zero of='{at}/filler' bs=64k 2>/dev/null; true"));
    let mut refused = 0;
    for draft in &drafts[1..7] {
        // There is room for a while in files that are there; the next piece of the write-ahead log has none.
        for _ in 0..3 {
            let asked = sqlx::query("select pg_switch_wal()").execute(&site.db);
            let _ = tokio::time::timeout(Duration::from_secs(1), asked).await;
        }
        let answer = coordinator.submit(*draft).await;
        let away = answer.as_ref().filter(|answer| answer.status == 503);
        refused += usize::from(away.is_some());
        assert!(away.is_none_or(|answer| answer.text().contains("Send again")), "the form is kept: {away:?}");
        assert!(answer.as_ref().is_none_or(|answer| matches!(answer.status, 303 | 503)), "{answer:?}");
    }
    assert!(site.postgres.tail(1000).contains("No space left on device"), "the disk was not full");
    shell(&format!("rm '{at}/filler'"));
    // Without room for its log PostgreSQL stops; whoever runs it starts it again.
    if site.postgres.pid().is_none() {
        site.postgres.up();
    }
    site.postgres_answers().await;
    until(START, "pages are back", async || coordinator.get("/orders").await.is_some_and(|it| it.status == 200)).await;
    for draft in &drafts[1..] {
        assert!(operations.submit(&coordinator, *draft, START).await.order.is_some());
    }
    site.all_done(START).await;
    let verdict = check(&site, &operations).await;
    fault.saw(format!("{refused} of 6 orders refused while it was full; {verdict}"));
    verdict.assert_clean();
}
