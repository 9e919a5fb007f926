//! Samples: what stands on records, and lists of them.

use crate::components::{
    Change, Day, Entry, Header, Place, Step, StepState, Tab, Tone, badge, button, buttons::Kind, code, empty,
    link_button, notice, plate, rail, steps, tabs, timeline, track,
};
use crate::table::{Column, Pager, Sort, Table, chip, filters};
use maud::{Markup, html};

pub fn head() -> Markup {
    html! {
        (Header::new("TOR-2026-0412")
            .badge(badge(Tone::Held, "On hold: parts"))
            .facts("3 builds")
            .actions(html! { (link_button(Kind::Plain, "#desk", "Print travellers")) (button(Kind::Primary, "Assign inspector for 20419")) }))
        (plate([
            ("Customer", html! { "Lakeshore General Hospital" }),
            ("PO number", code("88213")),
            ("Want date", html! { "24 Nov 2026 " span .tone data-tone="held" { "tomorrow" } }),
            ("Builds", html! { "3" }),
            ("Language", html! { "English" }),
            ("Coordinator", html! { "M. Keller" }),
        ]))
        (notice(Tone::Held, html! { span { b { "At risk: " } "build 20417 waits for 3 parts, expected 25 Nov, one day after the want date. " a href="#desk" { "See the shortage" } } }))
    }
}

pub fn stages() -> Markup {
    let places = [
        (4, Tone::Waiting, "Order created"),
        (7, Tone::Held, "On hold: parts"),
        (8, Tone::Moving, "In testing"),
        (11, Tone::Stop, "Final QC rework"),
        (14, Tone::Good, "Delivered"),
    ];
    html! {
        div .card {
            @for (position, tone, word) in places {
                section {
                    (track(Place { position, tone, word }))
                    p .next { b { "Procurement" } "receives 3 parts, for 2 days" a href="#desk" { "Show shortages" } }
                }
            }
        }
    }
}

pub fn ways() -> Markup {
    let step = |label, state, is_current| Step { label, href: Some("#desk"), state, is_current };
    let tab = |label, note, mark, is_current| Tab { label, note, mark, is_current, href: "#desk" };
    html! {
        (steps(&[
            step("Customer and order", StepState::Done, false),
            step("Family and quantity", StepState::Problem("1 problem"), false),
            step("Configure builds", StepState::ToCome, true),
            Step { href: None, ..step("Accessories", StepState::ToCome, false) },
            Step { href: None, ..step("Review", StepState::ToCome, false) },
        ]))
        (tabs("Builds", &[tab("20418", "", "tick", false), tab("20419", "1 problem", "", true), tab("20420", "not started", "", false)]))
    }
}

struct Sample(&'static str, &'static str, &'static str, u8, Tone, &'static str, &'static str, &'static str);

const ORDERS: [Sample; 5] = [
    Sample(
        "TOR-2026-0412",
        "PO 88213",
        "Lakeshore General Hospital",
        7,
        Tone::Held,
        "On hold: parts",
        "24 Nov",
        "tomorrow",
    ),
    Sample(
        "TOR-2026-0398",
        "PO 4500187",
        "St. Brigid Regional",
        11,
        Tone::Stop,
        "Final QC rework",
        "20 Nov",
        "3 days late",
    ),
    Sample(
        "TOR-2026-0401",
        "PO 88102",
        "Harbour View Surgical Centre",
        7,
        Tone::Moving,
        "In assembly",
        "27 Nov",
        "in 4 days",
    ),
    Sample(
        "TOR-2026-0409",
        "PO 88190",
        "Lakeshore General Hospital",
        5,
        Tone::Waiting,
        "Ready for Pre-QC",
        "9 Dec",
        "in 16 days",
    ),
    Sample(
        "TOR-2026-0379",
        "",
        "Centre hospitalier universitaire de l’Est-de-Montréal",
        13,
        Tone::Good,
        "Shipped",
        "",
        "",
    ),
];

fn columns<'a>() -> Vec<Column<'a, Sample>> {
    let sort = Sort { href: "#desk".into(), now: Some("ascending") };
    vec![
        Column::unnamed("Select", |order: &Sample| html! { input type="checkbox" aria-label={ "Select " (order.0) }; }),
        Column::key("Order", |order: &Sample| html! { a href="#desk" { (order.0) } @if !order.1.is_empty() { small { (order.1) } } }),
        Column::new("Customer", |order: &Sample| html! { (order.2) }),
        Column::number("Builds", |order: &Sample| html! { (order.3 % 4 + 1) }).priority(3),
        Column::new("Stage of least advanced build", |order: &Sample| html! {
            (badge(order.4, order.5)) (rail(Place { position: order.3, tone: order.4, word: order.5 }))
        }),
        Column::date("Want date", |order: &Sample| html! {
            (order.6) @if !order.7.is_empty() { small data-tone=[(order.4 == Tone::Stop).then_some("stop")] { (order.7) } }
        })
        .sort(sort),
    ]
}

pub fn list(id: &str) -> Markup {
    let search = ("q", "", "Number, PO, customer or build");
    let stage = chip("Stage", Some("Stage: any open"), html! { "One line per stage" });
    let customer = chip("Customer", None, html! { "A field" });
    let pager = Pager { first: 1, last: 25, total: Some(10_421), previous: None, next: Some("#desk".into()) };
    html! {
        (tabs("Views", &[
            Tab { label: "All open", href: "#desk", note: "142", mark: "", is_current: true },
            Tab { label: "At risk", href: "#desk", note: "9", ..Tab::default() },
            Tab { label: "Mine", href: "#desk", note: "31", ..Tab::default() },
        ]))
        (filters("#", search, html! { (stage) (customer) }, true))
        (Table::new("Open orders", &columns(), &ORDERS).id(&format!("{id}-orders")).two_lines().pager(pager))
        div .selection { p { "2 orders selected" } (link_button(Kind::Plain, "#desk", "Print travellers")) (link_button(Kind::Quiet, "#desk", "Clear selection")) }
    }
}

pub fn empty_list() -> Markup {
    let why = empty("No order is at risk.", html! {});
    html! { (Table::new("Orders at risk", &columns(), &[]).empty(why)) }
}

pub fn history() -> Markup {
    let entry = |tone, who, did, at, detail| Entry { tone, who, did, detail, at: html! { time { (at) } } };
    html! {
        div .card {
            (timeline(&[
                Day { heading: "Today", entries: vec![
                    entry(Tone::Good, "System", "generated the BOM of build 20418, version 2", "11:02", html! { "105 lines, catalogue revision 14" }),
                    entry(Tone::Stop, "System", "could not generate the BOM, version 1", "10:41", html! { "Item T2-CTRL-ESK9 is not in the catalogue." }),
                    entry(Tone::Waiting, "M. Keller", "submitted the order", "10:41", html! {}),
                ] },
                Day { heading: "20 Nov", entries: vec![entry(Tone::Idle, "M. Keller", "began the order", "16:20", html! {})] },
            ]))
        }
    }
}

pub fn difference() -> Markup {
    let change = |what, name, old, new, why| Change { what, name, old, new, why };
    crate::components::difference(&[
        change("T2-CTRL-EDR2", "Control box, two E-Drains", Some("1"), None, "you changed basin 2"),
        change("T2-LEVELING-CASTOR-475", "Levelling caster", Some("4"), Some("6"), "you changed the length"),
        change("T2-CTRL-EDR1-ESK1", "Control box, E-Drain and E-Sink", None, Some("1"), "you changed basin 2"),
    ])
}
