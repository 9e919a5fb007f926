//! Where somebody chooses their own password: by an invitation, or after losing the old one.

use crate::{
    components::buttons,
    forms::{self, Field},
    layout,
};
use maud::{Markup, html};
use models::users::{
    User,
    links::Purpose,
    passwords::{LONGEST, SHORTEST},
};

/// What was typed before; passwords never come back.
#[derive(Debug, Clone, Copy)]
pub struct Typed<'a> {
    pub name: &'a str,
    pub problems: &'a [(&'a str, &'a str)],
}

pub fn page(csrf: &str, purpose: Purpose, action: &str, user: &User, typed: &Typed<'_>) -> Markup {
    let wrong = |id: &str| forms::problem(typed.problems, id);
    let rules = format!("{SHORTEST} to {LONGEST} characters; words nobody expects are best, and may have blanks");
    layout::main(html! {
        form .form .card method="post" action=(action) {
            div .form {
                h1 { @if purpose == Purpose::Invitation { "Welcome" } @else { "New password" } }
                (forms::csrf(csrf))
                (forms::error_summary(typed.problems))
                p { "You log in as " b { (user.email) } ", " (user.role.title()) "." }
                input type="hidden" name="username" autocomplete="username" value=(user.email);
                @if purpose == Purpose::Invitation {
                    (Field::text("name", "Your name").value(typed.name).autocomplete("name").maxlength(100).error(wrong("name"))
                        .hint("As it is printed beside your signature"))
                }
                (Field::password("new", "Password").autocomplete("new-password").hint(&rules).error(wrong("new")))
                (Field::password("again", "Password again").autocomplete("new-password").error(wrong("again")))
                div .actions {
                    (buttons::busy_button(buttons::Kind::Primary, if purpose == Purpose::Invitation { "Come in" } else { "Change password" }, "Checking…"))
                }
            }
        }
    })
}
