//! Before a draft is published: what is wrong with it, what it changes, and the question.

use super::{Shown, title};
use crate::components::passkeys::Place;
use crate::components::signing::{self, Signing};
use crate::components::{Header, Tone, badge, notice, plate};
use crate::forms::{Check, hidden};
use crate::layout;
use maud::{Markup, html};
use models::rules::validation::{Change, Replayed, Report};
use models::signatures::{Meaning, Record};
use models::users::User;

/// Differences shown per known BOM.
const MOST_DIFFERENCES: usize = 50;

/// What was typed, and what is wrong with it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Typed<'a> {
    /// The confirmation was missing.
    pub unseen: bool,
    /// The form did not say what the signature means.
    pub no_meaning: bool,
    pub is_seen: bool,
    pub reason: &'a str,
    pub reason_error: &'a str,
    pub password_error: &'a str,
}

/// Who would sign, and what.
#[derive(Debug, Clone, Copy)]
pub struct Signer<'a> {
    pub user: &'a User,
    /// The hash of the draft's content.
    pub content: &'a str,
    pub record: Record<'a>,
    pub passkeys: Place<'a>,
    /// Why this person may not sign this version now.
    pub refusal: Option<&'a str>,
    pub typed: Typed<'a>,
}

/// The validation of a draft, and the signature that puts it in force.
pub fn report(shown: &Shown<'_>, active: Option<i32>, report: &Report, signer: &Signer<'_>) -> Markup {
    let template = shown.template;
    let name = title(&template.family, template.version);
    layout::main(html! {
        (Header::new(&format!("Validation of {name}")).badge(
            if report.may_publish() { badge(Tone::Good, "can be published") } else { badge(Tone::Stop, "cannot be published") }
        ))
        (plate([
            ("Configurations tried", html! { (report.probes) }),
            ("Problems", html! { (report.problems.len()) }),
            ("Kinds of change", html! { (report.changes.len()) }),
            ("Known BOMs", html! { (report.golden.len()) }),
            ("Differences to them", html! { (report.golden_differences()) }),
        ]))
        @if !report.problems.is_empty() {
            section { h2 { "Problems" } ul { @for problem in &report.problems { li { (problem) } } } }
        }
        section {
            h2 { "What changes" @if let Some(active) = active { " against version " (active) } }
            @if report.changes.is_empty() { p { "Every tried configuration gives the same level-0 lines." } } @else { (changes(&report.changes)) }
        }
        (known(&report.golden))
        @if report.may_publish() && shown.is_open() { (question(shown, active, report, signer)) }
    })
}

fn changes(changes: &[Change]) -> Markup {
    html! {
        div .table data-keep {
            table {
                caption { "Changes, alike ones together" }
                thead { tr { th scope="col" { "Goes" } th scope="col" { "Comes" } th scope="col" data-kind="number" { "Configurations" } th scope="col" { "First of them" } } }
                tbody {
                    @for change in changes {
                        tr {
                            td { @for line in &change.removed { del { (line) } " " } }
                            td { @for line in &change.added { ins { (line) } " " } }
                            td data-kind="number" { (change.probes) }
                            td { (change.example) }
                        }
                    }
                }
            }
        }
    }
}

fn known(cases: &[Replayed]) -> Markup {
    html! {
        section {
            h2 { "Known BOMs" }
            @if cases.is_empty() {
                p { "None are kept. " code { "app golden --save FILE" } " keeps the cases of a file, and every later version is replayed against them." }
            }
            @for case in cases {
                h3 { (case.name) ", " (case.lines) " lines" }
                @if case.differences.is_empty() { p { "No difference." } } @else {
                    p { (case.differences.len()) " differences, " (case.known) " of them already in the version in force." }
                    ul { @for difference in case.differences.iter().take(MOST_DIFFERENCES) { li { (difference) } } }
                    @if case.differences.len() > MOST_DIFFERENCES { p { (case.differences.len() - MOST_DIFFERENCES) " more." } }
                }
            }
        }
    }
}

fn question(shown: &Shown<'_>, active: Option<i32>, report: &Report, signer: &Signer<'_>) -> Markup {
    let typed = signer.typed;
    let seen = format!(
        "I have seen {} kinds of change and {} differences to known BOMs",
        report.changes.len(),
        report.golden_differences()
    );
    let seen = Check::new("seen", &seen).checked(typed.is_seen);
    let name = title(&shown.template.family, shown.template.version);
    html! {
        section {
            h2 { "Publish " (name) }
            @if typed.no_meaning { (notice(Tone::Stop, html! { "The form did not say what the signature means. Nothing was signed; sign again." })) }
            @if typed.unseen { (notice(Tone::Stop, html! { "Tick that you have seen the changes, then publish." })) }
            p {
                "It is in force at once: every BOM generated from then on follows it. BOMs that exist stay as they are."
                @if let Some(active) = active { " Version " (active) " is retired. A published version can't be changed any more." }
            }
            @if let Some(refusal) = signer.refusal { (signing::not_now(refusal)) } @else {
                (Signing {
                    action: &format!("{}/publication", shown.href()),
                    csrf: shown.csrf,
                    what: &name,
                    meaning: Meaning::RulesPublished,
                    record: signer.record,
                    passkeys: signer.passkeys,
                    name: &signer.user.name,
                    role: signer.user.role.title(),
                    seen: signer.content,
                    reason_needed: None,
                    reason: typed.reason,
                    reason_error: typed.reason_error,
                    password_error: typed.password_error,
                    more: html! { (hidden("lock_version", &shown.template.lock_version.to_string())) (seen) },
                    does: &format!("Sign and publish version {}", shown.template.version),
                    keeps: ("Keep it a draft", &shown.href()),
                    is_still: false,
                })
            }
        }
    }
}
