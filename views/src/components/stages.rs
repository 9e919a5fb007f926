//! The rail: the fourteen stages of the main way in five phases.

use super::Tone;
use maud::{Markup, html};

const PHASES: [(&str, u8); 5] = [("Order", 4), ("Pre-QC", 1), ("Production", 5), ("Final QC", 1), ("Shipping", 3)];

/// Where something stands: 1 to 14, its tone and its word. Side stages sit on the segment they interrupt.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub position: u8,
    pub tone: Tone,
    pub word: &'a str,
}

impl Place<'_> {
    fn sentence(&self) -> String {
        format!("Stage {} of 14: {}", self.position, self.word)
    }
}

/// The large rail with its phases. Put a `p.next` under it: who must do what, and the action.
pub fn track(place: Place<'_>) -> Markup {
    let mut segment = 0;
    html! {
        div role="img" aria-label=(place.sentence()) {
            ol .track data-tone=(place.tone.name()) {
                @for (phase, count) in PHASES {
                    li {
                        h3 { (phase) }
                        ol { @for _ in 0..count { ({ segment += 1; step(segment, place.position) }) } }
                    }
                }
            }
        }
    }
}

fn step(segment: u8, position: u8) -> Markup {
    let state = match segment.cmp(&position) {
        std::cmp::Ordering::Less => Some("done"),
        std::cmp::Ordering::Equal => Some("now"),
        std::cmp::Ordering::Greater => None,
    };
    html! { li data-is=[state] {} }
}

/// The small rail for a table row, under its badge.
pub fn rail(place: Place<'_>) -> Markup {
    let mut x = 0;
    let mut segment = 0;
    html! {
        svg .rail role="img" aria-label=(place.sentence()) data-tone=(place.tone.name()) viewBox="0 0 112 10" {
            @for (_, count) in PHASES {
                @for _ in 0..count {
                    ({ segment += 1; x += 7; bar(x - 7, segment, place.position) })
                }
                ({ x += 3; html! {} })
            }
        }
    }
}

fn bar(x: u16, segment: u8, position: u8) -> Markup {
    html! {
        @if segment == position { rect .now x=(x) y="0" width="6" height="10" rx="1.5" {} }
        @else { rect .done[segment < position] x=(x) y="2" width="6" height="6" rx="1.5" {} }
    }
}
