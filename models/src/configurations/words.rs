//! Texts people type: what may stand in one, and when two spellings are the same number or name.

use unicode_normalization::UnicodeNormalization;

/// Shown where somebody pasted a NUL, which no text in the database can hold.
pub const NUL_SHOWN: char = '\u{2400}';

/// A draft keeps every letter as typed; only a NUL is replaced by its visible picture.
pub fn storable(typed: &str) -> String {
    typed.replace('\0', &NUL_SHOWN.to_string())
}

/// The spelling that decides whether two numbers or names are the same: compatibility form, lower case, single spaces.
pub fn key(text: &str) -> String {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect::<String>().nfkc().collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How long a text may be, in characters, and whether it may have lines.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub least: usize,
    pub most: usize,
    pub lines: bool,
}

/// The text as it is kept (outer spaces gone, composed letters), or the sentence that says what is wrong with it.
pub fn text(name: &str, typed: &str, limits: Limits) -> Result<String, String> {
    for (position, letter) in typed.trim().chars().enumerate() {
        let line = limits.lines && matches!(letter, '\n' | '\r' | '\t');
        if (letter.is_control() && !line) || letter == NUL_SHOWN {
            return Err(format!(
                "{name} has a character at position {} that cannot be printed. Delete it and type it again.",
                position + 1
            ));
        }
        if is_hidden(letter) {
            return Err(format!(
                "{name} has a hidden character at position {} that changes how the text reads. Delete it and type it again.",
                position + 1
            ));
        }
    }
    let kept: String = typed.trim().replace("\r\n", "\n").nfc().collect();
    let length = kept.chars().count();
    if length > limits.most {
        return Err(format!("{name} has {} characters. Keep it to {}.", grouped(length), grouped(limits.most)));
    }
    if length < limits.least {
        return Err(format!("{name} {} has fewer than {} characters. Write it in full.", quoted(&kept), limits.least));
    }
    Ok(kept)
}

/// What somebody typed, short enough to stand in a sentence.
pub fn quoted(typed: &str) -> String {
    let short: String =
        typed.trim().chars().filter(|letter| !letter.is_control() && !is_hidden(*letter)).take(30).collect();
    if typed.trim().chars().count() > 30 { format!("“{short}…”") } else { format!("“{short}”") }
}

/// Letters without a width and those that turn the reading direction: they make one number look like another.
fn is_hidden(letter: char) -> bool {
    matches!(letter,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{2028}' | '\u{2029}' | '\u{E0000}'..='\u{E007F}')
}

fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAME: Limits = Limits { least: 3, most: 100, lines: false };

    #[test]
    fn two_spellings_of_one_number_are_the_same() {
        assert_eq!(key("PO 88213"), key("  po　88213 "));
        assert_eq!(key("Lakeshore ＧＥＮＥＲＡＬ"), key("lakeshore general"));
        assert_ne!(key("PO-1"), key("PO 1"));
    }

    #[test]
    fn texts_nobody_could_read_back_are_refused_with_the_place() {
        assert_eq!(text("Customer", "  Lakeshore General ", NAME), Ok("Lakeshore General".into()));
        assert!(text("Customer", "ab", NAME).unwrap_err().contains("fewer than 3"));
        assert!(text("Customer", &"a".repeat(10_000), NAME).unwrap_err().contains("10,000 characters. Keep it to 100"));
        assert!(text("Customer", "Lake\u{0}shore", NAME).unwrap_err().contains("position 5"));
        assert!(text("Customer", "Lake\u{2400}shore", NAME).unwrap_err().contains("position 5"));
        assert!(text("Customer", "Lake\nshore", NAME).unwrap_err().contains("cannot be printed"));
        assert!(text("Customer", "Lake\u{202E}shore", NAME).unwrap_err().contains("hidden character"));
        assert_eq!(text("Notes", "one\r\ntwo", Limits { lines: true, ..NAME }), Ok("one\ntwo".into()));
    }

    proptest! {
        #[test]
        fn a_kept_text_is_kept_the_same_again(typed in any::<String>()) {
            if let Ok(kept) = text("Notes", &typed, Limits { least: 0, most: 1000, lines: true }) {
                prop_assert_eq!(text("Notes", &kept, Limits { least: 0, most: 1000, lines: true }), Ok(kept.clone()));
                prop_assert_eq!(key(&kept), key(&key(&kept)));
            }
        }
    }
}
