//! The areas of the house by which permissions are read.

use models::users::Can;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    Catalogue,
    Orders,
    Boms,
    Rules,
    Jobs,
    House,
    /// The door, one's own account, and what everybody who is logged in may do.
    Door,
}

impl Area {
    pub const ALL: [Area; 7] =
        [Area::Orders, Area::Boms, Area::Catalogue, Area::Rules, Area::Jobs, Area::House, Area::Door];

    pub fn of(action: Can) -> Area {
        let word = format!("{action:?}");
        let has = |parts: &[&str]| parts.iter().any(|part| word.contains(part));
        // By its words, so that a new action finds its place; what fits nowhere is for those who run the house.
        if has(&["Bom", "PartsList"]) {
            Area::Boms
        } else if has(&["Order", "Geometry"]) {
            Area::Orders
        } else if has(&["Catalogue", "Components", "Revisions", "Costs"]) {
            Area::Catalogue
        } else if has(&["Rules"]) {
            Area::Rules
        } else if has(&["Jobs", "Views"]) {
            Area::Jobs
        } else {
            Area::House
        }
    }

    /// Of an address: that of the action it asks for.
    pub fn of_place(action: Option<Can>) -> Area {
        action.map_or(Area::Door, Area::of)
    }

    pub fn word(self) -> &'static str {
        match self {
            Area::Catalogue => "catalogue",
            Area::Orders => "orders",
            Area::Boms => "boms",
            Area::Rules => "rules",
            Area::Jobs => "jobs",
            Area::House => "house",
            Area::Door => "door",
        }
    }

    pub fn from_word(word: &str) -> Option<Area> {
        Area::ALL.into_iter().find(|area| area.word() == word)
    }

    pub fn title(self) -> &'static str {
        match self {
            Area::Catalogue => "Catalogue and costs",
            Area::Orders => "Orders",
            Area::Boms => "BOMs and parts lists",
            Area::Rules => "Rules",
            Area::Jobs => "Jobs",
            Area::House => "People, audit trail and system",
            Area::Door => "The door and one's own account",
        }
    }
}
