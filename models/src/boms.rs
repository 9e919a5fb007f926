//! Bills of materials: the lines of one build, from the rules' choice down to the last washer.

pub mod answers;
pub mod approval;
pub mod causes;
pub mod compare;
pub mod cost;
pub mod explode;
pub mod flat;
pub mod outdated;
pub mod outline;
pub mod parts;
pub mod sheet;
pub mod store;
pub mod versions;

use crate::catalogue::ItemIndex;
use rust_decimal::Decimal;

/// A level-0 line as the rules chose it, before its item is looked up in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenLine {
    /// Row of `bom_template_items` that made it.
    pub template_item_id: i32,
    /// What the line is for: manual, body, legs, basin, …
    pub role: String,
    pub number: String,
    /// Pieces, exact; never zero.
    pub quantity: Decimal,
    /// The rule in plain words ("Length 72 in is in 61 to 72").
    pub reason: String,
    /// A colour or a place, empty when there is none.
    pub note: String,
    /// A number born from dimensions: not in the catalogue, its group code (e.6) when so.
    pub custom_group: Option<String>,
    /// A component of the item that this line goes without (decision 3: a custom board's kit without its panel).
    pub omits: Option<String>,
    /// Index of the chosen line this one stands under; none at level 0.
    pub parent: Option<usize>,
}

/// One line of the expanded BOM, in print order. Line numbers start at 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub parent: Option<u32>,
    pub level: u8,
    /// The catalogue's item, or the position of a custom number in the chosen lines.
    pub item: LineItem,
    /// Extended: the parent's times the pieces per parent.
    pub quantity: Decimal,
    /// The chosen line that made it, at level 0 and for template children.
    pub chosen: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineItem {
    Catalogue(ItemIndex),
    /// Index into the chosen lines: a custom number the catalogue does not hold.
    Custom(u32),
}
