//! Samples: the form in which somebody signs, and signatures in every standing.

use crate::components::passkeys::Place;
use crate::components::signing::{self, Signing};
use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, html};
use models::signatures::{Meaning, Record, Signature, Standing, Void};

/// Ready to sign, refused, and not for this person. Its fields have one id each, so the desk alone shows the form.
pub fn forms(density: &str, csrf: &str) -> Markup {
    let form = Signing {
        action: "/system/components",
        csrf,
        what: "BOM of build 20421, version 2",
        meaning: Meaning::BomApproved,
        record: Record { noun: "boms", object_id: "20421", id: 2, version: 2 },
        passkeys: Place::Elsewhere("https://sinks.example"),
        name: "Rosa Lindqvist",
        role: "Procurement",
        seen: "4b1f",
        reason_needed: Some("Two lines have no cost. Say why this may be ordered by all the same."),
        reason: "The supplier quotes on Thursday; the total stays under the limit.",
        reason_error: "",
        password_error: "This is not your password. Nothing was signed.",
        more: html! {},
        does: "Sign and approve BOM",
        keeps: ("Keep it unsigned", "#desk"),
        is_still: true,
    };
    html! {
        @if density == "desk" { (form) }
        (signing::not_now("You configured this build; another person must approve it."))
    }
}

/// Valid, superseded, and void for each of its reasons.
pub fn signatures() -> Markup {
    let at = DateTime::from_timestamp(1_795_446_120, 0).unwrap_or_default();
    let part = || vec!["Lines".to_owned(), "Configuration".to_owned()];
    let standings = [
        Standing::Valid,
        Standing::Superseded { by: 4 },
        Standing::Void(Void::Replaced {
            by: 3,
            at: at + TimeDelta::hours(4),
            who: "Maya Keller".into(),
            parts: part(),
        }),
        Standing::Void(Void::Outgrown { part: "Configuration" }),
        Standing::Void(Void::Altered { parts: part() }),
    ];
    let signed: Vec<(Signature, Standing)> =
        standings.into_iter().enumerate().map(|(index, standing)| (signature(index as i32, at), standing)).collect();
    signing::signatures(&signed, |_, _| Some("#desk".into()))
}

fn signature(index: i32, at: DateTime<Utc>) -> Signature {
    Signature {
        id: index.into(),
        signed_at: at - TimeDelta::days(index.into()),
        user_id: 1,
        user_name: "Rosa Lindqvist".into(),
        role: "Procurement".into(),
        meaning: "bom_approved".into(),
        reason: if index == 0 { "Two prices are agreed by phone.".into() } else { String::new() },
        record_id: index.into(),
        record_version: 3 - index.min(2),
        content_hash: "9c1185a5c5e9fc54612808977ee8f548b2258d31".into(),
        proved_by: if index == 0 { "passkey Laptop".into() } else { "password".into() },
        parts: Vec::new(),
    }
}
