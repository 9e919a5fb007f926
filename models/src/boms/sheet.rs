//! One version of a BOM as people read it: names, marks and costs beside the lines as they were kept.

use super::cost::{self, LineCost};
use super::store::MILLIONTHS;
use super::versions::Version;
use crate::catalogue::{self, Catalogue, Component, ItemIndex};
use crate::{Error, Result};
use rust_decimal::Decimal;
use sqlx::PgPool;
use std::collections::{HashMap, HashSet};

#[derive(Debug, Clone)]
pub struct Sheet {
    /// In print order; the line with number n stands at n - 1.
    pub lines: Vec<SheetLine>,
    /// The cost of the whole BOM.
    pub cost: LineCost,
}

#[derive(Debug, Clone)]
pub struct SheetLine {
    /// From 1.
    pub line: i32,
    pub parent: Option<i32>,
    pub level: i16,
    pub item_id: i32,
    pub number: String,
    pub name: String,
    /// Extended: the parent's times `per_parent`.
    pub quantity: Decimal,
    /// Pieces per one parent; at level 0 the quantity itself.
    pub per_parent: Decimal,
    /// Level 0: the rule in plain words.
    pub reason: String,
    /// A colour, a place; empty when there is none.
    pub note: String,
    pub marks: Vec<Mark>,
    /// Lines below it, at any depth.
    pub below: usize,
    pub cost: LineCost,
}

/// Something about a line that somebody must look at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Mark {
    /// The quantity is a placeholder, and why (domain e.7, decision 6).
    ToConfirm(String),
    /// Not in the catalogue: made to size, in this group of custom numbers (domain e.6).
    MadeToSize(String),
    /// Not in the catalogue revision the BOM was made from, though the number is known.
    NotInRevision(i32),
    /// What the client has still to answer about the item's contents.
    OpenQuestion(String),
}

impl Mark {
    /// The words of the badge.
    pub fn title(&self) -> &'static str {
        match self {
            Mark::ToConfirm(_) => "Quantity to be confirmed",
            Mark::MadeToSize(_) | Mark::NotInRevision(_) => "Not in catalogue",
            Mark::OpenQuestion(_) => "Open question",
        }
    }

    /// The sentence behind it.
    pub fn reason(&self) -> String {
        match self {
            Mark::ToConfirm(why) | Mark::OpenQuestion(why) => why.clone(),
            Mark::MadeToSize(group) => format!("Made to size, custom group {group}."),
            Mark::NotInRevision(revision) => format!("Catalogue revision {revision} does not hold this number."),
        }
    }
}

/// The lines as kept: a column per array. Reasons and notes end with the last line that the rules chose.
struct Kept {
    levels: Vec<i16>,
    item_ids: Vec<i32>,
    /// Millionths of a piece.
    quantities: Vec<i64>,
    reasons: Vec<Option<String>>,
    notes: Vec<Option<String>>,
}

/// What the catalogue revision doesn't say about a number.
struct Stranger {
    number: String,
    name: Option<String>,
    group_code: Option<String>,
}

impl Sheet {
    /// Reads a version. Names, marks and components come from the revision in memory, costs as they are today.
    pub async fn load(db: &PgPool, version: &Version) -> Result<Sheet> {
        let catalogue = catalogue::load(db, version.revision_id).await?;
        let kept = sqlx::query_as!(
            Kept,
            r#"
            select levels, item_ids, quantities, reasons as "reasons: Vec<Option<String>>",
                   notes as "notes: Vec<Option<String>>"
            from bom_contents
            where bom_id = $1
            "#,
            version.bom_id,
        );
        let kept = kept.fetch_optional(db).await?.ok_or(Error::NotFound("BOM"))?;
        let strangers = strangers(db, &catalogue, &kept.item_ids).await?;
        let questions = questions(db, version.revision_id).await?;
        let costs = cost::costs(db, version.bom_id).await?;
        let mut lines = read(&catalogue, kept, &strangers, &questions);
        let total = cost::roll_up(&mut lines, &costs);
        Ok(Sheet { lines, cost: total })
    }

    /// The line with this number.
    pub fn line(&self, number: i32) -> Option<&SheetLine> {
        self.lines.get(usize::try_from(number - 1).ok()?)
    }

    /// The numbers from level 0 down to a line, itself included.
    pub fn path<'a>(&'a self, line: &'a SheetLine) -> Vec<&'a SheetLine> {
        let mut path = vec![line];
        while let Some(parent) = path[path.len() - 1].parent.and_then(|parent| self.line(parent)) {
            path.push(parent);
        }
        path.reverse();
        path
    }

    /// How many lines carry a mark with this title.
    pub fn marked(&self, title: &str) -> usize {
        self.lines.iter().filter(|line| line.marks.iter().any(|mark| mark.title() == title)).count()
    }
}

/// Numbers of this BOM that its revision does not describe: custom sizes, and what was lost since.
async fn strangers(db: &PgPool, catalogue: &Catalogue, item_ids: &[i32]) -> Result<HashMap<i32, Stranger>> {
    let unknown: HashSet<i32> = item_ids.iter().copied().filter(|id| catalogue.find_id(*id).is_none()).collect();
    if unknown.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<i32> = unknown.into_iter().collect();
    let rows = sqlx::query!(
        r#"
        select id as "id!", number as "number!", name as "name?", group_code as "group_code?"
        from items
        left join custom_items on item_id = id
        where id = any($1)
        "#,
        &ids,
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    Ok(rows.map(|row| (row.id, Stranger { number: row.number, name: row.name, group_code: row.group_code })).collect())
}

async fn questions(db: &PgPool, revision_id: i32) -> Result<HashMap<i32, String>> {
    let rows = sqlx::query!(
        r#"
        select item_id, open_question as "question!"
        from catalogue_items
        where revision_id = $1 and open_question is not null
        "#,
        revision_id,
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(|row| (row.item_id, row.question)).collect())
}

fn read(
    catalogue: &Catalogue,
    kept: Kept,
    strangers: &HashMap<i32, Stranger>,
    questions: &HashMap<i32, String>,
) -> Vec<SheetLine> {
    let below = below(kept.levels.iter().copied());
    let mut edges = Edges::new(catalogue);
    let (mut reasons, mut notes) = (kept.reasons.into_iter(), kept.notes.into_iter());
    let mut lines: Vec<SheetLine> = Vec::with_capacity(kept.levels.len());
    // The last line of each level so far: what stands above the next one.
    let mut open: Vec<usize> = Vec::new();
    for (at, below) in below.into_iter().enumerate() {
        let (level, item_id) = (kept.levels[at], kept.item_ids[at]);
        let quantity = Decimal::new(kept.quantities[at], MILLIONTHS).normalize();
        let index = catalogue.find_id(item_id);
        let stranger = strangers.get(&item_id);
        let component = edges.next(level, index);
        open.truncate(level as usize);
        let parent = open.last().map(|parent| &lines[*parent]);
        let per_parent = match (component, parent) {
            (Some(component), _) => component.quantity,
            (None, Some(parent)) => quantity.checked_div(parent.quantity).unwrap_or(quantity).normalize(),
            (None, None) => quantity,
        };
        let (number, name) = match (index, stranger) {
            (Some(index), _) => (catalogue.item(index).number.clone(), catalogue.item(index).name.clone()),
            (None, Some(stranger)) => (stranger.number.clone(), stranger.name.clone().unwrap_or_default()),
            (None, None) => (format!("item {item_id}"), String::new()),
        };
        let mut marks = Vec::new();
        let to_confirm = match component {
            Some(component) => component.to_confirm.as_ref(),
            None => index.and_then(|index| catalogue.item(index).to_confirm.as_ref()),
        };
        marks.extend(to_confirm.map(|why| Mark::ToConfirm(why.clone())));
        if index.is_none() {
            let group = stranger.and_then(|stranger| stranger.group_code.clone());
            marks.push(group.map_or(Mark::NotInRevision(catalogue.revision), Mark::MadeToSize));
        }
        marks.extend(questions.get(&item_id).map(|question| Mark::OpenQuestion(question.clone())));
        let note = notes.next().flatten().or_else(|| component.map(|component| component.note.clone()));
        let parent = parent.map(|parent| parent.line);
        open.push(at);
        lines.push(SheetLine {
            line: at as i32 + 1,
            parent,
            level,
            item_id,
            number,
            name,
            quantity,
            per_parent,
            reason: reasons.next().flatten().unwrap_or_default(),
            note: note.unwrap_or_default(),
            marks,
            below,
            cost: LineCost::default(),
        });
    }
    lines
}

/// How many lines stand below each line, from their levels in print order.
pub(super) fn below(levels: impl ExactSizeIterator<Item = i16>) -> Vec<usize> {
    let mut below = vec![0; levels.len()];
    let mut open: Vec<(usize, i16)> = Vec::new();
    for (index, level) in levels.enumerate() {
        while open.last().is_some_and(|(_, above)| *above >= level) {
            open.pop();
        }
        for (ancestor, _) in &open {
            below[*ancestor] += 1;
        }
        open.push((index, level));
    }
    below
}

/// Walks the catalogue beside the lines of a BOM and says which component each line is. A line the rules chose is
/// none; a component a line goes without is stepped over.
pub(super) struct Edges<'a> {
    catalogue: &'a Catalogue,
    /// Components not yet met, per open level.
    open: Vec<&'a [Component]>,
}

impl<'a> Edges<'a> {
    pub(super) fn new(catalogue: &'a Catalogue) -> Edges<'a> {
        Edges { catalogue, open: Vec::new() }
    }

    /// The next line in print order.
    pub(super) fn next(&mut self, level: i16, item: Option<ItemIndex>) -> Option<&'a Component> {
        self.open.truncate(level as usize);
        let mut found = None;
        if let (Some(rest), Some(item)) = (self.open.last_mut(), item)
            && let Some(at) = rest.iter().position(|component| component.child == item)
        {
            found = Some(&rest[at]);
            *rest = &rest[at + 1..];
        }
        self.open.push(item.map_or(&[], |item| self.catalogue.components(item)));
        found
    }
}
