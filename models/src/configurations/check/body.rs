//! The sink body: model, length, width, legs, feet, direction, pegboard and drawers.

use super::{Field, Form, Partial};
use crate::configurations::{BoardSize, Drawer, Legs, Pegboard, Severity, inches, words};
use rust_decimal::Decimal;

/// A body exists for every whole inch in between.
pub const LENGTHS: std::ops::RangeInclusive<u32> = 48..=120;
/// Front to back: what has been built so far.
const USUAL_WIDTHS: std::ops::RangeInclusive<u32> = 24..=120;
/// The widest number a board's size may have.
const WIDEST_BOARD: u32 = 240;

impl Form<'_> {
    pub(super) fn body(&mut self, partial: &mut Partial) {
        let answers = self.answers;
        partial.model = self.choice(Field { name: "model", label: "Model" }, &answers.model);
        partial.length_in = self.length(&answers.length);
        partial.width_in = self.width(&answers.width);
        partial.legs = self.legs(&answers.legs);
        partial.feet = self.choice(Field { name: "feet", label: "Feet" }, &answers.feet);
        partial.flow = self.choice(Field { name: "flow", label: "Work flow" }, &answers.flow);
        partial.pegboard = self.pegboard();
        partial.drawers = self.drawers();
    }

    fn length(&mut self, typed: &str) -> Option<u32> {
        let field = Field { name: "length", label: "Length" };
        let wanted = "Choose whole inches, 48 to 120.";
        let number = match inches::decimal(typed) {
            Err(inches::Fault::Empty) => {
                self.say(field, Severity::Missing, format!("Length is empty. {wanted}"));
                return None;
            }
            Err(fault) => {
                self.say(
                    field,
                    Severity::Error,
                    format!("Length {} {} {wanted}", words::quoted(typed), fault.sentence()),
                );
                return None;
            }
            Ok(number) => number,
        };
        if number < Decimal::from(*LENGTHS.start()) || number > Decimal::from(*LENGTHS.end()) {
            self.say(field, Severity::Error, format!("A sink {number} in long has no body. Choose 48 to 120 in."));
            return None;
        }
        if !number.is_integer() {
            let (below, above) = (number.floor().normalize(), number.ceil().normalize());
            let message =
                format!("Bodies come in whole inches and {number} in is between two. Choose {below} or {above} in.");
            self.say(field, Severity::Error, message);
            return None;
        }
        u32::try_from(number).ok()
    }

    fn width(&mut self, typed: &str) -> Option<Decimal> {
        let field = Field { name: "width", label: "Width" };
        let width = self.size(field, typed, 999)?;
        if width < Decimal::from(*USUAL_WIDTHS.start()) || width > Decimal::from(*USUAL_WIDTHS.end()) {
            let message = format!(
                "{width} in from front to back is unusual: sinks have been 24 to 120 in. Look at it once more."
            );
            self.say(field, Severity::Warning, message);
        }
        Some(width)
    }

    fn legs(&mut self, typed: &str) -> Option<Legs> {
        let field = Field { name: "legs", label: "Legs" };
        if typed.trim() == "LC1-FH" {
            let message = "There is no fixed LC1. Choose LC1 height adjustable, or DL27 or DL14 with fixed height.";
            self.say(field, Severity::Error, message);
            return None;
        }
        self.choice(field, typed)
    }

    fn pegboard(&mut self) -> Option<Option<Pegboard>> {
        let field = Field { name: "pegboard", label: "Pegboard" };
        match self.answers.pegboard.trim() {
            "no" => return Some(None),
            "yes" => {}
            "" => {
                self.say(field, Severity::Missing, "Pegboard is not answered yet. Choose with or without.");
                return None;
            }
            other => {
                let message = format!("Pegboard {} is no answer. Choose with or without.", words::quoted(other));
                self.say(field, Severity::Error, message);
                return None;
            }
        }
        let kind = self.choice(Field { name: "pegboard_type", label: "Pegboard type" }, &self.answers.pegboard_type);
        let colour = match self.answers.pegboard_colour.trim() {
            "" => Some(None),
            typed => self.choice(Field { name: "pegboard_colour", label: "Pegboard colour" }, typed).map(Some),
        };
        let size = self.board_size();
        Some(Some(Pegboard { kind: kind?, colour: colour?, size: size? }))
    }

    fn board_size(&mut self) -> Option<Option<BoardSize>> {
        let answers = self.answers;
        match answers.pegboard_size.trim() {
            "" | "same" => Some(None),
            "custom" => {
                let (across, up) = (&answers.pegboard_width, &answers.pegboard_length);
                let width = self.size(Field { name: "pegboard_width", label: "Pegboard width" }, across, WIDEST_BOARD);
                let length = self.size(Field { name: "pegboard_length", label: "Pegboard length" }, up, WIDEST_BOARD);
                Some(Some(BoardSize { width_in: width?, length_in: length? }))
            }
            other => {
                let message = format!(
                    "Pegboard size {} does not exist. Choose as long as the sink, or custom.",
                    words::quoted(other)
                );
                self.say(Field { name: "pegboard_size", label: "Pegboard size" }, Severity::Error, message);
                None
            }
        }
    }

    fn drawers(&mut self) -> Vec<Drawer> {
        let field = Field { name: "drawers", label: "Drawers" };
        let mut chosen: Vec<Drawer> = Vec::new();
        for typed in &self.answers.drawers {
            let Some(drawer) = self.choice(field, typed) else { continue };
            if chosen.contains(&drawer) {
                self.say(field, Severity::Error, format!("{} is chosen twice. One fits.", drawer.title()));
            } else {
                chosen.push(drawer);
            }
        }
        chosen.sort();
        if chosen.contains(&Drawer::PullOutShelf) && !self.has_adjustable_shelf() {
            let message = "The pull-out shelf is made for the height-adjustable bottom shelf, and none is chosen. Add one in step 4.";
            self.say(field, Severity::Warning, message);
        }
        chosen
    }

    fn has_adjustable_shelf(&self) -> bool {
        self.answers.accessories.iter().any(|accessory| accessory.item.starts_with("T2-OA-CUST-SHELF-HA-"))
    }
}
