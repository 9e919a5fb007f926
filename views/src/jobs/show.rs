//! One job: what it is about, where it stands and why, what may be done to it, and everything that happened to it.

use super::{actions, frame, names, timeline};
use crate::{
    components::{Header, Tone, age, badge, buttons, code, empty, menus, moment, notice, plate, progress as bar},
    layout,
    table::grouped,
};
use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, Render, html};
use models::jobs::{
    Attempt, Run, State,
    about::{self, About},
    actions::{Acted, Action, Step, asks_reason, priority_word, refusal},
    waiting::{self, Waiting},
};

/// Everything the page shows.
pub struct Sheet<'a> {
    pub run: &'a Run,
    pub about: &'a About,
    /// Why it waits, if it does.
    pub waiting: Option<&'a Waiting>,
    pub attempts: &'a [Attempt],
    pub acted: &'a [Acted],
    pub arguments: &'a [Argument],
    pub may_steer: bool,
    pub csrf: &'a str,
    /// For the forms of this page, so that sending one twice acts once.
    pub key: &'a str,
    pub now: DateTime<Utc>,
}

/// One argument as it may be shown: no value for those who may not read it.
pub struct Argument {
    pub name: String,
    pub value: Option<String>,
}

/// "Generate BOM, build 20421".
pub fn title(run: &Run, about: &About) -> String {
    let title = names::title(&run.kind);
    match (&about.build, &about.order) {
        (Some(build), _) => format!("{title}, build {build}"),
        (None, Some(order)) => format!("{title}, order {order}"),
        (None, None) => title,
    }
}

pub fn page(sheet: &Sheet<'_>) -> Markup {
    layout::main(html! { (content(sheet)) (dialogs(sheet)) })
}

/// What changes when the job moves. Opened parts stay open, and a dialog is not closed.
pub fn content(sheet: &Sheet<'_>) -> Markup {
    let run = sheet.run;
    // What happened between reading the page and showing it was heard by nobody; a silent worker announces nothing.
    let patience = if run.state.is_live() { ", load delay:250ms, every 10s" } else { "" };
    html! {
        div #job hx-get=(names::path(&run.id)) hx-trigger={ "job:" (run.id) " from:#live, jobs:" (run.id) " from:#live, resync from:#live" (patience) }
            hx-target="this" hx-swap="outerMorph" {
            (frame(None, head(sheet), body(sheet)))
        }
    }
}

fn body(sheet: &Sheet<'_>) -> Markup {
    html! {
        (standing(sheet))
        (facts(sheet))
        div .job-columns {
            section .card aria-labelledby="happened" { h2 #happened { "What happened" } (timeline::list(sheet)) }
            div .stack {
                (cause(sheet))
                (arguments(sheet))
                (more(sheet))
            }
        }
    }
}

fn head(sheet: &Sheet<'_>) -> Markup {
    let (tone, word) = names::state(sheet.run.state);
    let title = title(sheet.run, sheet.about);
    let word = match sheet.run.state {
        State::Running if sheet.run.cancel_requested => "Running, asked to stop".to_owned(),
        _ => format!("{word}{}", tries(sheet.run)),
    };
    let head = Header::new(&title).badge(badge(tone, &word));
    let able = able(sheet);
    if able.is_empty() { head.render() } else { head.actions(ways(sheet, &able)).render() }
}

/// ", 5 of 5 tries failed" where it says something: one error can be the last word.
fn tries(run: &Run) -> String {
    match (run.state, run.error_count) {
        (State::Dead, errors) if errors < run.max_attempts => String::new(),
        (State::Dead | State::Retry, errors @ 1..) => format!(", {errors} of {} tries failed", run.max_attempts),
        _ => String::new(),
    }
}

/// What can be done to it now by this person.
fn able(sheet: &Sheet<'_>) -> Vec<Action> {
    let fits = |action: &Action| refusal(*action, sheet.run, sheet.now).is_none();
    if sheet.may_steer { Action::ALL.into_iter().filter(fits).collect() } else { Vec::new() }
}

/// At most two plain buttons, the rest in the menu, and the one that helps most last.
fn ways(sheet: &Sheet<'_>, able: &[Action]) -> Markup {
    let run = sheet.run;
    let has = |action: Action| able.contains(&action);
    let primary = [Action::Retry, Action::PutBack, Action::RunNow].into_iter().find(|action| has(*action));
    let rest = [Action::Reschedule, Action::Prioritise, Action::Copy].into_iter().filter(|action| has(*action));
    html! {
        @if has(Action::Cancel) { (asking(run, Action::Cancel)) }
        @if has(Action::Discard) { (asking(run, Action::Discard)) }
        (menus::more("More", html! {
            @for action in rest { a href=(actions::path(run.id, action)) { (actions::verb(action)) "…" } }
            a href={ (names::path(&run.id)) ".json" } { "Show as JSON" }
        }))
        @if let Some(action) = primary {
            form method="post" action=(actions::path(run.id, action)) {
                (crate::forms::csrf(sheet.csrf))
                (crate::forms::hidden("key", sheet.key))
                (buttons::button(buttons::Kind::Primary, actions::verb(action)))
            }
        }
    }
}

/// A button that asks first; without script it leads to the question's page.
fn asking(run: &Run, action: Action) -> Markup {
    html! {
        a .btn data-kind="danger" href=(actions::path(run.id, action)) data-opens={ "ask-" (action.word()) } { (actions::verb(action)) "…" }
    }
}

/// The questions, outside of what replaces itself.
fn dialogs(sheet: &Sheet<'_>) -> Markup {
    html! {
        @if sheet.may_steer {
            @for action in [Action::Cancel, Action::Discard] {
                (actions::dialog(action, sheet.run, sheet.csrf, sheet.key, asks_reason(Step::One(action, sheet.run))))
            }
        }
    }
}

/// How far it is, or why it does not move.
fn standing(sheet: &Sheet<'_>) -> Markup {
    let run = sheet.run;
    let of = (run.progress_total > 0).then(|| (run.progress_done.max(0) as u64, run.progress_total as u64));
    html! {
        @match (run.state, sheet.waiting) {
            (State::Running, _) => {
                @let since = run.started_at.map_or_else(String::new, |at| format!(" for {}", age(sheet.now - at)));
                @if run.progress_text.is_empty() { (bar(Tone::Moving, &format!("Running{since}."), of)) }
                @else { (bar(Tone::Moving, &format!("{} (running{since})", run.progress_text), of)) }
            }
            (_, Some(waiting)) => (notice(tone(waiting), self::waiting(waiting, sheet.now))),
            (State::Dead, _) => (notice(Tone::Stop, html! { b { (run.error_text.as_deref().unwrap_or("It stopped without saying why.")) } })),
            _ => {}
        }
    }
}

/// Whether somebody should look.
pub fn tone(waiting: &Waiting) -> Tone {
    match waiting {
        Waiting::Paused { .. } | Waiting::NobodyWorks(_) | Waiting::Full { .. } => Tone::Held,
        Waiting::NotDue(_) | Waiting::Behind(_) | Waiting::Next => Tone::Waiting,
    }
}

/// Why a job waits, in one or two sentences.
pub fn waiting(waiting: &Waiting, now: DateTime<Utc>) -> Markup {
    html! {
        @match waiting {
            Waiting::Paused { queue, since, by, reason } => {
                p { "It waits because the queue " b { (queue) } " has been paused for " (age(now - *since))
                    @if let Some(by) = by { " by " (by) }
                    @if reason.is_empty() { "." } @else { ": " (reason) } }
            }
            Waiting::NotDue(at) => p { "It waits for its time: " (moment_to_come(at, now)) "." },
            Waiting::NobodyWorks(Some(at)) => p { "It waits because no worker serves its queue. The last worker was heard of " (age(now - *at)) " ago. Nothing is lost." },
            Waiting::NobodyWorks(None) => p { "It waits because no worker has been started yet. Nothing is lost." },
            Waiting::Full { queue, most } => p { "It waits because " (most) " jobs of the queue " b { (queue) } " run, as many as may run at once." },
            Waiting::Behind(1) => p { "It waits for a worker. 1 job goes first." },
            Waiting::Behind(ahead) if *ahead >= waiting::COUNTED => p { "It waits for a worker. More than " (grouped(ahead.unsigned_abs())) " jobs go first." },
            Waiting::Behind(ahead) => p { "It waits for a worker. " (ahead) " jobs go first." },
            Waiting::Next => p { "It waits for a worker. It is next." },
        }
    }
}

/// "in 3 min, 11:02" by the clock of the site.
pub fn moment_to_come(at: &DateTime<Utc>, now: DateTime<Utc>) -> Markup {
    let local = models::site::local(*at);
    let is_today = local.date_naive() == models::site::local(now).date_naive();
    let words = local.format(if is_today { "%H:%M:%S" } else { "%-d %b %H:%M" }).to_string();
    let full = format!("{} ({})", local.format("%-d %b %Y %H:%M:%S %Z"), at.format("%H:%M:%S UTC"));
    html! { time datetime=(at.format("%Y-%m-%dT%H:%M:%SZ")) title=(full) { (words) @if *at > now { ", in " (age(*at - now)) } } }
}

fn facts(sheet: &Sheet<'_>) -> Markup {
    let (run, about) = (sheet.run, sheet.about);
    let mut facts = vec![
        ("Job", code(&names::short(run.id))),
        ("Queue", html! { a href={ "/jobs/queues/" (run.queue) } { (about.queue.as_deref().unwrap_or(&run.queue)) } }),
    ];
    if run.priority != 0 {
        facts.push(("Priority", html! { (priority_word(run.priority)) }));
    }
    if let Some(order) = &about.order {
        facts.push(("Order", html! { a href={ "/orders/" (order) "?tab=jobs" } { (order) } }));
    }
    if let Some(build) = &about.build {
        facts.push(("Build", html! { a href={ "/builds/" (build) } { (build) } }));
    }
    facts.extend(made(run, about));
    if let (Some(batch), Some(id)) = (&about.batch, run.batch_id) {
        facts.push(("Batch", html! { a href={ "/jobs/batches/" (id) } { (batch) } }));
    }
    if let Some(name) = &run.schedule {
        facts.push((
            "Schedule",
            html! { a href={ "/jobs/schedules/" (name) } { (about.schedule.as_deref().unwrap_or(name)) } },
        ));
    }
    if let Some(original) = run.copy_of {
        facts.push(("Copy of", html! { a href=(names::path(&original)) { (code(&names::short(original))) } }));
    }
    facts.push(("Asked for by", html! { (about.requested_by.as_deref().unwrap_or("System")) }));
    if let Some(waited) = run.started_at.filter(|_| run.attempt == 1).map(|at| at - run.created_at) {
        facts.push(("Waited", html! { (length(waited)) }));
    }
    if let (Some(start), Some(end), State::Done) = (run.started_at, run.finished_at, run.state) {
        facts.push(("Ran", html! { (length(end - start)) }));
    }
    plate(facts)
}

/// The way to what it made.
fn made(run: &Run, about: &About) -> Vec<(&'static str, Markup)> {
    let mut made = Vec::new();
    if let (Some(version), Some(build)) = (about.bom_version, &about.build) {
        made.push(("Made", html! { a href={ "/builds/" (build) "/bom/" (version) } { "BOM version " (version) } }));
    } else if let (Some(result), None) = (&run.result, &about.document) {
        made.push(("Made", code(result)));
    }
    if let (Some(name), Some(id)) = (&about.document, run.document_id) {
        made.push(("Document", html! { a href={ "/documents/" (id) } { (name) } }));
    }
    made
}

/// How long, as exactly as somebody who tunes wants it: "14 ms", "2.4 s", "3 min 12 s".
pub fn length(lasted: TimeDelta) -> String {
    match lasted.num_milliseconds().max(0) {
        0 => "under 1\u{202f}ms".into(),
        ms @ 1..1_000 => format!("{ms}\u{202f}ms"),
        ms @ 1_000..60_000 => format!("{}.{}\u{202f}s", ms / 1_000, ms % 1_000 / 100),
        ms @ 60_000..3_600_000 => format!("{}\u{202f}min {}\u{202f}s", ms / 60_000, ms % 60_000 / 1_000),
        _ => age(lasted),
    }
}

/// Others that fail like this one.
fn cause(sheet: &Sheet<'_>) -> Markup {
    let about = sheet.about;
    let more = about.same_cause >= about::COUNTED;
    html! {
        @if let (1.., Some(group)) = (about.same_cause, &sheet.run.error_group) {
            section .card aria-labelledby="cause" {
                h2 #cause {
                    @if about.same_cause == 1 { "1 other job fails for this reason" }
                    @else { @if more { "More than " } (grouped(about.same_cause.unsigned_abs())) " other jobs fail for this reason" }
                }
                @if let Some(since) = &about.same_cause_since { p { "The first one: " (moment(since, &sheet.now)) "." } }
                p { a href={ "/jobs/list?group=" (group) } { "Open the jobs with this cause" } }
            }
        }
    }
}

fn arguments(sheet: &Sheet<'_>) -> Markup {
    html! {
        section .card aria-labelledby="arguments" {
            h2 #arguments { "Arguments" }
            @if sheet.arguments.is_empty() { (empty("This job has no arguments.", html! {})) }
            @else {
                dl .facts {
                    @for argument in sheet.arguments {
                        dt { (code(&argument.name)) }
                        dd { @match &argument.value { Some(value) => (code(value)), None => small { "hidden" } } }
                    }
                }
            }
        }
    }
}

/// Numbers for whoever looks for a cause.
fn more(sheet: &Sheet<'_>) -> Markup {
    let run = sheet.run;
    html! {
        details .more #technical {
            summary { "Technical details" }
            (crate::components::plates::facts([
                ("Id", code(&run.id.to_string())),
                ("Kind", html! { (code(&run.kind)) ", version " (run.payload_version) }),
                ("Started", html! { (run.attempt) @if run.attempt == 1 { " time" } @else { " times" } }),
                ("Errors", html! { (run.error_count) " of " (run.max_attempts) }),
                ("Crashes", html! { (run.crash_count) " of " (models::jobs::MAX_CRASHES) }),
                ("Due", moment_to_come(&run.run_at, sheet.now)),
                ("Error class", html! { @if let Some(class) = &run.error_class { (code(class)) } }),
                ("Same as", html! { @if let Some(key) = &run.dedupe_key { (code(key)) } }),
                ("Worker", html! { @if let Some(worker) = &run.worker { a href={ "/jobs/workers/" (worker) } { (code(worker)) } } }),
                ("Trace", html! { @if !run.trace_id.is_empty() { (code(&run.trace_id)) } }),
            ]))
        }
    }
}
