//! Every component in every state, in both densities: for whoever builds a page or judges one.

use maud::{Markup, html};

/// The whole main part.
pub fn page(_csrf: &str) -> Markup {
    crate::layout::main(html! { h1 { "Components" } })
}
