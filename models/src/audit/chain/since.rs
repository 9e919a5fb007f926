//! Going on where an earlier check ended, when the chain up to there is still the one it saw.

use super::{Finding, Walk, What};
use crate::Result;
use crate::audit::anchor::Mark;
use sqlx::PgConnection;
use std::collections::HashMap;

/// The walk as it stood at a link, the first mark up to there that the chain no longer agrees with, and the number of
/// that link's entry.
pub(super) async fn begin<'a>(
    db: &mut PgConnection,
    since: &Mark,
    marks: &'a [Mark],
) -> Result<(Walk<'a>, Option<Finding>, i64)> {
    let agreed = marks.iter().take_while(|mark| mark.seq <= since.seq).count();
    let before: Vec<i64> = marks[..agreed].iter().map(|mark| mark.seq).chain([since.seq]).collect();
    let rows = sqlx::query!(
        r#"select seq, entry_seq, encode(hash, 'hex') as "hash!" from audit_chain where seq = any($1)"#,
        &before,
    );
    let links: HashMap<i64, (i64, String)> =
        rows.fetch_all(db).await?.into_iter().map(|row| (row.seq, (row.entry_seq, row.hash))).collect();
    let is_same = |mark: &&Mark| links.get(&mark.seq).is_some_and(|(_, hash)| *hash == mark.hash);
    let finding = |mark: &Mark, what| {
        let entry = links.get(&mark.seq).map(|(entry, _)| *entry);
        Finding { place: mark.seq, entry, what }
    };
    let differs = marks[..agreed].iter().find(|mark| !is_same(mark));
    let differs = differs.map(|mark| finding(mark, What::NotTheAnchor { at: mark.at }));
    let differs = differs.or_else(|| (!is_same(&since)).then(|| finding(since, What::NotTheChecked { at: since.at })));
    let entry = links.get(&since.seq).map_or(i64::MIN, |(entry, _)| *entry);
    let hash = hex::decode(&since.hash).unwrap_or_default();
    Ok((Walk { place: since.seq, hash, marks, agreed }, differs, entry))
}
