//! The documents of an order: what came with it, and the parts lists made of its BOMs.

use crate::{
    components::{buttons::Kind, buttons::post_button, empty, moment},
    jobs,
};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use models::{
    documents::{self, Document},
    jobs::{Standing, State},
    orders::Order,
};

/// What the tab shows.
pub struct Papers<'a> {
    pub documents: &'a [Document],
    /// The job of the latest parts list, unless it ended well.
    pub standing: Option<&'a Standing>,
    /// For whoever may ask for a parts list.
    pub csrf: Option<&'a str>,
    /// Whether this person may open the jobs that made them.
    pub sees_jobs: bool,
    /// Why none can be made now; empty when one can.
    pub why_not: &'a str,
}

/// The tab; fetches itself again while a parts list is made.
pub fn list(order: &Order, papers: &Papers<'_>, now: DateTime<Utc>) -> Markup {
    let mut triggers = vec!["resync from:#live".to_owned(), format!("orders:{} from:#live", order.number)];
    if let Some(standing) = papers.standing.filter(|standing| standing.run.state.is_live()) {
        let job = format!("job:{} from:#live", standing.run.id);
        triggers.extend([job, "load delay:250ms".into(), "workers:all from:#live".into(), "every 10s".into()]);
    }
    html! {
        div #documents .stack hx-get={ (path(order)) "?tab=documents" } hx-trigger=(triggers.join(", ")) hx-target="this" hx-swap="outerMorph" {
            (parts_list(order, papers, now))
            (table(papers, now))
        }
    }
}

fn path(order: &Order) -> String {
    format!("/orders/{}", order.number)
}

/// The way to a parts list, and how far the one on its way is.
fn parts_list(order: &Order, papers: &Papers<'_>, now: DateTime<Utc>) -> Markup {
    let again = html! { @if let Some(standing) = papers.standing.filter(|_| papers.sees_jobs) { p .next { (jobs::link(&standing.run.id, &standing.run.kind)) } } };
    html! {
        @if let Some(standing) = papers.standing {
            (jobs::progress("parts list", standing, now, again))
            @if standing.run.state.is_live() { noscript { p { a href={ (path(order)) "?tab=documents" } { "Show how far the parts list is" } } } }
        }
        @if let Some(csrf) = papers.csrf.filter(|_| !papers.standing.is_some_and(|standing| standing.run.state.is_live())) {
            div .cluster {
                @if papers.why_not.is_empty() {
                    (post_button(&format!("{}/parts-list", path(order)), csrf, Kind::Plain, label(papers.documents)))
                    span .quiet { "All parts of all builds in one file, summed over their BOMs in force." }
                } @else { span .quiet { (papers.why_not) } }
            }
        }
    }
}

fn label(documents: &[Document]) -> &'static str {
    let has_one = documents.iter().any(|document| document.kind == documents::Kind::PartsList);
    if has_one { "Make parts list again" } else { "Make parts list" }
}

fn table(papers: &Papers<'_>, now: DateTime<Utc>) -> Markup {
    let (documents, sees_jobs) = (papers.documents, papers.sees_jobs);
    let (mut lists, mut others): (Vec<&Document>, Vec<&Document>) =
        documents.iter().partition(|document| document.kind == documents::Kind::PartsList);
    lists.sort_by_key(|list| std::cmp::Reverse(list.uploaded_at));
    let earlier = lists.split_off(lists.len().min(1));
    others.splice(0..0, lists);
    html! {
        @if others.is_empty() {
            (empty("No purchase order and no drawing came with this order.", html! {}))
        } @else { (rows("Documents", &others, sees_jobs, now)) }
        @if !earlier.is_empty() {
            details {
                summary { @if earlier.len() == 1 { "1 earlier parts list" } @else { (earlier.len()) " earlier parts lists" } }
                (rows("Earlier parts lists", &earlier, sees_jobs, now))
            }
        }
    }
}

fn rows(caption: &str, documents: &[&Document], sees_jobs: bool, now: DateTime<Utc>) -> Markup {
    html! {
        div .table { table {
            caption .hidden { (caption) }
            thead { tr { th scope="col" { "Document" } th scope="col" { "Kind" } th scope="col" data-kind="number" { "Size" } th scope="col" { "Added" } } }
            tbody {
                @for document in documents {
                    tr {
                        th scope="row" { a href={ "/documents/" (document.id) } { (document.file_name) } }
                        td { (document.kind.title()) }
                        td data-kind="number" { (size(document.size_bytes)) }
                        td { (moment(&document.uploaded_at, &now)) " " @if document.kind == documents::Kind::PartsList { "for " } @else { "by " } (document.uploaded_by)
                            @if let Some(job) = document.job_id.filter(|_| sees_jobs) { " " a href=(jobs::names::path(&job)) { "Job " (jobs::short(job)) } }
                        }
                    }
                }
            }
        } }
    }
}

fn size(bytes: i64) -> String {
    match bytes {
        ..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KB", bytes / 1024),
        _ => format!("{}.{} MB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}

/// A job that is over and well needs no sentence: its document speaks.
pub fn is_worth_saying(state: State) -> bool {
    !matches!(state, State::Done | State::Discarded)
}
