//! What can be pressed. A page has at most one primary; it names its thing: "Approve BOM".

use maud::{Markup, html};

/// How loud a button is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Primary,
    Plain,
    Quiet,
    Danger,
}

impl Kind {
    fn name(self) -> Option<&'static str> {
        match self {
            Kind::Primary => Some("primary"),
            Kind::Plain => None,
            Kind::Quiet => Some("quiet"),
            Kind::Danger => Some("danger"),
        }
    }
}

/// Sends the form it stands in.
pub fn button(kind: Kind, label: &str) -> Markup {
    html! { button .btn data-kind=[kind.name()] { (label) } }
}

/// Sends its form and says what it does meanwhile: "Approve BOM", "Approving…".
pub fn busy_button(kind: Kind, label: &str, busy: &str) -> Markup {
    html! { button .btn data-kind=[kind.name()] data-busy=(busy) { (label) } }
}

/// Sends its form with `name=value`, when a form has several ends.
pub fn named_button(kind: Kind, name: &str, value: &str, label: &str) -> Markup {
    html! { button .btn data-kind=[kind.name()] name=(name) value=(value) { (label) } }
}

/// A way that looks like a button.
pub fn link_button(kind: Kind, href: &str, label: &str) -> Markup {
    html! { a .btn data-kind=[kind.name()] href=(href) { (label) } }
}

/// The same with an icon before its words.
pub fn icon_link(kind: Kind, href: &str, icon: &str, label: &str) -> Markup {
    html! { a .btn data-kind=[kind.name()] href=(href) { (super::icon(icon)) (label) } }
}

/// Not possible now; it stays readable and can be reached, with its reason beside it.
pub fn blocked_button(id: &str, label: &str, reason: &str) -> Markup {
    html! {
        button .btn type="button" aria-disabled="true" aria-describedby={ (id) "-why" } { (label) }
        small id={ (id) "-why" } { (reason) }
    }
}

/// A form of one button, for a change without questions.
pub fn post_button(action: &str, csrf: &str, kind: Kind, label: &str) -> Markup {
    html! { form method="post" action=(action) { (crate::forms::csrf(csrf)) (button(kind, label)) } }
}

/// Copies `text` when there is script; without it there is nothing to press.
pub fn copy_button(text: &str) -> Markup {
    html! { button .btn data-kind="quiet" data-only="icon" type="button" data-copy=(text) aria-label={ "Copy " (text) } { (super::icon("copy")) } }
}

/// Buttons side by side.
pub fn actions(buttons: Markup) -> Markup {
    html! { div .actions { (buttons) } }
}

/// The bar that stays at the bottom of a long form: primary first, `state` ("Draft saved 11:02") at the end.
pub fn foot(buttons: Markup, state: Markup) -> Markup {
    html! { div .actions data-foot { (buttons) small #saved data-end { (state) } } }
}
