//! What must hold before a version is published: every item exists, every choice of the form has its lines; and what
//! the version changes, against the one in force and against known BOMs.

use super::{Rules, Severity, Template, probes};
use crate::boms::ChosenLine;
use crate::catalogue::Catalogue;
use crate::configurations::Configuration;
use crate::golden::{self, Difference};
use std::collections::{BTreeMap, BTreeSet};

/// Sentences shown at most; a broken table gives one for every length.
const MOST_SHOWN: usize = 200;

/// The outcome of a validation.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What stands in the way of publishing.
    pub problems: Vec<String>,
    /// Configurations tried.
    pub probes: usize,
    /// What changes against the version in force, alike changes together.
    pub changes: Vec<Change>,
    pub golden: Vec<Replayed>,
}

/// Lines that come or go, and how many of the tried configurations show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub added: Vec<String>,
    pub removed: Vec<String>,
    pub probes: usize,
    /// The first configuration that shows it.
    pub example: String,
}

/// A known BOM, kept with the product, replayed.
#[derive(Debug, Clone)]
pub struct Replayed {
    pub name: String,
    pub lines: usize,
    pub differences: Vec<Difference>,
    /// Differences the version in force has too.
    pub known: usize,
}

/// A known BOM.
#[derive(Debug, Clone)]
pub struct Known {
    pub name: String,
    pub configuration: Configuration,
    pub expected: Vec<golden::Expected>,
}

impl Report {
    pub fn may_publish(&self) -> bool {
        self.problems.is_empty()
    }

    pub fn golden_differences(&self) -> usize {
        self.golden.iter().map(|case| case.differences.len()).sum()
    }
}

/// Validates a version against a catalogue. `active` is the version in force, if any. No I/O; takes a while.
pub fn validate(template: &Template, catalogue: &Catalogue, active: Option<&Rules>, known: &[Known]) -> Report {
    let mut report = Report { problems: missing_items(template, catalogue), ..Report::default() };
    let rules = match Rules::compile(template.clone()) {
        Ok(rules) => rules,
        Err(problems) => {
            report.problems.splice(0..0, problems.iter().map(ToString::to_string));
            return report;
        }
    };
    let offered =
        template.choices.iter().filter(|choice| choice.severity != Severity::Error || choice.requirement.is_empty());
    let probes = probes::all(offered.map(|choice| choice.item.as_str()));
    report.probes = probes.len();
    let mut changes: BTreeMap<(Vec<String>, Vec<String>), (usize, String)> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for probe in &probes {
        let lines = rules.lines(&probe.configuration);
        for sentence in faults(probe, &lines, catalogue) {
            // The same missing number shows in every configuration that chooses it.
            let cause = sentence.split_once(": ").map_or(sentence.clone(), |(_, cause)| cause.to_string());
            if seen.insert(cause) {
                report.problems.push(sentence);
            }
        }
        let before = active.and_then(|active| active.lines(&probe.configuration).ok());
        if let (Some(before), Ok(now)) = (before, &lines) {
            let change = moved(&before, now);
            if change != (Vec::new(), Vec::new()) {
                changes.entry(change).or_insert_with(|| (0, probe.words.clone())).0 += 1;
            }
        }
    }
    let change = |((added, removed), (probes, example))| Change { added, removed, probes, example };
    report.changes = changes.into_iter().map(change).collect();
    report.golden = known.iter().map(|case| replay(case, catalogue, &rules, active)).collect();
    let more = report.problems.len().saturating_sub(MOST_SHOWN);
    report.problems.truncate(MOST_SHOWN);
    if more > 0 {
        report.problems.push(format!("{more} more problems follow. Correct these first."));
    }
    report
}

/// Numbers written out in the version that the catalogue does not have.
fn missing_items(template: &Template, catalogue: &Catalogue) -> Vec<String> {
    let mut problems = Vec::new();
    for line in &template.lines {
        for (field, number) in [("item", &line.item), ("omits", &line.omits)] {
            if !number.is_empty() && catalogue.find(number).is_none() {
                problems.push(format!("Rule {}, {field}: {number} is not in the catalogue.", line.line_number));
            }
        }
    }
    for choice in &template.choices {
        if catalogue.find(&choice.item).is_none() {
            problems.push(format!("Choice {}: the number is not in the catalogue.", choice.item));
        }
    }
    problems
}

/// What is wrong with the lines of one configuration.
fn faults(probe: &probes::Probe, lines: &Result<Vec<ChosenLine>, super::Error>, catalogue: &Catalogue) -> Vec<String> {
    let said = |message: String| format!("{}: {message}", probe.words);
    let lines = match lines {
        Ok(lines) => lines,
        Err(error) => return vec![said(error.to_string())],
    };
    let mut faults = Vec::new();
    for (role, least) in &probe.needs {
        let found = lines.iter().filter(|line| line.role == *role).count();
        if found < *least {
            // The probe is part of the cause: another choice may well have its line.
            faults.push(format!("{} has no line with the role {role}.", probe.words));
        }
    }
    for line in lines.iter().filter(|line| line.custom_group.is_none()) {
        if catalogue.find(&line.number).is_none() {
            faults.push(said(format!("{} ({}) is not in the catalogue.", line.number, line.role)));
        }
    }
    faults
}

/// Lines that came and lines that went, as "number × quantity".
fn moved(before: &[ChosenLine], now: &[ChosenLine]) -> (Vec<String>, Vec<String>) {
    let said = |lines: &[ChosenLine]| {
        let mut said: Vec<String> =
            lines.iter().map(|line| format!("{} × {}", line.number, line.quantity.normalize())).collect();
        said.sort_unstable();
        said
    };
    let (mut removed, mut added) = (said(before), said(now));
    removed.retain(|line| match added.iter().position(|other| other == line) {
        Some(same) => {
            added.remove(same);
            false
        }
        None => true,
    });
    (added, removed)
}

fn replay(case: &Known, catalogue: &Catalogue, rules: &Rules, active: Option<&Rules>) -> Replayed {
    let differences = |rules: &Rules| match golden::generate(&case.configuration, catalogue, rules) {
        Ok(found) => golden::compare(case.expected.clone(), found),
        Err(why) => vec![Difference::NoBom(why)],
    };
    let now = differences(rules);
    let before = active.map(differences).unwrap_or_default();
    let known = now.iter().filter(|difference| before.contains(difference)).count();
    Replayed { name: case.name.clone(), lines: case.expected.len(), differences: now, known }
}
