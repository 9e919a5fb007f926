//! Numbers that a spreadsheet or an address could spoil.

use super::{Subject, listed};
use crate::catalogue::defects::Defect;

pub fn check(subject: &Subject) -> Vec<Defect> {
    let mut defects = Vec::new();
    for item in &subject.draft.items {
        if is_scientific(&item.number) {
            let message = format!(
                "{} reads like a long number that a spreadsheet shortened; the real one is lost. Name: {}.",
                item.number, item.name
            );
            defects.push(Defect::reported("mangled_number", &item.number, message));
        }
        let maker_number = item.maker_number.as_deref().unwrap_or_default();
        if maker_number.starts_with('0') && maker_number.trim_start_matches('0') == item.number {
            let message = format!(
                "{} is {maker_number} at its maker: a leading zero was lost. Numbers are kept as text.",
                item.number
            );
            defects.push(Defect::reported("lost_zero", &item.number, message));
        }
    }
    let careful: Vec<&str> = subject
        .draft
        .items
        .iter()
        .map(|item| item.number.as_str())
        .filter(|number| number.contains(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '.'))
        .collect();
    for number in &careful {
        let held: Vec<&str> =
            [(' ', "blanks"), ('/', "a slash"), ('"', "an inch mark"), ('+', "a plus sign"), ('%', "a per cent sign")]
                .into_iter()
                .filter(|(sign, _)| number.contains(*sign))
                .map(|(_, name)| name)
                .collect();
        let held = if held.is_empty() { "unusual signs".into() } else { listed(&held) };
        let message = format!(
            "{number} holds {held}. It is imported as it is and written with care into addresses, files and labels."
        );
        defects.push(Defect::reported("careful_number", *number, message));
    }
    defects
}

/// `6.65E+11`
fn is_scientific(number: &str) -> bool {
    let Some((mantissa, exponent)) = number.split_once(['E', 'e']) else { return false };
    let is_figures = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    mantissa.contains('.')
        && mantissa.split('.').all(is_figures)
        && exponent.strip_prefix(['+', '-']).is_some_and(is_figures)
}
