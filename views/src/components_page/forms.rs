//! Samples: fields, cards to choose from, a refused form.

use crate::{
    components::foot,
    components::{button, buttons::Kind},
    forms::{Check, Choice, Field, Options, error_summary},
};
use maud::{Markup, html};

const FEET: [(&str, &str); 2] = [("casters", "Lock and levelling casters"), ("feet", "Seismic levelling feet")];

pub fn fields(id: &str) -> Markup {
    let own = |name: &str| format!("{id}-{name}");
    let feet = FEET.map(|(value, label)| Choice::new(value, label));
    html! {
        div .form {
            div .pair {
                (Field::text("po", "PO number").id(&own("po")).value("88213").maxlength(60))
                (Field::text("project", "Project").id(&own("project")).optional().placeholder("As on the quote"))
            }
            div .pair {
                (Field::number("length", "Length").id(&own("length")).value("72").unit("in").hint("Whole inches, 48 to 120"))
                (Field::date("want", "Want date").id(&own("want")).value("2026-11-24"))
                (Field::select("feet", "Feet", &feet).id(&own("feet")).value("casters"))
            }
            div .pair {
                (Field::number("depth", "Depth").id(&own("depth")).value("7 1/2").unit("in").error("A basin 7 1/2 in deep can't be made. Choose 8 to 12 in."))
                (Field::number("width", "Width").id(&own("width")).value("46").unit("in").warning("Wider than the stock body: made to size."))
                (Field::text("sold", "Sold by").id(&own("sold")).value("Maya Keller").read_only())
            }
            (Field::long("note", "Note for the shop floor").id(&own("note")).optional().value("Cable must leave upwards."))
            (Field::file("catalogue", "Catalogue files", ".json").id(&own("file")).hint("Three JSON files, 20 MB at most"))
            (Check::new("urgent", "Tell procurement at once").fact("They get a message, not only a line in their list.").checked(true))
        }
    }
}

pub fn options(id: &str) -> Markup {
    let way_out = html! { "Needs the adjustable bottom shelf. " a href="#desk" { "Add it in step 4" } };
    let sinks = [
        Choice::new("drain", "E-Drain").fact("Electric drain, fills by hand"),
        Choice::new("sink", "E-Sink").fact("Touchscreen, mixes to temperature"),
        Choice::new("di", "E-Sink DI").fact("Treated water, adds 1 gooseneck"),
    ];
    let drawers = [
        Choice::new("none", "None"),
        Choice::new("two", "Two-drawer housing"),
        Choice::new("shelf", "Pull-out shelf").blocked(Some(way_out)),
    ];
    html! {
        div .form {
            (Options::new(&format!("{id}-type"), "Type", &sinks).chosen(&["sink"]))
            (Options::new(&format!("{id}-drawers"), "Drawers and compartments", &drawers).many().chosen(&["two"]).hint("Any of them"))
            (Options::new(&format!("{id}-place"), "Place", &sinks[..2]).error("This sink has 2 basins. Choose between basins 1 and 2."))
        }
    }
}

pub fn refused(id: &str) -> Markup {
    let name = format!("{id}-name");
    html! {
        form .form {
            (error_summary(&[(&name, "An order needs its customer."), (&format!("{id}-po"), "PO 88213 is on TOR-2026-0398 already.")]))
            (Field::text("customer", "Customer").id(&name).error("An order needs its customer."))
            (foot(html! { (button(Kind::Primary, "Save and configure 20420")) (button(Kind::Plain, "Back")) }, html! { "Draft saved 11:02" }))
        }
    }
}
