//! One's own passkeys: the devices that hold one, what they are called, and how they come and go.

use crate::{
    components::{
        Header, Tone, badge, buttons, empty, moment, notice,
        passkeys::{Ask, Place},
    },
    forms::{self, Field},
    layout,
};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use models::users::passkeys::{MOST, Passkey};

/// What was typed, and what is wrong with it: (id of the field, sentence).
#[derive(Debug, Clone, Copy, Default)]
pub struct Typed<'a> {
    /// The name of a new one.
    pub name: &'a str,
    /// The new name of one that is there.
    pub renamed: &'a str,
    pub problems: &'a [(&'a str, &'a str)],
}

impl Typed<'_> {
    fn wrong(&self, id: &str) -> &str {
        forms::problem(self.problems, id)
    }
}

/// Everything the page shows.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    pub csrf: &'a str,
    pub now: DateTime<Utc>,
    pub passkeys: &'a [Passkey],
    pub place: Place<'a>,
    /// The role needs a second factor and there is none yet.
    pub is_missing: bool,
    pub typed: Typed<'a>,
}

pub fn page(shown: &Shown<'_>) -> Markup {
    let facts = "A device keeps a key for you and uses it after your finger, your face or its PIN. It logs you in without a password, and it signs.";
    layout::main(html! {
        (layout::stylesheet("people.css"))
        (Header::new("Passkeys").facts(facts))
        div .stack {
            (forms::error_summary(shown.typed.problems))
            @if shown.is_missing {
                (notice(Tone::Held, html! { "Your role needs a second factor. The other pages open as soon as one is set up." }))
            }
            @if shown.passkeys.is_empty() {
                (empty("No passkey yet. Add one on each device you work with.", html! {}))
            }
            @for passkey in shown.passkeys { (one(shown, passkey)) }
            (add(shown))
        }
    })
}

fn one(shown: &Shown<'_>, passkey: &Passkey) -> Markup {
    let base = format!("/account/passkeys/{}", passkey.id);
    let (name, password) = (format!("name-{}", passkey.id), format!("password-{}", passkey.id));
    let wrong_name = shown.typed.wrong(&name);
    let kept = if wrong_name.is_empty() { passkey.name.as_str() } else { shown.typed.renamed };
    html! {
        section .card .passkey id={ "passkey-" (passkey.id) } aria-label=(passkey.name) {
            h2 { (passkey.name) @if passkey.is_doubted { " " (badge(Tone::Stop, "Stopped")) } }
            p .soft {
                "Added " (moment(&passkey.made_at, &shown.now)) ", "
                @if let Some(at) = &passkey.last_used_at { "last used " (moment(at, &shown.now)) } @else { "never used" }
            }
            @if passkey.is_doubted {
                p { "Its counter went back, so somebody may have a copy of it. It opens nothing any more: remove it, and tell an administrator." }
            }
            details open[!wrong_name.is_empty()] {
                summary { "Rename passkey…" }
                form .form method="post" action={ (base) "/name" } {
                    (forms::csrf(shown.csrf))
                    (Field::text("name", "Name").id(&name).value(kept).error(wrong_name).maxlength(60))
                    div .actions { (buttons::button(buttons::Kind::Plain, "Keep name")) }
                }
            }
            details open[!shown.typed.wrong(&password).is_empty()] {
                summary { "Remove passkey…" }
                form .form method="post" action={ (base) "/removal" } {
                    (forms::csrf(shown.csrf))
                    (Field::password("password", "Your password").id(&password).autocomplete("current-password").error(shown.typed.wrong(&password)))
                    div .actions { (buttons::button(buttons::Kind::Danger, "Remove passkey")) }
                }
            }
        }
    }
}

fn add(shown: &Shown<'_>) -> Markup {
    let count = i64::try_from(shown.passkeys.len()).unwrap_or(MOST);
    html! {
        @if count >= MOST {
            (notice(Tone::Idle, html! { "You have " (MOST) " passkeys, and more do not fit. Remove one before you add another." }))
        } @else if shown.place == Place::Off {
            (notice(Tone::Held, html! { "Passkeys are off here. An administrator names the address of this site in PUBLIC_ADDRESS." }))
        } @else {
            form .form .card method="post" action="/account/passkeys" {
                div .form {
                    (forms::csrf(shown.csrf))
                    h2 { "Add a passkey" }
                    (Field::text("name", "Name").value(shown.typed.name).error(shown.typed.wrong("name")).maxlength(60)
                        .hint("As you call the device: Laptop, Bench tablet"))
                    (Field::password("password", "Your password").autocomplete("current-password"))
                    div .actions {
                        (Ask {
                            place: shown.place,
                            question: "/account/passkeys/question",
                            about: "",
                            makes: true,
                            kind: buttons::Kind::Primary,
                            label: "Add passkey",
                            busy: "Asking your device…",
                        })
                    }
                }
            }
        }
    }
}
