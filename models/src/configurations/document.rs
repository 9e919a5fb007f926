//! Reading a configuration document from outside: the same rules as the form, and unknown fields refused by name.

use super::{
    AccessoryAnswers, Answers, BasinAnswers, Choice, Configuration, Context, Family, FaucetAnswers, Language, Problem,
    SCHEMA, Severity, SprayerAnswers, check, words,
};
use serde_json::{Map, Value};

/// The configuration a document describes, or everything that is wrong with it; fields are paths (`basins[0].type`).
pub fn read_document(text: &str) -> Result<Configuration, Vec<Problem>> {
    read_document_with_warnings(text).map(|(configuration, _)| configuration)
}

/// The same, with what somebody should look at although it can be built.
pub fn read_document_with_warnings(text: &str) -> Result<(Configuration, Vec<Problem>), Vec<Problem>> {
    let mut reader = Reader::default();
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(fault) => return Err(vec![document(format!("The document is not JSON: {fault}."))]),
    };
    let (answers, family, language) = reader.configuration(&value);
    let context = Context { family, language, offered: None, is_document: true };
    let checked = check(&answers, &context);
    let mut problems = reader.problems;
    problems.extend(checked.problems.into_iter().map(|problem| Problem { field: path(&problem.field), ..problem }));
    match checked.configuration {
        Some(configuration) if !problems.iter().any(Problem::stops) => Ok((configuration, problems)),
        _ => Err(problems),
    }
}

fn document(message: String) -> Problem {
    Problem::new("", "Document", Severity::Error, message)
}

/// The document's name of a form field.
fn path(field: &str) -> String {
    let parts: Vec<&str> = field.splitn(3, '-').collect();
    let index = |number: &str| number.parse::<usize>().unwrap_or(1).saturating_sub(1);
    match parts.as_slice() {
        ["length" | "width"] => format!("{field}_in"),
        ["pegboard_width"] => "pegboard.size.width_in".into(),
        ["pegboard_length"] => "pegboard.size.length_in".into(),
        [part] if part.starts_with("pegboard_") => part.replacen('_', ".", 1),
        ["geometry"] => "basins".into(),
        ["basin", number, part @ ("width" | "length" | "depth")] => format!("basins[{}].size.{part}_in", index(number)),
        ["basin", number, part] => format!("basins[{}].{part}", index(number)),
        ["faucet", number, part] => format!("faucets[{}].{part}", index(number)),
        ["sprayer", number, part] => format!("sprayers[{}].{part}", index(number)),
        ["accessory", ..] => "accessories".into(),
        _ => field.into(),
    }
}

/// Turns JSON into answers, so that one set of rules judges both.
#[derive(Default)]
struct Reader {
    problems: Vec<Problem>,
}

const FIELDS: [&str; 15] = [
    "schema",
    "family",
    "language",
    "model",
    "width_in",
    "length_in",
    "legs",
    "feet",
    "flow",
    "pegboard",
    "drawers",
    "basins",
    "faucets",
    "sprayers",
    "accessories",
];

impl Reader {
    fn configuration(&mut self, value: &Value) -> (Answers, Option<Family>, Option<Language>) {
        let mut answers = Answers::default();
        let Some(map) = self.object(value, "", &FIELDS) else { return (answers, None, None) };
        let schema = self.text(map, "schema", "");
        if schema != SCHEMA {
            self.refuse("schema", format!("schema is {}. This program reads {SCHEMA}.", words::quoted(&schema)));
        }
        let family = self.word(map, "family");
        if family.is_some_and(|family| family != Family::Mdrd) {
            self.refuse("family", "This sink family is under construction. Only MDRD can be built so far.".into());
        }
        let language = self.word(map, "language");
        answers.model = self.text(map, "model", "");
        answers.width = self.number(map, "width_in", "");
        answers.length = self.number(map, "length_in", "");
        answers.legs = self.text(map, "legs", "");
        answers.feet = self.text(map, "feet", "");
        answers.flow = self.text(map, "flow", "");
        self.pegboard(map, &mut answers);
        for (index, drawer) in self.list(map, "drawers").iter().enumerate() {
            match drawer.as_str() {
                Some(word) => answers.drawers.push(word.into()),
                None => self.refuse("drawers", format!("drawers[{index}] is not a word.")),
            }
        }
        self.lists(map, &mut answers);
        (answers, family, language)
    }

    fn pegboard(&mut self, map: &Map<String, Value>, answers: &mut Answers) {
        answers.pegboard = "no".into();
        let Some(board) = map.get("pegboard").filter(|board| !board.is_null()) else { return };
        answers.pegboard = "yes".into();
        let Some(board) = self.object(board, "pegboard", &["type", "colour", "size"]) else { return };
        answers.pegboard_type = self.text(board, "type", "pegboard.");
        answers.pegboard_colour = self.text(board, "colour", "pegboard.");
        let Some(size) = board.get("size").filter(|size| !size.is_null()) else { return };
        let Some(size) = self.object(size, "pegboard.size", &["width_in", "length_in"]) else { return };
        answers.pegboard_size = "custom".into();
        answers.pegboard_width = self.number(size, "width_in", "pegboard.size.");
        answers.pegboard_length = self.number(size, "length_in", "pegboard.size.");
    }

    fn lists(&mut self, map: &Map<String, Value>, answers: &mut Answers) {
        for (index, basin) in self.list(map, "basins").iter().enumerate() {
            let basin = self.basin(basin, &format!("basins[{index}]"));
            answers.basins.push(basin);
        }
        for (index, faucet) in self.list(map, "faucets").iter().enumerate() {
            let path = format!("faucets[{index}]");
            let Some(faucet) = self.object(faucet, &path, &["type", "quantity", "place"]) else { continue };
            let dotted = format!("{path}.");
            answers.faucets.push(FaucetAnswers {
                kind: self.text(faucet, "type", &dotted),
                quantity: self.number(faucet, "quantity", &dotted),
                place: self.text(faucet, "place", &dotted),
            });
        }
        for (index, sprayer) in self.list(map, "sprayers").iter().enumerate() {
            let path = format!("sprayers[{index}]");
            let Some(sprayer) = self.object(sprayer, &path, &["type", "side"]) else { continue };
            let dotted = format!("{path}.");
            let (kind, side) = (self.text(sprayer, "type", &dotted), self.text(sprayer, "side", &dotted));
            answers.sprayers.push(SprayerAnswers { kind, side });
        }
        for (index, accessory) in self.list(map, "accessories").iter().enumerate() {
            let path = format!("accessories[{index}]");
            let Some(accessory) = self.object(accessory, &path, &["item", "quantity"]) else { continue };
            let dotted = format!("{path}.");
            let (item, quantity) = (self.text(accessory, "item", &dotted), self.number(accessory, "quantity", &dotted));
            answers.accessories.push(AccessoryAnswers { item, quantity });
        }
    }

    fn basin(&mut self, value: &Value, path: &str) -> BasinAnswers {
        let mut basin = BasinAnswers::default();
        let Some(map) = self.object(value, path, &["type", "size", "p_trap", "light"]) else { return basin };
        let dotted = format!("{path}.");
        basin.kind = self.text(map, "type", &dotted);
        basin.p_trap = self.flag(map, "p_trap", &dotted);
        basin.light = self.flag(map, "light", &dotted);
        match map.get("size") {
            Some(size @ Value::Object(_)) => {
                let path = format!("{path}.size");
                let Some(size) = self.object(size, &path, &["width_in", "length_in", "depth_in"]) else { return basin };
                let dotted = format!("{path}.");
                basin.size = "custom".into();
                basin.width = self.number(size, "width_in", &dotted);
                basin.length = self.number(size, "length_in", &dotted);
                basin.depth = self.number(size, "depth_in", &dotted);
            }
            _ => basin.size = self.text(map, "size", &dotted),
        }
        basin
    }

    fn refuse(&mut self, field: &str, message: String) {
        self.problems.push(Problem::new(field, field, Severity::Error, message));
    }

    fn object<'v>(&mut self, value: &'v Value, path: &str, known: &[&str]) -> Option<&'v Map<String, Value>> {
        let Some(map) = value.as_object() else {
            let what = if path.is_empty() { "The document" } else { path };
            self.refuse(path, format!("{what} is not an object of fields."));
            return None;
        };
        for name in map.keys().filter(|name| !known.contains(&name.as_str())) {
            let place = if path.is_empty() { "The document".to_string() } else { path.to_string() };
            let message = format!(
                "{place} has a field {} that does not exist. Its fields are {}.",
                words::quoted(name),
                known.join(", ")
            );
            self.refuse(path, message);
        }
        Some(map)
    }

    fn text(&mut self, map: &Map<String, Value>, name: &str, dotted: &str) -> String {
        match map.get(name) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(_) => {
                self.refuse(&format!("{dotted}{name}"), format!("{dotted}{name} is not a text."));
                String::new()
            }
        }
    }

    /// A number, or a text with one: exact decimals survive programs that only know floats.
    fn number(&mut self, map: &Map<String, Value>, name: &str, dotted: &str) -> String {
        match map.get(name) {
            Some(Value::Number(number)) => number.to_string(),
            _ => self.text(map, name, dotted),
        }
    }

    fn flag(&mut self, map: &Map<String, Value>, name: &str, dotted: &str) -> bool {
        match map.get(name) {
            None | Some(Value::Null) => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.refuse(&format!("{dotted}{name}"), format!("{dotted}{name} is neither true nor false."));
                false
            }
        }
    }

    fn list<'v>(&mut self, map: &'v Map<String, Value>, name: &str) -> &'v [Value] {
        match map.get(name) {
            None | Some(Value::Null) => &[],
            Some(Value::Array(values)) if values.len() <= 200 => values,
            Some(Value::Array(_)) => {
                self.refuse(name, format!("{name} has more than 200 entries."));
                &[]
            }
            Some(_) => {
                self.refuse(name, format!("{name} is not a list."));
                &[]
            }
        }
    }

    fn word<T: Choice>(&mut self, map: &Map<String, Value>, name: &str) -> Option<T> {
        let typed = self.text(map, name, "");
        let found = T::all().iter().copied().find(|choice| choice.word() == typed);
        if found.is_none() {
            let all: Vec<&str> = T::all().iter().map(|choice| choice.word()).collect();
            self.refuse(name, format!("{name} is {}. It is one of {}.", words::quoted(&typed), all.join(", ")));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configurations::check::tests::{HERE, sink};

    #[test]
    fn a_document_is_read_back_as_the_configuration_it_was() {
        let configuration = check(&sink(), &HERE).configuration.unwrap();
        assert_eq!(read_document(&configuration.document().to_string()).unwrap(), configuration);
    }

    #[test]
    fn a_document_from_outside_is_refused_by_the_name_of_its_fault() {
        let good = check(&sink(), &HERE).configuration.unwrap().document();
        let refuse = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut document = good.clone();
            change(&mut document);
            let problems = read_document(&document.to_string()).unwrap_err();
            (problems[0].field.clone(), problems[0].message.clone())
        };
        assert!(read_document("{").unwrap_err()[0].message.contains("not JSON"));
        assert!(read_document("[]").is_err());
        assert!(
            refuse(&|document| document["colour"] = "red".into()).1.contains("a field “colour” that does not exist")
        );
        assert!(
            refuse(&|document| document["basins"][0]["typo"] = 1.into()).1.starts_with("basins[0] has a field “typo”")
        );
        assert_eq!(refuse(&|document| document["length_in"] = 47.into()).0, "length_in");
        assert_eq!(refuse(&|document| document["basins"][1]["type"] = "X".into()).0, "basins[1].type");
        assert_eq!(
            refuse(&|document| document["basins"][1]["size"] =
                serde_json::json!({"width_in": 0, "length_in": 1, "depth_in": 1}))
            .0,
            "basins[1].size.width_in"
        );
        assert_eq!(refuse(&|document| document["basins"][1]["light"] = "yes".into()).0, "basins[1].light");
        assert_eq!(refuse(&|document| document["faucets"] = 3.into()).0, "faucets");
        assert_eq!(refuse(&|document| document["schema"] = "v2".into()).0, "schema");
        assert!(refuse(&|document| document["family"] = "INSTROSINK".into()).1.contains("under construction"));
        assert_eq!(refuse(&|document| document["language"] = "DE".into()).0, "language");
    }

    #[test]
    fn a_document_may_write_numbers_as_texts_and_leave_places_out() {
        let mut document = check(&sink(), &HERE).configuration.unwrap().document();
        document["length_in"] = "54".into();
        document["width_in"] = "24.50".into();
        document["faucets"][0]["place"] = serde_json::Value::Null;
        let (configuration, warnings) = read_document_with_warnings(&document.to_string()).unwrap();
        assert_eq!((configuration.length_in, configuration.faucets[0].place), (54, None));
        assert!(warnings[0].message.contains("exactly the length"));
    }
}
