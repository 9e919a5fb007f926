//! The BOM of a build: what was generated, from what, and every line of it.

pub mod address;
pub mod approval;
pub mod compare;
pub mod figures;
pub mod flat;
pub mod paper;
pub mod regenerate;
pub mod tree;

use crate::components::signing::signatures;
use crate::components::{Header, Tab, Tone, age, badge, icon, menus, notice, plate, tabs};
use crate::jobs::{self, Hand};
use crate::layout;
use address::Address;
use chrono::{DateTime, Utc};
use figures::{money, quantity};
use maud::{Markup, html};
use models::boms::approval::Review;
use models::boms::cost::LineCost;
use models::boms::outline::Wish;
use models::boms::sheet::Sheet;
use models::boms::versions::{Book, Outdated, Version};
use models::catalogue::costs::CURRENCY;
use models::jobs::Standing;
use models::users::User;

/// How the lines are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    #[default]
    Tree,
    /// Summed by number.
    Flat,
}

impl View {
    /// The word of the address.
    pub fn word(self) -> &'static str {
        match self {
            View::Tree => "tree",
            View::Flat => "flat",
        }
    }

    pub fn from_word(word: &str) -> View {
        if word == "flat" { View::Flat } else { View::Tree }
    }
}

/// Everything the page shows.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    pub book: &'a Book,
    pub version: &'a Version,
    pub sheet: &'a Sheet,
    pub review: &'a Review,
    pub user: &'a User,
    pub view: View,
    pub wish: &'a Wish,
    /// The latest job that makes this BOM, while it lives or when it died.
    pub standing: Option<&'a Standing>,
    pub may_generate: bool,
    pub hand: Hand<'a>,
    pub csrf: &'a str,
    pub now: DateTime<Utc>,
}

/// One version, as a tree or summed.
pub fn page(page: &Page<'_>) -> Markup {
    let (book, version) = (page.book, page.version);
    let title = format!("BOM of build {}", book.build);
    let address = Address::new(&book.build, Some(version.version), page.view, page.wish);
    layout::main(html! {
        (layout::stylesheet("bom.css"))
        (Header::new(&title).badge(approval::mark(version, page.review)).facts(&made(page)).actions(actions(page, &address)))
        (facts(page))
        (outdated(book, version))
        (approval::note(version, page.review))
        (progress(book, Some(version.version), page.standing, page.hand, page.now))
        div #bom-view hx-boost:inherited="target:#bom-view select:#bom-view swap:outerMorph" {
            (views(&address, page))
            @match page.view {
                View::Tree => (tree::tree(page.sheet, page.wish, &address)),
                View::Flat => (flat::flat(page.sheet, page.wish, &address)),
            }
        }
        (signatures(&page.review.signed, |from, to| approval::compare(book, from, to)))
        @if page.may_generate { (regenerate::dialog(book, page.csrf)) }
    })
}

/// Before the first version: why there is none, and what helps.
pub fn none_yet(
    book: &Book,
    standing: Option<&Standing>,
    may_generate: bool,
    hand: Hand<'_>,
    csrf: &str,
    now: DateTime<Utc>,
) -> Markup {
    let title = format!("BOM of build {}", book.build);
    layout::main(html! {
        (layout::stylesheet("bom.css"))
        (Header::new(&title).badge(badge(Tone::Waiting, "Not generated yet")))
        (plate([("Order", order_link(book)), ("Customer", html! { (book.customer) }), ("PO", html! { (book.po_number) })]))
        @match standing {
            Some(_) => div .empty { (progress(book, None, standing, hand, now)) },
            None => div .empty {
                p { "This build has no BOM yet." }
                @if may_generate { div .actions { (regenerate::form(book, csrf)) } }
                @else { p { "Production coordinators generate BOMs." } }
                (progress(book, None, None, hand, now))
            },
        }
    })
}

/// The job that makes the next version, fetching itself whenever the build changes. `seen` is the version on the page.
pub fn progress(
    book: &Book,
    seen: Option<i32>,
    standing: Option<&Standing>,
    hand: Hand<'_>,
    now: DateTime<Utc>,
) -> Markup {
    let base = address::base(&book.build);
    let is_live = standing.is_some_and(|standing| standing.run.state.is_live());
    let newer = book.active().map(|active| active.version).filter(|active| seen.is_none_or(|seen| *active > seen));
    // A worker that falls silent announces nothing, so a page that waits looks by itself from time to time.
    let patience = if is_live { ", load delay:250ms, every 10s" } else { "" };
    let trigger = format!("build:{} from:#live, workers:all from:#live, resync from:#live{patience}", book.build_id);
    let way = html! {
        p { a href={ (base) "/regenerate" } { "Generate the BOM again" } " once the cause is gone." }
    };
    html! {
        div #bom-job hx-get={ (base) "/job?seen=" (seen.unwrap_or(0)) } hx-trigger=(trigger) hx-swap="outerMorph" {
            @if let Some(standing) = standing {
                (jobs::progress("BOM", standing, now, way))
                (hand.ways(&standing.run))
            }
            @match (newer, seen) {
                (Some(_), None) => div hx-get=(base) hx-trigger="load" hx-target="#main" hx-select="#main" hx-swap="outerMorph" {
                    "The BOM is there. " a href=(base) { "Show the BOM" }
                },
                (Some(newer), Some(seen)) if book.version(seen).is_ok_and(|version| !version.is_active) => (notice(Tone::Moving, html! {
                    p { "Version " (newer) " is in force. " a href=(base) { "Show version " (newer) } ", or "
                        a href={ (base) "/compare?from=" (seen) "&to=" (newer) } { "compare it with version " (seen) } "." }
                })),
                _ => {}
            }
        }
    }
}

fn made(page: &Page<'_>) -> String {
    let (version, all) = (page.version, page.book.versions.len());
    let by = version.generated_by.as_deref().unwrap_or("System");
    format!("Version {} of {all}, made {} ago by {by}", version.version, age(page.now - version.generated_at))
}

fn actions(page: &Page<'_>, address: &Address<'_>) -> Markup {
    let base = address::base(&page.book.build);
    let here = address.path();
    let others: Vec<&Version> =
        page.book.versions.iter().filter(|other| other.version != page.version.version).collect();
    html! {
        @if !others.is_empty() {
            (menus::more(&format!("Version {}", page.version.version), html! {
                @for version in &page.book.versions {
                    a href={ (base) "/" (version.version) } aria-current=[(version.version == page.version.version).then_some("true")] {
                        "Version " (version.version) @if version.is_active { ", in force" }
                    }
                }
                @for other in &others {
                    @let (from, to) = (other.version.min(page.version.version), other.version.max(page.version.version));
                    a href={ (base) "/compare?from=" (from) "&to=" (to) } { (icon("compare")) "Compare " (from) " with " (to) }
                }
            }))
        }
        a .btn href={ "/builds/" (page.book.build) "/history" } { "Show every change" }
        a .btn href={ (here) "/print" } { (icon("print")) "Print" }
        (menus::more("Export", html! {
            a href={ (here) ".csv?view=tree" } download { (icon("download")) "Tree as CSV" }
            a href={ (here) ".csv?view=flat" } download { (icon("download")) "Summed by item as CSV" }
        }))
        @if page.may_generate {
            a .btn href={ (base) "/regenerate" } data-opens="regenerate" { "Regenerate BOM…" }
        }
        (approval::way(page.user, page.review, &format!("{base}/{}", page.version.version)))
    }
}

fn facts(page: &Page<'_>) -> Markup {
    let (book, version) = (page.book, page.version);
    let job = version.job_id.filter(|_| page.hand.may_see);
    let made_by = job.map(|job| ("Made by", html! { a href=(jobs::names::path(&job)) { "Job " (jobs::short(job)) } }));
    let facts = [
        ("Order", order_link(book)),
        (
            "Rules",
            html! { a href={ "/rules/" (version.family) "/" (version.rules) } { (version.family) " v" (version.rules) } },
        ),
        ("Catalogue", html! { "Rev. " (version.revision) }),
        ("Lines", html! { (quantity(version.line_count.into())) }),
        ("Items", html! { (quantity(version.item_count.into())) }),
        ("Pieces", html! { (quantity(version.piece_count)) }),
        ("Cost", cost(&page.sheet.cost)),
    ];
    plate(facts.into_iter().chain(made_by))
}

/// A total is never silent about what it leaves out.
fn cost(cost: &LineCost) -> Markup {
    let unpriced = html! { span .tone data-tone="held" { (quantity(cost.unpriced.into())) " unpriced" } };
    html! {
        @match (cost.amount, cost.unpriced) {
            (Some(amount), 0) => { (money(amount)) " " (CURRENCY) },
            (Some(amount), _) => { (money(amount)) " " (CURRENCY) ", " (unpriced) },
            (None, 0) => "Nothing to price",
            (None, _) => (unpriced),
        }
    }
}

fn order_link(book: &Book) -> Markup {
    html! { a href={ "/orders/" (address::encode(&book.order)) } { (book.order) } }
}

fn outdated(book: &Book, version: &Version) -> Markup {
    let changes = book.outdated(version);
    html! {
        @if version.is_active && !changes.is_empty() {
            (notice(Tone::Held, html! { p { b { "Outdated: " } (said(&changes, version)) } }))
        }
    }
}

/// "the catalogue has moved on from revision 2 to 3, the configuration changed".
fn said(changes: &[Outdated], version: &Version) -> String {
    let say = |change: &Outdated| match change {
        Outdated::Configuration => format!("the configuration changed after version {}", version.version),
        Outdated::Catalogue { from, to } => format!("made from catalogue revision {from}, revision {to} is active"),
        Outdated::Rules { from, to } => format!("made by rules version {from}, version {to} is in force"),
    };
    format!("{}.", changes.iter().map(say).collect::<Vec<_>>().join("; "))
}

fn views(address: &Address<'_>, page: &Page<'_>) -> Markup {
    let (tree, flat) = (address.view(View::Tree), address.view(View::Flat));
    let (lines, items) = (quantity(page.version.line_count.into()), quantity(page.version.item_count.into()));
    let tab = |label, href, note, is_current| Tab { label, href, note, is_current, ..Tab::default() };
    tabs(
        "Layout of the lines",
        &[
            tab("Tree", tree.as_str(), lines.as_str(), page.view == View::Tree),
            tab("Summed by item", flat.as_str(), items.as_str(), page.view == View::Flat),
        ],
    )
}

/// The field that searches this BOM, and what stands beside it.
fn tools(address: &Address<'_>, wish: &Wish, beside: Markup) -> Markup {
    html! {
        form .filters role="search" action=(address.path()) hx-get=(address.path()) hx-trigger="submit, input changed delay:200ms from:find #find-line"
            hx-target="#bom-lines" hx-select="#bom-lines" hx-swap="outerMorph" hx-sync="this:replace" hx-replace-url="true" {
            @if address.is_flat() { (crate::forms::hidden("view", View::Flat.word())) }
            input #find-line type="search" name="q" value=(wish.search) placeholder="Find number or name" aria-label="Find in this BOM" maxlength="100";
            button .btn { "Find" }
            (beside)
        }
    }
}

/// Which of many lines are shown, and the ways to the others.
fn pager(address: &Address<'_>, shown: usize, from: usize, total: usize, window: usize, what: &str) -> Markup {
    let count = |number: usize| quantity(number.into());
    html! {
        footer {
            @if shown == total { p { (count(total)) " " (what) } }
            @else { p { "Showing " (count(from + 1)) " to " (count(from + shown)) " of " (count(total)) " " (what) } }
            @if from > 0 { a .btn href=(address.from(from.saturating_sub(window))) rel="prev" { "Previous" } }
            @if from + shown < total { a .btn href=(address.from(from + window)) rel="next" { "Next" } }
        }
    }
}
