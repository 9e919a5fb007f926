//! One build as somebody typed it: every answer a text, nothing judged, nothing lost.

use super::{Basin, BasinSize, Configuration, Model};
use serde::{Deserialize, Serialize};

/// The draft of one build. Words are those of the document; an empty text is a question not answered yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answers {
    /// Somebody saved this build at least once; until then its tab says "not started".
    pub started: bool,
    pub model: String,
    pub width: String,
    pub length: String,
    pub legs: String,
    pub feet: String,
    pub flow: String,
    /// `yes` or `no`.
    pub pegboard: String,
    pub pegboard_type: String,
    /// Empty: a plain board.
    pub pegboard_colour: String,
    /// `same` as the sink, or `custom`.
    pub pegboard_size: String,
    pub pegboard_width: String,
    pub pegboard_length: String,
    pub drawers: Vec<String>,
    pub basins: Vec<BasinAnswers>,
    pub faucets: Vec<FaucetAnswers>,
    pub sprayers: Vec<SprayerAnswers>,
    pub accessories: Vec<AccessoryAnswers>,
    pub geometry_override: Option<Override>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BasinAnswers {
    pub kind: String,
    /// A word of [`super::StandardSize`], or `custom`.
    pub size: String,
    pub width: String,
    pub length: String,
    pub depth: String,
    pub p_trap: bool,
    pub light: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FaucetAnswers {
    pub kind: String,
    pub quantity: String,
    pub place: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SprayerAnswers {
    pub kind: String,
    pub side: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccessoryAnswers {
    pub item: String,
    pub quantity: String,
}

/// An administrator's word that basins wider than the sink are meant. It holds for one size of sink and basins only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    pub reason: String,
    pub user_id: i64,
    pub user_name: String,
    /// What was looked at when it was given ("60 in of basins in 54 in"); another size needs another word.
    pub geometry: String,
}

impl Answers {
    /// A new build with the usual sink: the answers most orders have, and basins nobody chose yet.
    pub fn usual() -> Answers {
        Answers {
            model: "T2-B1".into(),
            width: "48".into(),
            length: "60".into(),
            legs: "DL27-HA".into(),
            feet: "casters".into(),
            flow: "left-to-right".into(),
            pegboard: "no".into(),
            basins: vec![BasinAnswers::default()],
            ..Answers::default()
        }
    }

    /// Adds or removes basins at the end, so that there are as many as the model has. An unknown model changes nothing.
    pub fn follow_model(&mut self) {
        if let Some(model) = Model::from_word(&self.model) {
            self.basins.resize_with(model.basins(), BasinAnswers::default);
        }
    }

    /// The same sink for another build: everything but the override, which somebody gave for one build.
    pub fn copied(&self) -> Answers {
        Answers { started: true, geometry_override: None, ..self.clone() }
    }
}

impl From<&Configuration> for Answers {
    /// What somebody would have typed for this sink.
    fn from(sink: &Configuration) -> Answers {
        let board = sink.pegboard.as_ref();
        let custom = board.and_then(|board| board.size.as_ref());
        Answers {
            started: true,
            model: sink.model.word().into(),
            width: sink.width_in.to_string(),
            length: sink.length_in.to_string(),
            legs: sink.legs.word().into(),
            feet: sink.feet.word().into(),
            flow: sink.flow.word().into(),
            pegboard: if board.is_some() { "yes" } else { "no" }.into(),
            pegboard_type: board.map(|board| board.kind.word()).unwrap_or_default().into(),
            pegboard_colour: board
                .and_then(|board| board.colour)
                .map(|colour| colour.word())
                .unwrap_or_default()
                .into(),
            pegboard_size: if custom.is_some() { "custom" } else { "same" }.into(),
            pegboard_width: custom.map(|size| size.width_in.to_string()).unwrap_or_default(),
            pegboard_length: custom.map(|size| size.length_in.to_string()).unwrap_or_default(),
            drawers: sink.drawers.iter().map(|drawer| drawer.word().into()).collect(),
            basins: sink.basins.iter().map(BasinAnswers::from).collect(),
            faucets: sink
                .faucets
                .iter()
                .map(|faucet| FaucetAnswers {
                    kind: faucet.kind.word().into(),
                    quantity: faucet.quantity.to_string(),
                    place: faucet.place.map(|place| place.word()).unwrap_or_default().into(),
                })
                .collect(),
            sprayers: sink
                .sprayers
                .iter()
                .map(|sprayer| SprayerAnswers {
                    kind: sprayer.kind.word().into(),
                    side: sprayer.side.map(|side| side.word()).unwrap_or_default().into(),
                })
                .collect(),
            accessories: sink
                .accessories
                .iter()
                .map(|chosen| AccessoryAnswers { item: chosen.item.clone(), quantity: chosen.quantity.to_string() })
                .collect(),
            geometry_override: None,
        }
    }
}

impl From<&Basin> for BasinAnswers {
    fn from(basin: &Basin) -> BasinAnswers {
        let (width, length, depth) = basin.size.inches();
        let size = match &basin.size {
            BasinSize::Standard(size) => size.word(),
            BasinSize::Custom(_) => "custom",
        };
        BasinAnswers {
            kind: basin.kind.word().into(),
            size: size.into(),
            width: width.to_string(),
            length: length.to_string(),
            depth: depth.to_string(),
            p_trap: basin.p_trap,
            light: basin.light,
        }
    }
}
