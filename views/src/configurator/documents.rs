//! The papers that come with an order: the purchase order and the drawings.

use super::Sheet;
use crate::components::icon;
use crate::forms;
use maud::{Markup, html};
use models::documents::{Document, Kind, LARGEST, MOST, media};

const ACCEPT: &str = ".pdf,.jpg,.jpeg,.png,.doc,.docx,.dwg,.dxf";
const FIELDS: [(Kind, &str); 2] = [(Kind::PoDocument, "Add PO document"), (Kind::SinkDrawing, "Add drawing")];

/// The list and the two file fields. They send forms of their own ([`forms`]), as a form cannot stand in another.
pub fn section(documents: &[Document], problem: &str) -> Markup {
    html! {
        section #documents {
            h2 { "Documents" }
            @if !problem.is_empty() { p .notice data-tone="stop" role="alert" { (icon("stop")) span { (problem) } } }
            @if !documents.is_empty() {
                ul .files {
                    @for document in documents {
                        li {
                            (icon("file"))
                            span { a href={ "/documents/" (document.id) } { (document.file_name) } small { (document.kind.title()) ", " (size(document.size_bytes)) } }
                            button .btn data-kind="quiet" form={ "remove-" (document.id) } { "Remove" span .hidden { " " (document.file_name) } }
                        }
                    }
                }
            }
            @if documents.len() < MOST {
                div .pair {
                    @for (kind, does) in FIELDS {
                        div .field {
                            label for=(kind.word()) { (kind.title()) " " small { "(optional)" } }
                            input type="file" id=(kind.word()) name="file" form={ "upload-" (kind.word()) } accept=(ACCEPT);
                            button .btn form={ "upload-" (kind.word()) } data-busy="Adding…" { (does) }
                        }
                    }
                }
                p .hint { (media::ALLOWED) ", up to " (LARGEST / 1024 / 1024) " MB each, " (MOST) " for one order" }
            } @else {
                p .hint { (MOST) " documents are the most one order keeps. Remove one to add another." }
            }
        }
    }
}

/// The forms behind the file fields and the remove buttons.
pub fn forms(sheet: &Sheet<'_>, documents: &[Document]) -> Markup {
    let base = format!("/drafts/{}/documents", sheet.draft.id);
    html! {
        @for (kind, _) in FIELDS {
            form id={ "upload-" (kind.word()) } method="post" action={ (base) "?kind=" (kind.word()) } enctype="multipart/form-data" { (forms::csrf(sheet.csrf)) }
        }
        @for document in documents {
            form id={ "remove-" (document.id) } method="post" action={ (base) "/" (document.id) "/remove" } { (forms::csrf(sheet.csrf)) }
        }
    }
}

/// "230 KB", "1.4 MB".
pub fn size(bytes: i64) -> String {
    match bytes {
        ..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KB", bytes / 1024),
        _ => format!("{}.{} MB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}
