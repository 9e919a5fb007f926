//! How the product runs: its servers, its connections, its workers.

pub mod company;
pub mod security;

use crate::{
    components::{Header, Tone, age, badge, buttons::Kind, code, link_button, menus, moment, notice, plate},
    layout,
    table::{Column, Table},
};
use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, html};
use models::jobs::workers::Worker;

/// What the page shows, looked up a moment ago.
#[derive(Debug, Clone, Copy)]
pub struct System<'a> {
    /// The database's clock.
    pub now: DateTime<Utc>,
    pub version: &'a str,
    pub up_seconds: u64,
    /// Its version; none when it is away.
    pub postgresql: Option<&'a str>,
    pub is_migrated: bool,
    pub postgresql_ms: Option<u64>,
    pub redis_ms: Option<u64>,
    pub streams: usize,
    pub streams_at_most: usize,
    pub connections_in_use: usize,
    pub connections_at_most: usize,
    pub workers: &'a [Worker],
}

/// The whole main part.
pub fn overview(system: &System<'_>) -> Markup {
    layout::main(html! {
        (Header::new("System").facts(&format!("Version {}", system.version)).actions(html! {
            (link_button(Kind::Plain, "/system/security", "See security"))
            (link_button(Kind::Plain, "/system/settings", "Change settings"))
            (menus::more("More", html! {
                a href="/system/company-account" { "Company account" }
                a href="/system/permissions" { "Permissions" }
                a href="/stations" { "Bench tablets" }
                a href="/system/components" { "Components" }
            }))
        }))
        (state(system))
    })
}

/// What changes; fetches itself again when a worker comes or goes.
pub fn state(system: &System<'_>) -> Markup {
    let up = TimeDelta::seconds(i64::try_from(system.up_seconds).unwrap_or(i64::MAX / 1000));
    html! {
        div #system .stack hx-get="/system" hx-trigger="workers:all from:#live, resync from:#live" hx-swap="outerMorph" {
            @if let Some((tone, sentence)) = risk(system) { (notice(tone, html! { (sentence) })) }
            (plate([
                ("PostgreSQL", html! { (answer(system.postgresql_ms)) @if let Some(version) = system.postgresql { " " span .soft { (version) } } }),
                ("Redis", answer(system.redis_ms)),
                ("Workers", html! { (system.workers.len()) }),
                ("Open pages", html! { (system.streams) " of " (system.streams_at_most) }),
                ("Database connections", html! { (system.connections_in_use) " in use, " (system.connections_at_most) " at most" }),
                ("Running for", html! { (age(up)) }),
            ]))
            (workers(system))
        }
    }
}

/// The one thing to act on first.
fn risk(system: &System<'_>) -> Option<(Tone, &'static str)> {
    if system.postgresql.is_none() {
        Some((Tone::Stop, "PostgreSQL is away. Nothing can be read or saved until it answers."))
    } else if !system.is_migrated {
        Some((Tone::Stop, "The database is older than the program. Run: app migrate"))
    } else if system.workers.is_empty() {
        Some((Tone::Held, "No worker is running. BOMs wait until one is started."))
    } else if system.redis_ms.is_none() {
        Some((Tone::Held, "Redis is away. Jobs still run, a little later."))
    } else {
        None
    }
}

fn answer(ms: Option<u64>) -> Markup {
    match ms {
        Some(ms) => html! { (badge(Tone::Good, "Answers")) " " span .soft { (ms) "\u{202f}ms" } },
        None => badge(Tone::Stop, "Away"),
    }
}

fn workers(system: &System<'_>) -> Markup {
    let columns = [
        Column::key(
            "Worker",
            |worker: &Worker| html! { a href={ "/jobs/workers/" (worker.id) } { (code(&worker.id)) } },
        ),
        Column::new("Host", |worker: &Worker| html! { (worker.host) }),
        Column::number("Process", |worker: &Worker| html! { (worker.pid) }).priority(3),
        Column::new("Version", |worker: &Worker| html! { (worker.version) }).priority(3),
        Column::date("Started", |worker: &Worker| moment(&worker.started_at, &system.now)),
        Column::date("Last seen", |worker: &Worker| moment(&worker.last_seen_at, &system.now)),
    ];
    let none =
        crate::components::empty("No worker has been seen in the last seconds. Start one with: worker", html! {});
    html! {
        h2 { "Workers" }
        (Table::new("Workers", &columns, system.workers).empty(none))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system() -> System<'static> {
        System {
            now: DateTime::UNIX_EPOCH,
            version: "1",
            up_seconds: 90,
            postgresql: Some("15.1"),
            is_migrated: true,
            postgresql_ms: Some(1),
            redis_ms: Some(1),
            streams: 0,
            streams_at_most: 600,
            connections_in_use: 1,
            connections_at_most: 8,
            workers: &[],
        }
    }

    #[test]
    fn the_page_names_the_first_thing_to_act_on() {
        let says = |system: System<'_>| overview(&system).into_string();
        assert!(says(System { postgresql: None, redis_ms: None, ..system() }).contains("PostgreSQL is away."));
        assert!(says(system()).contains("No worker is running."));
    }
}
