//! One order: its plate, its builds with their BOMs on the way, its documents and its history.

use super::{documents::Papers, runs::Runs, summary};
use crate::{
    components::{
        Day, Entry, Header, Place, Tab, Tone, badge, code, date, moment, plate, signing::stamp, tabs, timeline, track,
    },
    jobs::{self, Hand},
    layout::stylesheet,
};
use chrono::{DateTime, NaiveDate, Utc};
use maud::{Markup, html};
use models::{
    jobs::Standing,
    orders::{Build, HistoryEntry, Order, Stage},
    site,
};

/// A build and what its BOM's job is doing; no job once the BOM stands.
pub struct Card {
    pub build: Build,
    pub standing: Option<Standing>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    #[default]
    Builds,
    Documents,
    Jobs,
    History,
}

impl Part {
    pub fn from_word(word: &str) -> Part {
        match word {
            "documents" => Part::Documents,
            "jobs" => Part::Jobs,
            "history" => Part::History,
            _ => Part::Builds,
        }
    }
}

/// What the open tab shows.
pub enum Content<'a> {
    Builds(&'a [Card]),
    Documents(&'a Papers<'a>),
    Jobs(&'a Runs, Hand<'a>),
    History(&'a [HistoryEntry]),
}

pub fn page(order: &Order, builds: usize, content: &Content<'_>, today: NaiveDate, now: DateTime<Utc>) -> Markup {
    let mark = badge(order.stage.tone(), order.stage.title());
    html! {
        (stylesheet("orders.css"))
        (Header::new(&order.number).badge(mark).facts(&entered(order)).actions(html! {
            a .btn href={ "/orders/" (order.number) "/history" } { "Show every change" }
        }))
        (head(order, builds, today))
        @if !order.notes.is_empty() { p .notes { (order.notes) } }
        (parts(order, builds, content))
        (part(order, content, now))
    }
}

/// The open tab alone, for htmx.
pub fn part(order: &Order, content: &Content<'_>, now: DateTime<Utc>) -> Markup {
    match content {
        Content::Builds(cards) => builds(order, cards, now),
        Content::Documents(papers) => super::documents::list(order, papers, now),
        Content::Jobs(jobs, hand) => super::runs::list(jobs, *hand, now),
        Content::History(entries) => history(entries, now),
    }
}

fn entered(order: &Order) -> String {
    format!("Entered by {}", order.created_by)
}

fn head(order: &Order, builds: usize, today: NaiveDate) -> Markup {
    let mut facts = vec![
        ("Customer", html! { (order.customer) }),
        ("PO number", code(&order.po_number)),
        ("Want date", date(order.want_on, today)),
        ("Builds", html! { (builds) }),
        ("Language", html! { (language(&order.language)) }),
        ("Sales person", html! { (order.sales_person) }),
    ];
    if !order.project.is_empty() {
        facts.push(("Project", html! { (order.project) }));
    }
    if order.priority != "standard" {
        facts.push(("Priority", html! { (if order.priority == "rush" { "Rush" } else { "Emergency" }) }));
    }
    plate(facts)
}

fn language(word: &str) -> &str {
    models::configurations::Language::from_word(word).map_or(word, |language| language.title())
}

fn parts(order: &Order, builds: usize, content: &Content<'_>) -> Markup {
    let path = format!("/orders/{}", order.number);
    let hrefs = ["", "?tab=documents", "?tab=jobs", "?tab=history"].map(|query| format!("{path}{query}"));
    let count = builds.to_string();
    let tab = |label, href, note, is_current| Tab { label, href, note, is_current, ..Tab::default() };
    tabs(
        "Parts of the order",
        &[
            tab("Builds", &hrefs[0], count.as_str(), matches!(content, Content::Builds(_))),
            tab("Documents", &hrefs[1], "", matches!(content, Content::Documents(_))),
            tab("Jobs", &hrefs[2], "", matches!(content, Content::Jobs(..))),
            tab("History", &hrefs[3], "", matches!(content, Content::History(_))),
        ],
    )
}

/// Refreshes itself when a build or its job moves; what is typed or opened elsewhere on the page stays.
fn builds(order: &Order, cards: &[Card], now: DateTime<Utc>) -> Markup {
    let mut triggers = vec!["resync from:#live".to_owned(), format!("orders:{} from:#live", order.number)];
    if cards.iter().any(|card| card.standing.as_ref().is_some_and(|standing| standing.run.state.is_live())) {
        // A worker that falls silent announces nothing, so a page that waits looks by itself from time to time.
        // "load": what happened between reading the page and showing it was heard by nobody.
        triggers.extend(["load delay:250ms", "workers:all from:#live", "every 10s"].map(str::to_owned));
    }
    triggers.extend(cards.iter().map(|card| format!("build:{} from:#live", card.build.id)));
    html! {
        div #builds .records hx-get={ "/orders/" (order.number) } hx-trigger=(triggers.join(", ")) hx-target="this" hx-swap="outerMorph" {
            @for card in cards { (self::card(card, now)) }
            @if cards.iter().any(|card| card.standing.is_some()) {
                noscript { p { a href={ "/orders/" (order.number) } { "Show how far the BOMs are" } } }
            }
        }
    }
}

fn card(card: &Card, now: DateTime<Utc>) -> Markup {
    let build = &card.build;
    html! {
        section .record id={ "build-" (build.id) } aria-label={ "Build " (build.number) } {
            div .who {
                h2 { a href={ "/builds/" (build.number) } { "Build " code { (build.number) } } }
                p { (summary::line(&build.configuration)) }
                (badge(build.stage.tone(), build.stage.title()))
            }
            div .way {
                (rail(build.stage))
                @match &card.standing {
                    Some(standing) => (jobs::progress("BOM", standing, now, html! {
                        p .next { a href={ "/builds/" (build.number) "/bom" } { "See what to do" } }
                    })),
                    None => (bom(build)),
                }
            }
        }
    }
}

fn rail(stage: Stage) -> Markup {
    html! {
        @if let Some(position) = stage.segment() { (track(Place { position, tone: stage.tone().into(), word: stage.title() })) }
    }
}

/// The next step and the way to the BOM.
pub fn bom(build: &Build) -> Markup {
    html! {
        p .next {
            span { (next_step(build)) }
            @if let (Some(version), Some(lines)) = (build.bom_version, build.bom_lines) {
                " "
                a href={ "/builds/" (build.number) "/bom" } { "Open BOM" }
                small {
                    "Version " (version) ", " (lines) " lines"
                    @if build.bom_outdated { ", made for an earlier configuration" }
                }
                (approved(build))
            } @else {
                " "
                a href={ "/builds/" (build.number) "/bom" } { "No BOM yet" }
            }
        }
    }
}

/// Who has to act: a BOM that was sent back waits for the coordinator.
fn next_step(build: &Build) -> &'static str {
    match build.stage {
        Stage::OrderCreated if build.bom_approved.is_none() && build.bom_returned.is_some() => {
            "The coordinator puts right what procurement found, and regenerates the BOM."
        }
        stage => stage.next_step(),
    }
}

/// Who stands for the BOM, or who sent it back.
fn approved(build: &Build) -> Markup {
    html! {
        @match (&build.bom_approved, &build.bom_returned) {
            (Some((who, _)), _) if build.bom_outdated => small { "Approval by " (who) " is void: the configuration changed after it." },
            (Some((who, at)), _) => small { "BOM approved by " (who) " on " (stamp(*at)) },
            (None, Some((who, comment))) => small { (who) " sent it back: " (comment) },
            (None, None) => {},
        }
    }
}

fn history(entries: &[HistoryEntry], now: DateTime<Utc>) -> Markup {
    let sentences: Vec<String> = entries.iter().map(sentence).collect();
    let mut days: Vec<(String, Vec<Entry<'_>>)> = Vec::new();
    for (entry, did) in entries.iter().zip(&sentences) {
        let heading = heading(site::local(entry.at).date_naive(), site::local(now).date_naive());
        if days.last().is_none_or(|(day, _)| *day != heading) {
            days.push((heading, Vec::new()));
        }
        if let Some((_, day)) = days.last_mut() {
            day.push(Entry {
                tone: Tone::from(entry.to_stage.tone()),
                who: entry.who.as_deref().unwrap_or("System"),
                did,
                detail: html! { (entry.note) },
                at: moment(&entry.at, &now),
            });
        }
    }
    let days: Vec<Day<'_>> =
        days.iter_mut().map(|(heading, entries)| Day { heading, entries: std::mem::take(entries) }).collect();
    timeline(&days)
}

fn heading(day: NaiveDate, today: NaiveDate) -> String {
    if day == today { "Today".into() } else { day.format("%-d %b %Y").to_string() }
}

fn sentence(entry: &HistoryEntry) -> String {
    let what = entry.build.as_ref().map_or("the order".into(), |build| format!("build {build}"));
    match entry.from_stage {
        Some(Stage::Draft) | None => format!("created {what}"),
        Some(from) => format!("moved {what} from {} to {}", from.title(), entry.to_stage.title()),
    }
}
