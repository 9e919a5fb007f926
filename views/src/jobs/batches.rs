//! Jobs asked for together: the list of batches, how far one is, and asking for new BOMs of all open orders.

mod regenerate;

pub use regenerate::{Asked, Question, ask};

use super::{Section, badge as state_badge, frame};
use crate::{
    components::{
        Header, Tone, age, badge,
        buttons::{Kind, link_button, post_button},
        empty, moment, plate, progress,
    },
    layout,
    table::{Column, Pager, Table, grouped},
};
use chrono::{DateTime, Utc};
use maud::{Markup, Render, html};
use models::jobs::{
    State,
    batches::{Batch, Standing},
};

/// A batch and how its jobs stand.
#[derive(Debug, Clone)]
pub struct Shown {
    pub batch: Batch,
    pub standing: Standing,
}

impl Shown {
    fn total(&self) -> i64 {
        i64::from(self.batch.total)
    }

    /// Jobs that are over, however they ended; those that have left the ledger are over too.
    fn over(&self) -> i64 {
        (self.total() - self.standing.live()).max(0)
    }

    fn given_up(&self) -> i64 {
        self.standing.count(State::Dead)
    }

    fn badge(&self) -> Markup {
        match (self.standing.live(), self.given_up(), self.standing.count(State::Running)) {
            (0, 0, _) => badge(Tone::Good, "Done"),
            (0, _, _) => badge(Tone::Stop, "Done, some given up"),
            (_, _, 0) => badge(Tone::Waiting, "Waiting"),
            _ => badge(Tone::Moving, "Running"),
        }
    }
}

/// The list, newest first. `older` leads on, `may_start` shows the way to start one.
pub fn index(batches: &[Shown], older: Option<String>, may_start: bool, now: DateTime<Utc>) -> Markup {
    let start = if may_start {
        link_button(Kind::Plain, regenerate::HREF, "Regenerate BOMs…")
    } else {
        html! {}
    };
    let head = Header::new("Batches").facts("Jobs that were asked for together.").actions(start);
    layout::main(frame(Some(Section::Batches), head.render(), list(batches, older, now)))
}

/// The list alone.
pub fn list(batches: &[Shown], older: Option<String>, now: DateTime<Utc>) -> Markup {
    let columns = [
        Column::key("Batch", |shown: &Shown| html! { a href=(href(&shown.batch)) { (shown.batch.title) } }),
        Column::new("State", Shown::badge),
        Column::number("Done", |shown: &Shown| {
            html! { (grouped(shown.over().unsigned_abs())) " of " (grouped(shown.total().unsigned_abs())) }
        }),
        Column::number("Given up", |shown: &Shown| html! { @if shown.given_up() > 0 { (shown.given_up()) } }),
        Column::new(
            "Asked for by",
            |shown: &Shown| html! { (shown.batch.requested_by.as_deref().unwrap_or("System")) },
        ),
        Column::date("When", |shown: &Shown| moment(&shown.batch.created_at, &now)),
    ];
    let none = empty("No jobs were asked for together yet. New BOMs of all open orders are one batch.", html! {});
    let mut table = Table::new("Batches, newest first", &columns, batches).empty(none);
    if older.is_some() {
        table = table.pager(Pager { first: 1, last: batches.len() as u64, next: older, ..Pager::default() });
    }
    html! {
        div #batches hx-get="/jobs/batches" hx-trigger="resync from:#live, batches:all from:#live delay:1s" hx-target="this" hx-swap="outerMorph" { (table) }
    }
}

pub fn href(batch: &Batch) -> String {
    format!("/jobs/batches/{}", batch.id)
}

/// One batch. `csrf` is for whoever may stop it.
pub fn page(shown: &Shown, csrf: Option<&str>, now: DateTime<Utc>) -> Markup {
    let head = Header::new(&shown.batch.title);
    layout::main(frame(None, head.render(), content(shown, csrf, now)))
}

/// What moves; fetches itself again while jobs of the batch move.
pub fn content(shown: &Shown, csrf: Option<&str>, now: DateTime<Utc>) -> Markup {
    let batch = &shown.batch;
    let mut triggers = format!("resync from:#live, batch:{} from:#live throttle:1s", batch.id);
    if shown.standing.live() > 0 {
        // The pace changes also when nothing ends.
        triggers.push_str(", every 15s");
    }
    html! {
        div #batch .stack hx-get=(href(batch)) hx-trigger=(triggers) hx-target="this" hx-swap="outerMorph" {
            (progress(tone(shown), &sentence(shown, now), Some((shown.over().unsigned_abs(), shown.total().unsigned_abs()))))
            (plate([
                ("State", shown.badge()),
                ("Jobs", html! { (grouped(shown.total().unsigned_abs())) }),
                ("Asked for by", html! { (batch.requested_by.as_deref().unwrap_or("System")) }),
                ("When", moment(&batch.created_at, &now)),
            ]))
            (states(shown))
            @if let Some(csrf) = csrf.filter(|_| shown.standing.live() > 0) {
                (post_button(&format!("{}/cancel", href(batch)), csrf, Kind::Plain, "Cancel waiting jobs…"))
            }
        }
    }
}

fn tone(shown: &Shown) -> Tone {
    match (shown.standing.live(), shown.given_up()) {
        (0, 0) => Tone::Good,
        (0, _) => Tone::Stop,
        _ if shown.standing.count(State::Running) == 0 && shown.standing.ended_lately == 0 => Tone::Waiting,
        _ => Tone::Moving,
    }
}

fn sentence(shown: &Shown, now: DateTime<Utc>) -> String {
    let standing = &shown.standing;
    let mut said =
        format!("{} of {} jobs are over", grouped(shown.over().unsigned_abs()), grouped(shown.total().unsigned_abs()));
    if shown.given_up() > 0 {
        said.push_str(&format!(", {} given up", grouped(shown.given_up().unsigned_abs())));
    }
    said.push('.');
    match (standing.live(), standing.remaining(now)) {
        (0, _) => {
            if let (Some(first), Some(last)) = (standing.first_start, standing.last_end) {
                said.push_str(&format!(" It took {}.", age(last - first)));
            }
        }
        (_, Some(rest)) => said.push_str(&format!(" About {} to go at the pace of the last minutes.", age(rest))),
        (_, None) => said.push_str(" They wait until a worker is free; jobs that people wait for go first."),
    }
    said
}

fn states(shown: &Shown) -> Markup {
    let gone = shown.total() - shown.standing.counts.values().sum::<i64>();
    let rows: Vec<(State, i64)> = State::ALL
        .into_iter()
        .map(|state| (state, shown.standing.count(state)))
        .filter(|(_, count)| *count > 0)
        .collect();
    let columns = [
        Column::key("State", |(state, _): &(State, i64)| state_badge(*state)),
        Column::number("Jobs", |(state, count): &(State, i64)| {
            html! { a href={ "/jobs/list?batch=" (shown.batch.id) "&state=" (state.word()) } { (grouped(count.unsigned_abs())) } }
        }),
    ];
    html! {
        section {
            h2 { "Jobs by state" }
            (Table::new("Jobs by state", &columns, &rows).empty(empty("Its jobs have left the ledger.", html! {})))
            @if gone > 0 && !rows.is_empty() { p .quiet { (grouped(gone.unsigned_abs())) " have left the ledger." } }
        }
    }
}
