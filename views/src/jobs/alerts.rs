//! Alerts: what is wrong with the jobs, and what was.

use super::{Section, frame};
use crate::{
    components::{Header, Tone, age, badge, buttons, empty, icon, moment},
    forms, layout,
};
use chrono::{DateTime, Utc};
use maud::{Markup, Render, html};
use models::alerts::{Alert, Cause};

/// What the page shows.
#[derive(Debug, Clone, Copy)]
pub struct Alerts<'a> {
    pub now: DateTime<Utc>,
    pub open: &'a [Alert],
    pub past: &'a [Alert],
    /// Where the earlier ones are, when there are more.
    pub earlier: Option<&'a str>,
    /// Only for those who may say that they saw one.
    pub csrf: Option<&'a str>,
}

/// The whole main part.
pub fn page(alerts: &Alerts<'_>) -> Markup {
    let facts = match alerts.open.len() {
        0 => "None is open".to_string(),
        count => format!("{count} open"),
    };
    layout::main(frame(Some(Section::Alerts), Header::new("Alerts").facts(&facts).render(), content(alerts)))
}

/// What changes when an alert is raised, seen or cleared.
pub fn content(alerts: &Alerts<'_>) -> Markup {
    html! {
        div #alerts .stack data-holds hx-get="/jobs/alerts" hx-trigger="alerts:all from:#live throttle:1s, resync from:#live, calm" hx-swap="outerMorph" {
            @if alerts.open.is_empty() {
                (empty("Nothing is wrong. Alerts come by themselves when jobs wait for nobody, stand still, are late or fail, and go when it is over.", html! {}))
            } @else { (open(alerts.open, alerts.now, alerts.csrf, "/jobs/alerts")) }
            @if !alerts.past.is_empty() {
                h2 { "Over" }
                (past(alerts))
            }
        }
    }
}

/// The open ones as a list; `back` is the page it stands on.
pub fn open(alerts: &[Alert], now: DateTime<Utc>, csrf: Option<&str>, back: &str) -> Markup {
    html! {
        ul .alerts {
            @for alert in alerts {
                @let tone = tone(alert);
                li #{ "alert-" (alert.id) } data-tone=(tone.name()) data-seen[alert.seen_at.is_some()] {
                    (icon(tone.name()))
                    div {
                        (alert.text)
                        small {
                            "for " (age(now - alert.raised_at))
                            @if let Some(at) = &alert.seen_at { ", seen by " (alert.seen_by.as_deref().unwrap_or("somebody")) " " (moment(at, &now)) }
                        }
                    }
                    @if let Some((href, label)) = way(alert) { a href=(href) { (label) } }
                    @if let (Some(csrf), None) = (csrf, alert.seen_at) {
                        form method="post" action={ "/jobs/alerts/" (alert.id) "/seen" } {
                            (forms::csrf(csrf)) (forms::hidden("back", back))
                            (buttons::button(buttons::Kind::Quiet, "Mark as seen"))
                        }
                    }
                }
            }
        }
    }
}

fn past(alerts: &Alerts<'_>) -> Markup {
    html! {
        div .table { table {
            caption { "Alerts that are over, the latest first" }
            thead { tr { th scope="col" { "Alert" } th scope="col" data-kind="date" { "Raised" } th scope="col" data-kind="number" { "Lasted" } th scope="col" { "Seen by" } } }
            tbody {
                @for alert in alerts.past {
                    tr {
                        th scope="row" { (alert.text) }
                        td data-kind="date" data-label="Raised" { (moment(&alert.raised_at, &alerts.now)) }
                        td data-kind="number" data-label="Lasted" { (age(alert.cleared_at.unwrap_or(alerts.now) - alert.raised_at)) }
                        td data-label="Seen by" { @match (&alert.seen_by, alert.seen_at) { (Some(name), _) => (name), (None, Some(_)) => "somebody", _ => (badge(Tone::Idle, "Nobody")) } }
                    }
                }
            }
        } }
        @if let Some(earlier) = alerts.earlier { div .actions { (buttons::link_button(buttons::Kind::Plain, earlier, "Show earlier alerts")) } }
    }
}

fn tone(alert: &Alert) -> Tone {
    match Cause::from_word(&alert.cause) {
        Some(
            Cause::AuditBroken
            | Cause::EmergencyUsed
            | Cause::NoWorker
            | Cause::NotServed
            | Cause::Stalled
            | Cause::WrongSignatures
            | Cause::CopiedPasskey
            | Cause::DeadJobs
            | Cause::ScheduleOverdue,
        ) => Tone::Stop,
        _ => Tone::Held,
    }
}

/// Where one can see what it is about, and do something.
fn way(alert: &Alert) -> Option<(String, &'static str)> {
    let object = &alert.object;
    Some(match Cause::from_word(&alert.cause)? {
        Cause::Stalled => (format!("/jobs/list?state=running&queue={object}"), "Show its running jobs"),
        Cause::Late | Cause::NotServed => (format!("/jobs/list?state=queued&queue={object}"), "Show its waiting jobs"),
        Cause::LostLeases => (format!("/jobs/list?queue={object}"), "Show its jobs"),
        Cause::DeadJobs => (format!("/jobs/list?state=dead&group={object}"), "Show the jobs"),
        Cause::ScheduleOverdue => (format!("/jobs/schedules/{object}"), "Show the schedule"),
        Cause::PausedLong => (format!("/jobs/queues/{object}"), "Show the queue"),
        Cause::AuditBroken => ("/audit".into(), "Show the audit trail"),
        Cause::EmergencyUsed => ("/system/company-account#uses".into(), "Say why"),
        Cause::WrongSignatures => ("/audit?noun=signatures".into(), "Show the tries"),
        Cause::CopiedPasskey => (format!("/people/{object}"), "Show the person"),
        Cause::NoWorker | Cause::RedisAway | Cause::NoRelay | Cause::NoMonth => return None,
    })
}
