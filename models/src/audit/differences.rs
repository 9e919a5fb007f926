//! What an entry changed, field by field, as somebody reads it.

use serde_json::Value;

/// One field that an entry speaks about. Without `was` it is new, without `is` it is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// "lines › 3 › quantity"
    pub field: String,
    pub was: Option<String>,
    pub is: Option<String>,
}

impl Difference {
    pub fn is_change(&self) -> bool {
        self.was != self.is
    }
}

/// Fields of an entry at most; what is larger is read in its JSON.
pub const MOST: usize = 500;

/// Every field of either side, those that differ first.
pub fn between(before: Option<&Value>, after: Option<&Value>) -> Vec<Difference> {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for (value, fields) in [(before, &mut old), (after, &mut new)] {
        if let Some(value) = value {
            flatten(String::new(), value, fields);
        }
    }
    let found = |fields: &[(String, String)], name: &str| {
        fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone())
    };
    let mut names: Vec<&String> = old.iter().map(|(name, _)| name).collect();
    names.extend(new.iter().map(|(name, _)| name).filter(|name| !old.iter().any(|(field, _)| field == *name)));
    let all =
        names.into_iter().map(|name| Difference { field: name.clone(), was: found(&old, name), is: found(&new, name) });
    let (mut first, same): (Vec<_>, Vec<_>) = all.partition(Difference::is_change);
    first.extend(same);
    first
}

fn flatten(name: String, value: &Value, fields: &mut Vec<(String, String)>) {
    if fields.len() >= MOST {
        return;
    }
    let under = |part: &str| {
        if name.is_empty() { part.replace('_', " ") } else { format!("{name} › {}", part.replace('_', " ")) }
    };
    match value {
        Value::Object(members) if !members.is_empty() => {
            members.iter().for_each(|(part, value)| flatten(under(part), value, fields));
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            items.iter().enumerate().for_each(|(place, item)| flatten(under(&(place + 1).to_string()), item, fields));
        }
        other => fields.push((if name.is_empty() { "value".into() } else { name }, said(other))),
    }
}

fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "nothing".into(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Array(items) => items.iter().map(said).collect::<Vec<_>>().join(", "),
        Value::Object(_) => "nothing".into(),
        number => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_field_stands_once_and_those_that_differ_stand_first() {
        let before = json!({"status": "draft", "lines": [{"quantity": 1}, {"quantity": 2}], "legs": ["a", "b"]});
        let after = json!({"status": "draft", "lines": [{"quantity": 1}], "legs": ["a"], "is_rush": true});
        let said: Vec<_> = between(Some(&before), Some(&after))
            .into_iter()
            .map(|row| format!("{}: {:?} {:?}", row.field, row.was.as_deref(), row.is.as_deref()))
            .collect();
        assert_eq!(
            said,
            [
                "lines › 2 › quantity: Some(\"2\") None",
                "legs: Some(\"a, b\") Some(\"a\")",
                "is rush: None Some(\"yes\")",
                "status: Some(\"draft\") Some(\"draft\")",
                "lines › 1 › quantity: Some(\"1\") Some(\"1\")",
            ]
        );
        assert!(between(None, None).is_empty());
    }
}
