//! Bytes on the socket that no browser sends: two requests in one, half a head, another protocol, a wrong host.

use std::time::{Duration, Instant};

use tests::House;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Opens a line to the house and says this.
async fn say(house: &House, words: &[u8]) -> TcpStream {
    let address = house.address().await.trim_start_matches("http://");
    let mut line = TcpStream::connect(address).await.unwrap();
    line.write_all(words).await.unwrap();
    line
}

/// Everything that comes back until the line ends; a line that is cut ends too.
async fn hear(mut line: TcpStream) -> String {
    let mut bytes = Vec::new();
    let heard = tokio::time::timeout(Duration::from_secs(20), line.read_to_end(&mut bytes)).await;
    let _ = heard.expect("the line ends within twenty seconds");
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn ask(house: &House, words: &str) -> String {
    hear(say(house, words.as_bytes()).await).await
}

fn statuses(heard: &str) -> Vec<&str> {
    heard.match_indices("HTTP/1.").filter_map(|(at, _)| heard.get(at + 9..at + 12)).collect()
}

#[tokio::test]
async fn a_request_that_two_servers_would_read_differently_hides_no_second_one() {
    let house = House::open().await;
    let hidden = "GET /healthz HTTP/1.1\r\nHost: torvan.test\r\n\r\n";
    for head in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "Content-Length: 4\r\nContent-Length: 50",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding : chunked",
        "Content-Length: +4",
        "Content-Length: 0x4",
        "Content-Length: 4, 4",
    ] {
        let words = format!("POST /login HTTP/1.1\r\nHost: torvan.test\r\n{head}\r\n\r\n0\r\n\r\n{hidden}");
        let heard = ask(&house, &words).await;
        assert!(!heard.contains("alive"), "{head}: the hidden request was answered:\n{heard}");
        assert!(statuses(&heard).len() <= 1 && !heard.contains(" 500 "), "{head}:\n{heard}");
    }
}

#[tokio::test]
async fn a_request_names_one_plain_host() {
    let house = House::open().await;
    for head in [
        "GET /login HTTP/1.1\r\n",
        "GET /login HTTP/1.1\r\nHost: torvan.test\r\nHost: evil.example\r\n",
        "GET /login HTTP/1.1\r\nHost: \r\n",
        "GET /login HTTP/1.1\r\nHost: torvan.test@evil.example\r\n",
        "GET /login HTTP/1.1\r\nHost: torvan.test/evil\r\n",
        "GET /login HTTP/1.1\r\nHost: a b\r\n",
        "GET http://evil.example/login HTTP/1.1\r\nHost: torvan.test\r\n",
        "GET /login HTTP/1.0\r\n",
    ] {
        let heard = ask(&house, &format!("{head}Connection: close\r\n\r\n")).await;
        assert_eq!(statuses(&heard), ["400"], "{head}\n{heard}");
    }
    for head in [
        "GET /healthz HTTP/1.0\r\nHost: torvan.test\r\n",
        "GET http://torvan.test/healthz HTTP/1.1\r\nHost: torvan.test\r\n",
    ] {
        let heard = ask(&house, &format!("{head}Connection: close\r\n\r\n")).await;
        assert_eq!(statuses(&heard), ["200"], "{head}\n{heard}");
    }
}

#[tokio::test]
async fn http_2_in_clear_text_is_not_spoken() {
    let house = House::open().await;
    let mut words = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    words.extend_from_slice(&[0, 0, 0, 4, 0, 0, 0, 0, 0]);
    let heard = hear(say(&house, &words).await).await;
    assert!(!heard.as_bytes().windows(4).any(|frame| frame[3] == 4), "settings came back: {heard:?}");
    assert!(heard.len() < 30, "{heard:?}");

    let upgrade = "GET /healthz HTTP/1.1\r\nHost: torvan.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n\
        GET /healthz HTTP/1.1\r\nHost: torvan.test\r\nConnection: close\r\n\r\n";
    assert_eq!(statuses(&ask(&house, upgrade).await), ["200", "200"], "the wish to change is not followed");
}

#[tokio::test]
async fn a_head_too_large_is_refused_and_one_without_end_is_cut() {
    let house = House::open().await;
    let cookies = format!(
        "GET /login HTTP/1.1\r\nHost: torvan.test\r\nConnection: close\r\nCookie: {}\r\n\r\n",
        "a=b; ".repeat(4000)
    );
    assert_eq!(statuses(&ask(&house, &cookies).await), ["431"]);
    let many = "X-Filler: 1\r\n".repeat(2000);
    let heard = ask(&house, &format!("GET /login HTTP/1.1\r\nHost: torvan.test\r\n{many}\r\n")).await;
    assert_eq!(statuses(&heard), ["431"]);

    let start = Instant::now();
    let mut line = say(&house, b"GET /login HTTP/1.1\r\nHost: torvan.test\r\nX-Endless: ").await;
    let mut sent = 0;
    while line.write_all(&[b'a'; 16 * 1024]).await.is_ok() && sent < 8 << 20 {
        sent += 16 * 1024;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(sent < 8 << 20, "eight megabytes of one head were taken");
    assert!(start.elapsed() < Duration::from_secs(9), "its size ends it, not its time");
}

#[tokio::test]
async fn a_second_head_that_dribbles_in_is_cut_like_the_first() {
    let house = House::open().await;
    let mut first = say(&house, b"GET /login HTTP/1.1\r\nHost: tor").await;
    let second = b"GET /healthz HTTP/1.1\r\nHost: torvan.test\r\n\r\nGET /healthz HTTP/1.1\r\nHo";
    let mut second = say(&house, second).await;
    // One connection that does nothing wrong stays.
    let mut patient = say(&house, b"GET /healthz HTTP/1.1\r\nHost: torvan.test\r\n\r\n").await;
    let start = Instant::now();
    while start.elapsed() < app::limits::HEAD_DEADLINE + Duration::from_secs(2) {
        let _ = first.write_all(b"v").await;
        let _ = second.write_all(b"s").await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let dead = async |line: &mut TcpStream| {
        let mut bytes = Vec::new();
        tokio::time::timeout(Duration::from_millis(500), line.read_to_end(&mut bytes)).await.is_ok()
    };
    assert!(dead(&mut first).await, "the first head's time is over");
    assert!(dead(&mut second).await, "so is a later one's");
    patient.write_all(b"GET /healthz HTTP/1.1\r\nHost: torvan.test\r\nConnection: close\r\n\r\n").await.unwrap();
    assert_eq!(statuses(&hear(patient).await), ["200", "200"]);
}

#[tokio::test]
async fn a_peer_takes_its_share_of_connections_and_leaves_room_when_it_goes() {
    let house = House::open().await;
    let mut lines = Vec::new();
    for _ in 0..150 {
        lines.push(say(&house, b"GET /healthz HT").await);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut open = 0;
    for line in &mut lines {
        let mut byte = [0];
        // One that was turned away ends; one that was taken waits for the rest of its head.
        open += usize::from(tokio::time::timeout(Duration::from_millis(2), line.read(&mut byte)).await.is_err());
    }
    assert!((90..=100).contains(&open), "{open} of 150 connections stayed");
    drop(lines);
    let start = Instant::now();
    loop {
        let line = say(&house, b"GET /healthz HTTP/1.1\r\nHost: torvan.test\r\nConnection: close\r\n\r\n").await;
        if hear(line).await.contains("alive") {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(5), "nobody gets in after they left");
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_one_after_the_other() {
    let house = House::open().await;
    let one = "GET /healthz HTTP/1.1\r\nHost: torvan.test\r\n\r\n";
    let last = "GET /healthz HTTP/1.1\r\nHost: torvan.test\r\nConnection: close\r\n\r\n";
    let heard = ask(&house, &(one.repeat(50) + last)).await;
    assert_eq!(statuses(&heard).len(), 51);
    assert!(statuses(&heard).iter().all(|status| *status == "200"));
}

#[tokio::test]
async fn a_body_that_is_promised_and_never_sent_holds_nobody_else() {
    let house = House::open().await;
    let mut waiting = Vec::new();
    for _ in 0..40 {
        let words = "POST /login HTTP/1.1\r\nHost: torvan.test\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nemail=";
        waiting.push(say(&house, words.as_bytes()).await);
    }
    let start = Instant::now();
    let heard = ask(&house, "GET /login HTTP/1.1\r\nHost: torvan.test\r\nConnection: close\r\n\r\n").await;
    assert_eq!(statuses(&heard), ["200"]);
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    drop(waiting);
}

#[tokio::test]
async fn words_that_are_no_request_get_no_more_than_a_short_answer() {
    let house = House::open().await;
    for words in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET /login\r\n\r\n",
        b"get /login HTTP/1.1\r\nHost: torvan.test\r\n\r\n",
        b"GET /login HTTP/9.9\r\nHost: torvan.test\r\n\r\n",
        b"GET /log in HTTP/1.1\r\nHost: torvan.test\r\n\r\n",
        b"GET /login HTTP/1.1\nHost: torvan.test\nConnection: close\n\n",
        b"GET /login HTTP/1.1\r\nHost: torvan.test\r\nBad Header: x\r\n\r\n",
        b"GET /login HTTP/1.1\r\nHost: torvan.test\r\nX: a\x00b\r\n\r\n",
        b"GET \xff\xfe HTTP/1.1\r\nHost: torvan.test\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nConnection: close\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: torvan.test\r\nConnection: close\r\n\r\n",
        b"GET torvan.test HTTP/1.1\r\nHost: torvan.test\r\nConnection: close\r\n\r\n",
    ] {
        let mut line = say(&house, words).await;
        line.shutdown().await.unwrap();
        let heard = hear(line).await;
        let status = statuses(&heard).first().copied().unwrap_or("none");
        assert!(
            ["none", "200", "400", "404", "405"].contains(&status),
            "{:?}: {heard}",
            String::from_utf8_lossy(words)
        );
    }
    let heard = ask(&house, "GET /healthz HTTP/1.1\r\nHost: torvan.test\r\nConnection: close\r\n\r\n").await;
    assert_eq!(statuses(&heard), ["200"], "the next normal request works");
}
