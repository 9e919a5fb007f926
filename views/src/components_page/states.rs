//! Samples: badges, buttons, waiting, and what floats.

use crate::components::{
    Dialog, Tone, actions, age, badge, button,
    buttons::{self, Kind},
    empty, icon, link_button, menus, notice, progress as bar, skeleton, toast,
};
use chrono::TimeDelta;
use maud::{Markup, html};

pub fn badges() -> Markup {
    html! {
        div .cluster {
            (badge(Tone::Idle, "Draft")) (badge(Tone::Waiting, "Ready for Pre-QC")) (badge(Tone::Moving, "In testing"))
            (badge(Tone::Held, "On hold: parts")) (badge(Tone::Stop, "Final QC rework")) (badge(Tone::Good, "Ready to ship"))
        }
    }
}

pub fn buttons(id: &str, csrf: &str) -> Markup {
    let id = format!("{id}-blocked");
    html! {
        (actions(html! {
            (button(Kind::Primary, "Approve BOM")) (button(Kind::Plain, "Back")) (button(Kind::Quiet, "Save view"))
            (link_button(Kind::Danger, "#desk", "Discard…"))
            (buttons::icon_link(Kind::Plain, "#desk", "download", "Export CSV"))
            (menus::more("More", html! { a href="#desk" { (icon("print")) "Print BOM" } (buttons::post_button("#", csrf, Kind::Quiet, "Copy order")) }))
        }))
        (actions(html! {
            button .btn data-kind="primary" aria-busy="true" { "Approving…" }
            (buttons::blocked_button(&id, "Submit order", "1 answer is missing: faucet place."))
            code { "T2-CTRL-ESK1" } (buttons::copy_button("T2-CTRL-ESK1"))
        }))
    }
}

pub fn progress() -> Markup {
    html! {
        div .stack {
            (bar(Tone::Waiting, "Waiting for a worker, 2 jobs ahead, usually under 3 s.", None))
            (bar(Tone::Moving, "Expanding line 60 of 105.", Some((60, 105))))
            (bar(Tone::Moving, "Reading the catalogue, 4 s so far.", None))
            (bar(Tone::Held, "No worker is running since 09:14. Your order is safe; the BOM starts by itself.", None))
            (bar(Tone::Stop, "Item T2-CTRL-ESK9 is not in catalogue revision 14.", Some((60, 105))))
            (bar(Tone::Good, &format!("BOM ready after {}.", age(TimeDelta::seconds(2))), None))
        }
    }
}

pub fn waiting(csrf: &str) -> Markup {
    html! {
        div .stack {
            (notice(Tone::Held, html! { span { b { "At risk: " } "build 20417 waits for 3 parts, one day after the want date. " a href="#desk" { "See the shortage" } } }))
            (notice(Tone::Stop, html! { span { "Ana moved this build to In testing 2 min ago. Your change was not saved; look at hers first." } }))
            (notice(Tone::Moving, html! { span { "3 new orders. " a href="#desk" { "Show them" } } }))
            (notice(Tone::Good, html! { "BOM approved" }))
            (empty("No order matches “brigid” in Due this week.", link_button(Kind::Plain, "#desk", "Search all orders")))
            (empty("Nothing waits for you.", html! {}))
            div .card { (skeleton("jobs", 3)) }
            (buttons::post_button("#", csrf, Kind::Plain, "Retry job"))
        }
    }
}

pub fn floating(id: &str, csrf: &str) -> Markup {
    let id = format!("{id}-question");
    html! {
        (actions(html! { a .btn href="#desk" data-opens=(id) { "Discard draft…" } }))
        (Dialog {
            id: &id,
            question: "Discard this draft?",
            action: "#",
            csrf,
            body: html! { p { "The answers of 3 builds are lost. The order number stays in the history." } },
            does: "Discard draft",
            keeps: "Keep draft",
        })
        div .sample-toast { (toast("Discarded 12 jobs", csrf, Some(("Undo", "#")))) }
    }
}
