//! Whether the trail is as it was written: every entry is hashed with the one before it, and somebody who changes,
//! removes, slips in or re-orders one is found at the first entry that does not fit.

use super::anchor::Mark;
use super::canonical::{Content, NOTHING, link};
use crate::Result;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::time::Instant;

pub use checks::{Check, State, note, state, trusted};
pub use finding::{Finding, What};

mod checks;
#[path = "finding.rs"]
mod finding;
mod since;

/// Links looked at in one question: some megabytes however long the chain is.
const CHUNK: i64 = 5_000;

/// What a check saw.
#[derive(Debug, Clone)]
pub struct Report {
    /// Links that are as they were written, those before `since` not among them.
    pub entries: i64,
    /// The link after which this check began; 0 for a check of the whole trail.
    pub since: i64,
    /// Where the chain ended when the check began.
    pub head: Mark,
    /// Marks of the anchor that the chain agrees with.
    pub marks: usize,
    /// The first thing that is wrong.
    pub finding: Option<Finding>,
    pub took_ms: i32,
}

/// Walks the chain from its first link to where it ended when the check began, and every entry beside it. `marks` are
/// those of the anchor, oldest first. Memory does not grow with the trail.
pub async fn verify(db: &mut PgConnection, marks: &[Mark]) -> Result<Report> {
    verify_since(db, None, marks).await
}

/// The same from a link on that an earlier check found as it was written: that link and those of the anchor before it
/// still have to be the same, and every entry after it is looked at. What was done to entries before it stays hidden
/// until the whole trail is checked.
pub async fn verify_since(db: &mut PgConnection, since: Option<&Mark>, marks: &[Mark]) -> Result<Report> {
    let began = Instant::now();
    let end = end(&mut *db).await?;
    let (mut walk, mut finding, entry) = match since {
        None => (Walk { place: 0, hash: NOTHING.to_vec(), marks, agreed: 0 }, None, i64::MIN),
        Some(since) => since::begin(&mut *db, since, marks).await?,
    };
    let first = walk.place;
    while finding.is_none() && walk.place < end.last {
        let links = links(&mut *db, walk.place, end.last).await?;
        if links.is_empty() {
            break;
        }
        finding = links.iter().find_map(|link| walk.step(link));
    }
    if finding.is_none() {
        finding = unchained(&mut *db, entry).await?;
    }
    let finding = finding.or_else(|| end.finding(&walk)).or_else(|| walk.beyond());
    Ok(Report {
        entries: walk.place - first,
        since: first,
        head: Mark { seq: end.seq, hash: hex::encode(&end.hash), at: end.now },
        marks: walk.agreed,
        finding,
        took_ms: i32::try_from(began.elapsed().as_millis()).unwrap_or(i32::MAX),
    })
}

/// Where the head says the chain ends, and where it does.
struct End {
    seq: i64,
    hash: Vec<u8>,
    last: i64,
    now: DateTime<Utc>,
}

impl End {
    fn finding(&self, walk: &Walk) -> Option<Finding> {
        let what = if self.seq > walk.place {
            What::Cut { should_be: self.seq }
        } else if self.seq < walk.place || self.hash != walk.hash {
            What::NotTheHead { head: self.seq }
        } else {
            return None;
        };
        Some(Finding { place: walk.place, entry: None, what })
    }
}

async fn end(db: &mut PgConnection) -> Result<End> {
    let row = sqlx::query!(
        r#"
        select now() as "now!", coalesce(h.seq, 0) as "seq!", coalesce(h.hash, decode(repeat('00', 32), 'hex')) as "hash!",
               coalesce((select max(seq) from audit_chain), 0) as "last!"
        from (select 1) one left join (select * from audit_head order by seq desc limit 1) h on true
        "#
    );
    let row = row.fetch_one(db).await?;
    Ok(End { seq: row.seq, hash: row.hash, last: row.last, now: row.now })
}

/// One link and the entry it stands for, as the database has them.
struct Link {
    place: i64,
    entry_seq: i64,
    previous: Vec<u8>,
    hash: Vec<u8>,
    content: Option<Content>,
}

/// How far the chain was followed.
struct Walk<'a> {
    place: i64,
    hash: Vec<u8>,
    marks: &'a [Mark],
    agreed: usize,
}

impl Walk<'_> {
    /// Goes on by one link, or says why it does not fit.
    fn step(&mut self, next: &Link) -> Option<Finding> {
        let wrong = |what| Some(Finding { place: next.place, entry: Some(next.entry_seq), what });
        if next.place != self.place + 1 {
            return Some(Finding { place: self.place + 1, entry: None, what: What::Missing });
        }
        if next.previous != self.hash {
            return wrong(What::OutOfOrder);
        }
        let Some(content) = &next.content else { return wrong(What::Deleted) };
        if link(&self.hash, next.place, content) != next.hash {
            return wrong(What::Edited);
        }
        (self.place, self.hash) = (next.place, next.hash.clone());
        while let Some(mark) = self.marks.get(self.agreed).filter(|mark| mark.seq <= self.place) {
            if mark.seq == self.place && mark.hash != hex::encode(&self.hash) {
                return wrong(What::NotTheAnchor { at: mark.at });
            }
            self.agreed += 1;
        }
        None
    }

    /// A mark of the anchor past the end of the chain.
    fn beyond(&self) -> Option<Finding> {
        let mark = self.marks[self.agreed..].iter().max_by_key(|mark| mark.seq)?;
        Some(Finding {
            place: self.place,
            entry: None,
            what: What::CutBeforeAnchor { should_be: mark.seq, at: mark.at },
        })
    }
}

async fn links(db: &mut PgConnection, after: i64, last: i64) -> Result<Vec<Link>> {
    let rows = sqlx::query!(
        r#"
        select c.seq as place, c.entry_seq, c.prev_hash, c.hash,
               e.seq as "seq?", e.at as "at?", e.user_id as "user_id?", e.user_name as "user_name?", e.role as "role?",
               e.peer as "peer?", e.session as "session?", e.request_id as "request_id?", e.action as "action?",
               e.noun as "noun?", e.object_id as "object_id?", e.before::text as "before?", e.after::text as "after?",
               e.reason as "reason?", e.success as "success?"
        from audit_chain c left join audit_entries e on e.at = c.entry_at and e.seq = c.entry_seq
        where c.seq > $1 and c.seq <= $2
        order by c.seq
        limit $3
        "#,
        after,
        last,
        CHUNK,
    );
    let links = rows.fetch_all(db).await?.into_iter().map(|row| {
        let content = row.seq.zip(row.at).map(|(seq, at)| Content {
            seq,
            at,
            user_id: row.user_id,
            user_name: row.user_name.unwrap_or_default(),
            role: row.role.unwrap_or_default(),
            peer: row.peer.unwrap_or_default(),
            session: row.session.unwrap_or_default(),
            request_id: row.request_id.unwrap_or_default(),
            action: row.action.unwrap_or_default(),
            noun: row.noun.unwrap_or_default(),
            object_id: row.object_id.unwrap_or_default(),
            before: row.before,
            after: row.after,
            reason: row.reason.unwrap_or_default(),
            success: row.success.unwrap_or_default(),
        });
        Link { place: row.place, entry_seq: row.entry_seq, previous: row.prev_hash, hash: row.hash, content }
    });
    Ok(links.collect())
}

/// The first entry after a number that no link stands for: slipped in behind the chain's back. Entry and link commit together, and one
/// question sees both or neither. A stretch of numbers at a time, so that a long trail costs no more per entry.
async fn unchained(db: &mut PgConnection, mut after: i64) -> Result<Option<Finding>> {
    loop {
        let next = sqlx::query_scalar!(
            r#"select seq as "seq!" from audit_entries where seq > $1 order by seq limit 1"#,
            after,
        );
        let Some(first) = next.fetch_optional(&mut *db).await? else { return Ok(None) };
        let last = first.saturating_add(CHUNK - 1);
        let alone = sqlx::query_scalar!(
            r#"
            select min(e.seq) filter (where c.seq is null)
            from audit_entries e
            left join audit_chain c
                on c.entry_seq = e.seq and c.entry_at = e.at and c.entry_seq between $1 and $2
            where e.seq between $1 and $2
            "#,
            first,
            last,
        );
        if let Some(seq) = alone.fetch_one(&mut *db).await? {
            return Ok(Some(Finding { place: 0, entry: Some(seq), what: What::SlippedIn }));
        }
        after = last;
    }
}
