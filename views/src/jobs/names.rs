//! What a job is called and how its state looks, the same on every page.

use crate::components::{Tone, badge as drawn};
use maud::{Markup, html};
use models::jobs::State;
use uuid::Uuid;

/// The state as shape, word and tint.
pub fn badge(state: State) -> Markup {
    let (tone, word) = self::state(state);
    drawn(tone, word)
}

/// A state's tone and its word for people.
pub fn state(state: State) -> (Tone, &'static str) {
    match state {
        State::Queued => (Tone::Waiting, "Waiting"),
        State::Running => (Tone::Moving, "Running"),
        State::Retry => (Tone::Held, "Tries again"),
        State::Done => (Tone::Good, "Done"),
        State::Cancelled => (Tone::Idle, "Cancelled"),
        State::Dead => (Tone::Stop, "Given up"),
        State::Discarded => (Tone::Idle, "Discarded"),
    }
}

/// The way to a job's page: what it does, and its short name.
pub fn link(id: &Uuid, kind: &str) -> Markup {
    html! { a href=(path(id)) { (title(kind)) } " " code .quiet { (short(*id)) } }
}

/// The address of a job's page.
pub fn path(id: &Uuid) -> String {
    format!("/jobs/{id}")
}

/// The last eight figures of a job's id; the first ones are its time and look alike.
pub fn short(id: Uuid) -> String {
    let id = id.simple().to_string();
    id[id.len() - 8..].to_owned()
}

/// The job in words; a kind this page does not know yet reads like its word.
pub fn title(kind: &str) -> String {
    match kind {
        "generate_bom" => "Generate BOM".into(),
        "replay_golden" => "Replay known BOMs".into(),
        "age_ledger" => "Let the ledger forget".into(),
        "tidy_files" => "Tidy the file store".into(),
        "verify_audit" => "Verify the audit trail".into(),
        "parts_list" => "Make parts list".into(),
        other => {
            let mut words = other.replace('_', " ");
            words.get_mut(..1).map(str::make_ascii_uppercase);
            words
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_called_what_people_say() {
        assert_eq!(title("generate_bom"), "Generate BOM");
        assert_eq!(title("print_labels"), "Print labels", "a kind of a newer build");
        assert_eq!(title(""), "");
    }

    #[test]
    fn a_short_name_is_the_end_of_the_id() {
        let id = Uuid::from_u128(0x019a_b3c4_0000_7000_8000_1234_abcd_ef01);
        assert_eq!(short(id), "abcdef01");
        assert!(link(&id, "generate_bom").into_string().contains("href=\"/jobs/019ab3c4-"));
    }
}
