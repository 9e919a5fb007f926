//! One sink: what it is, where it stands, its BOM and the jobs that made it.

use super::{
    record::Card,
    runs::{self, Runs},
    summary,
};
use crate::{
    components::{Header, Place, badge, plates, track},
    jobs::{self, Hand},
    layout::stylesheet,
};
use chrono::{DateTime, Utc};
use maud::{Markup, html};

pub fn page(card: &Card, ran: &Runs, hand: Hand<'_>, now: DateTime<Utc>) -> Markup {
    let build = &card.build;
    let title = format!("Build {}", build.number);
    let facts = summary::line(&build.configuration);
    let ways = html! { a .btn href={ "/builds/" (build.number) "/history" } { "Show every change" } a .btn data-kind="primary" href={ "/builds/" (build.number) "/bom" } { "Open BOM" } };
    html! {
        (stylesheet("orders.css"))
        (Header::new(&title).badge(badge(build.stage.tone(), build.stage.title())).facts(&facts).actions(ways))
        (standing(card, now))
        h2 { "Configuration" }
        div .card { (plates::facts(summary::facts(&build.configuration))) }
        h2 { "Jobs" }
        (runs::list(ran, hand, now))
    }
}

/// Where the build stands, for htmx: refreshes itself when the build moves.
pub fn standing(card: &Card, now: DateTime<Utc>) -> Markup {
    let build = &card.build;
    let stage = build.stage;
    let is_live = card.standing.as_ref().is_some_and(|standing| standing.run.state.is_live());
    // What happened between reading the page and showing it was heard by nobody.
    let patience = if is_live { ", load delay:250ms, every 10s" } else { "" };
    html! {
        section #standing .card aria-label="Where it stands" hx-get={ "/builds/" (build.number) }
            hx-trigger={ "resync from:#live, build:" (build.id) " from:#live" (patience) } hx-target="this" hx-swap="outerMorph" {
            @if let Some(position) = stage.segment() { (track(Place { position, tone: stage.tone().into(), word: stage.title() })) }
            @match &card.standing {
                Some(standing) => (jobs::progress("BOM", standing, now, html! {})),
                None => (super::record::bom(build)),
            }
        }
    }
}
