//! Signing, and signatures as they are read: on the page and on paper (21 CFR 11.50).

use super::passkeys::{Ask, Place};
use super::{Tone, badge, buttons, code};
use crate::forms::{Field, csrf, hidden};
use crate::layout;
use chrono::{DateTime, Utc};
use maud::{Markup, Render, html};
use models::signatures::{self, Meaning, Record, Signature, Standing, Void};
use models::site;

/// The form in which somebody signs: one thing to type or a passkey, and a reason where it is asked for. Enter signs. It is sent as a
/// plain form, so that what follows is always a page of its own.
#[derive(Debug)]
pub struct Signing<'a> {
    pub action: &'a str,
    pub csrf: &'a str,
    /// "BOM of build 20421, version 2"
    pub what: &'a str,
    pub meaning: Meaning,
    pub record: Record<'a>,
    /// Whether a passkey signs too.
    pub passkeys: Place<'a>,
    /// Printed name and role of the person whose session it is. They can't be edited.
    pub name: &'a str,
    pub role: &'a str,
    /// The hash of the content that is shown.
    pub seen: &'a str,
    /// Why a reason is needed; none when it may stay empty.
    pub reason_needed: Option<&'a str>,
    pub reason: &'a str,
    pub reason_error: &'a str,
    pub password_error: &'a str,
    /// More fields of the form, before the reason.
    pub more: Markup,
    /// "Sign and approve BOM"
    pub does: &'a str,
    /// "Keep it unsigned", and where that leads.
    pub keeps: (&'a str, &'a str),
    /// A sample: no field takes the focus.
    pub is_still: bool,
}

impl Render for Signing<'_> {
    fn render(&self) -> Markup {
        // What is typed last stands where the eye is first.
        let wants_reason = self.reason_needed.is_some() && self.reason.is_empty();
        html! {
            (layout::stylesheet("signing.css"))
            form .signature.form method="post" action=(self.action) hx-boost="false" {
                (csrf(self.csrf))
                (hidden("meaning", self.meaning.word()))
                (hidden("content", self.seen))
                div {
                    h2 { (self.what) }
                    p .meaning { (self.meaning.sentence()) }
                    p { "Signed by " b { (self.name) } ", " (self.role) }
                }
                (self.more)
                @let reason = Field::long("reason", "Reason").value(self.reason).error(self.reason_error).maxlength(1000);
                @match self.reason_needed {
                    Some(why) => (reason.hint(why).focused(wants_reason && !self.is_still)),
                    None => (reason.optional()),
                }
                (Field::password("password", "Your password").autocomplete("current-password").error(self.password_error).focused(!wants_reason && !self.is_still))
                div .actions {
                    button .btn data-kind="primary" { (self.does) }
                    (Ask {
                        place: self.passkeys,
                        question: "/account/passkeys/signing",
                        about: &signatures::about(self.meaning, self.record, self.seen),
                        makes: false,
                        kind: buttons::Kind::Plain,
                        label: "Sign with a passkey",
                        busy: "Looking for your passkey…",
                    })
                    a .btn href=(self.keeps.1) { (self.keeps.0) }
                }
            }
        }
    }
}

/// Where the form would be, for somebody who may sign such things but not this one now.
pub fn not_now(why: &str) -> Markup {
    html! { (layout::stylesheet("signing.css")) div .signature { p { (why) } } }
}

/// Every signature on a thing, the newest first. `compare` leads from one version to another, where there is such a
/// page.
pub fn signatures(signed: &[(Signature, Standing)], compare: impl Fn(i32, i32) -> Option<String>) -> Markup {
    html! {
        @if !signed.is_empty() {
            (layout::stylesheet("signing.css"))
            section .signatures aria-label="Signatures" {
                h2 { "Signatures" }
                @for (signature, standing) in signed { (one(signature, standing, &compare)) }
            }
        }
    }
}

fn one(signature: &Signature, standing: &Standing, compare: &impl Fn(i32, i32) -> Option<String>) -> Markup {
    let (tone, word) = mark(standing);
    html! {
        article .signature data-standing=(word.to_lowercase()) {
            h3 { (signature.title()) ", version " (signature.record_version) " " (badge(tone, word)) }
            p .who { b { (signature.user_name) } ", " (signature.role) }
            p { (stamp(signature.signed_at)) }
            @if let Some(meaning) = Meaning::from_word(&signature.meaning) { p .meaning { (meaning.sentence()) } }
            @if !signature.reason.is_empty() { p { "Reason: " (signature.reason) } }
            p .soft { "Proved by " (signature.proved_by) ", content " (code(short(&signature.content_hash))) }
            @if !standing.is_valid() { (why(signature, standing, compare)) }
        }
    }
}

/// First digits of a hash: enough to compare page and paper by eye.
pub fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// By the clock of the site and in UTC, to the second: signatures are never said by their distance.
pub fn stamp(at: DateTime<Utc>) -> Markup {
    let local = site::local(at);
    html! {
        time datetime=(at.format("%Y-%m-%dT%H:%M:%SZ")) {
            (local.format("%-d %b %Y %H:%M:%S %Z")) " (" (at.format("%-d %b %Y %H:%M:%S UTC")) ")"
        }
    }
}

fn mark(standing: &Standing) -> (Tone, &'static str) {
    match standing {
        Standing::Valid => (Tone::Good, "Valid"),
        Standing::Superseded { .. } => (Tone::Idle, "Superseded"),
        Standing::Void(_) => (Tone::Stop, "Void"),
    }
}

fn why(signature: &Signature, standing: &Standing, compare: &impl Fn(i32, i32) -> Option<String>) -> Markup {
    let link = |by: i32| {
        let href = compare(signature.record_version, by);
        html! { @if let Some(href) = href { " " a href=(href) { "Show what differs" } } }
    };
    html! {
        @match standing {
            Standing::Valid => {},
            Standing::Superseded { by } => p { "Version " (by) " says the same and took its place. It needs a signature of its own." (link(*by)) },
            Standing::Void(Void::Replaced { by, at, who, parts }) => p {
                "Void: replaced by version " (by) ", made by " (who) " on " (stamp(*at)) ". Changed: " (listed(parts)) "." (link(*by))
            },
            Standing::Void(Void::Altered { parts }) => p {
                "Void: the content is not what was signed. Changed: " (listed(parts)) ". Tell an administrator."
            },
            Standing::Void(Void::Outgrown { part }) => p {
                "Void: the " (part.to_lowercase()) " changed after this was signed. A new version has to be made and signed."
            },
        }
    }
}

/// "lines and configuration"
fn listed(parts: &[String]) -> String {
    parts.iter().map(|part| part.to_lowercase()).collect::<Vec<_>>().join(" and ")
}
