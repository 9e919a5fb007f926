//! Every component in every state, in both densities: for whoever builds a page or judges one.

mod forms;
mod records;
mod signing;
mod states;

use crate::{components::Header, layout};
use maud::{Markup, html};

/// The whole main part. `csrf` goes into the sample forms, which lead nowhere.
pub fn page(csrf: &str) -> Markup {
    layout::main(html! {
        (layout::stylesheet("jobs.css"))
        (Header::new("Components").facts("Every part in every state. Names and numbers are invented."))
        nav .tabs aria-label="Densities" { a href="#desk" { "Desk" } a href="#bench" { "Bench" } }
        (gallery("desk", csrf))
        (gallery("bench", csrf))
    })
}

/// All of them once; ids start with the density, so that both can stand on one page.
fn gallery(density: &str, csrf: &str) -> Markup {
    html! {
        section .stack id=(density) data-still data-density=(density) aria-label={ "Density: " (density) } {
            (part("Badges, one per tone", states::badges()))
            (part("Buttons", states::buttons(density, csrf)))
            (part("Head of a page, plate, risk", records::head()))
            (part("Stage track and rail", records::stages()))
            (part("Steps and tabs", records::ways()))
            (part("Fields", forms::fields(density)))
            (part("Option cards", forms::options(density)))
            (part("A refused form", forms::refused(density)))
            (part("Table with filters", records::list(density)))
            (part("Table without rows", records::empty_list()))
            (part("Progress", states::progress()))
            (part("Charts", states::charts(density)))
            (part("Empty, loading, refused", states::waiting(csrf)))
            (part("Dialog and toast", states::floating(density, csrf)))
            (part("Timeline", records::history()))
            (part("Difference", records::difference()))
            (part("Signing", signing::forms(density, csrf)))
            (part("Signatures", signing::signatures()))
        }
    }
}

fn part(title: &str, sample: Markup) -> Markup {
    html! { section .stack .sample { h2 { (title) } div { (sample) } } }
}
