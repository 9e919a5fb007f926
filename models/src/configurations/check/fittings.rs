//! Faucets and sprayers: how many fit, and where each goes.

use super::{Field, Form, Partial};
use crate::configurations::{
    BasinKind, Faucet, FaucetAnswers, FaucetKind, Model, Place, Severity, Sprayer, SprayerAnswers,
};

pub const MOST_SPRAYERS: usize = 2;

/// Three basins carry three faucets, fewer carry two.
pub(super) fn most_faucets(model: Option<Model>) -> u32 {
    if model == Some(Model::B3) { 3 } else { 2 }
}

/// Why a place does not exist on this sink, or nothing when it does.
pub(super) fn place_fault(place: Place, model: Model) -> Option<String> {
    let needed = match place {
        Place::Basin1 => 1,
        Place::Basin2 | Place::Between12 => 2,
        Place::Basin3 | Place::Between23 => 3,
    };
    let basins = model.basins();
    (needed > basins).then(|| match basins {
        1 => "This sink has 1 basin".into(),
        many => format!("This sink has {many} basins"),
    })
}

/// Faucets asked for so far, those with an open question included.
pub(super) fn chosen_faucets(faucets: &[FaucetAnswers]) -> u32 {
    faucets.iter().filter_map(|faucet| super::pieces(&faucet.quantity, 3).ok()).sum()
}

/// The places of this sink in words: "centre of basin 1 or centre of basin 2".
fn legal_places(model: Option<Model>) -> String {
    let legal = Place::ALL.iter().filter(|place| model.is_none_or(|model| place_fault(**place, model).is_none()));
    let legal: Vec<String> = legal.map(|place| place.title().to_lowercase()).collect();
    match legal.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => legal.concat(),
    }
}

impl Form<'_> {
    pub(super) fn faucets(&mut self, partial: &mut Partial) {
        let answers = self.answers;
        for (number, faucet) in (1..).zip(&answers.faucets) {
            if let Some(faucet) = self.faucet(number, faucet, partial.model) {
                partial.faucets.push(faucet);
            }
        }
        self.faucet_count(partial);
        self.goosenecks(partial);
    }

    fn faucet(&mut self, number: usize, faucet: &FaucetAnswers, model: Option<Model>) -> Option<Faucet> {
        let name = |part: &str| format!("faucet-{number}-{part}");
        let label = |part: &str| format!("Faucet {number} {part}");
        let kind = self.choice(Field { name: &name("type"), label: &label("type") }, &faucet.kind);
        let quantity = self.pieces(Field { name: &name("quantity"), label: &label("quantity") }, &faucet.quantity, 3);
        let (place_name, place_label) = (name("place"), label("place"));
        let field = Field { name: &place_name, label: &place_label };
        if self.context.is_document && faucet.place.is_empty() {
            return Some(Faucet { kind: kind?, quantity: quantity?, place: None });
        }
        if faucet.place.trim().is_empty() {
            let places = legal_places(model);
            self.say(field, Severity::Missing, format!("{place_label} is not chosen yet. Choose {places}."));
            return None;
        }
        let place = self.choice::<Place>(field, &faucet.place);
        let fault = place.zip(model).and_then(|(place, model)| place_fault(place, model).map(|fault| (place, fault)));
        if let Some((place, fault)) = fault {
            let spoken = place.title().to_lowercase();
            self.say(field, Severity::Error, format!("{fault}, so {spoken} does not exist. Choose another place."));
            return None;
        }
        Some(Faucet { kind: kind?, quantity: quantity?, place: Some(place?) })
    }

    fn faucet_count(&mut self, partial: &Partial) {
        let most = most_faucets(partial.model);
        let chosen = chosen_faucets(&self.answers.faucets);
        if chosen > most {
            let basins = if most == 3 { "3 basins carry" } else { "1 or 2 basins carry" };
            let message = format!("{chosen} faucets are chosen; {basins} up to {most}. Take {} away.", chosen - most);
            self.say(Field { name: "faucets", label: "Faucets" }, Severity::Error, message);
        }
    }

    /// Every E-Sink DI brings its gooseneck; one that is chosen as well is the same one, not a second.
    fn goosenecks(&mut self, partial: &Partial) {
        let brought = partial.basins.iter().filter(|basin| basin.kind == Some(BasinKind::ESinkDi)).count() as u32;
        if brought == 0 {
            return;
        }
        let chosen: u32 = partial
            .faucets
            .iter()
            .filter(|faucet| faucet.kind == FaucetKind::Gooseneck)
            .map(|faucet| faucet.quantity)
            .sum();
        let basins = if brought == 1 {
            "The E-Sink DI brings 1 DI gooseneck by itself".into()
        } else {
            format!("The {brought} E-Sink DI basins bring {brought} DI goosenecks by themselves")
        };
        let message = match chosen {
            0 => format!("{basins}; it need not be chosen here."),
            chosen if chosen <= brought => format!("{basins}. The {chosen} chosen here is counted once, not added."),
            chosen => format!("{basins}. {chosen} are chosen here, so {chosen} are built."),
        };
        self.say(Field { name: "faucets", label: "Faucets" }, Severity::Note, message);
    }

    pub(super) fn sprayers(&mut self, partial: &mut Partial) {
        let answers = self.answers;
        for (number, sprayer) in (1..).zip(&answers.sprayers) {
            if let Some(sprayer) = self.sprayer(number, sprayer) {
                partial.sprayers.push(sprayer);
            }
        }
        if answers.sprayers.len() > MOST_SPRAYERS {
            let message = format!(
                "{} sprayers are chosen; a sink has up to 2. Remove {}.",
                answers.sprayers.len(),
                answers.sprayers.len() - 2
            );
            self.say(Field { name: "sprayers", label: "Sprayers" }, Severity::Error, message);
        }
    }

    fn sprayer(&mut self, number: usize, sprayer: &SprayerAnswers) -> Option<Sprayer> {
        let (name, label) = (format!("sprayer-{number}-type"), format!("Sprayer {number} type"));
        let kind = self.choice(Field { name: &name, label: &label }, &sprayer.kind);
        if self.context.is_document && sprayer.side.is_empty() {
            return Some(Sprayer { kind: kind?, side: None });
        }
        let (name, label) = (format!("sprayer-{number}-side"), format!("Sprayer {number} side"));
        let side = self.choice(Field { name: &name, label: &label }, &sprayer.side);
        Some(Sprayer { kind: kind?, side: Some(side?) })
    }
}
