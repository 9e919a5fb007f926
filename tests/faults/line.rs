//! The line between processes does what the other tests ask of it.

use std::time::{Duration, Instant};

use tests::support::proxy::{Line, Proxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Repeats what it hears.
async fn echo() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    address
}

async fn ask(stream: &mut TcpStream, words: &str) -> Option<String> {
    stream.write_all(words.as_bytes()).await.ok()?;
    let mut answer = vec![0; words.len()];
    let read = tokio::time::timeout(Duration::from_millis(300), stream.read_exact(&mut answer)).await.ok()?;
    read.ok().map(|_| String::from_utf8(answer).unwrap())
}

#[tokio::test]
async fn a_line_carries_refuses_keeps_silent_slows_and_cuts() {
    let proxy = Proxy::to(echo().await);
    let mut open = TcpStream::connect(proxy.address).await.unwrap();
    assert_eq!(ask(&mut open, "hello").await.as_deref(), Some("hello"));

    proxy.set(Line::Slow(Duration::from_millis(50)));
    let start = Instant::now();
    assert_eq!(ask(&mut open, "slowly").await.as_deref(), Some("slowly"));
    assert!(start.elapsed() >= Duration::from_millis(100));

    proxy.set(Line::Silent);
    assert_eq!(ask(&mut open, "lost?").await, None);
    proxy.heal();
    let mut late = [0; 5];
    open.read_exact(&mut late).await.unwrap();
    assert_eq!(&late, b"lost?");

    proxy.cut();
    assert_eq!(ask(&mut open, "gone").await, None);
    proxy.set(Line::Refused);
    crate::until(Duration::from_secs(2), "it refuses", async || TcpStream::connect(proxy.address).await.is_err()).await;
    proxy.heal();
    crate::until(Duration::from_secs(2), "it takes", async || TcpStream::connect(proxy.address).await.is_ok()).await;
}

#[tokio::test]
async fn a_line_stops_right_after_the_word_it_waits_for() {
    let proxy = Proxy::to(echo().await);
    let sprung = proxy.trap(b"commit", b"done");
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    assert!(ask(&mut stream, "done").await.is_some(), "nobody has asked for it yet");
    assert!(ask(&mut stream, "commit").await.is_some());
    assert_eq!(ask(&mut stream, "done").await, None);
    assert!(sprung.await.is_ok());
}
