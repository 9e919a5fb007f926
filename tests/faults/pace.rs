//! Visitors who dribble, and streams by the hundred.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::browser::Visitor;
use crate::report::Fault;
use crate::site::{Plan, START, Site};
use crate::{size, until};

fn crowded() -> Plan {
    let more = ["MAX_CONNECTIONS_PER_PEER", "MAX_CONNECTIONS"].map(|name| (name, "1500".to_owned()));
    Plan { workers: 0, web_environment: more.into(), ..Plan::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_visitors_who_dribble_are_cut_and_slow_nobody_else() {
    let mut fault = Fault::of("F20", "P7");
    let site = Site::open(crowded()).await;
    let coordinator = site.coordinator().await;
    let address = site.webs[0].address;
    let mut heads = Vec::new();
    let mut bodies = Vec::new();
    for number in 0..200 {
        let mut line = TcpStream::connect(address).await.unwrap();
        let (words, kind) = match number % 3 {
            0 => ("GET /login HTTP/1.1\r\nHost: tor", &mut heads),
            1 => (
                "POST /login HTTP/1.1\r\nHost: torvan.test\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9000\r\n\r\na",
                &mut bodies,
            ),
            // Answers pile up that nobody reads.
            _ => (
                "GET /login HTTP/1.1\r\nHost: torvan.test\r\n\r\nGET /login HTTP/1.1\r\nHost: torvan.test\r\nX: ",
                &mut heads,
            ),
        };
        line.write_all(words.as_bytes()).await.unwrap();
        kind.push(line);
    }
    let start = Instant::now();
    let mut slowest = Duration::ZERO;
    while start.elapsed() < Duration::from_secs(12) {
        for line in heads.iter_mut().chain(&mut bodies) {
            let _ = line.write_all(b"v").await;
        }
        let answer = coordinator.get("/orders").await.expect("an answer");
        assert_eq!(answer.status, 200);
        slowest = slowest.max(answer.took);
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    let mut cut = 0;
    for line in &mut heads {
        let mut bytes = Vec::new();
        cut += usize::from(tokio::time::timeout(Duration::from_millis(50), line.read_to_end(&mut bytes)).await.is_ok());
    }
    assert_eq!(cut, heads.len(), "every head that dribbles is cut after ten seconds");
    assert!(slowest < Duration::from_secs(2), "the others waited {slowest:?}");
    let mut late = 0;
    if crate::is_long() {
        tokio::time::sleep(Duration::from_secs(55)).await;
        for line in &mut bodies {
            let mut bytes = Vec::new();
            late += usize::from(
                tokio::time::timeout(Duration::from_millis(50), line.read_to_end(&mut bytes)).await.is_ok(),
            );
        }
        assert_eq!(late, bodies.len(), "and every body after a minute");
    }
    fault.saw(format!(
        "{cut} heads cut within 12 s, {late} bodies within 67 s, slowest page of the others {} ms",
        slowest.as_millis()
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_all_come_back_at_once_are_all_there_again_and_cost_little_memory() {
    let mut fault = Fault::of("F21", "P7 P9");
    let site = Site::open(crowded()).await;
    let sessions = size(20, 110);
    let mut people: Vec<Visitor> = Vec::new();
    for _ in 0..sessions {
        people.push(site.coordinator().await);
    }
    let (_, before) = site.webs[0].unit.usage().unwrap();
    let mut took = Duration::ZERO;
    for round in 0..2 {
        let start = Instant::now();
        let mut opening = tokio::task::JoinSet::new();
        for person in people.iter().flat_map(|person| std::iter::repeat_n(person, 6)) {
            let person = person.clone();
            opening.spawn(async move {
                let mut stream = person.listen(None).await?;
                stream.next_called(&["hello"]).await.map(|_| stream)
            });
        }
        let mut streams: Vec<_> = opening.join_all().await.into_iter().flatten().collect();
        took = start.elapsed();
        assert_eq!(streams.len(), sessions * 6, "round {round}: every stream is there");
        site.run("select pg_notify('changes', 'orders:TOR-1')").await;
        for stream in &mut streams {
            let heard = tokio::time::timeout(Duration::from_secs(10), stream.next()).await;
            assert!(heard.is_ok_and(|event| event.is_some()), "every page hears of the change");
        }
        if round == 0 {
            let (_, after) = site.webs[0].unit.usage().unwrap();
            let grown = after.saturating_sub(before) >> 20;
            assert!(grown < 100, "{grown} MiB for {} streams", streams.len());
            fault.saw(format!("{} streams, {grown} MiB", streams.len()));
            site.webs[0].unit.kill();
            for stream in &mut streams {
                while stream.next().await.is_some() {}
            }
            site.webs[0].is_ready().await;
        }
    }
    assert!(took < Duration::from_secs(10), "{took:?}");
    fault.saw(format!("all back {} ms after the process was killed", took.as_millis()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_never_reads_its_stream_costs_no_memory() {
    let mut fault = Fault::of("F22", "P7");
    let site = Site::open(crowded()).await;
    let (deaf, reader) = (site.coordinator().await, site.coordinator().await);
    let mut silent = Vec::new();
    for _ in 0..6 {
        silent.push(deaf.listen(None).await.expect("a stream"));
    }
    let mut stream = reader.listen(None).await.expect("a stream");
    let (_, before) = site.webs[0].unit.usage().unwrap();
    for part in 0..10 {
        site.run(&format!(
            "select pg_notify('changes', 'builds:B-' || n) from generate_series({}, {}) n",
            part * 1000,
            part * 1000 + 999
        ))
        .await;
    }
    site.run("select pg_notify('changes', 'drafts:last')").await;
    let heard = tokio::time::timeout(START, stream.next_called(&["drafts:last", "resync"])).await;
    assert!(heard.is_ok_and(|event| event.is_some()), "who reads hears of it");
    let (_, after) = site.webs[0].unit.usage().unwrap();
    let grown = after.saturating_sub(before) >> 20;
    assert!(grown < 40, "{grown} MiB for streams that nobody reads");
    drop(silent);
    until(START, "pages are served", async || reader.get("/orders").await.is_some_and(|it| it.status == 200)).await;
    fault.saw(format!("10,000 changes past six streams that nobody reads: {grown} MiB"));
}
