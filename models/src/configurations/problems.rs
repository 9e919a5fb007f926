//! What stands between an answer and a configuration, as sentences with the place where each is put right.

/// How much a problem weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Nobody answered yet; shown as open, not as wrong.
    Missing,
    /// No configuration comes of it.
    Error,
    /// It can be built as it stands; somebody should look.
    Warning,
    /// Worth knowing, nothing to do.
    Note,
}

/// One sentence about one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Name of the form's field, also its element's id (`length`, `basin-2-type`).
    pub field: String,
    /// What people call the field ("Basin 2 type").
    pub label: String,
    pub severity: Severity,
    /// What is wrong in this case, then what would be right.
    pub message: String,
    /// The rule behind it, for whoever asks why. Empty when the sentence is the rule.
    pub rule: String,
}

impl Problem {
    pub fn new(field: &str, label: &str, severity: Severity, message: impl Into<String>) -> Problem {
        Problem { field: field.into(), label: label.into(), severity, message: message.into(), rule: String::new() }
    }

    pub fn by(mut self, rule: &str) -> Problem {
        self.rule = rule.into();
        self
    }

    /// Stops the order: wrong, or not answered.
    pub fn stops(&self) -> bool {
        matches!(self.severity, Severity::Missing | Severity::Error)
    }
}

/// An option that cannot be chosen: it stays visible, with the rule and the earlier choice that blocks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// Field and value of the option.
    pub field: String,
    pub value: String,
    /// The rule as a sentence, with the way out.
    pub reason: String,
    /// The earlier choice ("Model: T2-B2, 2 basins"). Empty when no choice would open the option.
    pub choice: String,
    /// Field of that choice.
    pub change: String,
}
