//! Asking for the next version: what it will be made from, and what stays.

use super::address;
use crate::components::Header;
use crate::components::buttons::{Kind, busy_button, link_button};
use crate::{forms, layout};
use maud::{Markup, html};
use models::boms::versions::{Book, Outdated};

/// The question over the BOM page.
pub(super) fn dialog(book: &Book, csrf: &str) -> Markup {
    html! {
        dialog #regenerate aria-labelledby="regenerate-title" {
            form method="post" action=(address::base(&book.build)) {
                (forms::csrf(csrf))
                h2 #regenerate-title { (question(book)) }
                (body(book))
                (after(book))
                div .actions {
                    (busy_button(Kind::Primary, verb(book), "Asking for the BOM…"))
                    button .btn type="button" data-closes { "Keep the BOM as it is" }
                }
            }
        }
    }
}

/// The same question as a page, for browsers without script.
pub fn page(book: &Book, csrf: &str) -> Markup {
    layout::main(html! {
        (Header::new(&question(book)))
        div .reading.stack {
            (body(book))
            form method="post" action=(address::base(&book.build)) {
                (forms::csrf(csrf))
                (after(book))
                div .actions {
                    (busy_button(Kind::Primary, verb(book), "Asking for the BOM…"))
                    (link_button(Kind::Plain, &address::base(&book.build), "Keep the BOM as it is"))
                }
            }
        }
    })
}

/// The button of a build that has no BOM yet.
pub(super) fn form(book: &Book, csrf: &str) -> Markup {
    html! {
        form method="post" action=(address::base(&book.build)) {
            (forms::csrf(csrf))
            (after(book))
            (busy_button(Kind::Primary, "Generate BOM", "Asking for the BOM…"))
        }
    }
}

fn verb(book: &Book) -> &'static str {
    if book.versions.is_empty() { "Generate BOM" } else { "Regenerate BOM" }
}

fn question(book: &Book) -> String {
    format!("{} of build {}?", verb(book), book.build)
}

/// The version the person saw: two clicks, or two people, ask for the same next one.
fn after(book: &Book) -> Markup {
    forms::hidden("after", &book.active().map_or(0, |active| active.version).to_string())
}

fn body(book: &Book) -> Markup {
    let made_from = match (book.rules_now, book.revision_now) {
        (Some(rules), Some(revision)) => format!("BOM rules version {rules} and catalogue revision {revision}"),
        _ => "the rules and the catalogue that are in force by then".into(),
    };
    html! {
        @match book.active() {
            None => p { "Version 1 will be made from the configuration, " (made_from) "." },
            Some(active) => {
                @let changes = book.outdated(active);
                p { "Version " (active.version + 1) " will be made from the configuration as it is now, " (made_from) ". It takes the place of version " (active.version) ", which stays readable." }
                @if changes.is_empty() { p { "Nothing of this has changed since version " (active.version) ": the lines will be the same." } }
                @else { ul { @for change in &changes { li { (said(change)) } } } }
            }
        }
    }
}

fn said(change: &Outdated) -> String {
    match change {
        Outdated::Configuration => "The configuration has changed.".into(),
        Outdated::Catalogue { from, to } => format!("The catalogue went from revision {from} to {to}."),
        Outdated::Rules { from, to } => format!("The rules went from version {from} to {to}."),
    }
}
