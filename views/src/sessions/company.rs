//! On the way to the company account and back.

use crate::{
    components::{Header, Tone, buttons, notice},
    layout, links,
};
use maud::{Markup, html};

pub const OVER: &str =
    "This log-in was over, was used already, or began in another browser. Nothing was changed; begin again.";
pub const REFUSED: &str = "The company account did not log you in. Begin again, or ask an administrator.";
pub const UNFIT: &str =
    "What the company account sent back does not belong to this log-in, so nobody was logged in. Begin again.";
pub const OTHER: &str = "The company account logged in somebody else than the person who asked. Nothing was changed. Begin again under Your account.";

/// Between our page and the provider's. The browser goes on by itself; where it does not, there is the link.
pub fn going(host: &str, address: &str) -> Markup {
    layout::main(html! {
        section .card {
            h1 { "Company account" }
            p { "You go on to " b { (host) } " and come back when you are logged in there." }
            div .actions { a .btn data-kind="primary" href=(address) rel="noreferrer" { "Go on to " (host) } }
        }
    })
}

/// Nobody was logged in, and why.
pub fn refused(sentence: &str, next: &str) -> Markup {
    layout::main(html! {
        section .card {
            h1 { "Not logged in" }
            div role="alert" { (notice(Tone::Stop, html! { (sentence) })) }
            div .actions { (buttons::link_button(buttons::Kind::Primary, &back(next), "Begin again")) }
        }
    })
}

/// The provider does not answer.
pub fn away(host: &str, next: &str) -> Markup {
    layout::main(html! {
        section .card {
            h1 { "The company account is away" }
            (notice(Tone::Held, html! { (host) " does not answer. Nothing was changed. Try again in a minute." }))
            p { "Whoever is logged in stays logged in. If it lasts, an administrator comes in by the emergency account." }
            div .actions { (buttons::link_button(buttons::Kind::Primary, &back(next), "Back to log in")) }
        }
    })
}

/// After logging out of this site. `end` is where the provider ends its own session.
pub fn ended(host: &str, end: Option<&str>) -> Markup {
    layout::main(html! {
        section .card {
            h1 { "Logged out" }
            p { "You are logged out here. At " b { (host) } " you may still be logged in, for other programs too." }
            div .actions {
                @if let Some(end) = end { a .btn href=(end) rel="noreferrer" { "Log out at " (host) " too" } }
                (buttons::link_button(buttons::Kind::Primary, "/login", "Log in again"))
            }
        }
    })
}

/// Where somebody chooses the password they sign with. `is_proved` says that they just showed who they are.
pub fn signing_password(csrf: &str, host: &str, is_proved: bool, problems: &[(&str, &str)]) -> Markup {
    use crate::forms::{self, Field};
    use models::users::passwords::{LONGEST, SHORTEST};
    let error = |field: &str| forms::problem(problems, field);
    let rules = format!("{SHORTEST} to {LONGEST} characters; words nobody expects are best, and may have blanks");
    layout::main(html! {
        (Header::new("Password for signatures").facts("You log in with the company account and sign with a password of your own"))
        (forms::error_summary(problems))
        @if is_proved {
            form .form .card method="post" action="/password/new" {
                div .form {
                    (forms::csrf(csrf))
                    (Field::password("new", "New password").autocomplete("new-password").hint(&rules).error(error("new")))
                    (Field::password("again", "New password again").autocomplete("new-password").error(error("again")))
                    div .actions { (buttons::busy_button(buttons::Kind::Primary, "Keep password", "Keeping…")) }
                }
            }
        } @else {
            form .form .card method="post" action="/password/company" hx-boost="false" {
                div .form {
                    (forms::csrf(csrf))
                    p { "First show at " b { (host) } " that it is you. You log in there again and come back here." }
                    div .actions { (buttons::button(buttons::Kind::Primary, "Show that it is you")) }
                }
            }
        }
    })
}

fn back(next: &str) -> String {
    if next.len() > 1 { format!("/login?next={}", links::encode(next)) } else { "/login".into() }
}
