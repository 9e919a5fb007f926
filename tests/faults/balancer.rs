//! What stands in front of two web processes: sends each request to one that says it is ready.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tests::support::proxy::free_address;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::browser::Visitor;

pub struct Balancer {
    pub address: SocketAddr,
    tasks: Vec<JoinHandle<()>>,
}

impl Balancer {
    pub async fn before(webs: Vec<SocketAddr>) -> Balancer {
        let address = free_address();
        let listener = TcpListener::bind(address).await.expect("the balancer listens");
        let ready = Arc::new(Mutex::new(webs.clone()));
        let asking = tokio::spawn(ask(webs, ready.clone()));
        let carrying = tokio::spawn(async move {
            for turn in 0.. {
                let Ok((client, _)) = listener.accept().await else { return };
                tokio::spawn(carry(client, ready.clone(), turn));
            }
        });
        Balancer { address, tasks: vec![asking, carrying] }
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Asks everybody ten times a second whether they are ready.
async fn ask(webs: Vec<SocketAddr>, ready: Arc<Mutex<Vec<SocketAddr>>>) {
    loop {
        let mut found = Vec::new();
        for web in &webs {
            let asked = Visitor::stranger(*web);
            let answer = tokio::time::timeout(Duration::from_secs(1), asked.get("/readyz")).await;
            if answer.ok().flatten().is_some_and(|answer| answer.status == 200) {
                found.push(*web);
            }
        }
        *ready.lock().expect("nobody panicked here") = found;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn carry(mut client: TcpStream, ready: Arc<Mutex<Vec<SocketAddr>>>, turn: usize) {
    for again in 0..50 {
        let chosen = {
            let ready = ready.lock().expect("nobody panicked here");
            (!ready.is_empty()).then(|| ready[(turn + again) % ready.len()])
        };
        // Nothing was sent yet, so another one can be asked.
        if let Some(chosen) = chosen
            && let Ok(mut web) = TcpStream::connect(chosen).await
        {
            let _ = tokio::io::copy_bidirectional(&mut client, &mut web).await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
