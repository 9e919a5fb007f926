//! How the house is guarded: what needs a look first, then who is logged in and what failed.

use crate::{
    account::browser,
    components::{Header, Tone, age, buttons::Kind, empty, link_button, moment, notice, plate},
    layout,
    table::{Column, Table, grouped},
};
use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, Render, html};
use models::{
    audit::chain,
    backups::Outcome,
    security::{Facts, Failed, LoggedIn},
};

/// A drill older than this proves little.
const DRILL_DAYS: i64 = 35;
/// A backup older than this loses too much.
const BACKUP_HOURS: i64 = 26;
/// What is new in the trail is checked every hour; two may be missed.
const CHECK_HOURS: i64 = 3;
/// The whole trail is checked every night; one may be late.
const WHOLE_HOURS: i64 = 30;

#[derive(Debug)]
pub struct Security<'a> {
    pub now: DateTime<Utc>,
    pub facts: Facts,
    pub sessions: i64,
    pub logged_in: &'a [LoggedIn],
    pub failed: &'a [Failed],
    pub chain: &'a chain::State,
    pub backup: Option<&'a Outcome>,
    pub drill: Option<&'a Outcome>,
}

pub fn page(security: &Security<'_>) -> Markup {
    let facts = security.facts;
    layout::main(html! {
        (Header::new("Security").facts("The last 24 hours").actions(html! {
            (link_button(Kind::Plain, "/people", "See people"))
            (link_button(Kind::Plain, "/system/permissions", "See permissions"))
            (link_button(Kind::Plain, "/audit", "Search the audit trail"))
        }))
        div .stack {
            @for (tone, sentence) in risks(security) { (notice(tone, html! { (sentence) })) }
            (plate([
                ("People", html! { (grouped(count(facts.people))) ", " (grouped(count(facts.with_second_factor))) " with a second factor" }),
                ("Logged in", html! { (grouped(count(security.sessions))) }),
                ("Failed log-ins", html! { (grouped(count(facts.failed_log_ins))) }),
                ("Refused", html! { (grouped(count(facts.refused))) }),
                ("Failed signatures", html! { (grouped(count(facts.failed_signatures))) }),
            ]))
            (plate([
                ("Audit trail", html! { (grouped(count(security.chain.head_seq))) " entries" }),
                ("Checked", checked(security)),
                ("Last backup", kept(security.backup, &security.now)),
                ("Last drill", kept(security.drill, &security.now)),
            ]))
            section aria-labelledby="logged-in" { h2 #logged-in { "Logged in" } (logged_in(security)) }
            section aria-labelledby="failed" { h2 #failed { "What failed" } (failed(security)) }
        }
    })
}

/// What to act on, the worst first.
fn risks(security: &Security<'_>) -> Vec<(Tone, String)> {
    let mut risks = Vec::new();
    let older = |at: &DateTime<Utc>, limit: TimeDelta| security.now - *at > limit;
    match &security.chain.last {
        Some(check) if !check.finding.is_empty() => risks.push((Tone::Stop, check.finding.clone())),
        Some(check) if older(&check.at, TimeDelta::hours(CHECK_HOURS)) => {
            risks.push((
                Tone::Held,
                format!(
                    "The audit trail was last checked {} ago. A worker checks it every hour.",
                    age(security.now - check.at)
                ),
            ));
        }
        None => risks.push((
            Tone::Held,
            "The audit trail was never checked. A worker checks it every hour, or run: app audit verify".into(),
        )),
        Some(_) if security.chain.whole_at.is_none_or(|at| older(&at, TimeDelta::hours(WHOLE_HOURS))) => risks.push((
            Tone::Held,
            "Only what is new in the audit trail was checked lately. Check all of it with: app audit verify".into(),
        )),
        Some(_) => {}
    }
    match security.backup {
        None => risks.push((Tone::Held, "No backup was taken yet. Take one with: app backup FOLDER".into())),
        Some(backup) if older(&backup.taken_at, TimeDelta::hours(BACKUP_HOURS)) => {
            risks.push((Tone::Stop, format!("The last backup is {} old.", age(security.now - backup.taken_at))));
        }
        Some(_) => {}
    }
    match security.drill {
        Some(drill) if !drill.findings.is_empty() => {
            risks.push((Tone::Stop, format!("The last backup did not come back whole: {}", drill.findings.join(" "))));
        }
        Some(drill) if !older(&drill.ended_at, TimeDelta::days(DRILL_DAYS)) => {}
        _ => risks.push((
            Tone::Held,
            format!("No backup was restored for practice in {DRILL_DAYS} days. Do it with: app drill FOLDER"),
        )),
    }
    risks
}

fn checked(security: &Security<'_>) -> Markup {
    html! {
        @match &security.chain.last {
            Some(check) => { (moment(&check.at, &security.now)) @if check.finding.is_empty() { ", whole" } @else { ", broken" } },
            None => "never",
        }
    }
}

fn kept(outcome: Option<&Outcome>, now: &DateTime<Utc>) -> Markup {
    html! {
        @match outcome {
            Some(outcome) => {
                (moment(&outcome.ended_at, now)) small {
                    (grouped(count(outcome.rows))) " rows, " (grouped(count(outcome.files))) " files, " (crate::components::duration(count(outcome.took_ms)))
                }
            }
            None => "never",
        }
    }
}

fn logged_in(security: &Security<'_>) -> Markup {
    let columns = [
        Column::key(
            "Person",
            |one: &LoggedIn| html! { a href={ "/people/" (one.user_id) } { (one.name) } small { (one.role.title()) } },
        ),
        Column::new("Where", |one: &LoggedIn| {
            html! {
                @match &one.station { Some(station) => (station), None => (browser(&one.user_agent)) }
                small { (one.peer) }
            }
        }),
        Column::date("Since", |one: &LoggedIn| moment(&one.since, &security.now)),
        Column::date("Last click", |one: &LoggedIn| moment(&one.last_seen_at, &security.now)),
    ];
    let nobody = empty("Nobody is logged in.", html! {});
    Table::new("Who is logged in, the latest click first", &columns, security.logged_in)
        .two_lines()
        .empty(nobody)
        .render()
}

fn failed(security: &Security<'_>) -> Markup {
    let columns = [
        Column::date(
            "When",
            |one: &Failed| html! { a href={ "/audit/entries/" (one.seq) } { (moment(&one.at, &security.now)) } },
        ),
        Column::key("What", |one: &Failed| html! { (one.action) small { (one.noun) } }),
        Column::new("Who", |one: &Failed| html! { (one.who) }),
        Column::new("From", |one: &Failed| html! { (one.peer) }),
    ];
    let nothing = empty("Nothing failed in the last 24 hours.", html! { a href="/audit" { "Search the audit trail" } });
    Table::new("What failed or was refused, the latest first", &columns, security.failed)
        .two_lines()
        .empty(nothing)
        .render()
}

fn count(number: i64) -> u64 {
    number.unsigned_abs()
}
