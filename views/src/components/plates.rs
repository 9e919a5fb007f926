//! The plate on every record: three to eight facts, ruled like the plate on a machine.

use maud::{Markup, html};

/// Label over value; a value may be a link, never an input.
pub fn plate<'a>(facts: impl IntoIterator<Item = (&'a str, Markup)>) -> Markup {
    html! { dl .plate { @for (label, value) in facts { div { dt { (label) } dd { (value) } } } } }
}

/// Facts as a plain list, label beside value, inside a card.
pub fn facts<'a>(facts: impl IntoIterator<Item = (&'a str, Markup)>) -> Markup {
    html! { dl .facts { @for (label, value) in facts { dt { (label) } dd { (value) } } } }
}
