//! A second factor: setting up codes with a picture, and what is left for the day the phone is lost.

use crate::{
    components::{Header, Tone, buttons, code, link_button, notice},
    forms::{self, Field},
    layout,
};
use maud::{Markup, html};

/// How far it is.
#[derive(Debug, Clone, Copy)]
pub enum Stage<'a> {
    None,
    /// The secret, to be typed by hand where there is no camera.
    Begun {
        secret: &'a str,
    },
    InUse {
        recovery_codes: i64,
    },
}

/// `problems`: (id of the field, sentence).
pub fn page(csrf: &str, stage: Stage<'_>, is_required: bool, problems: &[(&str, &str)]) -> Markup {
    let wrong = |id: &str| forms::problem(problems, id);
    layout::main(html! {
        (layout::stylesheet("people.css"))
        (Header::new("Second factor").facts("Besides your password, a code that only your phone knows"))
        div .stack {
            (forms::error_summary(problems))
            @if is_required && !matches!(stage, Stage::InUse { .. }) {
                (notice(Tone::Held, html! { "Your role needs a second factor. The other pages open as soon as one is set up." }))
            }
            @match stage {
                Stage::None => (nothing(csrf)),
                Stage::Begun { secret } => (begun(csrf, secret, wrong("code"))),
                Stage::InUse { recovery_codes } => (in_use(csrf, recovery_codes, is_required, &wrong)),
            }
        }
    })
}

fn nothing(csrf: &str) -> Markup {
    html! {
        form .form .card method="post" action="/account/second-factor" {
            div .form {
                (forms::csrf(csrf))
                p { "You need an app on your phone that makes one-time codes. Any of them will do." }
                div .actions {
                    (buttons::button(buttons::Kind::Primary, "Set up codes"))
                    a .btn href="/account/passkeys" { "Use a passkey instead" }
                }
            }
        }
    }
}

fn begun(csrf: &str, secret: &str, wrong: &str) -> Markup {
    let grouped: Vec<String> = secret.chars().collect::<Vec<_>>().chunks(4).map(|part| part.iter().collect()).collect();
    html! {
        form .form .card method="post" action="/account/second-factor/confirmation" {
            div .form {
                (forms::csrf(csrf))
                h2 { "1. Show this to the app" }
                img .qr src="/account/second-factor/picture.svg" width="240" height="240" alt="The secret as a picture for the app's camera";
                p { "Without a camera, type this secret into the app: " (code(&grouped.join(" "))) }
                h2 { "2. Type what the app shows" }
                (Field::text("code", "Code of now").autocomplete("one-time-code").maxlength(10).hint("Six digits").error(wrong).short())
                div .actions { (buttons::button(buttons::Kind::Primary, "Confirm code")) }
            }
        }
        (buttons::post_button("/account/second-factor", csrf, buttons::Kind::Quiet, "Make another secret"))
    }
}

fn in_use<'a>(csrf: &str, left: i64, is_required: bool, wrong: &impl Fn(&str) -> &'a str) -> Markup {
    html! {
        (notice(if left < 3 { Tone::Held } else { Tone::Good }, html! { "Codes are in use. " (left) " recovery codes are left." }))
        form .form .card method="post" action="/account/second-factor/recovery-codes" {
            div .form {
                (forms::csrf(csrf))
                h2 { "New recovery codes" }
                p { "Ten new ones. The old ones work no more." }
                (Field::password("password", "Password").id("renew-password").autocomplete("current-password").error(wrong("renew-password")))
                div .actions { (buttons::button(buttons::Kind::Plain, "Make recovery codes")) }
            }
        }
        @if !is_required {
            form .form .card method="post" action="/account/second-factor/removal" {
                div .form {
                    (forms::csrf(csrf))
                    h2 { "Without a second factor" }
                    p { "The codes go, and your passkeys with them." }
                    (Field::password("password", "Password").id("remove-password").autocomplete("current-password").error(wrong("remove-password")))
                    div .actions { (buttons::button(buttons::Kind::Danger, "Remove second factor")) }
                }
            }
        }
    }
}

/// Shown once, right after they were made.
pub fn recovery_codes(title: &str, codes: &[String]) -> Markup {
    layout::main(html! {
        (layout::stylesheet("people.css"))
        (Header::new(title).facts("For the day the phone is lost"))
        div .stack {
            (notice(Tone::Held, html! { "These codes are shown this once. Print them or write them down; each works one time." }))
            ul .codes .card { @for one in codes { li { (code(one)) } } }
            div .actions { (link_button(buttons::Kind::Primary, "/", "Go on with today's work")) }
        }
    })
}
