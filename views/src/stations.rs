//! Stations: the tablets of the benches, their lock screen, and the badges that open them.

use crate::{
    components::{Header, Qr, Tone, buttons, empty, moment, notice, qr_code},
    forms::{self, Field},
    layout,
    table::{Column, Table},
};
use chrono::{DateTime, Utc};
use maud::{Markup, Render, html};
use models::stations::{Station, pins};

/// Every station, and the form that makes this very device one.
#[derive(Debug)]
pub struct Stations<'a> {
    pub csrf: &'a str,
    pub stations: &'a [Station],
    /// Name of the station that this device is.
    pub here: Option<&'a str>,
    pub now: DateTime<Utc>,
    /// What was typed, and what is wrong with it.
    pub name: &'a str,
    pub problem: &'a str,
}

pub fn page(stations: &Stations<'_>) -> Markup {
    layout::main(html! {
        (Header::new("Bench tablets").facts("Shared by several people, who come and go with badge and PIN"))
        (list(stations))
        form .form .card method="post" action="/stations" {
            div .form {
                h2 { "This device" }
                (forms::csrf(stations.csrf))
                @match stations.here {
                    Some(name) => p { "This device is the tablet " b { (name) } ". Under a new name it takes its place." }
                    None => p { "Makes the device you hold a bench tablet. You are logged out, and it asks for a badge from then on." }
                }
                (Field::text("name", "Name of the tablet").value(stations.name).hint("Where it stands, like Bench 3").maxlength(60).error(stations.problem))
                div .actions { (buttons::button(buttons::Kind::Primary, "Make this a bench tablet")) }
            }
        }
    })
}

fn list(stations: &Stations<'_>) -> Markup {
    let columns = [
        Column::key("Tablet", |station: &Station| html! { (station.name) }),
        Column::new("Made by", |station: &Station| html! { (station.made_by) }),
        Column::date("Since", |station: &Station| moment(&station.made_at, &stations.now)),
        Column::date("Last used", |station: &Station| {
            html! {
                @match &station.last_used_at { Some(at) => (moment(at, &stations.now)), None => "never" }
            }
        }),
        Column::unnamed("Actions", |station: &Station| {
            buttons::link_button(buttons::Kind::Quiet, &format!("/stations/{}/retire", station.id), "Retire…")
        }),
    ];
    let nothing = empty("No tablet is shared yet.", html! { "Open this page on the tablet and make it one." });
    Table::new("Bench tablets", &columns, stations.stations).empty(nothing).render()
}

/// Asks before a tablet is taken out of use.
pub fn retire(csrf: &str, station: &Station, reason: &str, problem: &str) -> Markup {
    layout::main(html! {
        (Header::new(&format!("Retire {}", station.name)))
        form .form .card method="post" action={ "/stations/" (station.id) "/retire" } {
            div .form {
                (forms::csrf(csrf))
                p { "Whoever is logged in there is logged out, and no badge opens it any more." }
                (Field::text("reason", "Reason").value(reason).maxlength(300).error(problem))
                div .actions {
                    (buttons::button(buttons::Kind::Danger, &format!("Retire {}", station.name)))
                    (buttons::link_button(buttons::Kind::Quiet, "/stations", "Keep it"))
                }
            }
        }
    })
}

/// What the lock screen shows.
#[derive(Debug, Clone, Copy)]
pub struct Lock<'a> {
    pub csrf: &'a str,
    pub station: &'a str,
    pub next: &'a str,
    /// The badge was scanned: only the PIN is missing.
    pub badge: &'a str,
    pub problem: &'a str,
}

/// The tablet asks who is there. A scanner ends with Enter, so the badge may come alone; the PIN is asked next.
pub fn lock(lock: &Lock<'_>) -> Markup {
    layout::main(html! {
        (layout::stylesheet("stations.css"))
        form .form .card .lock method="post" action="/station" {
            div .form {
                h1 { (lock.station) }
                (forms::csrf(lock.csrf)) (forms::hidden("next", lock.next))
                @if !lock.problem.is_empty() { div role="alert" { (notice(Tone::Stop, html! { (lock.problem) })) } }
                @if lock.badge.is_empty() {
                    p { "Scan your badge." }
                    label .field { span { "Badge" } input type="password" name="badge" autocomplete="off" autofocus required maxlength="64"; }
                    div .actions { (buttons::button(buttons::Kind::Primary, "Go on")) }
                } @else {
                    (forms::hidden("badge", lock.badge))
                    label .field { span { "PIN" }
                        input type="password" name="pin" inputmode="numeric" pattern="[0-9]*" autocomplete="off" autofocus required maxlength=(pins::LONGEST); }
                    div .actions {
                        (buttons::busy_button(buttons::Kind::Primary, "Log in", "Logging in…"))
                        a .btn data-kind="quiet" href="/station" { "Scan another badge" }
                    }
                }
            }
        }
        p .quiet { small { "No badge at hand: " a href={ "/login?next=" (lock.next) } { "log in with your password" } } }
    })
}

/// The badge somebody gets, shown once.
#[derive(Debug)]
pub struct Badge<'a> {
    pub csrf: &'a str,
    pub person: &'a str,
    pub role: &'a str,
    pub id: i64,
    pub since: Option<&'a DateTime<Utc>>,
    pub has_pin: bool,
    pub now: DateTime<Utc>,
}

/// Asks before a badge is given: an earlier one ends.
pub fn badge(badge: &Badge<'_>) -> Markup {
    layout::main(html! {
        (Header::new(&format!("Badge of {}", badge.person)))
        div .card { div .stack {
            @match badge.since {
                Some(since) => p { "Has had a badge since " (moment(since, &badge.now)) ". A new one ends it." }
                None => p { "Has no badge yet." }
            }
            @if !badge.has_pin { p { "No PIN is set: " (badge.person) " sets one under My account before the badge opens anything." } }
            form .actions method="post" action={ "/people/" (badge.id) "/badge" } {
                (forms::csrf(badge.csrf))
                (buttons::named_button(buttons::Kind::Primary, "do", "issue", "Print a new badge"))
                @if badge.since.is_some() { (buttons::named_button(buttons::Kind::Danger, "do", "revoke", "Take the badge back")) }
            }
        } }
    })
}

/// The new badge, to be printed now.
pub fn printed(badge: &Badge<'_>, qr: &Qr) -> Markup {
    layout::main(html! {
        (layout::stylesheet("stations.css"))
        (Header::new(&format!("Badge of {}", badge.person)).facts("Print this page now: the badge is not shown again"))
        div .badge-card {
            (qr_code(qr, &format!("Badge of {}", badge.person)))
            div { b { (badge.person) } span { (badge.role) } small { "Torvan Medical" } }
        }
        p .actions data-screen {
            (buttons::link_button(buttons::Kind::Quiet, &format!("/people/{}/badge", badge.id), "Done"))
        }
    })
}

/// One's own PIN for bench tablets.
pub fn pin(csrf: &str, is_set: bool, problems: &[(&str, &str)]) -> Markup {
    let error = |field: &str| forms::problem(problems, field);
    layout::main(html! {
        (Header::new("PIN for bench tablets").facts("It opens nothing without your badge, and nothing but bench tablets"))
        (forms::error_summary(problems))
        form .form .card method="post" action="/account/pin" {
            div .form {
                (forms::csrf(csrf))
                (Field::password("password", "Your password").autocomplete("current-password").error(error("password")))
                (Field::password("pin", "New PIN").autocomplete("off").hint("6 to 8 digits in no order").error(error("pin")))
                (Field::password("again", "New PIN again").autocomplete("off").error(error("again")))
                div .actions { (buttons::button(buttons::Kind::Primary, if is_set { "Change PIN" } else { "Set PIN" })) a .btn data-kind="quiet" href="/" { "Leave it" } }
            }
        }
    })
}
