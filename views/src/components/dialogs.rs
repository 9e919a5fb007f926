//! A question before something that can't be taken back, and a sentence after something that can.

use super::icon;
use maud::{Markup, Render, html};

/// A question over the page. The opener is a link with `data-opens=id` to a page with the same form: without script
/// that page opens. `body` says what will happen and what will not, and holds the fields.
#[derive(Debug)]
pub struct Dialog<'a> {
    pub id: &'a str,
    pub question: &'a str,
    pub action: &'a str,
    pub csrf: &'a str,
    pub body: Markup,
    /// "Discard draft"
    pub does: &'a str,
    /// "Keep draft"
    pub keeps: &'a str,
}

impl Render for Dialog<'_> {
    fn render(&self) -> Markup {
        html! {
            dialog id=(self.id) aria-labelledby={ (self.id) "-title" } {
                form method="post" action=(self.action) {
                    (crate::forms::csrf(self.csrf))
                    h2 id={ (self.id) "-title" } { (self.question) }
                    (self.body)
                    div .actions {
                        button .btn data-kind="danger" { (self.does) }
                        button .btn type="button" data-closes autofocus { (self.keeps) }
                    }
                }
            }
        }
    }
}

/// What was just done, with the way back if there is one: (label, form action). Put it into `#status`.
pub fn toast(sentence: &str, csrf: &str, undo: Option<(&str, &str)>) -> Markup {
    toast_with(sentence, html! {}, csrf, undo)
}

/// The same with a link beside the sentence.
pub fn toast_with(sentence: &str, more: Markup, csrf: &str, undo: Option<(&str, &str)>) -> Markup {
    html! {
        div .toast {
            span { (sentence) }
            (more)
            @if let Some((label, action)) = undo {
                form method="post" action=(action) { (crate::forms::csrf(csrf)) button .btn { (label) } }
            }
            button .btn data-kind="quiet" data-only="icon" type="button" data-closes aria-label="Close" { (icon("close")) }
        }
    }
}
