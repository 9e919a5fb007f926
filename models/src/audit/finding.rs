//! What can be wrong with the trail, in words.

use chrono::{DateTime, Utc};
use std::fmt;

/// The first thing that does not fit, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The place in the chain; 0 when it has none.
    pub place: i64,
    /// The number of the entry, when it is known.
    pub entry: Option<i64>,
    pub what: What,
}

/// How the trail was tampered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The entry says something else than when it was written.
    Edited,
    /// The entry is gone, its link is there.
    Deleted,
    /// Link and entry are gone, others follow.
    Missing,
    /// The link does not follow the one before it.
    OutOfOrder,
    /// An entry without a link.
    SlippedIn,
    /// The chain ends before the head.
    Cut { should_be: i64 },
    /// The head is another than the end of the chain.
    NotTheHead { head: i64 },
    /// The chain up to here is another than the one an earlier check saw.
    NotTheChecked { at: DateTime<Utc> },
    /// The chain is whole and another than the one that was anchored.
    NotTheAnchor { at: DateTime<Utc> },
    /// Chain and head end before the anchor.
    CutBeforeAnchor { should_be: i64, at: DateTime<Utc> },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |at: &DateTime<Utc>| at.format("%d %b %Y, %H:%M:%S UTC").to_string();
        let place = self.place;
        let entry = self.entry.map(|entry| format!(" (entry {entry})")).unwrap_or_default();
        match &self.what {
            What::Edited => write!(f, "Link {place}{entry}: the entry was edited after it was written."),
            What::Deleted => write!(f, "Link {place}{entry}: the entry was deleted."),
            What::Missing => write!(f, "Link {place}: it is missing, and others follow it."),
            What::OutOfOrder => write!(
                f,
                "Link {place}{entry}: it does not follow the link before it. Links were re-ordered, replaced or inserted."
            ),
            What::SlippedIn => {
                write!(f, "Entry {}: it was inserted behind the chain's back.", self.entry.unwrap_or_default())
            }
            What::Cut { should_be } => write!(
                f,
                "Link {}: the chain was cut. It ends at link {place} and went on to link {should_be}.",
                place + 1
            ),
            What::NotTheHead { head } => write!(
                f,
                "Link {place}: the chain ends here, and its head says link {head} with another hash. The end was replaced."
            ),
            What::NotTheChecked { at } => write!(
                f,
                "Link {place}{entry}: it is not the one that was found whole on {}. The chain was cut or written anew up to here.",
                time(at)
            ),
            What::NotTheAnchor { at } => write!(
                f,
                "Link {place}{entry}: it is not the one anchored on {}. The chain was written anew up to here.",
                time(at)
            ),
            What::CutBeforeAnchor { should_be, at } => {
                write!(
                    f,
                    "Link {}: the chain was cut. It ends at link {place}; link {should_be} was anchored on {}.",
                    place + 1,
                    time(at)
                )
            }
        }
    }
}
