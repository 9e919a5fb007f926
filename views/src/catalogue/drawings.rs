//! The drawings of an item, with the way to add one and to take one off.

use super::item_href;
use crate::{
    components::{
        buttons::{Kind, button},
        moment,
    },
    configurator::documents::size,
    forms::{Field, csrf},
};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use models::documents::{
    LARGEST,
    drawings::{Drawing, MOST},
    media,
};

/// What the item's page needs to know of its drawings.
#[derive(Debug, Clone, Copy)]
pub struct Drawings<'a> {
    pub number: &'a str,
    pub drawings: &'a [Drawing],
    /// The token of whoever may change them.
    pub csrf: Option<&'a str>,
    /// Why the last change was not taken.
    pub problem: &'a str,
    pub now: DateTime<Utc>,
}

pub fn section(page: &Drawings<'_>) -> Markup {
    let base = format!("{}/drawings", item_href(page.number));
    html! {
        section #drawings {
            h2 { "Drawings" }
            @if !page.problem.is_empty() { p .error role="alert" { (page.problem) } }
            @if page.drawings.is_empty() { p .empty { "No drawing has been added to " (page.number) "." } }
            @else { ul .plain { @for drawing in page.drawings { li { (one(page, &base, drawing)) } } } }
            @if let Some(token) = page.csrf { (add(&base, token, page.drawings.len())) }
        }
    }
}

fn one(page: &Drawings<'_>, base: &str, drawing: &Drawing) -> Markup {
    let id = format!("drawing-{}", drawing.id);
    html! {
        a href={ (base) "/" (drawing.id) } hx-boost="false" { (drawing.file_name) } " "
        small { (size(drawing.size_bytes)) ", " (drawing.uploaded_by) ", " (moment(&drawing.uploaded_at, &page.now)) }
        @if let Some(token) = page.csrf {
            details .more {
                summary { "Remove " span .hidden { (drawing.file_name) } "…" }
                form .form method="post" action={ (base) "/" (drawing.id) "/removal" } {
                    (csrf(token))
                    (Field::text("reason", "Reason").id(&id).maxlength(300).hint("Kept in the audit trail."))
                    div .actions { (button(Kind::Danger, "Remove drawing")) }
                }
            }
        }
    }
}

fn add(base: &str, token: &str, count: usize) -> Markup {
    html! {
        @if count >= MOST {
            p .hint { (MOST) " drawings are the most one item keeps. Remove one to add another." }
        } @else {
            form .form method="post" action=(base) enctype="multipart/form-data" {
                (csrf(token))
                div .field {
                    label for="drawing" { "Drawing" }
                    input #drawing type="file" name="file" accept=".pdf,.jpg,.jpeg,.png,.doc,.docx,.dwg,.dxf" aria-describedby="drawing-hint";
                    p .hint #drawing-hint { (media::ALLOWED) ", up to " (LARGEST / 1024 / 1024) " MB" }
                }
                div .actions { button .btn data-busy="Adding…" { "Add drawing" } }
            }
        }
    }
}
