//! What the importer finds wrong with a catalogue, and what it does about each: refuse, repair, or report.

use std::fmt;

/// What a defect means for the import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Severity {
    /// Nothing is imported.
    Refused,
    /// Put right by the importer, which says how.
    Repaired,
    /// Imported as it is; somebody has to look.
    Reported,
}

impl Severity {
    pub fn word(self) -> &'static str {
        match self {
            Severity::Refused => "refused",
            Severity::Repaired => "repaired",
            Severity::Reported => "reported",
        }
    }
}

/// One thing that is wrong. The code is a stable word for its kind, the subject the number or file it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defect {
    pub code: String,
    pub severity: Severity,
    pub subject: String,
    pub message: String,
}

impl Defect {
    pub fn refused(code: &str, subject: impl Into<String>, message: impl Into<String>) -> Defect {
        Defect { code: code.into(), severity: Severity::Refused, subject: subject.into(), message: message.into() }
    }

    pub fn repaired(code: &str, subject: impl Into<String>, message: impl Into<String>) -> Defect {
        Defect { severity: Severity::Repaired, ..Defect::refused(code, subject, message) }
    }

    pub fn reported(code: &str, subject: impl Into<String>, message: impl Into<String>) -> Defect {
        Defect { severity: Severity::Reported, ..Defect::refused(code, subject, message) }
    }
}

/// How much of each kind the files hold, after the twins were joined.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub categories: usize,
    pub subcategories: usize,
    pub assemblies: usize,
    pub parts: usize,
    /// Business numbers: assemblies and parts without the twins, plus the derived ones.
    pub items: usize,
    /// Items the importer made because the files lack them.
    pub derived: usize,
    pub components: usize,
    pub placements: usize,
}

/// Everything an import or a dry run has to say.
#[derive(Debug, Clone, Default)]
pub struct Report {
    pub defects: Vec<Defect>,
    pub counts: Counts,
}

impl Report {
    /// True when at least one defect forbids the import.
    pub fn is_refused(&self) -> bool {
        self.defects.iter().any(|defect| defect.severity == Severity::Refused)
    }

    pub fn count(&self, severity: Severity) -> usize {
        self.defects.iter().filter(|defect| defect.severity == severity).count()
    }

    /// The defects by kind, worst first, each kind once.
    pub fn kinds(&self) -> Vec<(&str, Vec<&Defect>)> {
        kinds(&self.defects)
    }
}

/// Defects by kind in the order of [`KINDS`]; within a kind as they were found.
pub fn kinds(defects: &[Defect]) -> Vec<(&str, Vec<&Defect>)> {
    let mut kinds: Vec<(&str, Vec<&Defect>)> = Vec::new();
    for defect in defects {
        match kinds.iter_mut().find(|(code, _)| *code == defect.code) {
            Some((_, same)) => same.push(defect),
            None => kinds.push((&defect.code, vec![defect])),
        }
    }
    kinds.sort_by_key(|(code, same)| (same[0].severity, KINDS.iter().position(|(known, _)| known == code)));
    kinds
}

/// The heading of a kind of defect.
pub fn title(code: &str) -> &str {
    KINDS.iter().find(|(known, _)| *known == code).map_or(code, |(_, title)| title)
}

/// Every kind of defect the importer knows, in the order it is shown.
pub const KINDS: &[(&str, &str)] = &[
    // What forbids an import.
    ("missing_file", "A file is missing"),
    ("broken_file", "A file cannot be read"),
    ("wrong_type", "A value is not what it has to be"),
    ("missing_field", "A field is missing"),
    ("doubled_key", "A key stands twice"),
    ("bad_number", "A number that cannot be used"),
    ("case_only", "Numbers that differ only in capitals"),
    ("number_twice", "Two things with one number"),
    ("bad_quantity", "A quantity that cannot be"),
    ("unknown_part", "A component that does not exist"),
    ("unknown_category", "A category that does not exist"),
    ("doubled_component", "A component listed twice"),
    ("cycle", "An assembly inside itself"),
    ("too_deep", "Too many levels"),
    ("too_large", "Too much for one BOM"),
    ("too_many", "More than a catalogue may hold"),
    // What the importer puts right.
    ("self_edge", "An assembly that lists its own part"),
    ("control_box", "Control boxes with other contents than decided"),
    ("missing_plain_kit", "Uncoloured pegboard kits are missing"),
    // What somebody has to look at.
    ("correction_not_possible", "A decided content that cannot be applied"),
    ("open_question", "Open questions to the client"),
    ("lost_placement", "Places in the tree that were lost"),
    ("second_place", "Assemblies with a second place in the tree"),
    ("unknown_reference", "References to assemblies that do not exist"),
    ("unused_part", "Parts nothing uses"),
    ("quantity_to_confirm", "Quantities to be confirmed"),
    ("placeholder_quantity", "Placeholder quantities"),
    ("custom_kit_with_panel", "Kits of custom size with a panel of fixed size"),
    ("same_contents", "Different kits with the same contents"),
    ("open_grommet", "Solid boards with the open grommet"),
    ("expected_number", "Numbers the business uses that are missing"),
    ("other_language", "Manual kits with a manual in another language"),
    ("both_alternatives", "Kits that contain both of two alternatives"),
    ("lone_component", "Kits of a single component"),
    ("unused_variant", "Variants nothing uses"),
    ("no_fixed_body", "Fixed legs without a fixed body"),
    ("range_in_name", "Names that contradict their number"),
    ("overlapping_range", "Ranges that overlap"),
    ("bowls_in_name", "Body names that promise a number of bowls"),
    ("mangled_number", "Numbers mangled by a spreadsheet"),
    ("lost_zero", "Numbers that lost a leading zero"),
    ("careful_number", "Numbers that need care"),
    ("shared_name", "Parts that share a name"),
    ("twin_name", "Part and assembly with different names"),
    ("spelling", "Spelling"),
    ("other_shape", "Entries with other fields than the rest"),
    ("kit_flag", "Kit mark and type disagree"),
    ("lone_twin", "Prefixed assemblies without their part"),
    ("no_information", "Information the files do not hold"),
    ("uniform_field", "Fields that say the same everywhere"),
    ("wrong_count", "Counts that are wrong in the files"),
    ("claimed_count", "Counts other documents claim"),
];

/// Foreign text cut to a readable length with its control characters made visible.
pub fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(80)
        .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
        .collect();
    if text.chars().nth(80).is_some() {
        shown.push('…');
    }
    shown
}

/// "1 part", "3 parts".
pub fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

impl fmt::Display for Defect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.subject, self.message)
    }
}
