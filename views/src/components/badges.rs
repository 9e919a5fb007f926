//! The state of a thing as shape, word and tint.

use super::icon;
use maud::{Markup, html};
use models::orders::stages::StageTone;

/// One of six, by what somebody has to do; never by department or person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    #[default]
    Idle,
    Waiting,
    Moving,
    Held,
    Stop,
    Good,
}

impl Tone {
    pub const ALL: [Tone; 6] = [Tone::Idle, Tone::Waiting, Tone::Moving, Tone::Held, Tone::Stop, Tone::Good];

    /// The value of `data-tone` and the name of its icon.
    pub fn name(self) -> &'static str {
        match self {
            Tone::Idle => "idle",
            Tone::Waiting => "waiting",
            Tone::Moving => "moving",
            Tone::Held => "held",
            Tone::Stop => "stop",
            Tone::Good => "good",
        }
    }
}

impl From<StageTone> for Tone {
    fn from(tone: StageTone) -> Tone {
        match tone {
            StageTone::Idle => Tone::Idle,
            StageTone::Waiting => Tone::Waiting,
            StageTone::Moving => Tone::Moving,
            StageTone::Held => Tone::Held,
            StageTone::Stop => Tone::Stop,
            StageTone::Good => Tone::Good,
        }
    }
}

/// A state with its word. At most one per thing in a row.
pub fn badge(tone: impl Into<Tone>, word: &str) -> Markup {
    let tone = tone.into().name();
    html! { span .badge data-tone=(tone) { (icon(tone)) (word) } }
}
