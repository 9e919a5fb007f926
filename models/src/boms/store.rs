//! Keeping a generated BOM: a new version of the build's BOM, all its lines in one row.

use super::{ChosenLine, Line, LineItem};
use crate::{Error, Result, catalogue::Catalogue, configurations::Configuration};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

/// Decimals of a quantity as it is kept.
pub(super) const MILLIONTHS: u32 = 6;

/// Everything a BOM is a function of, what came out, and who asked.
pub struct Generation<'a> {
    pub build_id: i64,
    pub configuration: &'a Configuration,
    pub template_id: i32,
    pub catalogue: &'a Catalogue,
    pub chosen: &'a [ChosenLine],
    pub lines: &'a [Line],
    pub job_id: Option<Uuid>,
    pub generated_by: Option<i64>,
}

/// What was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    pub bom_id: i64,
    pub version: i32,
}

/// Writes the next version and makes it the active one. A job that runs twice finds what it kept the first time.
pub async fn save(tx: &mut PgConnection, generation: &Generation<'_>) -> Result<Kept> {
    sqlx::query!("select id from builds where id = $1 for update", generation.build_id)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound("Build"))?;
    let before = sqlx::query_as!(
        Kept,
        "select id as bom_id, version from boms where job_id = $1 and build_id = $2",
        generation.job_id,
        generation.build_id,
    );
    if let Some(kept) = before.fetch_optional(&mut *tx).await? {
        return Ok(kept);
    }
    let custom = custom_items(tx, generation.chosen).await?;
    let contents = Contents::new(generation, &custom);
    sqlx::query!("update boms set is_active = false where build_id = $1 and is_active", generation.build_id)
        .execute(&mut *tx)
        .await?;
    insert(tx, generation, &contents).await
}

/// Row ids of the custom numbers (e.6), by position in the chosen lines. Same size, same number, same row.
async fn custom_items(tx: &mut PgConnection, chosen: &[ChosenLine]) -> Result<Vec<i32>> {
    let mut ids = vec![0; chosen.len()];
    for (position, line) in chosen.iter().enumerate() {
        let Some(group) = &line.custom_group else { continue };
        let row = sqlx::query!(
            r#"
            with known as (
                insert into items (number) values ($1)
                on conflict (number) do update set number = excluded.number
                returning id
            ), described as (
                insert into custom_items (item_id, group_code, name)
                select id, $2, $3 from known
                on conflict (item_id) do nothing
            )
            select id from known
            "#,
            line.number,
            group,
            format!("Made to size: {}", line.number),
        );
        ids[position] = row.fetch_one(&mut *tx).await?.id;
    }
    Ok(ids)
}

/// The lines as they are kept: what each column of `bom_contents` holds.
struct Contents<'a> {
    levels: Vec<i16>,
    item_ids: Vec<i32>,
    /// Millionths of a piece.
    quantities: Vec<i64>,
    template_item_ids: Vec<Option<i32>>,
    reasons: Vec<Option<&'a str>>,
    notes: Vec<Option<&'a str>>,
}

impl<'a> Contents<'a> {
    fn new(generation: &Generation<'a>, custom: &[i32]) -> Contents<'a> {
        let lines = generation.lines;
        let item_id = |line: &Line| match line.item {
            LineItem::Catalogue(index) => generation.catalogue.item(index).id,
            LineItem::Custom(position) => custom[position as usize],
        };
        let chosen = |line: &Line| line.chosen.map(|position| &generation.chosen[position as usize]);
        let last_chosen = lines.iter().rposition(|line| line.chosen.is_some()).map_or(0, |last| last + 1);
        let explained = || lines[..last_chosen].iter().map(chosen);
        Contents {
            levels: lines.iter().map(|line| line.level.into()).collect(),
            item_ids: lines.iter().map(item_id).collect(),
            quantities: lines.iter().map(|line| millionths(line.quantity)).collect(),
            template_item_ids: explained().map(|chosen| Some(chosen?.template_item_id)).collect(),
            reasons: explained().map(|chosen| said(&chosen?.reason)).collect(),
            notes: explained().map(|chosen| said(&chosen?.note)).collect(),
        }
    }

    fn different_items(&self) -> usize {
        let mut distinct = self.item_ids.clone();
        distinct.sort_unstable();
        distinct.dedup();
        distinct.len()
    }
}

/// The expansion rounds to a millionth and stops at a thousand million pieces, so nothing is lost here.
fn millionths(quantity: Decimal) -> i64 {
    let mut quantity = quantity;
    quantity.rescale(MILLIONTHS);
    quantity.mantissa() as i64
}

/// An empty text is no text.
fn said(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// Extended quantities of the lines that have no components: what somebody must lay hands on.
pub fn pieces(lines: &[Line]) -> Decimal {
    let has_components = |index: usize, line: &Line| lines.get(index + 1).is_some_and(|next| next.level > line.level);
    let leaves = lines.iter().enumerate().filter(|(index, line)| !has_components(*index, line));
    leaves.map(|(_, line)| line.quantity).sum()
}

/// One statement and one answer, whatever the number of lines.
async fn insert(tx: &mut PgConnection, generation: &Generation<'_>, contents: &Contents<'_>) -> Result<Kept> {
    let kept = sqlx::query_as!(
        Kept,
        r#"
        with head as (
            insert into boms (build_id, version, configuration, configuration_hash, template_id, catalogue_revision_id,
                              line_count, item_count, piece_count, job_id, generated_by)
            select $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10
            from boms
            where build_id = $1
            returning id, version
        ), contents as (
            insert into bom_contents (bom_id, levels, item_ids, quantities, template_item_ids, reasons, notes)
            select id, $11, $12, $13, $14, $15, $16 from head
        )
        select id as bom_id, version from head
        "#,
        generation.build_id,
        generation.configuration.document(),
        generation.configuration.hash(),
        generation.template_id,
        generation.catalogue.revision_id,
        contents.levels.len() as i32,
        contents.different_items() as i32,
        pieces(generation.lines),
        generation.job_id,
        generation.generated_by,
        &contents.levels,
        &contents.item_ids,
        &contents.quantities,
        &contents.template_item_ids as &[Option<i32>],
        &contents.reasons as &[Option<&str>],
        &contents.notes as &[Option<&str>],
    );
    Ok(kept.fetch_one(&mut *tx).await?)
}
