//! The jobs of an order or a build: what was asked of the workers and what became of it.

use crate::{
    components::{empty, moment},
    jobs::{Hand, names::badge, show},
};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use models::jobs::{Run, State, waiting::Waiting};
use std::collections::HashMap;
use uuid::Uuid;

/// The jobs, and why those wait that wait.
#[derive(Debug, Default)]
pub struct Runs {
    pub runs: Vec<Run>,
    pub waiting: HashMap<Uuid, Waiting>,
}

/// Newest first. `hand` is what this person may do with them.
pub fn list(jobs: &Runs, hand: Hand<'_>, now: DateTime<Utc>) -> Markup {
    let runs = &jobs.runs;
    html! {
        @if runs.is_empty() {
            (empty("No job was asked for yet.", html! {}))
        } @else {
            div .table { table {
                caption .hidden { "Jobs, newest first" }
                thead { tr {
                    th scope="col" { "Job" } th scope="col" { "State" } th scope="col" data-kind="number" { "Attempt" }
                    th scope="col" data-kind="date" { "Asked for" } th scope="col" data-kind="number" { "Took" }
                    @if hand.csrf.is_some() { th scope="col" { span .hidden { "Actions" } } }
                } }
                tbody { @for run in runs { (row(run, jobs.waiting.get(&run.id), hand, now)) } }
            } }
        }
    }
}

fn row(run: &Run, waiting: Option<&Waiting>, hand: Hand<'_>, now: DateTime<Utc>) -> Markup {
    html! {
        tr {
            th scope="row" {
                (hand.name(run))
                @if let Some(error) = &run.error_text { small data-tone=[(run.state == State::Dead).then_some("stop")] { (error) } }
                @if let Some(waiting) = waiting { small { (show::waiting(waiting, now)) } }
            }
            td { (badge(run.state)) }
            td data-kind="number" { @if run.attempt > 0 { (run.attempt) " of " (run.max_attempts) } }
            td data-kind="date" { (moment(&run.created_at, &now)) }
            td data-kind="number" { @if let Some(took) = took(run) { (took) "\u{202f}ms" } }
            @if hand.csrf.is_some() { td { (hand.retry(run)) } }
        }
    }
}

/// Milliseconds of the last start, once it ended.
fn took(run: &Run) -> Option<i64> {
    Some((run.finished_at? - run.started_at?).num_milliseconds().max(1))
}
