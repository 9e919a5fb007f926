//! A complete, checked configuration of one sink, and the document it is stored and exchanged as.
//!
//! The JSON document (`"schema": "torvan.configuration.v1"`) is documented in `models/CONFIGURATION.md`. Dimensions are
//! inches. What somebody is still typing is a draft, not a configuration.

pub use answers::{AccessoryAnswers, Answers, BasinAnswers, FaucetAnswers, Override, SprayerAnswers};
pub use check::{Checked, Context, check};
pub use document::{read_document, read_document_with_warnings};
pub use problems::{Blocked, Problem, Severity};

mod answers;
mod document;
pub mod inches;
mod problems;
pub mod words;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub const SCHEMA: &str = "torvan.configuration.v1";

/// One build, ready for its BOM. Field order is the document's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    pub schema: String,
    pub family: Family,
    /// Decides the manuals.
    pub language: Language,
    pub model: Model,
    /// Front to back, inches; no effect on the BOM.
    pub width_in: Decimal,
    /// Whole inches, 48 to 120 (decision 8).
    pub length_in: u32,
    pub legs: Legs,
    pub feet: Feet,
    pub flow: Flow,
    pub pegboard: Option<Pegboard>,
    pub drawers: Vec<Drawer>,
    /// From the left, one per basin of the model.
    pub basins: Vec<Basin>,
    pub faucets: Vec<Faucet>,
    pub sprayers: Vec<Sprayer>,
    pub accessories: Vec<Accessory>,
}

/// What every list of words has in common, so that one sentence can refuse a wrong word of any list.
pub trait Choice: Copy + 'static {
    fn all() -> &'static [Self];
    fn word(self) -> &'static str;
    fn title(self) -> &'static str;
}

/// Declares an enum whose document word, spoken title and list of all values stay together.
macro_rules! choices {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $word:literal, $title:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $(#[serde(rename = $word)] $variant),+ }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word of the document, also the form's value.
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }

            /// The name people read.
            pub fn title(self) -> &'static str {
                match self { $($name::$variant => $title),+ }
            }

            pub fn from_word(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|choice| choice.word() == word)
            }
        }

        impl Choice for $name {
            fn all() -> &'static [$name] {
                $name::ALL
            }

            fn word(self) -> &'static str {
                $name::word(self)
            }

            fn title(self) -> &'static str {
                $name::title(self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

choices!(
    /// Only MDRD can be built so far; the others answer that they are under construction.
    Family { Mdrd = "MDRD", "MDRD CleanStation"; Endoscope = "ENDOSCOPE", "Endoscope CleanStation"; Instro = "INSTROSINK", "InstroSink"; }
);
choices!(Language { English = "EN", "English"; French = "FR", "French"; Spanish = "SP", "Spanish"; });
choices!(Model { B1 = "T2-B1", "T2-B1, 1 basin"; B2 = "T2-B2", "T2-B2, 2 basins"; B3 = "T2-B3", "T2-B3, 3 basins"; });
choices!(
    /// HA is height adjustable, FH fixed. There is no fixed LC1.
    Legs {
        Dl27 = "DL27-HA", "DL27, height adjustable"; Dl14 = "DL14-HA", "DL14, height adjustable"; Lc1 = "LC1-HA", "LC1, height adjustable";
        Dl27Fixed = "DL27-FH", "DL27, fixed height"; Dl14Fixed = "DL14-FH", "DL14, fixed height";
    }
);
choices!(Feet { Casters = "casters", "Lock and levelling casters"; Seismic = "seismic", "Seismic feet"; });
choices!(
    /// Side from which the work moves; no effect on the BOM.
    Flow { LeftToRight = "left-to-right", "Left to right"; RightToLeft = "right-to-left", "Right to left"; }
);
choices!(PegboardKind { Perforated = "perforated", "Perforated"; Solid = "solid", "Solid"; });
choices!(
    /// Colorsafe+ colours. A plain board has none (decision 3).
    Colour {
        Green = "green", "Green"; Black = "black", "Black"; Yellow = "yellow", "Yellow"; Grey = "grey", "Grey";
        Red = "red", "Red"; Blue = "blue", "Blue"; Orange = "orange", "Orange"; White = "white", "White";
    }
);
choices!(Drawer { TwoDrawer = "two-drawer", "Two-drawer housing"; PullOutShelf = "pull-out-shelf", "Pull-out shelf"; });
choices!(BasinKind { EDrain = "E-Drain", "E-Drain"; ESink = "E-Sink", "E-Sink"; ESinkDi = "E-Sink-DI", "E-Sink DI"; });
choices!(
    FaucetKind {
        WristBlade = "wrist-blade", "10 in wrist-blade wall faucet"; PreRinse = "pre-rinse", "Pre-rinse overhead spray"; Gooseneck = "di-gooseneck", "DI gooseneck";
    }
);
choices!(
    Place {
        Basin1 = "basin-1", "Centre of basin 1"; Basin2 = "basin-2", "Centre of basin 2"; Basin3 = "basin-3", "Centre of basin 3";
        Between12 = "between-1-2", "Between basins 1 and 2"; Between23 = "between-2-3", "Between basins 2 and 3";
    }
);
choices!(
    SprayerKind {
        WaterTurret = "water-gun-turret", "Water gun, turret"; WaterRosette = "water-gun-rosette", "Water gun, rosette";
        AirTurret = "air-gun-turret", "Air gun, turret"; AirRosette = "air-gun-rosette", "Air gun, rosette";
    }
);
choices!(Side { Left = "left", "Left side"; Right = "right", "Right side"; });
choices!(
    StandardSize {
        S20x20x8 = "20X20X8", "20 × 20 × 8"; S24x20x8 = "24X20X8", "24 × 20 × 8"; S24x20x10 = "24X20X10", "24 × 20 × 10";
        S30x20x8 = "30X20X8", "30 × 20 × 8"; S30x20x10 = "30X20X10", "30 × 20 × 10";
    }
);

// After the macro, because the check of the draft's own words uses it too.
pub mod check;

impl Model {
    pub fn basins(self) -> usize {
        match self {
            Model::B1 => 1,
            Model::B2 => 2,
            Model::B3 => 3,
        }
    }
}

impl StandardSize {
    /// Width, length and depth in inches.
    pub fn inches(self) -> (u32, u32, u32) {
        match self {
            StandardSize::S20x20x8 => (20, 20, 8),
            StandardSize::S24x20x8 => (24, 20, 8),
            StandardSize::S24x20x10 => (24, 20, 10),
            StandardSize::S30x20x8 => (30, 20, 8),
            StandardSize::S30x20x10 => (30, 20, 10),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pegboard {
    #[serde(rename = "type")]
    pub kind: PegboardKind,
    pub colour: Option<Colour>,
    /// None: the same as the sink, chosen by its length.
    pub size: Option<BoardSize>,
}

/// A custom board, inches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoardSize {
    pub width_in: Decimal,
    pub length_in: Decimal,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basin {
    #[serde(rename = "type")]
    pub kind: BasinKind,
    pub size: BasinSize,
    pub p_trap: bool,
    pub light: bool,
}

/// A size from the list (`"24X20X10"`), or three dimensions in inches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum BasinSize {
    Standard(StandardSize),
    Custom(CustomSize),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomSize {
    pub width_in: Decimal,
    pub length_in: Decimal,
    pub depth_in: Decimal,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Faucet {
    #[serde(rename = "type")]
    pub kind: FaucetKind,
    pub quantity: u32,
    /// None only for documents that do not say; the form always asks.
    pub place: Option<Place>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sprayer {
    #[serde(rename = "type")]
    pub kind: SprayerKind,
    pub side: Option<Side>,
}

/// Any number of step 4, any quantity from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accessory {
    pub item: String,
    pub quantity: u32,
}

impl BasinSize {
    /// Width, length and depth in inches.
    pub fn inches(&self) -> (Decimal, Decimal, Decimal) {
        match self {
            BasinSize::Standard(size) => {
                let (width, length, depth) = size.inches();
                (width.into(), length.into(), depth.into())
            }
            BasinSize::Custom(size) => (size.width_in, size.length_in, size.depth_in),
        }
    }
}

impl Configuration {
    /// SHA-256 over the canonical document, hex: equal configurations have equal hashes.
    pub fn hash(&self) -> String {
        use sha2::{Digest, Sha256};
        hex::encode(Sha256::digest(self.document().to_string()))
    }

    /// The canonical document: fixed field order, decimals without trailing zeros.
    pub fn document(&self) -> serde_json::Value {
        serde_json::json!(self.normalized())
    }

    fn normalized(&self) -> Configuration {
        let mut same = self.clone();
        same.width_in = same.width_in.normalize();
        for basin in &mut same.basins {
            if let BasinSize::Custom(size) = &mut basin.size {
                size.width_in = size.width_in.normalize();
                size.length_in = size.length_in.normalize();
                size.depth_in = size.depth_in.normalize();
            }
        }
        if let Some(BoardSize { width_in, length_in }) = same.pegboard.as_mut().and_then(|board| board.size.as_mut()) {
            *width_in = width_in.normalize();
            *length_in = length_in.normalize();
        }
        same
    }
}
