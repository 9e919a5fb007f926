//! A thousand open pages in one web process: whether each hears of every change, how late, and what it costs; with and
//! without readers that never read.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use models::audit;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::crowd::{self, Crowd};
use super::floor::{Floor, Process};
use super::{at, load};

/// Changes that are timed, one every 25 ms.
const CHANGES: usize = 200;
const PAUSE: Duration = Duration::from_millis(25);
/// Readers that never read, beside the others.
const DEAF: usize = 60;
/// Changes at once that fill the way to them: far more than a stream may be behind.
const FLOOD: usize = 40_000;

pub async fn measure(streams: usize) {
    let floor = Floor::open().await;
    let (web, address) = floor.web().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = web.memory();
    println!("{streams} streams in one web process, load of the machine {}", load());
    let crowd = Crowd::open(&floor, address, streams, "build").await;
    let open = web.memory();
    let each = (open - before) * 1024.0 / streams as f64;
    println!("  memory                {before:.1} MiB without, {open:.1} MiB with them open: {each:.1} KiB each");

    told("all of them reading", &floor, &web, &crowd, 0).await;
    let deaf = crowd::deaf(&floor, address, DEAF).await;
    told(&format!("beside {DEAF} that never read"), &floor, &web, &crowd, 1).await;
    flood(&floor, &web, &crowd, address).await;
    told("after the flood", &floor, &web, &crowd, 2).await;
    println!("  memory at the end     {:.1} MiB", web.memory());
    caught_up(deaf).await;
    drop(crowd);
    drop(web);
    floor.close().await;
}

/// Makes changes at a steady pace and prints how many were heard, and how late.
async fn told(when: &str, floor: &Floor, web: &Process, crowd: &Crowd, round: usize) {
    crowd.take();
    let (resyncs, processor) = (crowd.heard.resyncs.load(Ordering::Relaxed), web.processor());
    let mut made = HashMap::new();
    for number in 0..CHANGES {
        let word = format!("build:{round}-{number}");
        made.insert(word.clone(), Instant::now());
        change(floor, &[word]).await;
        tokio::time::sleep(PAUSE).await;
    }
    let expected = CHANGES * crowd.len();
    let start = Instant::now();
    let mut heard = crowd.take();
    while heard.len() < expected && start.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(50)).await;
        heard.append(&mut crowd.take());
    }
    let mut waits: Vec<f64> =
        heard.iter().filter_map(|(word, at)| Some((*at - *made.get(&**word)?).as_secs_f64() * 1000.0)).collect();
    let resyncs = crowd.heard.resyncs.load(Ordering::Relaxed) - resyncs;
    let cost = (web.processor() - processor).as_secs_f64() * 1e6 / expected as f64;
    println!(
        "  {when:<22}{} of {expected} heard, p50 {:.1} ms, p99 {:.1} ms, most {:.1} ms; {resyncs} told to fetch all, \
        {cost:.1} us of the processor each",
        waits.len(),
        at(&mut waits, 50.0),
        at(&mut waits, 99.0),
        at(&mut waits, 100.0),
    );
}

async fn change(floor: &Floor, words: &[String]) {
    let mut tx = floor.db.begin().await.expect("a transaction");
    for word in words {
        let (noun, id) = word.split_once(':').expect("a noun and an id");
        audit::announce(&mut tx, noun, id).await.expect("the change is announced");
    }
    tx.commit().await.expect("the change is kept");
}

/// Far more changes than anybody can show. Whoever falls behind is told to fetch everything again.
async fn flood(floor: &Floor, web: &Process, crowd: &Crowd, address: SocketAddr) {
    let (events, resyncs) = (crowd.heard.events.load(Ordering::Relaxed), crowd.heard.resyncs.load(Ordering::Relaxed));
    let start = Instant::now();
    sqlx::query("select pg_notify('changes', 'orders:F-' || n) from generate_series(1, $1) n")
        .bind(FLOOD as i32)
        .execute(&floor.db)
        .await
        .expect("the flood");
    let mut last = 0;
    let mut quiet = 0;
    while quiet < 10 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = crowd.heard.events.load(Ordering::Relaxed);
        quiet = if now == last { quiet + 1 } else { 0 };
        last = now;
    }
    let page = Instant::now();
    let _ = TcpStream::connect(address).await;
    println!(
        "  {FLOOD} changes at once  over after {:.1} s; {} events heard, {} times told to fetch all; {:.1} MiB; a new \
        connection in {:.1} ms",
        start.elapsed().as_secs_f64() - 1.0,
        last - events,
        crowd.heard.resyncs.load(Ordering::Relaxed) - resyncs,
        web.memory(),
        page.elapsed().as_secs_f64() * 1000.0
    );
}

/// The deaf begin to read: what do they find?
async fn caught_up(deaf: Vec<TcpStream>) {
    let (mut told, mut cut, mut bytes) = (0, 0, 0);
    for mut socket in deaf {
        let mut found = Vec::new();
        let mut chunk = vec![0; 64 * 1024];
        loop {
            match tokio::time::timeout(Duration::from_millis(300), socket.read(&mut chunk)).await {
                Ok(Ok(0) | Err(_)) => {
                    cut += 1;
                    break;
                }
                Ok(Ok(length)) => found.extend_from_slice(&chunk[..length]),
                Err(_) => break,
            }
        }
        bytes += found.len();
        told += usize::from(found.windows(13).any(|window| window == b"event: resync"));
    }
    println!(
        "  of {DEAF} that never read  {told} were told to fetch all when they read again, {cut} were cut; {bytes} bytes lay on the way"
    );
}
