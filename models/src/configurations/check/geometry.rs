//! Whether the basins fit the sink.

use super::{Field, Form, Partial};
use crate::configurations::{Answers, Legs, Severity};
use rust_decimal::Decimal;

/// The frame under every height-adjustable body leaves room for bowls of 8 inches.
const DEEPEST_OVER_LIFTERS: u32 = 8;
const FIELD: Field<'static> = Field { name: "geometry", label: "Basins and length" };

/// What an override was given for: it lapses when sink or basins change.
pub(super) fn geometry_of(partial: &Partial) -> Option<String> {
    Some(format!("{} in of basins in {} in", basin_widths(partial), partial.length_in?))
}

pub(super) fn basin_widths(partial: &Partial) -> Decimal {
    partial
        .basins
        .iter()
        .filter_map(|basin| basin.size.as_ref())
        .map(|size| size.inches().0)
        .sum::<Decimal>()
        .normalize()
}

/// The basins known so far are wider than the sink, whether or not an administrator allowed it.
pub(super) fn is_too_wide(partial: &Partial) -> bool {
    partial.length_in.is_some_and(|length| basin_widths(partial) > Decimal::from(length))
}

/// The override given for exactly this sink and these basins.
pub(super) fn override_in_force<'a>(
    answers: &'a Answers,
    partial: &Partial,
) -> Option<&'a crate::configurations::Override> {
    let given = answers.geometry_override.as_ref()?;
    (!given.reason.trim().is_empty() && Some(&given.geometry) == geometry_of(partial).as_ref()).then_some(given)
}

impl Form<'_> {
    pub(super) fn geometry(&mut self, partial: &Partial) {
        self.widths(partial);
        self.depths(partial);
        let Some(width) = partial.width_in else { return };
        for (number, basin) in (1..).zip(&partial.basins) {
            let Some(length) = basin.size.as_ref().map(|size| size.inches().1) else { continue };
            if length > width {
                let message = format!(
                    "Basin {number} is {length} in from front to back and the sink {width} in. Look at both once more."
                );
                self.say(FIELD, Severity::Warning, message);
            }
        }
    }

    fn widths(&mut self, partial: &Partial) {
        let Some(length) = partial.length_in else { return };
        let widths = basin_widths(partial);
        if widths == Decimal::from(length) {
            let message = format!(
                "The basins are {widths} in wide together, exactly the length of the sink: no room is left between them."
            );
            self.say(FIELD, Severity::Warning, message);
        }
        if widths <= Decimal::from(length) {
            return;
        }
        if let Some(given) = override_in_force(self.answers, partial) {
            let message = format!(
                "The basins are {widths} in wide together and the sink {length} in. {} allowed it: {}",
                given.user_name, given.reason
            );
            return self.say(FIELD, Severity::Warning, message);
        }
        let message = format!(
            "The basins are {widths} in wide together and the sink is {length} in long. Choose narrower basins or a longer sink."
        );
        let severity = if self.context.is_document { Severity::Warning } else { Severity::Error };
        self.say(FIELD, severity, message);
    }

    fn depths(&mut self, partial: &Partial) {
        if !matches!(partial.legs, Some(Legs::Dl27 | Legs::Dl14 | Legs::Lc1)) {
            return;
        }
        let mut deep: Vec<usize> = Vec::new();
        for (number, basin) in (1..).zip(&partial.basins) {
            let depth = basin.size.as_ref().map(|size| size.inches().2);
            if depth.is_some_and(|depth| depth > Decimal::from(DEEPEST_OVER_LIFTERS)) {
                deep.push(number);
            }
        }
        let basins = match deep.as_slice() {
            [] => return,
            [one] => format!("Basin {one} is"),
            [rest @ .., last] => {
                let rest: Vec<String> = rest.iter().map(usize::to_string).collect();
                format!("Basins {} and {last} are", rest.join(", "))
            }
        };
        let message = format!(
            "{basins} deeper than 8 in. Over the lifters the frame T2-ADW-LINAKFRAME-8 leaves room for 8 in; place deeper bowls clear of them."
        );
        self.say(FIELD, Severity::Warning, message);
    }
}
