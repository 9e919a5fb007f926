//! Whether a signature still speaks for the record: found by comparing hashes, never by a mark somebody could set.

use super::Signature;
use crate::canonical::Content;
use chrono::{DateTime, Utc};

/// What a signature is worth today. It stays readable whatever comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Valid,
    /// A later version says the same; its own signature counts.
    Superseded {
        by: i32,
    },
    Void(Void),
}

/// Why a signature no longer speaks for the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Void {
    /// The signed content itself is not what was signed: somebody reached past the program.
    Altered { parts: Vec<String> },
    /// A later version says something else.
    Replaced { by: i32, at: DateTime<Utc>, who: String, parts: Vec<String> },
    /// What the content was made from has changed since, and no new version was made yet.
    Outgrown { part: &'static str },
}

/// The version in force, when it is not the signed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Later {
    pub version: i32,
    pub content: Content,
    pub at: DateTime<Utc>,
    pub who: String,
}

/// Compares what was signed with the same record as it is now, and with the version in force.
pub fn standing(
    signature: &Signature,
    now: &Content,
    later: Option<&Later>,
    outgrown: Option<&'static str>,
) -> Standing {
    if now.hash() != signature.content_hash {
        return Standing::Void(Void::Altered { parts: now.differs_from(&signature.parts) });
    }
    match (later, outgrown) {
        (Some(later), _) => {
            let parts = later.content.differs_in_substance(&signature.parts);
            if parts.is_empty() {
                return Standing::Superseded { by: later.version };
            }
            Standing::Void(Void::Replaced { by: later.version, at: later.at, who: later.who.clone(), parts })
        }
        (None, Some(part)) => Standing::Void(Void::Outgrown { part }),
        (None, None) => Standing::Valid,
    }
}

impl Standing {
    pub fn is_valid(&self) -> bool {
        *self == Standing::Valid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(version: i64, line: &str) -> Content {
        Content::new("boms").origin("Version", |v| v.number(version)).part("Lines", |v| v.text(line))
    }

    fn signed(content: &Content) -> Signature {
        Signature {
            id: 1,
            signed_at: DateTime::UNIX_EPOCH,
            user_id: 1,
            user_name: "Ana Silva".into(),
            role: "Administrator".into(),
            meaning: "bom_approved".into(),
            reason: String::new(),
            record_id: 1,
            record_version: 1,
            content_hash: content.hash(),
            proved_by: "password".into(),
            parts: content.parts(),
        }
    }

    fn later(line: &str) -> Later {
        Later { version: 2, content: content(2, line), at: DateTime::UNIX_EPOCH, who: "System".into() }
    }

    #[test]
    fn a_signature_speaks_for_what_was_signed_and_for_nothing_else() {
        let first = content(1, "ab");
        let signature = signed(&first);
        assert_eq!(standing(&signature, &first, None, None), Standing::Valid);
        assert_eq!(standing(&signature, &first, Some(&later("ab")), None), Standing::Superseded { by: 2 });
        let replaced = standing(&signature, &first, Some(&later("abc")), None);
        assert!(matches!(replaced, Standing::Void(Void::Replaced { by: 2, .. })), "{replaced:?}");
        let altered = standing(&signature, &content(1, "a"), None, None);
        assert_eq!(altered, Standing::Void(Void::Altered { parts: vec!["Lines".into()] }));
        let outgrown = standing(&signature, &first, None, Some("Configuration"));
        assert_eq!(outgrown, Standing::Void(Void::Outgrown { part: "Configuration" }));
    }
}
