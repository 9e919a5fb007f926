//! The parts pages are made of. Every one is shown in every state on `/system/components`.

pub mod badges;
pub mod buttons;
pub mod charts;
pub mod codes;
pub mod dialogs;
pub mod differences;
pub mod headers;
pub mod menus;
pub mod moments;
pub mod notices;
pub mod passkeys;
pub mod plates;
pub mod progress;
pub mod signing;
pub mod stages;
pub mod timelines;
pub mod ways;

pub use badges::{Tone, badge};
pub use buttons::{actions, button, foot, link_button};
pub use codes::{Qr, qr_code};
pub use dialogs::{Dialog, toast};
pub use differences::{Change, difference};
pub use headers::Header;
pub use moments::{age, coming, date, duration, moment};
pub use notices::{empty, notice};
pub use plates::plate;
pub use progress::{progress, skeleton};
pub use stages::{Place, rail, track};
pub use timelines::{Day, Entry, timeline};
pub use ways::{Step, StepState, Tab, steps, tabs};

use crate::assets;
use maud::{Markup, html};

/// A sign from the sprite, always beside a word: `plus`, `print`, `held`, …
pub fn icon(name: &str) -> Markup {
    html! { svg .icon aria-hidden="true" { use href={ (assets::url("sprite.svg")) "#" (name) } {} } }
}

/// A part, serial or build number, in the type that tells 0 from O.
pub fn code(number: &str) -> Markup {
    html! { code { (number) } }
}
