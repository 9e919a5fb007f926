//! A button that asks a device for its passkey. The script of these pages shows it, fetches the question, puts the answer
//! into its form and sends that. Without the script the page says so and everything else on it works.

use super::buttons::Kind;
use crate::{assets, forms};
use maud::{Markup, Render, html};

/// Whether passkeys can be used where the visitor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Place<'a> {
    /// Nobody has said how the site is called, or this person has none.
    #[default]
    Off,
    Here,
    /// The site was opened by another name; passkeys hold for this one.
    Elsewhere(&'a str),
}

/// The button, inside its form.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    pub place: Place<'a>,
    /// Where the question is asked for.
    pub question: &'a str,
    /// What it is about, where a record is signed.
    pub about: &'a str,
    /// A new passkey is made, rather than one used.
    pub makes: bool,
    pub kind: Kind,
    /// "Log in with a passkey"
    pub label: &'a str,
    /// "Looking for your passkey…"
    pub busy: &'a str,
}

impl Render for Ask<'_> {
    fn render(&self) -> Markup {
        let kind = match self.kind {
            Kind::Primary => Some("primary"),
            Kind::Plain => None,
            Kind::Quiet => Some("quiet"),
            Kind::Danger => Some("danger"),
        };
        let about = Some(self.about).filter(|about| !about.is_empty());
        html! {
            @match self.place {
                Place::Off => {}
                Place::Elsewhere(address) => p .soft { small { "Passkeys work at " a href=(address) { (address) } " only." } },
                Place::Here => {
                    (forms::hidden("passkey", ""))
                    button .btn type="button" hidden data-kind=[kind] data-passkey=(self.question) data-about=[about]
                        data-makes[self.makes] data-says=(self.busy) { (self.label) }
                    noscript { small .soft { "Passkeys need JavaScript." } }
                    div .field { p .error role="alert" data-passkey-problem hidden {} }
                    script src=(assets::url("passkeys.js")) defer {}
                }
            }
        }
    }
}
