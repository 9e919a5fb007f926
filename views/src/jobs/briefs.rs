//! Jobs in short lists: what runs now and what comes next.

use super::names;
use crate::{
    components::{age, code, empty},
    table::{Column, Table},
};
use chrono::{DateTime, Utc};
use maud::{Markup, Render, html};
use models::jobs::brief::Brief;

/// What runs now, those that run longest first.
pub fn running(jobs: &[Brief], now: DateTime<Utc>) -> Markup {
    let columns = [
        Column::key("Job", |job: &Brief| names::link(&job.id, &job.kind)),
        Column::new("Order", |job: &Brief| order(job)),
        Column::new("Doing", |job: &Brief| html! { (job.progress_text) }),
        Column::new("Worker", |job: &Brief| html! { @if let Some(worker) = &job.worker { a href={ "/jobs/workers/" (worker) } { (code(worker)) } } }).priority(3),
        Column::number("For", |job: &Brief| html! { @if let Some(at) = job.started_at { (age(now - at)) } }),
    ];
    Table::new("Running now", &columns, jobs)
        .row_id(|job: &Brief| format!("running-{}", job.id))
        .empty(empty("Nothing runs right now.", html! {}))
        .render()
}

/// What comes next, in this order.
pub fn next(jobs: &[Brief], now: DateTime<Utc>) -> Markup {
    let columns = [
        Column::key("Job", |job: &Brief| names::link(&job.id, &job.kind)),
        Column::new("State", |job: &Brief| names::badge(job.state)),
        Column::new("Order", |job: &Brief| order(job)),
        Column::number("Due for", |job: &Brief| html! { (age(now - job.run_at)) }),
    ];
    Table::new("Next to start", &columns, jobs)
        .row_id(|job: &Brief| format!("next-{}", job.id))
        .empty(empty("Nothing waits.", html! {}))
        .render()
}

fn order(job: &Brief) -> Markup {
    html! { @if let Some(order) = &job.order { a href={ "/orders/" (order) } { (order) } } }
}
