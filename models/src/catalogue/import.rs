//! Importing a catalogue: three files are read, judged and stored as a new revision, all or nothing.

use super::{
    checks, corrections,
    defects::{Defect, Report, Severity},
    draft::Draft,
    files::Files,
    handmade::{self, Lost},
    revisions, soundness, source, store,
};
use crate::{
    Result,
    audit::{self, Actor, Entry},
};
use serde_json::json;
use sqlx::PgConnection;

/// Refusals shown at most; a file of another kind would give one for every entry.
const REFUSAL_LIMIT: usize = 200;

/// The files after examination: the report, and unless refused what would be stored.
#[derive(Debug)]
pub struct Examined {
    pub digest: String,
    pub report: Report,
    drafts: Option<Drafts>,
}

#[derive(Debug)]
struct Drafts {
    as_read: Draft,
    /// None when the files agree with what was decided.
    as_decided: Option<Draft>,
    /// How many of the report's defects concern the files as read; the rest belong to the decided revision.
    of_files: usize,
}

impl Drafts {
    /// The one that becomes active.
    fn last(&self) -> &Draft {
        self.as_decided.as_ref().unwrap_or(&self.as_read)
    }
}

/// What an import did.
#[derive(Debug)]
pub enum Outcome {
    /// The numbers of the new revisions; the last one is active.
    Imported(Vec<i32>),
    /// The same files were imported before, as this revision.
    Known(i32),
    /// The report has the reasons. Nothing was stored.
    Refused,
    /// What people revised by hand and the files say differently. Nothing was stored: nobody agreed to lose it.
    Loses(Vec<Lost>),
}

/// Reads and judges the files without touching the database: the dry run.
pub fn examine(files: &Files) -> Examined {
    let digest = files.digest();
    let (source, mut defects) = source::read(files);
    if !defects.is_empty() {
        return Examined { digest, report: refused(defects, None), drafts: None };
    }
    let (mut draft, found) = Draft::join(&source);
    defects.extend(found);
    let counts = draft.counts(&source);
    if is_refused(&defects) {
        return Examined { digest, report: refused(defects, Some(counts)), drafts: None };
    }
    defects.extend(soundness::examine(&draft));
    if is_refused(&defects) {
        return Examined { digest, report: refused(defects, Some(counts)), drafts: None };
    }
    defects.extend(checks::examine(&source, &draft));
    defects.extend(corrections::complete(&mut draft));
    let of_files = defects.len();
    let mut decided = draft.clone();
    let found = corrections::decide(&mut decided);
    let as_decided = (decided != draft).then_some(decided);
    defects.extend(found);
    let counts = draft.counts(&source);
    let drafts = Drafts { as_read: draft, as_decided, of_files };
    Examined { digest, report: Report { defects, counts }, drafts: Some(drafts) }
}

fn is_refused(defects: &[Defect]) -> bool {
    defects.iter().any(|defect| defect.severity == Severity::Refused)
}

/// A report of refusals alone: what is merely doubtful does not matter yet.
fn refused(defects: Vec<Defect>, counts: Option<super::defects::Counts>) -> Report {
    let mut defects: Vec<Defect> = defects.into_iter().filter(|defect| defect.severity == Severity::Refused).collect();
    let more = defects.len().saturating_sub(REFUSAL_LIMIT);
    defects.truncate(REFUSAL_LIMIT);
    if more > 0 {
        defects.push(Defect::refused(
            "too_many",
            "the files",
            format!("{more} more refusals follow. Correct these first."),
        ));
    }
    Report { defects, counts: counts.unwrap_or_default() }
}

/// What would be lost of what people revised by hand, if these files were imported now.
pub async fn loses(tx: &mut PgConnection, examined: &Examined) -> Result<Vec<Lost>> {
    match &examined.drafts {
        Some(drafts) => handmade::lost(tx, drafts.last()).await,
        None => Ok(Vec::new()),
    }
}

/// Stores what was examined as one or two revisions and makes the last one active. The caller commits. `gives_up` is
/// how many lines made by hand somebody agreed to lose: with another number nothing is stored.
pub async fn store(
    tx: &mut PgConnection,
    examined: &Examined,
    label: &str,
    actor: &Actor,
    gives_up: usize,
) -> Result<Outcome> {
    let Some(drafts) = &examined.drafts else { return Ok(Outcome::Refused) };
    // Two imports at once would both take the next revision number.
    revisions::lock(tx).await?;
    if let Some(known) = revisions::with_digest(&mut *tx, &examined.digest).await? {
        return Ok(Outcome::Known(known));
    }
    let lost = handmade::lost(tx, drafts.last()).await?;
    if lost.len() != gives_up {
        return Ok(Outcome::Loses(lost));
    }
    let defects = &examined.report.defects;
    let (of_files, of_decision) = defects.split_at(drafts.of_files);
    let first = revisions::Making { label, digest: &examined.digest, based_on: None, actor };
    let mut made = vec![store::draft(tx, &drafts.as_read, of_files, &first).await?];
    if let Some(decided) = &drafts.as_decided {
        let label = format!("{label}, with the decided control boxes");
        let second = revisions::Making { label: &label, based_on: Some(made[0].id), ..first };
        made.push(store::draft(tx, decided, of_decision, &second).await?);
    }
    let numbers: Vec<i32> = made.iter().map(|revision| revision.number).collect();
    let counts = &examined.report.counts;
    for revision in &made {
        let after = json!({
            "digest": examined.digest, "items": counts.items, "components": counts.components, "defects": defects.len(),
        });
        let object_id = revision.number.to_string();
        let entry = Entry {
            action: "imported",
            noun: "catalogue",
            object_id: &object_id,
            after: Some(after),
            ..Entry::default()
        };
        audit::record(tx, actor, entry).await?;
    }
    if let Some(last) = numbers.last() {
        give_up(tx, &lost, *last, actor).await?;
        revisions::activate(tx, *last, "imported", actor).await?;
    }
    Ok(Outcome::Imported(numbers))
}

/// Writes down what was made by hand and is no more.
async fn give_up(tx: &mut PgConnection, lost: &[Lost], number: i32, actor: &Actor) -> Result<()> {
    if lost.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = lost.iter().map(ToString::to_string).collect();
    let object_id = number.to_string();
    let entry = Entry {
        action: "replaced lines revised by hand",
        noun: "catalogue",
        object_id: &object_id,
        before: Some(json!({ "lines": lines })),
        ..Entry::default()
    };
    audit::record(tx, actor, entry).await
}
