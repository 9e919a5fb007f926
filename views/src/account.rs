//! One's own account: where one is logged in, the password, the second factor, the looks of the screen.

use crate::{
    components::{Header, Tone, badge, buttons, moment, plate},
    forms::{self, Choice, Field},
    layout,
    table::{Column, Table},
};
use chrono::{DateTime, Utc};
use maud::{Markup, Render, html};
use models::{sessions::open::Open, users::User};

pub mod passkeys;
pub mod second_factor;

#[derive(Debug, Clone, Copy)]
pub struct Account<'a> {
    pub csrf: &'a str,
    pub user: &'a User,
    pub now: DateTime<Utc>,
    pub sessions: &'a [Open],
    /// The mark of the session that asks.
    pub here: &'a str,
    /// Codes are in use.
    pub has_second_factor: bool,
    pub passkeys: usize,
    pub recovery_codes: i64,
    pub theme: &'a str,
    pub density: &'a str,
    pub text_size: i16,
}

pub fn page(account: &Account<'_>) -> Markup {
    let user = account.user;
    let others = account.sessions.iter().any(|session| session.mark != account.here);
    layout::main(html! {
        (Header::new("Your account").facts("An administrator corrects your name, address or role."))
        div .stack {
            (plate([
                ("Name", html! { (user.name) }),
                ("E-mail", html! { (user.email) }),
                ("Role", html! { (user.role.title()) }),
                ("Password", html! { a href="/password" { "Change password" } }),
                ("Second factor", factor(account)),
                ("Passkeys", passkeys(account.passkeys)),
            ]))
            h2 { "Where you are logged in" }
            (sessions(account.sessions, account.now, account.here, account.csrf, "/account/sessions"))
            @if others {
                form method="post" action="/account/sessions/ended" {
                    (forms::csrf(account.csrf))
                    div .actions { (buttons::button(buttons::Kind::Plain, "End all other sessions")) }
                }
            }
            h2 { "How the screen looks" }
            (looks(account))
        }
    })
}

fn factor(account: &Account<'_>) -> Markup {
    html! {
        @if account.has_second_factor {
            (badge(Tone::Good, "In use")) " "
            a href="/account/second-factor" { (account.recovery_codes) " recovery codes left" }
        } @else {
            a href="/account/second-factor" { "Set up a second factor" }
        }
    }
}

fn passkeys(count: usize) -> Markup {
    html! {
        a href="/account/passkeys" {
            @match count { 0 => "Add a passkey", 1 => "1 passkey", count => { (count) " passkeys" } }
        }
    }
}

/// Open sessions, each with the button that ends it. `base` is the address the buttons are under.
pub fn sessions(sessions: &[Open], now: DateTime<Utc>, here: &str, csrf: &str, base: &str) -> Markup {
    let columns = [
        Column::key(
            "Browser",
            |session: &Open| html! { (browser(&session.user_agent)) @if session.mark == here { " " (badge(Tone::Moving, "This one")) } },
        ),
        Column::new("From", |session: &Open| html! { (session.peer) }),
        Column::date("Since", |session: &Open| moment(&session.created_at, &now)),
        Column::date("Last seen", |session: &Open| moment(&session.last_seen_at, &now)),
        Column::unnamed("End", |session: &Open| {
            html! {
                @if session.mark == here { small { "Log out ends it" } }
                @else { (buttons::post_button(&format!("{base}/{}/ended", session.mark), csrf, buttons::Kind::Quiet, "End session")) }
            }
        }),
    ];
    let none = crate::components::empty("Logged in nowhere.", html! {});
    Table::new("Open sessions", &columns, sessions)
        .row_id(|session: &Open| format!("session-{}", session.mark))
        .empty(none)
        .render()
}

fn looks(account: &Account<'_>) -> Markup {
    let theme = if matches!(account.theme, "light" | "dark") { account.theme } else { "system" };
    let density = if account.density == "bench" { "bench" } else { "desk" };
    let size = account.text_size.to_string();
    let themes = [Choice::new("system", "System"), Choice::new("light", "Light"), Choice::new("dark", "Dark")];
    let densities = [Choice::new("desk", "Desk"), Choice::new("bench", "Bench, larger")];
    let sizes = [Choice::new("100", "100 %"), Choice::new("115", "115 %"), Choice::new("130", "130 %")];
    html! {
        form .form .card method="post" action="/preferences" {
            div .form {
                (forms::csrf(account.csrf))
                (forms::hidden("next", "/account"))
                (Field::select("theme", "Theme", &themes).value(theme).short())
                (Field::select("density", "Rows and buttons", &densities).value(density).short())
                (Field::select("text_size", "Text", &sizes).value(&size).short())
                div .actions { (buttons::button(buttons::Kind::Plain, "Keep looks")) }
            }
        }
    }
}

/// "Firefox on Windows" from what a browser says about itself; what it is not known for stays out.
pub fn browser(user_agent: &str) -> String {
    let first = |known: &[(&str, &'static str)]| {
        known.iter().find(|(sign, _)| user_agent.contains(sign)).map(|(_, name)| *name)
    };
    let program = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "Mac"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => format!("{program} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.into(),
        (None, None) => "Unknown browser".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn a_browser_is_called_by_its_name_and_place() {
        assert_eq!(
            browser("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"),
            "Firefox on Windows"
        );
        assert_eq!(
            browser("Mozilla/5.0 (iPad; CPU OS 17_5) AppleWebKit/605 Version/17.5 Safari/604.1"),
            "Safari on iPad"
        );
        assert_eq!(browser("curl/8"), "Unknown browser");
    }
}
