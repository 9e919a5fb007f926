//! The jobs of an order or a build: what was asked of the workers and what became of it.

use crate::{
    components::{empty, moment},
    jobs::names::{badge, title},
};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use models::jobs::{Run, State};

/// Newest first.
pub fn list(runs: &[Run], now: DateTime<Utc>) -> Markup {
    html! {
        @if runs.is_empty() {
            (empty("No job was asked for yet.", html! {}))
        } @else {
            div .table { table {
                caption .hidden { "Jobs, newest first" }
                thead { tr {
                    th scope="col" { "Job" } th scope="col" { "State" } th scope="col" data-kind="number" { "Attempt" }
                    th scope="col" data-kind="date" { "Asked for" } th scope="col" data-kind="number" { "Took" }
                } }
                tbody { @for run in runs { (row(run, now)) } }
            } }
        }
    }
}

fn row(run: &Run, now: DateTime<Utc>) -> Markup {
    html! {
        tr {
            th scope="row" {
                (title(&run.kind))
                @if let Some(error) = &run.error_text { small data-tone=[(run.state == State::Dead).then_some("stop")] { (error) } }
            }
            td { (badge(run.state)) }
            td data-kind="number" { @if run.attempt > 0 { (run.attempt) " of " (run.max_attempts) } }
            td data-kind="date" { (moment(&run.created_at, &now)) }
            td data-kind="number" { @if let Some(took) = took(run) { (took) "\u{202f}ms" } }
        }
    }
}

/// Milliseconds of the last start, once it ended.
fn took(run: &Run) -> Option<i64> {
    Some((run.finished_at? - run.started_at?).num_milliseconds().max(1))
}
