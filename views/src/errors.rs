//! Pages for what went wrong: what it was, what it means for the work, what to do, and a number to quote.

use crate::{
    components::{button, buttons::Kind, link_button},
    forms, layout,
};
use maud::{Markup, html};

/// A title for the status: "Not here", "Not allowed".
pub fn title(status: u16) -> &'static str {
    match status {
        401 => "Log in first",
        403 => "Not yours to do",
        404 => "Not here",
        405 => "Not possible here",
        409 => "Changed by somebody else",
        413 => "Too large",
        415 => "Not a file we read",
        422 => "Something needs a change",
        408 => "Too slow to arrive",
        429 => "Too much at once",
        503 => "Away for a moment",
        500.. => "Our mistake",
        _ => "This did not work",
    }
}

/// What it means and what helps, when the sentence itself doesn't say.
fn meaning(status: u16) -> &'static str {
    match status {
        403 => "Nothing was changed. Ask one of those people, or an administrator if your work has changed.",
        404 => "It may have been moved or its number mistyped. Numbers look like TOR-2026-0042 and T2-BODY-61-72-HA.",
        409 => "Your change was not saved. Look at the other change first, then decide again.",
        413 => "Nothing was saved. Send a smaller file.",
        422 => "Nothing was saved. Go back: what you typed is still there.",
        408 => "Nothing was saved. Send it again on a better line.",
        429 => "Wait a little before the next try.",
        503 => "Your work is safe. Try again in a moment.",
        500.. => "We could not do this. Nothing was changed. Try again; if it stays, tell support the number below.",
        _ => "Nothing was changed.",
    }
}

/// A form that was not taken, to be sent again as it was: its address and its fields, never a password.
#[derive(Debug, Clone)]
pub struct Kept {
    pub action: String,
    pub fields: Vec<(String, String)>,
    /// Of the form as it came, for a page made while nobody can say whose session it is.
    pub token: String,
}

/// The page of an error with what was typed in it.
pub fn page_keeping(status: u16, sentence: &str, number: &str, kept: &Kept, csrf: &str) -> Markup {
    let fields = html! {
        form method="post" action=(kept.action) .stack {
            (forms::csrf(if csrf.is_empty() { &kept.token } else { csrf }))
            @for (name, value) in &kept.fields { (forms::hidden(name, value)) }
            p { "What you typed is kept on this page." }
            div .actions { (button(Kind::Primary, "Send again")) (link_button(Kind::Plain, "/", "Go to the first page")) }
        }
    };
    main(status, sentence, number, fields)
}

/// The whole main part. `sentence` names this case; `number` is what support looks for. The script speaks
/// `data-sentence` when a part of a page asked.
pub fn page(status: u16, sentence: &str, number: &str) -> Markup {
    let home = html! { div .actions { (link_button(Kind::Plain, "/", "Go to the first page")) } };
    main(status, sentence, number, home)
}

fn main(status: u16, sentence: &str, number: &str, next: Markup) -> Markup {
    layout::main(html! {
        div .reading .stack {
            h1 { (title(status)) }
            @if !sentence.is_empty() { p data-sentence { (sentence) } }
            p .soft data-sentence[sentence.is_empty()] { (meaning(status)) }
            (next)
            p .quiet { small { "Number " code { (number) } } }
        }
    })
}
