//! /events: one stream per tab that says what changed, so that the page fetches it again.

use crate::{
    App, Page,
    errors::Error,
    hx::Hx,
    limits,
    routes::{Access, CachePolicy, Routes},
    session::Signed,
};
use bytes::Bytes;
use futures_util::Stream;
use hub::{Change, Numbered, Seat, wire};
use models::{
    sessions,
    users::{Can, Role},
};
use poem::{Body, Request, Response, handler, http::header, web::Data};
use std::{io, sync::Arc};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, interval, interval_at, sleep},
};

mod calm;
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
    let line = Line { app: app.clone(), session, own: format!("users:{}", user.id), role: user.role, seat };
    Ok(Response::builder()
        .content_type("text/event-stream")
        .header(header::CACHE_CONTROL, "no-store")
        .header("x-accel-buffering", "no")
        .body(Body::from_bytes_stream(stream(line, missed, live))))
}

/// One open stream: whose it is, and its place among the others.
struct Line {
    app: Arc<App>,
    session: Vec<u8>,
    /// The word by which changes of this very person are announced.
    own: String,
    role: Role,
    seat: Seat,
}

fn stream(
    mut line: Line,
    missed: Vec<Numbered>,
    mut live: Receiver<Numbered>,
) -> impl Stream<Item = io::Result<Bytes>> {
    async_stream::stream! {
        // Made once: made anew for every change, all streams would queue at one lock.
        let stopping = line.app.stopping.clone().cancelled_owned();
        let given_up = line.seat.given_up.clone().cancelled_owned();
        tokio::pin!(stopping, given_up);
        let mut recheck = interval(line.app.config.stream_recheck);
        recheck.tick().await;
        let mut keep_alive = interval_at(Instant::now() + limits::STREAM_KEEP_ALIVE, limits::STREAM_KEEP_ALIVE);
        yield Ok(wire("hello", None));
        for numbered in missed {
            if line.may_hear(&numbered) { yield Ok(numbered.wire); }
        }
        loop {
            tokio::select! {
                _ = &mut stopping => break,
                _ = &mut given_up => break,
                _ = recheck.tick() => if !line.is_still_allowed().await { break },
                _ = keep_alive.tick() => yield Ok(Bytes::from_static(b":\n\n")),
                received = live.recv() => match received {
                    Ok(numbered) => {
                        // Locked out, another role, sessions ended: the stream need not wait for its round.
                        if line.is_about_them(&numbered) && !line.is_still_allowed().await { break }
                        if line.may_hear(&numbered) { yield Ok(numbered.wire); }
                    }
                    Err(RecvError::Lagged(_)) => {
                        // Fetching everything covers all that comes until then, so one word is enough for a flood; and
                        // not all pages fetch in the same moment.
                        sleep(limits::STREAM_REST.mul_f64(rand::random_range(0.5..1.5))).await;
                        live = live.resubscribe();
                        yield Ok(wire("resync", None));
                    }
                    Err(RecvError::Closed) => break,
                },
            }
        }
    }
}

impl Line {
    fn may_hear(&self, numbered: &Numbered) -> bool {
        match &numbered.change {
            Change::Resync => true,
            Change::Of(word) => self.role.may(needed_for(word.split(':').next().unwrap_or_default())),
        }
    }

    fn is_about_them(&self, numbered: &Numbered) -> bool {
        matches!(&numbered.change, Change::Of(word) if **word == *self.own)
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
        "users" | "system" | "sessions" | "settings" => Can::SeeSystem,
        "jobs" | "alerts" | "queues" | "schedules" | "batches" | "batch" => Can::SeeJobs,
        "drafts" => Can::EnterOrders,
        "orders" | "build" | "builds" | "boms" | "signatures" | "documents" | "customers" => Can::SeeOrders,
        // Their pages show how far a job is, and that no worker is there.
        "job" | "workers" => Can::SeeOrders,
        "views" | "golden_cases" => Can::SeeJobs,
        // Whatever is new is for administrators until somebody says for whom it is.
        _ => Can::SeeSystem,
    }
}
