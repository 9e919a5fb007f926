//! Parts of forms. Every field keeps what was typed, names its problem beside it and works without script.

pub mod choices;
pub mod fields;

pub use choices::{Check, Choice, Options};
pub use fields::Field;

use maud::{Markup, html};

/// Proves that the form is ours. Stands first in its form: an upload is searched only at its beginning.
pub fn csrf(token: &str) -> Markup {
    html! { input type="hidden" name="csrf" value=(token); }
}

/// A value that goes along unseen.
pub fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// What is wrong with one field, of (id of the field, its sentence); empty when nothing is.
pub fn problem<'a>(problems: &[(&str, &'a str)], id: &str) -> &'a str {
    problems.iter().find(|(field, _)| *field == id).map_or("", |(_, sentence)| sentence)
}

/// Above a form that was refused: (id of the field, its sentence). Nothing when nothing is wrong.
pub fn error_summary(problems: &[(&str, &str)]) -> Markup {
    let heading = match problems.len() {
        1 => "1 answer needs a change".to_string(),
        count => format!("{count} answers need a change"),
    };
    html! {
        @if !problems.is_empty() {
            div .summary tabindex="-1" data-focus {
                div role="alert" {
                    h2 { (heading) }
                    ul { @for (id, sentence) in problems { li { a href={ "#" (id) } { (sentence) } } } }
                }
            }
        }
    }
}

/// The ids `aria-describedby` names: hint and error, as far as they are there.
fn described_by(id: &str, hint: &str, error: &str, warning: &str) -> Option<String> {
    let parts = [("error", error), ("warning", warning), ("hint", hint)];
    let ids: Vec<_> =
        parts.iter().filter(|(_, text)| !text.is_empty()).map(|(kind, _)| format!("{id}-{kind}")).collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

/// Error, then warning, then hint.
fn notes(id: &str, hint: &str, error: &str, warning: &str) -> Markup {
    use crate::components::icon;
    html! {
        @if !error.is_empty() { p .error id={ (id) "-error" } { (icon("stop")) (error) } }
        @if !warning.is_empty() { p .warning id={ (id) "-warning" } { (icon("warn")) (warning) } }
        @if !hint.is_empty() { p .hint id={ (id) "-hint" } { (hint) } }
    }
}
