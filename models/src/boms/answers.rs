//! What differs between two configurations of a sink, answer by answer, in the words of the form.

use crate::configurations::{Accessory, Basin, BasinSize, Configuration, Drawer, Faucet, Pegboard, Sprayer};

/// One answer that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// "legs", "basins", …
    pub field: &'static str,
    pub old: String,
    pub new: String,
}

/// How an answer is said, and how it is taken over from another configuration.
struct Answer {
    field: &'static str,
    say: fn(&Configuration) -> String,
    take: fn(&mut Configuration, &Configuration),
}

/// Every answer, in the order of the form. The model goes with its basins, of which it is the number.
const ANSWERS: [Answer; 12] = [
    Answer { field: "language", say: |c| c.language.title().into(), take: |c, from| c.language = from.language },
    Answer { field: "width", say: |c| inches(c.width_in), take: |c, from| c.width_in = from.width_in },
    Answer { field: "length", say: |c| inches(c.length_in.into()), take: |c, from| c.length_in = from.length_in },
    Answer { field: "legs", say: |c| c.legs.title().into(), take: |c, from| c.legs = from.legs },
    Answer { field: "feet", say: |c| c.feet.title().into(), take: |c, from| c.feet = from.feet },
    Answer { field: "workflow direction", say: |c| c.flow.title().into(), take: |c, from| c.flow = from.flow },
    Answer {
        field: "pegboard",
        say: |c| c.pegboard.as_ref().map_or("none".into(), pegboard),
        take: |c, from| c.pegboard.clone_from(&from.pegboard),
    },
    Answer {
        field: "drawers",
        say: |c| list(&c.drawers, |drawer: &Drawer| drawer.title().into()),
        take: |c, from| c.drawers.clone_from(&from.drawers),
    },
    Answer {
        field: "basins",
        say: |c| list(&c.basins, basin),
        take: |c, from| {
            c.model = from.model;
            c.basins.clone_from(&from.basins);
        },
    },
    Answer { field: "faucets", say: |c| list(&c.faucets, faucet), take: |c, from| c.faucets.clone_from(&from.faucets) },
    Answer {
        field: "sprayers",
        say: |c| list(&c.sprayers, sprayer),
        take: |c, from| c.sprayers.clone_from(&from.sprayers),
    },
    Answer {
        field: "accessories",
        say: |c| list(&c.accessories, accessory),
        take: |c, from| c.accessories.clone_from(&from.accessories),
    },
];

/// The answers that changed, one after the other, each with the configuration after it. The last one is `new`.
pub fn changes(old: &Configuration, new: &Configuration) -> Vec<(Change, Configuration)> {
    let mut now = old.clone();
    let mut changes = Vec::new();
    for answer in &ANSWERS {
        let (before, after) = ((answer.say)(&now), (answer.say)(new));
        (answer.take)(&mut now, new);
        if before != after {
            changes.push((Change { field: answer.field, old: before, new: after }, now.clone()));
        }
    }
    changes
}

fn inches(length: rust_decimal::Decimal) -> String {
    format!("{} in", length.normalize())
}

fn list<T>(all: &[T], say: fn(&T) -> String) -> String {
    if all.is_empty() { "none".into() } else { all.iter().map(say).collect::<Vec<_>>().join(", ") }
}

fn pegboard(board: &Pegboard) -> String {
    let colour = board.colour.map_or("plain".into(), |colour| colour.title().to_lowercase());
    let size = match &board.size {
        Some(size) => format!("{} × {} in", size.width_in.normalize(), size.length_in.normalize()),
        None => "same size as the sink".into(),
    };
    format!("{} {colour}, {size}", board.kind.title().to_lowercase())
}

fn basin(basin: &Basin) -> String {
    let size = match &basin.size {
        BasinSize::Standard(size) => size.title().to_string(),
        BasinSize::Custom(_) => {
            let (width, length, depth) = basin.size.inches();
            format!("{} × {} × {}", width.normalize(), length.normalize(), depth.normalize())
        }
    };
    let trap = if basin.p_trap { " with P-trap" } else { "" };
    let light = if basin.light { " with light" } else { "" };
    format!("{} {size}{trap}{light}", basin.kind.title())
}

fn faucet(faucet: &Faucet) -> String {
    let place = faucet.place.map_or(String::new(), |place| format!(", {}", place.title().to_lowercase()));
    format!("{} {}{place}", faucet.quantity, faucet.kind.title())
}

fn sprayer(sprayer: &Sprayer) -> String {
    let side = sprayer.side.map_or(String::new(), |side| format!(", {}", side.title().to_lowercase()));
    format!("{}{side}", sprayer.kind.title())
}

fn accessory(accessory: &Accessory) -> String {
    format!("{} {}", accessory.quantity, accessory.item)
}
