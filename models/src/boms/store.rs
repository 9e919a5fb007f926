//! Keeping a generated BOM: a new version of the build's BOM, its lines written at once.

use super::{ChosenLine, Line, LineItem};
use crate::{Error, Result, catalogue::Catalogue, configurations::Configuration};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use std::fmt::Write;
use uuid::Uuid;

/// Up to here lines are inserted, beyond they are copied.
const MOST_INSERTED: usize = 2_000;

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
    let item_ids = item_ids(generation, &custom);
    let kept = insert_head(tx, generation, &item_ids).await?;
    if generation.lines.len() <= MOST_INSERTED {
        insert_lines(tx, kept.bom_id, generation, &item_ids).await?;
    } else {
        copy_lines(tx, kept.bom_id, generation, &item_ids).await?;
    }
    Ok(kept)
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

fn item_ids(generation: &Generation<'_>, custom: &[i32]) -> Vec<i32> {
    let id = |line: &Line| match line.item {
        LineItem::Catalogue(index) => generation.catalogue.item(index).id,
        LineItem::Custom(position) => custom[position as usize],
    };
    generation.lines.iter().map(id).collect()
}

async fn insert_head(tx: &mut PgConnection, generation: &Generation<'_>, item_ids: &[i32]) -> Result<Kept> {
    sqlx::query!("update boms set is_active = false where build_id = $1 and is_active", generation.build_id)
        .execute(&mut *tx)
        .await?;
    let mut distinct = item_ids.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let head = sqlx::query_as!(
        Kept,
        r#"
        insert into boms (build_id, version, configuration, configuration_hash, template_id, catalogue_revision_id,
                          line_count, item_count, piece_count, job_id, generated_by)
        select $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10
        from boms
        where build_id = $1
        returning id as bom_id, version
        "#,
        generation.build_id,
        generation.configuration.document(),
        generation.configuration.hash(),
        generation.template_id,
        generation.catalogue.revision_id,
        generation.lines.len() as i32,
        distinct.len() as i32,
        pieces(generation.lines),
        generation.job_id,
        generation.generated_by,
    );
    Ok(head.fetch_one(&mut *tx).await?)
}

/// Extended quantities of the lines that have no components: what somebody must lay hands on.
pub fn pieces(lines: &[Line]) -> Decimal {
    let has_components = |index: usize, line: &Line| lines.get(index + 1).is_some_and(|next| next.level > line.level);
    let leaves = lines.iter().enumerate().filter(|(index, line)| !has_components(*index, line));
    leaves.map(|(_, line)| line.quantity).sum()
}

/// One statement and one answer. A copy ends with a short message of its own, which TCP holds back for up to 40 ms
/// until the data before it is acknowledged (the driver leaves Nagle's algorithm on): longer than a real BOM takes.
async fn insert_lines(tx: &mut PgConnection, bom_id: i64, generation: &Generation<'_>, item_ids: &[i32]) -> Result<()> {
    let lines = generation.lines;
    let chosen = |line: &Line| line.chosen.map(|position| &generation.chosen[position as usize]);
    let text = |text: &'_ str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let parents: Vec<Option<i32>> = lines.iter().map(|line| line.parent.map(|parent| parent as i32)).collect();
    let levels: Vec<i16> = lines.iter().map(|line| line.level.into()).collect();
    let quantities: Vec<Decimal> = lines.iter().map(|line| line.quantity).collect();
    let rules: Vec<Option<i32>> = lines.iter().map(|line| chosen(line).map(|chosen| chosen.template_item_id)).collect();
    let reasons: Vec<Option<String>> =
        lines.iter().map(|line| chosen(line).and_then(|chosen| text(&chosen.reason))).collect();
    let notes: Vec<Option<String>> =
        lines.iter().map(|line| chosen(line).and_then(|chosen| text(&chosen.note))).collect();
    sqlx::query!(
        r#"
        insert into bom_lines
            (bom_id, line, parent_line, level, item_id, quantity, template_item_id, reason, note)
        select $1, given.line, given.parent_line, given.level, given.item_id, given.quantity, given.template_item_id,
               given.reason, given.note
        from unnest($2::int[], $3::smallint[], $4::int[], $5::numeric[], $6::int[], $7::text[], $8::text[])
            with ordinality as given (parent_line, level, item_id, quantity, template_item_id, reason, note, line)
        "#,
        bom_id,
        &parents as &[Option<i32>],
        &levels,
        item_ids,
        &quantities,
        &rules as &[Option<i32>],
        &reasons as &[Option<String>],
        &notes as &[Option<String>],
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

async fn copy_lines(tx: &mut PgConnection, bom_id: i64, generation: &Generation<'_>, item_ids: &[i32]) -> Result<()> {
    let mut rows = String::with_capacity(generation.lines.len() * 40);
    for (index, (line, item_id)) in generation.lines.iter().zip(item_ids).enumerate() {
        write_row(&mut rows, bom_id, index + 1, line, *item_id, generation.chosen);
    }
    let columns = "bom_id, line, parent_line, level, item_id, quantity, template_item_id, reason, note";
    let mut copy = tx.copy_in_raw(&format!("copy bom_lines ({columns}) from stdin")).await?;
    copy.send(rows.into_bytes()).await?;
    copy.finish().await?;
    Ok(())
}

fn write_row(rows: &mut String, bom_id: i64, number: usize, line: &Line, item_id: i32, chosen: &[ChosenLine]) {
    // Writing to a String cannot fail.
    let _ = write!(rows, "{bom_id}\t{number}\t");
    match line.parent {
        Some(parent) => drop(write!(rows, "{parent}")),
        None => rows.push_str("\\N"),
    }
    let _ = write!(rows, "\t{}\t{item_id}\t{}\t", line.level, line.quantity);
    match line.chosen.map(|position| &chosen[position as usize]) {
        Some(chosen) => {
            let _ = write!(rows, "{}\t", chosen.template_item_id);
            write_text(rows, &chosen.reason);
            rows.push('\t');
            write_text(rows, &chosen.note);
        }
        None => rows.push_str("\\N\t\\N\t\\N"),
    }
    rows.push('\n');
}

/// COPY's text format: backslash, tab and line ends are escaped; an empty text is no text.
fn write_text(rows: &mut String, text: &str) {
    if text.is_empty() {
        return rows.push_str("\\N");
    }
    for character in text.chars() {
        match character {
            '\\' => rows.push_str("\\\\"),
            '\t' => rows.push_str("\\t"),
            '\n' => rows.push_str("\\n"),
            '\r' => rows.push_str("\\r"),
            other => rows.push(other),
        }
    }
}
