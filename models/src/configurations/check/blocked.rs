//! Options that cannot be chosen now, each with its rule, the choice that blocks it, and where that is changed.

use super::{Partial, fittings};
use crate::configurations::{Answers, Blocked, Place};

pub(super) fn blocked(answers: &Answers, partial: &Partial) -> Vec<Blocked> {
    let mut blocked = vec![Blocked {
        field: "legs".into(),
        value: "LC1-FH".into(),
        reason: "There is no fixed LC1: its columns always lift. Choose DL27 or DL14 for a fixed height.".into(),
        choice: String::new(),
        change: "legs".into(),
    }];
    places(answers, partial, &mut blocked);
    more_faucets(answers, partial, &mut blocked);
    if answers.sprayers.len() >= fittings::MOST_SPRAYERS {
        blocked.push(Blocked {
            field: "sprayers".into(),
            value: "add".into(),
            reason: "A sink has up to 2 sprayers. Remove one to choose another.".into(),
            choice: "Sprayers: 2".into(),
            change: "sprayers".into(),
        });
    }
    blocked
}

fn places(answers: &Answers, partial: &Partial, blocked: &mut Vec<Blocked>) {
    let Some(model) = partial.model else { return };
    for number in 1..=answers.faucets.len() {
        for place in Place::ALL {
            let Some(fault) = fittings::place_fault(*place, model) else { continue };
            blocked.push(Blocked {
                field: format!("faucet-{number}-place"),
                value: place.word().into(),
                reason: format!("{fault}."),
                choice: format!("Model: {}", model.title()),
                change: "model".into(),
            });
        }
    }
}

fn more_faucets(answers: &Answers, partial: &Partial, blocked: &mut Vec<Blocked>) {
    let most = fittings::most_faucets(partial.model);
    let chosen = fittings::chosen_faucets(&answers.faucets);
    if chosen.max(answers.faucets.len() as u32) < most {
        return;
    }
    let basins = if most == 3 { "3 basins carry up to 3 faucets" } else { "1 or 2 basins carry up to 2 faucets" };
    blocked.push(Blocked {
        field: "faucets".into(),
        value: "add".into(),
        reason: format!("{basins}. Remove one, or choose a model with more basins."),
        choice: partial.model.map(|model| format!("Model: {}", model.title())).unwrap_or_default(),
        change: "model".into(),
    });
}
