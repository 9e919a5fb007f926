//! The arguments of a job: shown to those who may read them, and read back from a form with their types.

use crate::forms::Fields;
use jobs::{Job, Kind};
use models::jobs::Run;
use serde_json::{Map, Number, Value};
use views::jobs::{copies::Typed, show::Argument};

/// What stands in a payload besides its arguments.
const KIND: &str = "kind";

/// For the job's page.
pub fn shown(run: &Run, may_steer: bool) -> Vec<Argument> {
    let arguments = masked(run, may_steer);
    let arguments = arguments.as_object().into_iter().flatten();
    let shown = arguments.map(|(name, value)| Argument {
        name: name.clone(),
        value: if value.is_null() && is_masked(run, name, may_steer) { None } else { Some(spoken(value)) },
    });
    shown.collect()
}

/// The arguments as JSON, without the values that this reader must not see.
pub fn masked(run: &Run, may_steer: bool) -> Value {
    let arguments = run.payload.as_object().cloned().unwrap_or_default();
    let shown = arguments.into_iter().filter(|(name, _)| name != KIND);
    let shown = shown.map(|(name, value)| {
        let value = if is_masked(run, &name, may_steer) { Value::Null } else { value };
        (name, value)
    });
    Value::Object(shown.collect())
}

/// A kind that this build does not know keeps everything to those who steer.
fn is_masked(run: &Run, name: &str, may_steer: bool) -> bool {
    !may_steer && Kind::from_word(&run.kind).is_none_or(|kind| kind.masked().contains(&name))
}

fn spoken(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Each argument as a field, with what is typed in it.
pub fn fields(run: &Run) -> Vec<Typed> {
    let arguments = run.payload.as_object().into_iter().flatten().filter(|(name, _)| *name != KIND);
    let fields = arguments.map(|(name, value)| Typed {
        name: name.clone(),
        typed: spoken(value),
        kind: kind(value),
        problem: String::new(),
    });
    fields.collect()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Number(_) => "Number",
        Value::String(_) => "Text",
        Value::Bool(_) => "true or false",
        Value::Null | Value::Array(_) | Value::Object(_) => "JSON",
    }
}

/// The job that the form asks for: each argument of the type it has in the original.
///
/// # Errors
/// The fields as they were typed, those that are wrong with a sentence.
pub fn read(run: &Run, fields: &Fields) -> Result<Job, Vec<Typed>> {
    let mut typed = self::fields(run);
    let mut payload = run.payload.as_object().cloned().unwrap_or_default();
    for field in &mut typed {
        field.typed = fields.get(&format!("argument-{}", field.name)).trim().to_owned();
        match value(run.payload.get(&field.name).unwrap_or(&Value::Null), &field.typed) {
            Ok(value) => drop(payload.insert(field.name.clone(), value)),
            Err(sentence) => field.problem = sentence,
        }
    }
    if typed.iter().any(|field| !field.problem.is_empty()) {
        return Err(typed);
    }
    match job(run, &payload) {
        Ok(job) => Ok(job),
        Err(cause) => {
            blame(run, &payload, &mut typed, &cause);
            Err(typed)
        }
    }
}

fn job(run: &Run, payload: &Map<String, Value>) -> Result<Job, String> {
    let run = Run { payload: Value::Object(payload.clone()), ..run.clone() };
    Job::read(&run).map_err(|error| error.to_string())
}

/// Finds the argument that the kind can't take: the one with whose original value it can.
fn blame(run: &Run, payload: &Map<String, Value>, typed: &mut [Typed], cause: &str) {
    let is_guilty = |name: &str| {
        let mut other = payload.clone();
        other.insert(name.to_owned(), run.payload.get(name).cloned().unwrap_or_default());
        job(run, &other).is_ok()
    };
    let guilty = typed.iter().position(|field| is_guilty(&field.name)).unwrap_or_default();
    if let Some(field) = typed.get_mut(guilty) {
        field.problem = format!("“{}” can't be used here: {cause}.", field.typed);
    }
}

fn value(original: &Value, typed: &str) -> Result<Value, String> {
    match original {
        Value::Number(_) => {
            let number = typed.parse::<Number>();
            number.map(Value::Number).map_err(|_| format!("“{typed}” is no number. Type one like 4711."))
        }
        Value::String(_) => Ok(Value::String(typed.to_owned())),
        Value::Bool(_) => match typed {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            other => Err(format!("“{other}” is neither true nor false.")),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => serde_json::from_str(typed).map_err(|error| {
            format!("“{typed}” is no JSON: at character {} something else has to stand.", error.column())
        }),
    }
}
