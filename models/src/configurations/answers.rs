//! One build as somebody typed it: every answer a text, nothing judged, nothing lost.

use super::Model;
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
