//! Logging in, and one's own password.

pub mod company;

use crate::{
    components::{
        Header, Tone, buttons, notice,
        passkeys::{Ask, Place},
    },
    forms::{self, Field},
    layout,
};
use maud::{Markup, html};
use models::users::passwords::{LONGEST, SHORTEST};

/// Which ways lead in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ways<'a> {
    /// The host of the company account.
    pub company: Option<&'a str>,
    /// A password opens the emergency account only.
    pub is_required: bool,
    pub passkeys: Place<'a>,
}

/// `email` is what was typed before, `next` the place to go on to. It never says which half was wrong.
pub fn login(csrf: &str, email: &str, next: &str, problem: Option<&str>, ways: Ways<'_>) -> Markup {
    layout::main(html! {
        @if let Some(host) = ways.company {
            form .form .card method="post" action="/login/company" hx-boost="false" {
                div .form {
                    h1 { "Log in" }
                    (forms::csrf(csrf))
                    (forms::hidden("next", next))
                    p .soft { "With the account you use everywhere in the company, at " (host) "." }
                    div .actions { (buttons::button(buttons::Kind::Primary, "Log in with company account")) }
                }
            }
        }
        @if ways.is_required {
            details .card open[problem.is_some()] {
                summary { "Emergency account" }
                p .soft { "For the one account that keeps its password. Each use is reported, and its reason is asked afterwards." }
                (by_password(csrf, email, next, problem, ways))
            }
        } @else {
            (by_password(csrf, email, next, problem, ways))
        }
        @if ways.passkeys != Place::Off { (by_passkey(csrf, next, ways.passkeys, "/login/passkey", "Log in with a passkey")) }
        p .quiet { small { "No account or a lost password: an administrator helps." } }
    })
}

fn by_password(csrf: &str, email: &str, next: &str, problem: Option<&str>, ways: Ways<'_>) -> Markup {
    let kind = if ways.company.is_some() { buttons::Kind::Plain } else { buttons::Kind::Primary };
    html! {
        form .form .card[!ways.is_required] method="post" action="/login" {
            div .form {
                @if ways.company.is_some() { h2 { "With a password" } } @else { h1 { "Log in" } }
                (forms::csrf(csrf))
                (forms::hidden("next", next))
                @if let Some(problem) = problem { div role="alert" { (notice(Tone::Stop, html! { (problem) })) } }
                @else if next.starts_with("/again/") { p { "Your session ended. What you typed is kept; log in and send it." } }
                @else if next.len() > 1 { p .soft { "You return to where you were." } }
                (Field::email("email", "E-mail").value(email).autocomplete("username"))
                (Field::password("password", "Password").autocomplete("current-password"))
                div .actions { (buttons::busy_button(kind, "Log in", "Logging in…")) }
            }
        }
    }
}

/// Coming in with what a device holds: a form of its own beside the one with the words.
fn by_passkey(csrf: &str, next: &str, place: Place<'_>, action: &str, label: &str) -> Markup {
    html! {
        form .passkey-door method="post" action=(action) {
            (forms::csrf(csrf))
            (forms::hidden("next", next))
            (Ask {
                place,
                question: &format!("{action}/question"),
                about: "",
                makes: false,
                kind: buttons::Kind::Plain,
                label,
                busy: "Looking for your passkey…",
            })
        }
    }
}

/// A person's own password. `problems` name the field and the sentence; nothing typed comes back, they are secrets.
pub fn password(csrf: &str, problems: &[(&str, &str)]) -> Markup {
    let error = |field: &str| forms::problem(problems, field);
    let rules = format!("{SHORTEST} to {LONGEST} characters; words nobody expects are best, and may have blanks");
    layout::main(html! {
        (Header::new("Change password").facts("You stay logged in here and are logged out everywhere else"))
        (forms::error_summary(problems))
        form .form .card method="post" action="/password" {
            div .form {
                (forms::csrf(csrf))
                (Field::password("old", "Password until now").autocomplete("current-password").error(error("old")))
                (Field::password("new", "New password").autocomplete("new-password").hint(&rules).error(error("new")))
                (Field::password("again", "New password again").autocomplete("new-password").error(error("again")))
                div .actions {
                    (buttons::busy_button(buttons::Kind::Primary, "Change password", "Changing…"))
                    a .btn data-kind="quiet" href="/" { "Keep password" }
                }
            }
        }
    })
}

/// After the change.
pub fn password_changed(others: &str) -> Markup {
    layout::main(html! {
        (Header::new("Password changed"))
        div role="status" { (notice(Tone::Good, html! { p { "Your new password holds from now on. " (others) } })) }
        p { a href="/" { "Go on with today's work" } }
    })
}

/// What somebody can show at the second step; a recovery code always.
#[derive(Debug, Clone, Copy)]
pub struct SecondWays<'a> {
    pub codes: bool,
    pub passkeys: Place<'a>,
}

/// The second step of logging in.
pub fn code(csrf: &str, next: &str, problem: Option<&str>, ways: SecondWays<'_>) -> Markup {
    let (label, hint) = match ways.codes {
        true => ("Code from your app", "Six digits. A recovery code works too, once."),
        false => ("Recovery code", "One of those you wrote down. Each works once."),
    };
    layout::main(html! {
        form .form .card method="post" action="/login/code" {
            div .form {
                h1 { "Second step" }
                (forms::csrf(csrf))
                (forms::hidden("next", next))
                @if let Some(problem) = problem { div role="alert" { (notice(Tone::Stop, html! { (problem) })) } }
                (Field::text("code", label).autocomplete("one-time-code").maxlength(20).hint(hint))
                div .actions {
                    (buttons::busy_button(buttons::Kind::Primary, "Log in", "Logging in…"))
                    a .btn data-kind="quiet" href="/login" { "Start again" }
                }
            }
        }
        @if ways.passkeys != Place::Off { (by_passkey(csrf, next, ways.passkeys, "/login/code/passkey", "Use your passkey")) }
        p .quiet { small { "Devices and recovery codes lost: an administrator takes the second factor off." } }
    })
}

/// What was typed when the session ended. It goes where it was meant to go, with a press and not before.
pub fn again(csrf: &str, token: &str, path: &str, fields: &[(String, String)]) -> Markup {
    let shown: Vec<(String, &str)> = fields
        .iter()
        .filter(|(_, value)| !value.trim().is_empty())
        .map(|(name, value)| (words(name), value.as_str()))
        .collect();
    let fact = match shown.len() {
        1 => "1 answer was kept".to_string(),
        count => format!("{count} answers were kept"),
    };
    layout::main(html! {
        (Header::new("Send again").facts(&fact))
        div .stack {
            (notice(Tone::Held, html! { "Your session ended before this was sent, so nothing of it was saved. Look at it and send it now." }))
            form .card method="post" action=(path) {
                (forms::csrf(csrf))
                @for (name, value) in fields { (forms::hidden(name, value)) }
                dl .facts { @for (name, value) in &shown { dt { (name) } dd { (value) } } }
                div .actions { (buttons::busy_button(buttons::Kind::Primary, "Send answers", "Sending…")) }
            }
            form method="post" action={ "/again/" (token) "/discarded" } {
                (forms::csrf(csrf))
                div .actions { (buttons::button(buttons::Kind::Quiet, "Discard answers")) }
            }
        }
    })
}

/// `want_date` as "Want date"; names with brackets stay readable.
fn words(name: &str) -> String {
    let plain = name.replace(['_', '[', ']', '.'], " ");
    let mut letters = plain.trim().chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}
