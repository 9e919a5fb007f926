//! /events: one stream per tab that says what changed, so that the page fetches it again.

use crate::{
    App, Page,
    errors::Error,
    hx::Hx,
    limits,
    routes::{Access, CachePolicy, Routes},
    session::Signed,
};
use futures_util::Stream;
use hub::{Change, Numbered, Seat};
use models::{
    sessions,
    users::{Can, Role},
};
use poem::{
    IntoResponse, Request, handler,
    http::{HeaderValue, header},
    web::{
        Data,
        sse::{Event, SSE},
    },
};
use std::sync::Arc;
use tokio::sync::broadcast::{Receiver, error::RecvError};

pub mod hub;

pub fn routes() -> Routes {
    Routes::new().get("/events", Access::SignedIn, events).cache(CachePolicy::Own)
}

#[handler]
async fn events(hx: Hx, Signed(user): Signed, req: &Request, Data(app): Data<&Arc<App>>) -> Page {
    let session = hx.session().ok_or(Error::LoginNeeded)?.id_hash.clone();
    let seat = app.live.seat(&session).filter(|_| !app.stopping.is_cancelled());
    let seat = seat.ok_or_else(|| Error::Away("too many streams are open".into()))?;
    let last_id = req.headers().get("last-event-id").and_then(|id| id.to_str().ok());
    let (missed, live) = app.live.subscribe(last_id);
    let stream = stream(Line { app: app.clone(), session, role: user.role, seat }, missed, live);
    let mut response = SSE::new(stream).keep_alive(limits::STREAM_KEEP_ALIVE).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// One open stream: whose it is, and its place among the others.
struct Line {
    app: Arc<App>,
    session: Vec<u8>,
    role: Role,
    seat: Seat,
}

fn stream(mut line: Line, missed: Vec<Numbered>, mut live: Receiver<Numbered>) -> impl Stream<Item = Event> {
    async_stream::stream! {
        yield event("hello", &line, 0);
        for numbered in missed {
            if let Some(event) = line.show(&numbered) { yield event; }
        }
        let mut recheck = tokio::time::interval(limits::SESSION_RECHECK);
        recheck.tick().await;
        loop {
            tokio::select! {
                _ = line.app.stopping.cancelled() => break,
                _ = line.seat.given_up.cancelled() => break,
                _ = recheck.tick() => if !line.is_still_allowed().await { break },
                received = live.recv() => match received {
                    Ok(numbered) => if let Some(event) = line.show(&numbered) { yield event; },
                    Err(RecvError::Lagged(_)) => yield event("resync", &line, 0),
                    Err(RecvError::Closed) => break,
                },
            }
        }
    }
}

impl Line {
    /// The change as this person may hear of it.
    fn show(&self, numbered: &Numbered) -> Option<Event> {
        match &numbered.change {
            Change::Resync => Some(event("resync", self, numbered.number)),
            Change::Of(word) => self.may_hear(word).then(|| event(word, self, numbered.number)),
        }
    }

    fn may_hear(&self, word: &str) -> bool {
        let noun = word.split(':').next().unwrap_or_default();
        self.role.may(needed_for(noun))
    }

    /// Logged out, locked out or idle for too long ends the stream; a database that is away does not.
    async fn is_still_allowed(&mut self) -> bool {
        match sessions::find(&self.app.db, &self.session).await {
            Ok(Some(session)) => {
                self.role = session.user.role;
                true
            }
            Ok(None) => false,
            Err(_) => true,
        }
    }
}

/// What somebody needs to see before they hear that it changed.
fn needed_for(noun: &str) -> Can {
    match noun {
        "catalogue" | "items" => Can::SeeCatalogue,
        "rules" => Can::SeeRules,
        "users" | "system" => Can::SeeSystem,
        "schedules" | "batches" | "batch" => Can::SeeJobs,
        // Orders, builds, BOMs, drafts, customers and their jobs; and whatever is new.
        _ => Can::SeeOrders,
    }
}

/// The name is one of ours or was checked when it came in; the data only has to be there.
fn event(name: &str, line: &Line, number: u64) -> Event {
    let event = Event::message("1").event_type(name);
    if number == 0 { event } else { event.id(format!("{}-{number}", line.app.live.process)) }
}
