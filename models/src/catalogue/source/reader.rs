//! Walking through one file of the catalogue: each value is taken, or refused with its place.

use super::{Assembly, Category, Part, SourceComponent, Subcategory};
use crate::catalogue::{
    defects::{Defect, shown},
    draft::PREFIX,
    json::Json,
};

/// Characters of a name or description at most.
const TEXT_LIMIT: usize = 1_000;
/// Characters of a number at most, as in the table.
const NUMBER_LIMIT: usize = 120;
/// Entries per file at most.
const ENTRY_LIMIT: usize = 50_000;
/// Pieces per parent at most.
const QUANTITY_LIMIT: u64 = 1_000_000;

/// Walks one file; `at` in its functions is the entry ("T2-CTRL-EDR1") or place in it ("T2-CTRL-EDR1, components[2]").
pub(super) struct Reader<'a> {
    pub(super) file: &'static str,
    pub(super) defects: &'a mut Vec<Defect>,
}

impl Reader<'_> {
    fn refuse(&mut self, code: &str, at: &str, message: String) {
        let file = self.file;
        let subject = if at.is_empty() { file.into() } else { shown(at) };
        let place = if at.is_empty() { String::new() } else { format!("{}: ", shown(at)) };
        self.defects.push(Defect::refused(code, subject, format!("{file}: {place}{message}")));
    }

    /// The map under the file's own name, its keys checked: usable as numbers, none twice.
    pub(super) fn entries<'j>(&mut self, root: &'j Json, kind: &str) -> Option<Vec<&'j (String, Json)>> {
        let Json::Map(top) = root else {
            self.refuse(
                "wrong_type",
                "",
                format!("the file is {}; it has to be an object with \"{kind}\".", root.shown()),
            );
            return None;
        };
        self.keys_are_unique("", top);
        let entries = match root.get(kind) {
            Some(Json::Map(entries)) => entries,
            Some(other) => {
                self.refuse(
                    "wrong_type",
                    "",
                    format!("\"{kind}\" is {}; it has to be an object of entries by id.", other.shown()),
                );
                return None;
            }
            None => {
                self.refuse("missing_field", "", format!("\"{kind}\" is missing; it holds the entries by id."));
                return None;
            }
        };
        if entries.len() > ENTRY_LIMIT {
            self.refuse(
                "too_many",
                "",
                format!("\"{kind}\" has {} entries; a catalogue may have {ENTRY_LIMIT}.", entries.len()),
            );
            return None;
        }
        if entries.is_empty() {
            self.refuse("missing_field", "", format!("\"{kind}\" is empty; a catalogue without {kind} is none."));
        }
        self.keys_are_unique("", entries);
        Some(entries.iter().filter(|(id, _)| self.is_number(id)).collect())
    }

    fn keys_are_unique(&mut self, at: &str, pairs: &[(String, Json)]) {
        let mut seen = std::collections::HashSet::new();
        for (key, _) in pairs {
            if !seen.insert(key) {
                self.refuse(
                    "doubled_key",
                    if at.is_empty() { key } else { at },
                    format!("the key \"{}\" stands twice. Keep one of them.", shown(key)),
                );
            }
        }
    }

    /// Whether an id can be a business number: it will be printed, typed, put into addresses and compared.
    fn is_number(&mut self, id: &str) -> bool {
        let problem = if id.is_empty() || id == PREFIX {
            "is empty"
        } else if id.chars().count() > NUMBER_LIMIT {
            "is longer than 120 characters"
        } else if id.chars().any(char::is_control) {
            "holds a control character"
        } else if id.chars().any(is_direction) {
            "holds an invisible writing-direction character"
        } else if id.trim() != id {
            "begins or ends with a blank"
        } else if id == "." || id == ".." {
            "consists of dots only"
        } else {
            return true;
        };
        self.refuse("bad_number", "", format!("the number \"{}\" {problem}. Correct the number.", shown(id)));
        false
    }

    fn map<'j>(&mut self, at: &str, json: &'j Json) -> Option<&'j Vec<(String, Json)>> {
        match json {
            Json::Map(pairs) => {
                self.keys_are_unique(at, pairs);
                Some(pairs)
            }
            other => {
                self.refuse(
                    "wrong_type",
                    at,
                    format!("the entry is {}; it has to be an object with fields.", other.shown()),
                );
                None
            }
        }
    }

    /// A text that may be absent or null.
    fn text(&mut self, at: &str, json: &Json, field: &str) -> Option<String> {
        match json.get(field) {
            None | Some(Json::Null) => None,
            Some(Json::Text(text)) => {
                let problem = if text.chars().count() > TEXT_LIMIT {
                    "is longer than 1,000 characters. Shorten it."
                } else if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
                    "holds a control character. Remove it."
                } else if text.chars().any(is_direction) {
                    "holds an invisible writing-direction character. Remove it."
                } else {
                    return Some(text.trim().to_owned());
                };
                self.refuse("wrong_type", at, format!("\"{field}\" {problem}"));
                None
            }
            Some(other) => {
                self.refuse(
                    "wrong_type",
                    at,
                    format!("\"{field}\" is {}; it has to be text in quotes.", other.shown()),
                );
                None
            }
        }
    }

    /// A text that must be there and say something. Refused texts come back empty.
    fn required(&mut self, at: &str, json: &Json, field: &str) -> String {
        let before = self.defects.len();
        let text = self.text(at, json, field).unwrap_or_default();
        if text.is_empty() && self.defects.len() == before {
            self.refuse("missing_field", at, format!("\"{field}\" is missing or empty."));
        }
        text
    }

    fn flag(&mut self, at: &str, json: &Json, field: &str) -> Option<bool> {
        match json.get(field) {
            None | Some(Json::Null) => None,
            Some(Json::Bool(flag)) => Some(*flag),
            Some(other) => {
                self.refuse("wrong_type", at, format!("\"{field}\" is {}; it has to be true or false.", other.shown()));
                None
            }
        }
    }

    fn list<'j>(&mut self, at: &str, json: &'j Json, field: &str) -> &'j [Json] {
        match json.get(field) {
            None | Some(Json::Null) => &[],
            Some(Json::List(list)) => list,
            Some(other) => {
                self.refuse("wrong_type", at, format!("\"{field}\" is {}; it has to be a list.", other.shown()));
                &[]
            }
        }
    }

    pub(super) fn assembly(&mut self, id: &str, json: &Json) -> Option<Assembly> {
        let fields = names(self.map(id, json)?);
        let kind = self.required(id, json, "type");
        if !kind.is_empty() && !["SIMPLE", "COMPLEX", "KIT", "SERVICE_PART"].contains(&kind.as_str()) {
            let message =
                format!("\"type\" is \"{}\"; it has to be SIMPLE, COMPLEX, KIT or SERVICE_PART.", shown(&kind));
            self.refuse("wrong_type", id, message);
        }
        let components = self.list(id, json, "components");
        Some(Assembly {
            id: id.into(),
            name: self.required(id, json, "name"),
            kind,
            category: self.required(id, json, "category_code"),
            subcategory: self.required(id, json, "subcategory_code"),
            can_order: self.flag(id, json, "can_order"),
            is_kit: self.flag(id, json, "is_kit"),
            status: self.text(id, json, "status"),
            components: components
                .iter()
                .enumerate()
                .filter_map(|(index, entry)| self.component(id, index, entry))
                .collect(),
            fields,
        })
    }

    fn component(&mut self, assembly: &str, index: usize, json: &Json) -> Option<SourceComponent> {
        let at = format!("{assembly}, components[{index}]");
        self.map(&at, json)?;
        let part = match json.get("part_id") {
            Some(Json::Text(part)) => part.clone(),
            Some(other) => {
                self.refuse(
                    "wrong_type",
                    &at,
                    format!("\"part_id\" is {}; it has to be a part's id in quotes.", other.shown()),
                );
                return None;
            }
            None => {
                self.refuse("missing_field", &at, "\"part_id\" is missing.".into());
                return None;
            }
        };
        let quantity = self.quantity(&at, &part, json)?;
        Some(SourceComponent { part, quantity, note: self.text(&at, json, "notes").unwrap_or_default() })
    }

    /// Pieces per parent: a whole number from 1 on. There is no unit of measure, so a fraction could mean anything.
    fn quantity(&mut self, at: &str, part: &str, json: &Json) -> Option<u64> {
        let found = match json.get("quantity") {
            None => {
                self.refuse("missing_field", at, format!("\"quantity\" of {} is missing.", shown(part)));
                return None;
            }
            Some(Json::Number(number)) => match number.as_u64() {
                Some(quantity) if (1..=QUANTITY_LIMIT).contains(&quantity) => return Some(quantity),
                _ => number.to_string(),
            },
            Some(other) => other.shown(),
        };
        let message = format!(
            "the quantity of {} is {found}; it has to be a whole number of pieces, 1 to 1,000,000.",
            shown(part)
        );
        self.refuse("bad_quantity", at, message);
        None
    }

    pub(super) fn part(&mut self, id: &str, json: &Json) -> Option<Part> {
        let fields = names(self.map(id, json)?);
        Some(Part {
            id: id.into(),
            name: self.required(id, json, "name"),
            maker: self.text(id, json, "manufacturer_info").or_else(|| self.text(id, json, "vendor")),
            maker_number: self.text(id, json, "manufacturer_part_number"),
            kind: self.text(id, json, "type"),
            status: self.text(id, json, "status"),
            fields,
        })
    }

    pub(super) fn category(&mut self, code: &str, json: &Json) -> Option<Category> {
        self.map(code, json)?;
        let subcategories = match json.get("subcategories") {
            None | Some(Json::Null) => Vec::new(),
            Some(Json::Map(pairs)) => {
                self.keys_are_unique(code, pairs);
                pairs.iter().filter_map(|(code, entry)| self.subcategory(code, entry)).collect()
            }
            Some(other) => {
                self.refuse(
                    "wrong_type",
                    code,
                    format!("\"subcategories\" is {}; it has to be an object by code.", other.shown()),
                );
                Vec::new()
            }
        };
        let description = self.text(code, json, "description").unwrap_or_default();
        Some(Category { code: code.into(), name: self.required(code, json, "name"), description, subcategories })
    }

    fn subcategory(&mut self, code: &str, json: &Json) -> Option<Subcategory> {
        self.map(code, json)?;
        if !self.is_number(code) {
            return None;
        }
        let mut references = Vec::new();
        for (index, entry) in self.list(code, json, "assembly_refs").iter().enumerate() {
            match entry {
                Json::Text(id) => references.push(id.clone()),
                other => {
                    let message = format!(
                        "assembly_refs[{index}] is {}; it has to be an assembly's id in quotes.",
                        other.shown()
                    );
                    self.refuse("wrong_type", code, message);
                }
            }
        }
        let description = self.text(code, json, "description").unwrap_or_default();
        Some(Subcategory { code: code.into(), name: self.required(code, json, "name"), description, references })
    }
}

fn names(pairs: &[(String, Json)]) -> Vec<String> {
    let mut names: Vec<String> = pairs.iter().map(|(name, _)| name.clone()).collect();
    names.sort();
    names
}

/// Characters that turn the reading direction: a number holding one does not read as it is stored.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
}
