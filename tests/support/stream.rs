//! The live stream of one tab, read as it arrives.

use std::pin::Pin;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use poem::Response;

/// How long a test waits for the next event.
const PATIENCE: Duration = Duration::from_secs(10);

/// One event: what it is called, its id, and what it carries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    pub name: String,
    pub id: String,
    pub data: String,
}

pub struct EventStream {
    chunks: Pin<Box<dyn Stream<Item = String> + Send>>,
    unread: String,
}

impl EventStream {
    pub(super) fn of(response: Response) -> EventStream {
        let bytes = response.into_body().into_bytes_stream();
        let chunks =
            bytes.filter_map(|chunk| async { chunk.ok() }).map(|chunk| String::from_utf8_lossy(&chunk).into_owned());
        EventStream { chunks: Box::pin(chunks), unread: String::new() }
    }

    /// The next event with a name or data; comments that keep the line open are passed over. None when the stream ends.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some((block, rest)) = self.unread.split_once("\n\n") {
                let event = read(block);
                self.unread = rest.to_owned();
                if !event.name.is_empty() || !event.data.is_empty() {
                    return Some(event);
                }
            }
            let chunk = tokio::time::timeout(PATIENCE, self.chunks.next()).await.expect("an event arrives in time")?;
            self.unread.push_str(&chunk.replace("\r\n", "\n"));
        }
    }

    /// Reads on until an event of this name.
    pub async fn next_called(&mut self, name: &str) -> Event {
        loop {
            let event = self.next().await.unwrap_or_else(|| panic!("the stream ended before {name}"));
            if event.name == name {
                return event;
            }
        }
    }
}

fn read(block: &str) -> Event {
    let mut event = Event::default();
    for line in block.lines() {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => event.name = value.into(),
            "id" => event.id = value.into(),
            "data" if event.data.is_empty() => event.data = value.into(),
            "data" => event.data = format!("{}\n{value}", event.data),
            _ => {}
        }
    }
    event
}
