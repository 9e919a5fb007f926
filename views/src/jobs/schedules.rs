//! What is asked for by the clock: all schedules with their next and last runs, and one with its history.

mod forms;

pub use forms::{Typed, preview};

use super::{Section, frame, short, state};
use crate::{
    components::{
        Header, Tone, age, badge,
        buttons::{Kind, post_button},
        code, coming, empty, moment, notice, plate,
    },
    layout,
    table::{Column, Table, grouped},
};
use chrono::{DateTime, Utc};
use maud::{Markup, Render, html};
use models::jobs::{Run, Schedule, schedules::Timing};

/// Everything the list shows.
#[derive(Debug, Clone, Copy)]
pub struct Index<'a> {
    pub schedules: &'a [Schedule],
    pub now: DateTime<Utc>,
    /// For the buttons of whoever may press them.
    pub csrf: Option<&'a str>,
}

/// Everything the page of one schedule shows.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    pub schedule: &'a Schedule,
    /// None when a newer version wrote a pattern that can't be read here.
    pub timing: Option<&'a Timing>,
    /// Newest first.
    pub history: &'a [Run],
    /// Name of what it asks for.
    pub job: &'a str,
    pub now: DateTime<Utc>,
    pub csrf: Option<&'a str>,
    /// The forms as they stand: what is kept, or what was typed.
    pub typed: &'a Typed,
}

pub fn href(name: &str) -> String {
    format!("/jobs/schedules/{name}")
}

/// The list.
pub fn index(index: &Index<'_>) -> Markup {
    let paused = index.schedules.iter().filter(|schedule| schedule.is_paused()).count();
    let facts = match paused {
        0 => "What the workers do by the clock.".to_string(),
        paused => format!("What the workers do by the clock. {paused} paused."),
    };
    layout::main(frame(Some(Section::Schedules), Header::new("Schedules").facts(&facts).render(), list(index)))
}

/// The list alone; fetches itself again when a schedule or its last job moves.
pub fn list(index: &Index<'_>) -> Markup {
    let mut triggers = vec!["resync from:#live".to_owned(), "schedules:all from:#live delay:300ms".to_owned()];
    triggers.extend(index.schedules.iter().filter_map(live_job));
    html! {
        div #schedules hx-get="/jobs/schedules" hx-trigger=(triggers.join(", ")) hx-target="this" hx-swap="outerMorph" {
            (table(index))
        }
    }
}

fn live_job(schedule: &Schedule) -> Option<String> {
    let is_live = schedule.last_state.is_some_and(models::jobs::State::is_live);
    schedule.last_job_id.filter(|_| is_live).map(|id| format!("job:{id} from:#live"))
}

fn table(index: &Index<'_>) -> Markup {
    let columns = [
        Column::key("Schedule", |schedule: &Schedule| {
            html! { a href=(href(&schedule.name)) { (schedule.title) } small { (words(schedule)) } }
        }),
        Column::date("Next run", |schedule: &Schedule| {
            html! { @if schedule.is_paused() { "" } @else { (coming(&schedule.next_run_at, &index.now)) } }
        }),
        Column::new("Last run", |schedule: &Schedule| last_run(schedule, index.now)),
        Column::new("State", |schedule: &Schedule| {
            html! {
                (badge_of(schedule))
                @if schedule.is_paused() { small { (schedule.pause_reason) } }
            }
        }),
        Column::unnamed("What can be done", |schedule: &Schedule| {
            html! {
                @if let Some(csrf) = index.csrf { (post_button(&format!("{}/run", href(&schedule.name)), csrf, Kind::Plain, "Run now")) }
            }
        }),
    ];
    let none =
        empty("Nothing is done by the clock yet. A worker brings the product's schedules when it starts.", html! {});
    Table::new("Schedules, the next one first", &columns, index.schedules)
        .row_id(|schedule| format!("schedule-{}", schedule.name))
        .two_lines()
        .empty(none)
        .render()
}

/// "Every day at 02:15", with the zone where it is not the site's.
fn words(schedule: &Schedule) -> String {
    let words = schedule.timing().map_or_else(|| schedule.pattern.clone(), |timing| timing.pattern.in_words());
    let is_here = schedule.time_zone == models::site::zone().name();
    if is_here { words } else { format!("{words}, {}", schedule.time_zone) }
}

fn badge_of(schedule: &Schedule) -> Markup {
    if schedule.is_paused() { badge(Tone::Idle, "Paused") } else { badge(Tone::Waiting, "Waits for its time") }
}

fn last_run(schedule: &Schedule, now: DateTime<Utc>) -> Markup {
    html! {
        @match (schedule.last_job_id, schedule.last_state, &schedule.last_run_at) {
            (Some(id), Some(last), Some(at)) => {
                (state(last)) " " a href={ "/jobs/" (id) } { (moment(at, &now)) }
                @if let (models::jobs::State::Dead, Some(error)) = (last, &schedule.last_error) { small data-tone="stop" { (error) } }
            },
            (_, None, Some(at)) => { (moment(at, &now)) small { "its job has left the ledger" } },
            _ => "not yet",
        }
    }
}

/// One schedule.
pub fn page(page: &Page<'_>) -> Markup {
    let schedule = page.schedule;
    let words = words(schedule);
    let head = Header::new(&schedule.title).badge(badge_of(schedule)).facts(&words).actions(actions(page));
    layout::main(frame(None, head.render(), content(page)))
}

fn actions(page: &Page<'_>) -> Markup {
    let base = href(&page.schedule.name);
    html! {
        @if let Some(csrf) = page.csrf {
            @if page.schedule.is_paused() { (post_button(&format!("{base}/resume"), csrf, Kind::Plain, "Resume schedule")) }
            @else { a .btn href="#pause" { "Pause schedule…" } }
            (post_button(&format!("{base}/run"), csrf, Kind::Primary, "Run now"))
        }
    }
}

/// Everything below the head.
fn content(page: &Page<'_>) -> Markup {
    html! {
        div .stack {
            (forms::summary(page.typed))
            (news(page))
            div .columns {
                div .stack {
                    @if page.csrf.is_some() { (forms::change(page)) (forms::pause(page)) }
                }
                aside .stack { (next_times(page)) }
            }
        }
    }
}

/// What changes while one looks: facts and history. The forms beside it stay as they are typed.
pub fn news(page: &Page<'_>) -> Markup {
    let schedule = page.schedule;
    let mut triggers = vec!["resync from:#live".to_owned(), "schedules:all from:#live delay:300ms".to_owned()];
    triggers
        .extend(page.history.iter().filter(|run| run.state.is_live()).map(|run| format!("job:{} from:#live", run.id)));
    html! {
        div #news .stack hx-get=(href(&schedule.name)) hx-trigger=(triggers.join(", ")) hx-target="this" hx-swap="outerMorph" {
            @if let Some(at) = &schedule.paused_at {
                (notice(Tone::Held, html! {
                    p {
                        "Paused " @if let Some(who) = &schedule.paused_by { "by " (who) " " } (moment(at, &page.now)) ": " (schedule.pause_reason)
                        " Nothing is asked for until it is resumed, and what is missed meanwhile is not made up for."
                    }
                }))
            }
            (facts(page))
            section { h2 { "Latest runs" } div .stack { (history(page)) } }
        }
    }
}

fn facts(page: &Page<'_>) -> Markup {
    let schedule = page.schedule;
    let next =
        html! { @if schedule.is_paused() { "when resumed" } @else { (coming(&schedule.next_run_at, &page.now)) } };
    plate([
        ("Next run", next),
        ("Last run", last_run(schedule, page.now)),
        ("Job", html! { (page.job) }),
        ("Pattern", code(&schedule.pattern)),
        ("Time zone", html! { (schedule.time_zone) }),
    ])
}

fn history(page: &Page<'_>) -> Markup {
    let columns = [
        Column::key("Job", |run: &Run| {
            html! {
                a href={ "/jobs/" (run.id) } { (code(&short(run.id))) }
                @if let Some(error) = &run.error_text { small data-tone=[(run.state == models::jobs::State::Dead).then_some("stop")] { (error) } }
            }
        }),
        Column::new("State", |run: &Run| state(run.state)),
        Column::new(
            "Asked for",
            |run: &Run| html! { @if run.requested_by.is_some() { "by hand" } @else { "by the clock" } },
        ),
        Column::date("When", |run: &Run| moment(&run.created_at, &page.now)),
        Column::number("Took", |run: &Run| html! { @if let Some(took) = took(run) { (took) } }),
    ];
    html! {
        (Table::new("Latest runs, newest first", &columns, page.history).empty(empty("It has not run yet.", html! {})))
        @if !page.history.is_empty() {
            p .quiet { a href={ "/jobs/list?schedule=" (page.schedule.name) } { "All its jobs" } }
        }
    }
}

fn took(run: &Run) -> Option<String> {
    let lasted = run.finished_at? - run.started_at?;
    Some(match lasted.num_milliseconds().max(1) {
        few @ ..10_000 => format!("{}\u{202f}ms", grouped(few.unsigned_abs())),
        _ => age(lasted),
    })
}

fn next_times(page: &Page<'_>) -> Markup {
    html! {
        section .card {
            h2 { "Next times" }
            @match page.timing {
                Some(timing) if !page.schedule.is_paused() => (forms::times(timing, &timing.preview(page.now), page.now)),
                Some(_) => p .quiet { "None while it is paused." },
                None => p .quiet { "A newer version wrote this pattern. It can't be read here." },
            }
        }
    }
}
