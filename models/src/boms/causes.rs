//! Why two versions of a BOM differ. A BOM is a pure function of configuration, rules and catalogue, so the way from
//! the older to the newer is walked one change at a time (the catalogue, the rules, then each changed answer of the
//! configuration), and each difference belongs to the first step at which it shows.

use super::answers::{self, Change};
use super::compare::{self, Difference, Differences, Kind, Node};
use super::explode::explode;
use super::sheet::Sheet;
use super::versions::Version;
use crate::catalogue::{self, Catalogue};
use crate::configurations::Configuration;
use crate::rules::{self, Rules};
use crate::{Error, Result};
use sqlx::PgPool;
use std::sync::Arc;

/// One step on the way from the older to the newer version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The active revision, by the number people say.
    Catalogue {
        from: i32,
        to: i32,
    },
    Rules {
        from: i32,
        to: i32,
    },
    Configuration(Change),
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Cause::Catalogue { to, .. } => write!(f, "Catalogue revision {to}"),
            Cause::Rules { to, .. } => write!(f, "BOM rules version {to}"),
            Cause::Configuration(change) => {
                write!(f, "Configuration, {}: {} → {}", change.field, change.old, change.new)
            }
        }
    }
}

/// Two versions, their differences, and the causes of each.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// Everything that differs between what the two were made from.
    pub causes: Vec<Cause>,
    pub unchanged: usize,
    pub differences: Vec<(Difference, Vec<Cause>)>,
}

/// Everything a BOM is a function of.
#[derive(Clone)]
struct Inputs {
    configuration: Configuration,
    rules: Arc<Rules>,
    catalogue: Arc<Catalogue>,
}

impl Inputs {
    async fn of(db: &PgPool, version: &Version) -> Result<Inputs> {
        Ok(Inputs {
            configuration: version.configuration.clone(),
            rules: rules::load(db, version.template_id).await?,
            catalogue: catalogue::load(db, version.revision_id).await?,
        })
    }

    /// None when these inputs, which nobody ever ordered together, give no BOM.
    fn nodes(&self) -> Option<Vec<Node>> {
        let chosen = self.rules.lines(&self.configuration).ok()?;
        let lines = explode(&self.catalogue, &chosen).ok()?;
        Some(compare::expanded(&self.catalogue, &chosen, &lines))
    }
}

/// Compares two versions of one build's BOM, the older first.
///
/// # Errors
/// `NotFound` when what a version was made from is gone.
pub async fn compare(db: &PgPool, old: &Version, new: &Version) -> Result<Comparison> {
    let (before, after) = (Sheet::load(db, old).await?, Sheet::load(db, new).await?);
    let (from, to) = (Inputs::of(db, old).await?, Inputs::of(db, new).await?);
    let (old, new) = ((old.rules, old.revision), (new.rules, new.revision));
    let work = move || walk(compare::nodes(&before), compare::nodes(&after), from, to, old, new);
    let walked = tokio::task::spawn_blocking(work).await;
    walked.map_err(|stopped| Error::Database(sqlx::Error::Io(std::io::Error::other(stopped))))
}

fn walk(before: Vec<Node>, after: Vec<Node>, from: Inputs, to: Inputs, old: (i32, i32), new: (i32, i32)) -> Comparison {
    let differences = compare::compare(&before, &after);
    let stages = stages(&from, &to, old, new);
    let causes: Vec<Cause> = stages.iter().map(|(cause, _)| cause.clone()).collect();
    let mut steps: Vec<(Vec<Cause>, Differences)> = Vec::new();
    let mut last = before;
    let mut pending = Vec::new();
    let count = stages.len();
    for (index, (cause, inputs)) in stages.into_iter().enumerate() {
        pending.push(cause);
        // The last step ends at what was really kept.
        let next = if index + 1 == count { Some(after.clone()) } else { inputs.nodes() };
        // A step without a BOM goes together with the next.
        let Some(next) = next else { continue };
        steps.push((std::mem::take(&mut pending), compare::compare(&last, &next)));
        last = next;
    }
    let explained = differences.all.into_iter().map(|difference| {
        let causes = first_step(&steps, &difference);
        (difference, causes)
    });
    Comparison { causes, unchanged: differences.unchanged, differences: explained.collect() }
}

/// The changes between two versions in the order they are walked, each with the inputs after it.
fn stages(from: &Inputs, to: &Inputs, old: (i32, i32), new: (i32, i32)) -> Vec<(Cause, Inputs)> {
    let mut stages = Vec::new();
    let mut now = from.clone();
    if from.catalogue.revision_id != to.catalogue.revision_id {
        now.catalogue = to.catalogue.clone();
        stages.push((Cause::Catalogue { from: old.1, to: new.1 }, now.clone()));
    }
    if from.rules.template.id != to.rules.template.id {
        now.rules = to.rules.clone();
        stages.push((Cause::Rules { from: old.0, to: new.0 }, now.clone()));
    }
    for (change, configuration) in answers::changes(&from.configuration, &to.configuration) {
        now.configuration = configuration;
        stages.push((Cause::Configuration(change), now.clone()));
    }
    stages
}

/// The step that made a difference: the first with the very same one, else the first at the same line, else the first
/// that touched a line above or below it. None when the versions were made from the same.
fn first_step(steps: &[(Vec<Cause>, Differences)], wanted: &Difference) -> Vec<Cause> {
    let is_same = |found: &Difference| {
        found.kind == wanted.kind && found.path == wanted.path && found.old == wanted.old && found.new == wanted.new
    };
    let is_at =
        |found: &Difference| found.path == wanted.path || (wanted.kind == Kind::Moved && found.path == wanted.from);
    let is_near = |found: &Difference| found.path.starts_with(&wanted.path) || wanted.path.starts_with(&found.path);
    let tests: [&dyn Fn(&Difference) -> bool; 3] = [&is_same, &is_at, &is_near];
    for test in tests {
        if let Some((causes, _)) = steps.iter().find(|(_, differences)| differences.all.iter().any(test)) {
            return causes.clone();
        }
    }
    Vec::new()
}
