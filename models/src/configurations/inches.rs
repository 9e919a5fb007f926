//! Numbers as people type them: inches and pieces, exact, and a sentence for everything else.

use rust_decimal::Decimal;
use std::str::FromStr;

/// Why a text is no number, as the second half of a sentence that begins with the typed text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    Empty,
    NotDigits,
    ForeignDigits,
    Scientific,
    Comma,
    Fraction,
    Negative,
    TooLong,
    TooFine,
}

impl Fault {
    /// What would have been right, ready to stand after "“1e3” ".
    pub fn sentence(&self) -> &'static str {
        match self {
            Fault::Empty => "is empty.",
            Fault::NotDigits => "is not a number.",
            Fault::ForeignDigits => "is not written with the digits 0 to 9.",
            Fault::Scientific => "is short for another number. Write it out in digits.",
            Fault::Comma => "has a comma. Write a decimal with a point, like 24.5.",
            Fault::Fraction => "is a fraction. Write it as a decimal, like 24.5.",
            Fault::Negative => "is below zero.",
            Fault::TooLong => "is far too large.",
            Fault::TooFine => "has more than four decimals.",
        }
    }
}

/// Reads `24`, `24.5`, `24 in` or `24"`.
pub fn decimal(typed: &str) -> Result<Decimal, Fault> {
    number(without_unit(typed.trim()))
}

/// Reads a plain number: at most six digits before the point and four after it.
pub fn number(typed: &str) -> Result<Decimal, Fault> {
    let text = typed.trim();
    if text.is_empty() {
        return Err(Fault::Empty);
    }
    if let Some(rest) = text.strip_prefix(['-', '−', '–']) {
        return Err(if rest.trim().starts_with(|c: char| c.is_ascii_digit()) {
            Fault::Negative
        } else {
            Fault::NotDigits
        });
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let plain = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(part) || whole.is_empty() || text.ends_with('.') {
        return Err(fault_of(text));
    }
    let part = part.trim_end_matches('0');
    if whole.trim_start_matches('0').len() > 6 {
        return Err(Fault::TooLong);
    }
    if part.len() > 4 {
        return Err(Fault::TooFine);
    }
    Decimal::from_str(&format!("{whole}.{part}0")).map(|number| number.normalize()).map_err(|_| Fault::NotDigits)
}

fn without_unit(text: &str) -> &str {
    for unit in ["inches", "inch", "in", "\"", "″", "”"] {
        if let Some(number) = text.strip_suffix(unit) {
            return number.trim_end();
        }
    }
    text
}

fn fault_of(text: &str) -> Fault {
    let ascii_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    if text.chars().any(|c| c.is_numeric() && !c.is_ascii_digit()) {
        return if ascii_digit { Fault::Fraction } else { Fault::ForeignDigits };
    }
    if !ascii_digit {
        return Fault::NotDigits;
    }
    if text.contains('/') {
        return Fault::Fraction;
    }
    if text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'e' | b'E' | b'+' | b'-' | b'.'))
        && text.contains(['e', 'E'])
    {
        return Fault::Scientific;
    }
    if text.contains(',') && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b',') {
        return Fault::Comma;
    }
    Fault::NotDigits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_people_type_for_a_size_is_read_exactly() {
        for (typed, number) in [
            ("72", "72"),
            (" 72 ", "72"),
            ("72 in", "72"),
            ("72\"", "72"),
            ("24.50", "24.5"),
            ("0048", "48"),
            ("24.0625", "24.0625"),
            ("0", "0"),
        ] {
            assert_eq!(decimal(typed).map(|number| number.to_string()), Ok(number.to_string()), "{typed}");
        }
    }

    #[test]
    fn everything_else_is_refused_for_its_own_reason() {
        for (typed, fault) in [
            ("", Fault::Empty),
            ("  ", Fault::Empty),
            ("in", Fault::Empty),
            ("-5", Fault::Negative),
            ("−5", Fault::Negative),
            ("-", Fault::NotDigits),
            ("seventy", Fault::NotDigits),
            ("٧٢", Fault::ForeignDigits),
            ("７２", Fault::ForeignDigits),
            ("1e3", Fault::Scientific),
            ("6.65E+11", Fault::Scientific),
            ("24,5", Fault::Comma),
            ("24 1/2", Fault::Fraction),
            ("24½", Fault::Fraction),
            ("NaN", Fault::NotDigits),
            ("Infinity", Fault::NotDigits),
            ("0x48", Fault::NotDigits),
            ("72.", Fault::NotDigits),
            (".5", Fault::NotDigits),
            ("+72", Fault::NotDigits),
            ("1.2.3", Fault::NotDigits),
            ("72\0", Fault::NotDigits),
            ("99999999999999999999999999999999", Fault::TooLong),
            ("24.00001", Fault::TooFine),
        ] {
            assert_eq!(decimal(typed), Err(fault), "{typed}");
        }
    }

    proptest! {
        #[test]
        fn any_size_we_print_is_read_back_as_itself(units in 0u64..9_999_999_999u64) {
            let number = Decimal::new(units as i64, 4).normalize();
            prop_assert_eq!(decimal(&number.to_string()), Ok(number));
        }

        #[test]
        fn no_text_breaks_the_reader(typed in any::<String>()) {
            let _ = decimal(&typed);
        }
    }
}
