//! The basins, from the left: what each does, how large it is, and what is added to it.

use super::{Field, Form, Partial, PartialBasin};
use crate::configurations::{BasinAnswers, BasinSize, CustomSize, Severity, StandardSize, words};

/// Limits of a custom basin, inches. The true ones are the client's to tell; these are what was taken so far.
pub const WIDEST: u32 = 50;
pub const DEEPEST: u32 = 20;

impl Form<'_> {
    pub(super) fn basins(&mut self, partial: &mut Partial) {
        let answers = self.answers;
        partial.basins = (1..).zip(&answers.basins).map(|(number, basin)| self.basin(number, basin)).collect();
        let Some(model) = partial.model else { return };
        if partial.basins.len() != model.basins() {
            let (wanted, given) = (count(model.basins()), count(partial.basins.len()));
            let message =
                format!("{} has {wanted}, and the answers have {given}. Choose the model again.", model.word());
            self.say(Field { name: "model", label: "Model" }, Severity::Error, message);
        }
    }

    fn basin(&mut self, number: usize, basin: &BasinAnswers) -> PartialBasin {
        let name = format!("basin-{number}-type");
        let label = format!("Basin {number} type");
        let kind = self.choice(Field { name: &name, label: &label }, &basin.kind);
        let size = self.basin_size(number, basin);
        PartialBasin { kind, size, p_trap: basin.p_trap, light: basin.light }
    }

    fn basin_size(&mut self, number: usize, basin: &BasinAnswers) -> Option<BasinSize> {
        let typed = basin.size.trim();
        if typed != "custom" {
            let name = format!("basin-{number}-size");
            let label = format!("Basin {number} size");
            let field = Field { name: &name, label: &label };
            if !typed.is_empty() && StandardSize::from_word(typed).is_none() {
                let message = format!(
                    "{label} {} is not one we stock. Choose one of the list, or custom with three dimensions.",
                    words::quoted(typed)
                );
                self.say(field, Severity::Error, message);
                return None;
            }
            return self.choice(field, typed).map(BasinSize::Standard);
        }
        let mut side = |part: &str, typed: &str, most: u32| {
            let (name, label) = (format!("basin-{number}-{part}"), format!("Basin {number} {part}"));
            self.size(Field { name: &name, label: &label }, typed, most)
        };
        let width = side("width", &basin.width, WIDEST);
        let length = side("length", &basin.length, WIDEST);
        let depth = side("depth", &basin.depth, DEEPEST);
        Some(BasinSize::Custom(CustomSize { width_in: width?, length_in: length?, depth_in: depth? }))
    }
}

fn count(basins: usize) -> String {
    if basins == 1 { "1 basin".into() } else { format!("{basins} basins") }
}
