//! Samples: badges, buttons, waiting, and what floats.

use crate::components::{
    Dialog, Tone, actions, age, badge, button,
    buttons::{self, Kind},
    charts::{Chart, Look, Series, spark},
    duration, empty, icon, link_button, menus, notice, progress as bar, skeleton, toast,
};
use crate::table::grouped;
use chrono::TimeDelta;
use maud::{Markup, Render, html};

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

/// Bars, lines with a break, and one for a table.
pub fn charts(density: &str) -> Markup {
    let labels: Vec<String> = (0..30).map(|minute| format!("14:{minute:02}")).collect();
    let done = (0..30).map(|minute| Some(minute * 7 % 23)).collect();
    let half: Vec<Option<u64>> = (0..30).map(|minute| (minute % 11 != 5).then_some(40 + minute * 3)).collect();
    let most = half.iter().map(|value| value.map(|value| value * 3)).collect();
    let bars = [Series { name: "done", look: Look::Bars(Tone::Moving), values: done }];
    let lines = [
        Series { name: "half", look: Look::Line, values: half },
        Series { name: "95 of 100", look: Look::Dashes, values: most },
    ];
    let chart = |name: &str, title, says, series: &[Series<'_>], reads| {
        let id = format!("{density}-{name}");
        Chart { id: &id, title, says, series, labels: &labels, reads }.render()
    };
    html! {
        div .charts {
            (chart("done", "Done", "330 in 30 minutes", &bars, grouped))
            (chart("ran", "Ran", "half up to 85 ms, 95 of 100 up to 320 ms", &lines, duration))
        }
        (spark(&[3, 0, 9, 12, 4, 0, 0, 7, 21, 16, 8, 2], "82 done in the last hour"))
    }
}
