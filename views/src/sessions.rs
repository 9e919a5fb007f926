//! Logging in, and one's own password.

use crate::{
    components::{Header, Tone, buttons, notice},
    forms::{self, Field},
    layout,
};
use maud::{Markup, html};
use models::users::passwords::{LONGEST, SHORTEST};

/// `email` is what was typed before, `next` the place to go on to. It never says which half was wrong.
pub fn login(csrf: &str, email: &str, next: &str, problem: Option<&str>) -> Markup {
    layout::main(html! {
        form .form .card method="post" action="/login" {
            div .form {
                h1 { "Log in" }
                (forms::csrf(csrf))
                (forms::hidden("next", next))
                @if let Some(problem) = problem { div role="alert" { (notice(Tone::Stop, html! { (problem) })) } }
                @else if next.len() > 1 { p .soft { "You return to where you were." } }
                (Field::email("email", "E-mail").value(email).autocomplete("username"))
                (Field::password("password", "Password").autocomplete("current-password"))
                div .actions { (buttons::busy_button(buttons::Kind::Primary, "Log in", "Logging in…")) }
            }
        }
        p .quiet { small { "No account or a lost password: an administrator helps." } }
    })
}

/// A person's own password. `problems` name the field and the sentence; nothing typed comes back, they are secrets.
pub fn password(csrf: &str, problems: &[(&str, &str)]) -> Markup {
    let error = |field: &str| problems.iter().find(|(name, _)| *name == field).map_or("", |(_, sentence)| sentence);
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
