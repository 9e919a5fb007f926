//! My drafts, and the question before one is put away.

use crate::components::{Header, empty, icon, moment};
use crate::forms;
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use models::drafts::Listed;

/// Drafts that are not orders yet. `me` is whose page this is.
pub fn list(drafts: &[Listed], me: &str, csrf: &str, now: &DateTime<Utc>) -> Markup {
    let start = html! {
        form method="post" action="/drafts" { (forms::csrf(csrf)) button .btn data-kind="primary" { (icon("plus")) "New order" } }
    };
    html! {
        (Header::new("Drafts").facts("Orders being entered; nothing here has been ordered").actions(start))
        @if drafts.is_empty() {
            (empty("You have no order in the making.", html! {}))
        } @else {
            div .table {
                table {
                    caption .hidden { "Drafts" }
                    thead { tr { th { "Customer" } th { "PO number" } th data-kind="number" { "Builds" } th data-priority="3" { "Entered by" } th { "Saved" } } }
                    tbody {
                        @for draft in drafts {
                            tr {
                                th scope="row" { a href={ "/drafts/" (draft.id) } { (title(draft)) } }
                                td data-label=[(!draft.answers.po_number.is_empty()).then_some("PO number")] { (draft.answers.po_number) }
                                td data-kind="number" data-label="Builds" { (draft.answers.count()) }
                                td data-priority="3" { @if draft.owner == me { "You" } @else { (draft.owner) } }
                                td data-label="Saved" { (moment(&draft.updated_at, now)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn title(draft: &Listed) -> String {
    let name = draft.answers.customer.trim();
    if name.is_empty() { format!("Draft {}", draft.id) } else { name.chars().take(100).collect() }
}

/// Before a draft is put away.
pub fn discard(id: i64, name: &str, csrf: &str) -> Markup {
    html! {
        (Header::new(&format!("Discard the draft for {name}?")))
        div .card .question {
            p { "What was entered so far and its documents are put away. Nothing was ordered." }
            form method="post" action={ "/drafts/" (id) "/discard" } {
                (forms::csrf(csrf))
                div .actions {
                    button .btn data-kind="danger" { "Discard draft" }
                    a .btn href={ "/drafts/" (id) } { "Keep draft" }
                }
            }
        }
    }
}
