//! The bin: what was put away, and the way back.

use super::{Section, frame, names};
use crate::{
    components::{Header, buttons, empty, moment},
    forms, layout,
    table::{Column, Table},
};
use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, Render, html};
use models::jobs::{
    actions::Action,
    bin::{DAYS, Discarded},
};

/// The page and what was asked of it.
pub struct Bin<'a> {
    pub jobs: &'a [Discarded],
    pub text: &'a str,
    /// The next page, if there is one.
    pub older: Option<&'a str>,
    /// This page, to come back to.
    pub address: &'a str,
    pub may_steer: bool,
    pub csrf: &'a str,
    pub now: DateTime<Utc>,
}

pub fn page(bin: &Bin<'_>) -> Markup {
    let facts = format!("Discarded jobs stay here for {DAYS} days; those of an order stay with it");
    let history = buttons::link_button(buttons::Kind::Plain, "/jobs/actions", "What was done to jobs");
    let body = html! {
        form .filters action="/jobs/bin" {
            input type="search" name="text" value=(bin.text) placeholder="Order, build, argument or error" aria-label="Search the bin";
            (buttons::button(buttons::Kind::Plain, "Search"))
            @if !bin.text.is_empty() { a href="/jobs/bin" { "Clear" } }
        }
        @if bin.may_steer && !bin.jobs.is_empty() { (selecting(bin)) } @else { (list(bin)) }
        @if let Some(older) = bin.older { p .actions { (buttons::link_button(buttons::Kind::Plain, older, "Older")) } }
    };
    layout::main(frame(Some(Section::Bin), Header::new("Bin").facts(&facts).actions(history).render(), body))
}

fn selecting(bin: &Bin<'_>) -> Markup {
    html! {
        form method="post" action="/jobs/selections" {
            (forms::csrf(bin.csrf))
            (forms::hidden("action", Action::PutBack.word()))
            (forms::hidden("address", bin.address))
            (list(bin))
            div .actions { (buttons::button(buttons::Kind::Plain, "Put chosen jobs back…")) }
        }
    }
}

fn list(bin: &Bin<'_>) -> Markup {
    let mut columns = Vec::new();
    if bin.may_steer {
        columns.push(Column::unnamed("Choose", |job: &Discarded| html! {
            input type="checkbox" name="ids" value=(job.id) aria-label={ "Choose " (names::title(&job.kind)) " " (names::short(job.id)) };
        }));
    }
    columns.extend([
        Column::key("Job", |job: &Discarded| {
            html! {
                (names::link(&job.id, &job.kind))
                @if let Some(error) = &job.error { small { (error) } }
            }
        }),
        Column::new("About", |job: &Discarded| {
            html! {
                @if let Some(order) = &job.order { a href={ "/orders/" (order) } { (order) } }
                @if let Some(build) = &job.build { small { "Build " (build) } }
            }
        }),
        Column::new("Was", |job: &Discarded| html! { @if let Some(was) = job.was { (names::badge(was)) } }),
        Column::new("Discarded", |job: &Discarded| {
            html! {
                (moment(&job.at, &bin.now)) @if let Some(by) = &job.by { " by " (by) }
                @if let Some(reason) = &job.reason { small { (reason) } }
            }
        }),
        Column::date("Stays", |job: &Discarded| html! { (stays(job, bin.now)) }),
    ]);
    let table = Table::new("Discarded jobs, latest first", &columns, bin.jobs).two_lines();
    table.empty(nothing(bin)).render()
}

fn stays(job: &Discarded, now: DateTime<Utc>) -> String {
    if job.order.is_some() {
        return "with its order".into();
    }
    match (job.at + TimeDelta::days(DAYS) - now).num_days() {
        ..=0 => "until tonight".into(),
        1 => "1 more day".into(),
        days => format!("{days} more days"),
    }
}

fn nothing(bin: &Bin<'_>) -> Markup {
    if bin.text.is_empty() {
        empty("The bin is empty.", html! { a href="/jobs/list" { "Show all jobs" } })
    } else {
        empty(
            &format!("No discarded job matches “{}”.", bin.text),
            html! { a href="/jobs/bin" { "Show the whole bin" } },
        )
    }
}
