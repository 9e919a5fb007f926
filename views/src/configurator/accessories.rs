//! Step 4: what is packed with one build, by group, each with its number and quantity.

use super::{Parts, Sheet, Step, aside, page};
use crate::components::{code, icon};
use maud::{Markup, html};
use models::configurations::{Checked, Severity};
use models::drafts::Preview;

/// A group of the catalogue with what it offers.
#[derive(Debug, Clone)]
pub struct Group {
    /// `720.702`
    pub code: String,
    pub name: String,
    pub offers: Vec<Offer>,
}

#[derive(Debug, Clone)]
pub struct Offer {
    pub number: String,
    pub name: String,
    /// As typed; empty when not chosen.
    pub quantity: String,
    /// Why it cannot be chosen here, or what somebody should look at first.
    pub refused: Option<String>,
    pub caution: Option<String>,
}

/// Step 4 for one build. `gone` were chosen and are no longer offered.
pub struct Shop<'a> {
    pub groups: &'a [Group],
    pub gone: &'a [(String, String)],
    /// What the search field holds; groups are filtered already.
    pub search: &'a str,
    pub offered: usize,
}

pub fn accessories(
    sheet: &Sheet<'_>,
    position: usize,
    shop: &Shop<'_>,
    checked: &Checked,
    preview: Result<&Preview, &str>,
) -> Markup {
    let title = sheet.build_title(position);
    let form = html! {
        (chosen(sheet, shop, checked))
        section .search {
            div .field role="search" {
                label for="search" { "Find an accessory" }
                div .cluster {
                    input #search type="search" name="search" value=(shop.search) placeholder="Number or word, such as shelf";
                    button .btn name="go" value="save" { "Find" }
                    @if !shop.search.is_empty() { button .btn data-kind="quiet" name="go" value="all" { "Show all" } }
                }
            }
        }
        div #offers {
            @for group in shop.groups { (group_of(sheet, group, checked)) }
            @if shop.groups.is_empty() && shop.offered > 0 {
                section { p .empty { "No accessory matches “" (shop.search) "”." } }
            }
            @if shop.offered == 0 { section { p .empty { "The rules in force offer no accessories yet." } } }
        }
    };
    page(
        sheet,
        Parts {
            title: &format!("Accessories of {title}"),
            facts: &super::customer_line(sheet),
            actions: html! {},
            form,
            beside: aside::parts(sheet, Step::Accessories(position), checked, preview),
            after: html! {},
        },
    )
}

/// What is chosen so far, on top, with what somebody should know about it.
fn chosen(sheet: &Sheet<'_>, shop: &Shop<'_>, checked: &Checked) -> Markup {
    let build = sheet.step.build().and_then(|position| sheet.draft.answers.builds.get(position - 1));
    let chosen = build.map(|build| build.accessories.as_slice()).unwrap_or_default();
    html! {
        section .chosen {
            h2 { "Chosen" @if !chosen.is_empty() { " " small { (chosen.len()) } } }
            @if chosen.is_empty() { p .soft { "Nothing yet. Accessories are optional." } }
            ul {
                @for accessory in chosen {
                    @let problem = checked.problem(&format!("accessory-{}", accessory.item));
                    li {
                        b .number { (accessory.quantity) " ×" }
                        span { a href={ "#accessory-" (accessory.item) } { (code(&accessory.item)) }
                            @if let Some(problem) = problem {
                                small data-tone=(if problem.severity == Severity::Warning { "held" } else { "stop" }) {
                                    (icon(if problem.severity == Severity::Warning { "warn" } else { "stop" })) (problem.message)
                                }
                            }
                        }
                        button .btn data-kind="quiet" name="go" value={ "remove-accessory-" (accessory.item) } { "Remove" span .hidden { " " (accessory.item) } }
                    }
                }
            }
            @if !shop.gone.is_empty() { p .hint { "Accessories that are no longer offered have to be removed." } }
        }
    }
}

fn group_of(sheet: &Sheet<'_>, group: &Group, checked: &Checked) -> Markup {
    html! {
        section .group {
            h2 { (group.name) " " small { (group.code) } }
            ul { @for offer in &group.offers { (offer_row(sheet, offer, checked)) } }
        }
    }
}

fn offer_row(sheet: &Sheet<'_>, offer: &Offer, checked: &Checked) -> Markup {
    let field = format!("accessory-{}", offer.number);
    let said = sheet.said(&checked.problems, &field);
    let is_chosen = !offer.quantity.trim().is_empty();
    html! {
        li data-chosen[is_chosen] data-refused[offer.refused.is_some()] {
            div {
                (code(&offer.number))
                span { (offer.name) }
                @if let Some(refused) = &offer.refused { small tabindex="0" id={ (field) "-why" } { (icon("bar")) (refused) } }
                @else if !said.error.is_empty() { small data-tone="stop" { (icon("stop")) (said.error) } }
                @else if let Some(caution) = &offer.caution { small data-tone=(if is_chosen { "held" } else { "idle" }) { (icon(if is_chosen { "warn" } else { "info" })) (caution) } }
            }
            @if offer.refused.is_none() || is_chosen {
                div .stepper {
                    button .btn data-only="icon" name="go" value={ "less-" (offer.number) } aria-label={ "One less of " (offer.number) } aria-disabled=[(!is_chosen).then_some("true")] { (icon("minus")) }
                    input id=(field) name=(field) value=(offer.quantity) inputmode="numeric" aria-label={ "Quantity of " (offer.number) }
                        aria-invalid=[(!said.error.is_empty()).then_some("true")] placeholder="0";
                    button .btn data-only="icon" name="go" value={ "more-" (offer.number) } aria-label={ "One more of " (offer.number) } { (icon("plus")) }
                }
            }
        }
    }
}

/// What a group of the catalogue is called here.
pub fn group_title(code: &str) -> &'static str {
    match code {
        "720.702" => "Baskets, bins and shelves",
        "720.703" => "Holders, plates and hangers",
        "720.704" => "Lighting",
        "720.705" => "Electronics and mounts",
        "720.706" => "Faucet and drain parts",
        _ => "Other accessories",
    }
}
