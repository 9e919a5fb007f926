//! What is known about one build: every answer of the configurator, given or not yet.

use crate::configurations::check::{Partial, PartialBasin};
use crate::configurations::{
    Accessory, BasinKind, BasinSize, BoardSize, Colour, Configuration, Drawer, Family, FaucetKind, Feet, Flow,
    Language, Legs, Model, PegboardKind, Place, Side, SprayerKind,
};
use rust_decimal::Decimal;

/// The answers the rules read. `None` is a question not answered yet: rules that need it stay silent in a preview.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    pub family: Option<Family>,
    pub language: Option<Language>,
    pub model: Option<Model>,
    /// Inches.
    pub length_in: Option<u32>,
    /// Front to back, inches.
    pub width_in: Option<Decimal>,
    pub legs: Option<Legs>,
    pub feet: Option<Feet>,
    pub flow: Option<Flow>,
    pub has_pegboard: Option<bool>,
    pub pegboard_kind: Option<PegboardKind>,
    /// No colour is an answer: a plain board (decision 3).
    pub pegboard_colour: Option<Colour>,
    /// Whether the board has a size of its own; unanswered only while somebody is choosing.
    pub board_is_custom: Option<bool>,
    pub board_size: Option<BoardSize>,
    pub drawers: Vec<Drawer>,
    pub basins: Vec<BasinFacts>,
    pub faucets: Vec<FaucetFacts>,
    pub sprayers: Vec<SprayerFacts>,
    pub accessories: Vec<Accessory>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BasinFacts {
    pub kind: Option<BasinKind>,
    pub size: Option<BasinSize>,
    pub p_trap: bool,
    pub light: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FaucetFacts {
    pub kind: Option<FaucetKind>,
    pub quantity: Option<u32>,
    pub place: Option<Place>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SprayerFacts {
    pub kind: Option<SprayerKind>,
    pub side: Option<Side>,
}

impl From<&Configuration> for Facts {
    fn from(whole: &Configuration) -> Facts {
        let board = whole.pegboard.as_ref();
        Facts {
            family: Some(whole.family),
            language: Some(whole.language),
            model: Some(whole.model),
            length_in: Some(whole.length_in),
            width_in: Some(whole.width_in),
            legs: Some(whole.legs),
            feet: Some(whole.feet),
            flow: Some(whole.flow),
            has_pegboard: Some(board.is_some()),
            pegboard_kind: board.map(|board| board.kind),
            pegboard_colour: board.and_then(|board| board.colour),
            board_is_custom: Some(board.is_some_and(|board| board.size.is_some())),
            board_size: board.and_then(|board| board.size.clone()),
            drawers: whole.drawers.clone(),
            basins: whole.basins.iter().map(BasinFacts::from).collect(),
            faucets: whole.faucets.iter().map(FaucetFacts::from).collect(),
            sprayers: whole.sprayers.iter().map(SprayerFacts::from).collect(),
            accessories: whole.accessories.clone(),
        }
    }
}

impl From<&crate::configurations::Basin> for BasinFacts {
    fn from(basin: &crate::configurations::Basin) -> BasinFacts {
        BasinFacts { kind: Some(basin.kind), size: Some(basin.size.clone()), p_trap: basin.p_trap, light: basin.light }
    }
}

impl From<&crate::configurations::Faucet> for FaucetFacts {
    fn from(faucet: &crate::configurations::Faucet) -> FaucetFacts {
        FaucetFacts { kind: Some(faucet.kind), quantity: Some(faucet.quantity), place: faucet.place }
    }
}

impl From<&crate::configurations::Sprayer> for SprayerFacts {
    fn from(sprayer: &crate::configurations::Sprayer) -> SprayerFacts {
        SprayerFacts { kind: Some(sprayer.kind), side: sprayer.side }
    }
}

impl Facts {
    /// What has been answered rightly so far in a form; family and language belong to the order.
    pub fn answered(partial: &Partial, family: Option<Family>, language: Option<Language>) -> Facts {
        let board = partial.pegboard.as_ref();
        let chosen = board.and_then(Option::as_ref);
        let basin = |basin: &PartialBasin| BasinFacts {
            kind: basin.kind,
            size: basin.size.clone(),
            p_trap: basin.p_trap,
            light: basin.light,
        };
        Facts {
            family,
            language,
            model: partial.model,
            length_in: partial.length_in,
            width_in: partial.width_in,
            legs: partial.legs,
            feet: partial.feet,
            flow: partial.flow,
            has_pegboard: board.map(Option::is_some),
            pegboard_kind: chosen.map(|board| board.kind),
            pegboard_colour: chosen.and_then(|board| board.colour),
            board_is_custom: board.map(|_| chosen.is_some_and(|board| board.size.is_some())),
            board_size: chosen.and_then(|board| board.size.clone()),
            drawers: partial.drawers.clone(),
            basins: partial.basins.iter().map(basin).collect(),
            faucets: partial.faucets.iter().map(FaucetFacts::from).collect(),
            sprayers: partial.sprayers.iter().map(SprayerFacts::from).collect(),
            accessories: partial.accessories.clone(),
        }
    }

    /// Basins of one kind among those answered so far.
    pub fn basins_of(&self, kind: BasinKind) -> usize {
        self.basins.iter().filter(|basin| basin.kind == Some(kind)).count()
    }

    /// Whether every basin of the model has its type: before that no control box can be chosen.
    pub fn basins_are_complete(&self) -> bool {
        self.model.is_some_and(|model| model.basins() == self.basins.len())
            && self.basins.iter().all(|basin| basin.kind.is_some())
    }

    /// Faucets of one kind, all entries together.
    pub fn faucets_of(&self, kind: FaucetKind) -> u64 {
        let own = self.faucets.iter().filter(|faucet| faucet.kind == Some(kind));
        own.filter_map(|faucet| faucet.quantity).map(u64::from).sum()
    }

    /// Sprayers with the same type and side are one entry with a count.
    pub fn grouped_sprayers(&self) -> Vec<(SprayerFacts, u32)> {
        let mut groups: Vec<(SprayerFacts, u32)> = Vec::new();
        for sprayer in &self.sprayers {
            match groups.iter_mut().find(|(known, _)| known == sprayer) {
                Some((_, count)) => *count += 1,
                None => groups.push((sprayer.clone(), 1)),
            }
        }
        groups
    }
}
