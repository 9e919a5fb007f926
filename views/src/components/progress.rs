//! Waiting and working, told honestly.

use super::{Tone, icon};
use maud::{Markup, html};

/// The sentence first, then the bar: (done, of). Without numbers there is no invented percent; a `Waiting`, `Held`,
/// `Stop` or `Good` thing has no bar at all, unless it has numbers.
pub fn progress(tone: Tone, sentence: &str, done: Option<(u64, u64)>) -> Markup {
    html! {
        div .progress data-tone=(tone.name()) {
            p { (icon(tone.name())) (sentence) }
            @if let Some((done, of)) = done {
                progress value=(done) max=(of.max(1)) aria-label=(sentence) {}
            } @else if tone == Tone::Moving {
                progress aria-label=(sentence) {}
            }
        }
    }
}

/// Grey bars for a part that is loaded after the page, as high as what will come. `what` is for who can't see them.
pub fn skeleton(what: &str, lines: usize) -> Markup {
    html! { div .skeleton aria-busy="true" { span .hidden { "Loading " (what) } @for _ in 0..lines { i {} } } }
}
