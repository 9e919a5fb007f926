//! One spelling per content: what a signature is bound to (21 CFR 11.70).
//!
//! Form 1. A record is a noun and named parts, each part a row of values in a fixed order. A value is written as one
//! byte for its kind (0 nothing, 1 text, 2 whole number), then its length as eight bytes, most significant first, then
//! its bytes: UTF-8, or a number as eight bytes. A part is hashed on its own with SHA-256. The content's hash is the
//! SHA-256 over the text "torvan content 1", the noun, the number of parts, and each part's name and hash (hex), all written
//! the same way. So no two contents are spelled alike, and of two signed contents it can be said which part differs.
//!
//! A form is never changed once something is signed in it; a new one gets a new number.

use sha2::{Digest, Sha256};

/// The form written now.
pub const FORM: i16 = 1;

/// A record's content, part by part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    noun: &'static str,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    name: &'static str,
    /// Hex.
    hash: String,
    /// It says which record this is or what it was made from; a later version may differ in it and still be the same
    /// in substance.
    is_origin: bool,
}

/// Takes the values of one part, in their order.
pub struct Values(Sha256);

impl Values {
    pub fn text(&mut self, text: &str) {
        self.put(1, text.as_bytes());
    }

    pub fn number(&mut self, number: i64) {
        self.put(2, &number.to_be_bytes());
    }

    /// Empty is a text; nothing is nothing.
    pub fn maybe(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.put(0, &[]),
        }
    }

    fn put(&mut self, kind: u8, bytes: &[u8]) {
        self.0.update([kind]);
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }
}

fn hash(fill: impl FnOnce(&mut Values)) -> String {
    let mut values = Values(Sha256::new());
    fill(&mut values);
    hex::encode(values.0.finalize())
}

impl Content {
    pub fn new(noun: &'static str) -> Content {
        Content { noun, parts: Vec::new() }
    }

    /// What the record says.
    pub fn part(self, name: &'static str, fill: impl FnOnce(&mut Values)) -> Content {
        self.with(name, false, fill)
    }

    /// Which record it is, and what it was made from.
    pub fn origin(self, name: &'static str, fill: impl FnOnce(&mut Values)) -> Content {
        self.with(name, true, fill)
    }

    fn with(mut self, name: &'static str, is_origin: bool, fill: impl FnOnce(&mut Values)) -> Content {
        self.parts.push(Part { name, hash: hash(fill), is_origin });
        self
    }

    pub fn noun(&self) -> &'static str {
        self.noun
    }

    /// SHA-256 of all of it, hex.
    pub fn hash(&self) -> String {
        hash(|values| {
            values.text("torvan content 1");
            values.text(self.noun);
            values.number(self.parts.len() as i64);
            for part in &self.parts {
                values.text(part.name);
                values.text(&part.hash);
            }
        })
    }

    /// Names and hashes of the parts, as a signature keeps them.
    pub fn parts(&self) -> Vec<(String, String)> {
        self.parts.iter().map(|part| (part.name.to_owned(), part.hash.clone())).collect()
    }

    /// The parts that differ from those signed, by name.
    pub fn differs_from(&self, signed: &[(String, String)]) -> Vec<String> {
        self.differences(signed, |_| true)
    }

    /// The same for a later version of the record: which one it is and what it was made from don't count.
    pub fn differs_in_substance(&self, signed: &[(String, String)]) -> Vec<String> {
        self.differences(signed, |part| !part.is_origin)
    }

    fn differences(&self, signed: &[(String, String)], counts: impl Fn(&Part) -> bool) -> Vec<String> {
        let is_same = |part: &Part| signed.iter().any(|(name, hash)| name == part.name && *hash == part.hash);
        let other = self.parts.iter().filter(|part| counts(part) && !is_same(part));
        other.map(|part| part.name.to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bom(version: i64, lines: &[&str]) -> Content {
        let content = Content::new("boms").origin("Version", |v| v.number(version));
        content.part("Lines", |v| lines.iter().for_each(|line| v.text(line)))
    }

    #[test]
    fn no_two_contents_are_spelled_alike() {
        let base = bom(1, &["ab", "c"]).hash();
        for other in [bom(1, &["a", "bc"]), bom(1, &["abc"]), bom(1, &["c", "ab"]), bom(2, &["ab", "c"])] {
            assert_ne!(other.hash(), base);
        }
        let nothing = Content::new("boms").part("Note", |v| v.maybe(None));
        let empty = Content::new("boms").part("Note", |v| v.maybe(Some("")));
        assert_ne!(nothing.hash(), empty.hash());
        assert_eq!(bom(1, &["ab", "c"]).hash(), base);
    }

    #[test]
    fn form_1_stays_as_it_was_when_the_first_record_was_signed() {
        assert_eq!(bom(1, &["T2-BODY-61-72-HA"]).hash(), FORM_1);
    }

    const FORM_1: &str = "60c8ac65ade0489c66518b5e54525a08d4066d8d72330e305504c5ca16c4abc8";

    #[test]
    fn a_later_version_differs_in_substance_only_by_what_it_says() {
        let signed = bom(1, &["ab"]).parts();
        assert!(bom(2, &["ab"]).differs_in_substance(&signed).is_empty());
        assert_eq!(bom(2, &["ab"]).differs_from(&signed), ["Version"]);
        assert_eq!(bom(2, &["abc"]).differs_in_substance(&signed), ["Lines"]);
    }
}
