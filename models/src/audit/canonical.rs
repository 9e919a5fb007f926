//! The bytes of an entry that its hash stands for, and the hash. The database does the same when it chains an entry
//! (`chain_audit` in the migrations); both were written on their own, so that a fault in one shows.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

/// What the first link follows: nothing.
pub const NOTHING: [u8; 32] = [0; 32];

/// An entry as it is hashed. JSON as PostgreSQL prints jsonb: keys in its order, numbers as they were written.
#[derive(Debug, Clone)]
pub struct Content {
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub user_id: Option<i64>,
    pub user_name: String,
    pub role: String,
    pub peer: String,
    pub session: String,
    pub request_id: String,
    pub action: String,
    pub noun: String,
    pub object_id: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub reason: String,
    pub success: bool,
}

/// SHA-256 of the hash before and the entry at its place in the chain. Each field goes in with its length in front, so
/// that no text can pass for the end of one field and the start of the next.
pub fn link(previous: &[u8], place: i64, entry: &Content) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(previous);
    let mut field = |bytes: Option<&[u8]>| match bytes {
        Some(bytes) => {
            hash.update((bytes.len() as i32).to_be_bytes());
            hash.update(bytes);
        }
        None => hash.update((-1_i32).to_be_bytes()),
    };
    field(Some(&place.to_be_bytes()));
    field(Some(&entry.seq.to_be_bytes()));
    field(Some(&entry.at.timestamp_micros().to_be_bytes()));
    field(entry.user_id.map(i64::to_be_bytes).as_ref().map(|bytes| &bytes[..]));
    for text in [
        &entry.user_name,
        &entry.role,
        &entry.peer,
        &entry.session,
        &entry.request_id,
        &entry.action,
        &entry.noun,
        &entry.object_id,
    ] {
        field(Some(text.as_bytes()));
    }
    field(entry.before.as_deref().map(str::as_bytes));
    field(entry.after.as_deref().map(str::as_bytes));
    field(Some(entry.reason.as_bytes()));
    field(Some(&[u8::from(entry.success)]));
    hash.finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Content {
        let text = |text: &str| text.to_owned();
        Content {
            seq: 7,
            at: DateTime::UNIX_EPOCH,
            user_id: None,
            user_name: text("Ana"),
            role: text("QC inspector"),
            peer: text(""),
            session: text(""),
            request_id: text(""),
            action: text("signed"),
            noun: text("orders"),
            object_id: text("TOR-1"),
            before: None,
            after: Some(text("{}")),
            reason: text(""),
            success: true,
        }
    }

    #[test]
    fn a_text_that_moves_from_one_field_to_the_next_gives_another_hash() {
        let moved = Content { action: "signe".into(), noun: "dorders".into(), ..entry() };
        assert_ne!(link(&NOTHING, 1, &entry()), link(&NOTHING, 1, &moved));
    }

    #[test]
    fn nothing_and_an_empty_text_and_another_place_give_other_hashes() {
        let empty = Content { before: Some(String::new()), ..entry() };
        assert_ne!(link(&NOTHING, 1, &entry()), link(&NOTHING, 1, &empty));
        assert_ne!(link(&NOTHING, 1, &entry()), link(&NOTHING, 2, &entry()));
        assert_ne!(link(&NOTHING, 1, &entry()), link(&[1; 32], 1, &entry()));
    }
}
