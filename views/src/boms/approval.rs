//! Reviewing a BOM: what is signed, what to look at first, the signature, and the way back to whoever made it.

use super::{address, figures::quantity};
use crate::components::passkeys::Place;
use crate::components::signing::{Signing, not_now, signatures};
use crate::components::{Header, Tone, badge, code, notice, plate, signing};
use crate::forms::{Field, csrf, hidden};
use crate::layout;
use maud::{Markup, html};
use models::boms::approval::Review;
use models::boms::versions::{Book, Version};
use models::permissions::State;
use models::signatures::{Meaning, Standing};
use models::users::{Can, User};

/// What was typed, and what is wrong with it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Typed<'a> {
    pub reason: &'a str,
    pub reason_error: &'a str,
    pub password_error: &'a str,
    pub comment: &'a str,
    pub comment_error: &'a str,
    /// Why the page came back though nothing typed is wrong.
    pub problem: &'a str,
}

/// Everything the page shows.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    pub book: &'a Book,
    pub version: &'a Version,
    pub review: &'a Review,
    /// What a reviewer must have seen.
    pub warnings: &'a [String],
    pub user: &'a User,
    pub csrf: &'a str,
    pub passkeys: Place<'a>,
    pub typed: Typed<'a>,
}

pub fn page(page: &Page<'_>) -> Markup {
    let (book, version) = (page.book, page.version);
    let title = format!("Approve the BOM of build {}, version {}", book.build, version.version);
    let here = format!("{}/{}", address::base(&book.build), version.version);
    layout::main(html! {
        (Header::new(&title).badge(mark(version, page.review)).actions(html! { a .btn href=(here) { "Back to the BOM" } }))
        @if !page.typed.problem.is_empty() { (notice(Tone::Stop, html! { p { (page.typed.problem) } })) }
        (plate([
            ("Order", html! { a href={ "/orders/" (address::encode(&book.order)) } { (book.order) } }),
            ("Customer", html! { (book.customer) }),
            ("Rules", html! { (version.family) " v" (version.rules) }),
            ("Catalogue", html! { "Rev. " (version.revision) }),
            ("Lines", html! { a href=(here) { (quantity(version.line_count.into())) } }),
            ("Pieces", html! { (quantity(version.piece_count)) }),
            ("Made by", html! { (page.review.makers.join(", ")) }),
            ("Content", code(signing::short(&page.review.hash))),
        ]))
        @if !page.warnings.is_empty() {
            (notice(Tone::Held, html! { b { "Look at this first" } ul .warnings { @for warning in page.warnings { li { (warning) } } } }))
        }
        (sign(page, &here))
        (send_back(page, &here))
        (signatures(&page.review.signed, |from, to| compare(book, from, to)))
    })
}

/// The page that shows how two versions differ; none for a version with itself.
pub fn compare(book: &Book, from: i32, to: i32) -> Option<String> {
    (from != to).then(|| format!("{}/compare?from={from}&to={to}", address::base(&book.build)))
}

fn sign(page: &Page<'_>, here: &str) -> Markup {
    if let Err(refusal) = page.user.must_now(Can::ApproveBoms, &page.review.states) {
        return not_now(&refusal.to_string());
    }
    let what = format!("BOM of build {}, version {}", page.book.build, page.version.version);
    let action = format!("{here}/approval");
    let needed = "Needed because of what stands above: why it may be ordered by all the same.";
    html! {
        (Signing {
            action: &action,
            csrf: page.csrf,
            what: &what,
            meaning: Meaning::BomApproved,
            record: page.version.record(page.book),
            passkeys: page.passkeys,
            name: &page.user.name,
            role: page.user.role.title(),
            seen: &page.review.hash,
            reason_needed: (!page.warnings.is_empty()).then_some(needed),
            reason: page.typed.reason,
            reason_error: page.typed.reason_error,
            password_error: page.typed.password_error,
            more: html! {},
            does: "Sign and approve BOM",
            keeps: ("Keep it unsigned", here),
            is_still: false,
        })
    }
}

fn send_back(page: &Page<'_>, here: &str) -> Markup {
    let may = page.user.may_now(Can::SendBackBoms, &page.review.states);
    html! {
        @if may {
            details .more open[!page.typed.comment_error.is_empty()] {
                summary { "Send it back instead" }
                form .form method="post" action={ (here) "/return" } hx-boost="false" {
                    (csrf(page.csrf))
                    (hidden("content", &page.review.hash))
                    (Field::long("comment", "What is wrong").value(page.typed.comment).error(page.typed.comment_error)
                        .hint("The coordinator reads it on the order's page.").maxlength(1000))
                    div .actions { button .btn { "Send BOM back" } }
                }
            }
        }
    }
}

/// The state of a version as a badge: replaced, approved, sent back, or to approve.
pub fn mark(version: &Version, review: &Review) -> Markup {
    match review.of_version(version) {
        _ if !version.is_active => badge(Tone::Idle, "Replaced"),
        Some((_, Standing::Valid)) => badge(Tone::Good, "Approved"),
        Some(_) => badge(Tone::Stop, "Approval void"),
        None if review.returned.is_some() => badge(Tone::Held, "Sent back"),
        None => badge(Tone::Waiting, "To approve"),
    }
}

/// The way to the review on the BOM's page: for whoever may, now or in principle.
pub fn way(user: &User, review: &Review, here: &str) -> Markup {
    let may_sign = user.may_now(Can::ApproveBoms, &review.states);
    let is_open = review.states.contains(&State::InForce) && review.states.contains(&State::Unsigned);
    html! {
        @if may_sign {
            a .btn data-kind="primary" href={ (here) "/approval" } { "Review and approve" }
        } @else if user.may(Can::ApproveBoms) && is_open {
            a .btn href={ (here) "/approval" } { "Review BOM" }
        }
    }
}

/// Who has to act, or who sent it back, under the facts of the BOM's page.
pub fn note(version: &Version, review: &Review) -> Markup {
    let returned = review.returned.as_ref().filter(|_| version.is_active && review.of_version(version).is_none());
    html! {
        @if let Some(returned) = returned {
            (notice(Tone::Held, html! { p { b { (returned.who) " sent this version back: " } (returned.comment) } }))
        }
    }
}
