//! One sentence that has to be seen, and what stands where there is nothing yet.

use super::{Tone, icon};
use maud::{Markup, html};

/// A risk, a wait or a result above the page: cause and the link that ends it. At most one.
pub fn notice(tone: Tone, sentence: Markup) -> Markup {
    let name = if tone == Tone::Held { "warn" } else { tone.name() };
    html! { div .notice data-tone=(tone.name()) { (icon(name)) div { (sentence) } } }
}

/// Why there is nothing here, and one way on if this person has one.
pub fn empty(sentence: &str, way: Markup) -> Markup {
    html! { div .empty { p { (sentence) } @if !way.0.is_empty() { div .actions { (way) } } } }
}
