//! Menus that open with a press: more of a page, and one's own.

use super::icon;
use crate::{forms, layout::Shell};
use maud::{Markup, html};
use models::{sessions::Seat, users::User};

/// What doesn't fit beside the primary: links and forms of one button.
pub fn more(label: &str, items: Markup) -> Markup {
    html! { details .menu { summary .btn { (label) (icon("down")) } div { (items) } } }
}

/// Who is logged in, how this person likes the screen, and the way out.
pub fn person(shell: &Shell<'_>, user: &User) -> Markup {
    let theme = if matches!(shell.theme, "light" | "dark") { shell.theme } else { "system" };
    let density = if shell.density == "bench" { "bench" } else { "desk" };
    let size = shell.text_size.max(100).to_string();
    html! {
        details .person {
            summary { span { (user.name) } b { (user.initials) } span .hidden { ", your menu" } }
            div {
                p { b { (user.name) } small { (user.role.title()) } }
                (choice(shell, "theme", "Theme", theme, &[("system", "System"), ("light", "Light"), ("dark", "Dark")]))
                (choice(shell, "density", "Size of rows and buttons", density, &[("desk", "Desk"), ("bench", "Bench")]))
                (choice(shell, "text_size", "Text", &size, &[("100", "100 %"), ("115", "115 %"), ("130", "130 %")]))
                a href="/account" { (icon("people")) "Your account" }
                a href="/password" { (icon("edit")) "Change password" }
                a href="/account/pin" { (icon("lock")) "PIN for bench tablets" }
                form method="post" action="/logout" { (forms::csrf(shell.csrf)) button { (icon("lock")) "Log out" } }
            }
        }
    }
}

/// Puts a shared tablet down: the person is out, the next one scans a badge.
pub fn lock(shell: &Shell<'_>, seat: &Seat) -> Markup {
    html! {
        form method="post" action="/station/lock" data-locks=(seat.lock_minutes * 60) {
            (forms::csrf(shell.csrf)) (forms::hidden("next", shell.path))
            button .btn title={ "Lock " (seat.station) } { (icon("lock")) "Lock" }
        }
    }
}

fn choice(shell: &Shell<'_>, name: &str, legend: &str, now: &str, choices: &[(&str, &str)]) -> Markup {
    html! {
        form method="post" action="/preferences" {
            (forms::csrf(shell.csrf))
            input type="hidden" name="next" value=(shell.path);
            fieldset {
                legend { (legend) }
                div { @for (value, label) in choices { button name=(name) value=(value) aria-pressed=(*value == now) { (label) } } }
            }
        }
    }
}
