//! Step 4: numbers the rules in force offer, each once, any whole quantity.

use super::{Field, Form, Partial};
use crate::configurations::{Accessory, Severity, words};

pub const MOST_PIECES: u32 = 999;

impl Form<'_> {
    pub(super) fn accessories(&mut self, partial: &mut Partial) {
        let answers = self.answers;
        for accessory in &answers.accessories {
            let item = accessory.item.trim();
            let (name, label) = (format!("accessory-{item}"), format!("Quantity of {item}"));
            let field = Field { name: &name, label: &label };
            if let Some(sentence) = self.refuses(item) {
                self.say(field, Severity::Error, sentence);
                continue;
            }
            if partial.accessories.iter().any(|chosen| chosen.item == item) {
                self.say(
                    field,
                    Severity::Error,
                    format!("{item} is chosen twice. Give it once, with the whole quantity."),
                );
                continue;
            }
            if let Some(quantity) = self.pieces(field, &accessory.quantity, MOST_PIECES) {
                partial.accessories.push(Accessory { item: item.into(), quantity });
            }
        }
    }

    fn refuses(&self, item: &str) -> Option<String> {
        if item.is_empty() {
            return Some("An accessory has no number. Choose one of the list.".into());
        }
        if item.chars().count() > 120 || item.chars().any(char::is_control) {
            return Some(format!("{} is not a part number. Choose one of the list.", words::quoted(item)));
        }
        let offered = self.context.offered?;
        (!offered.iter().any(|number| number == item)).then(|| {
            format!("{} is not among the accessories offered now. Remove it or choose another.", words::quoted(item))
        })
    }
}
