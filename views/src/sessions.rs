//! Logging in.

use crate::{
    components::{Tone, buttons, notice},
    forms::{self, Field},
    layout,
};
use maud::{Markup, html};

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
