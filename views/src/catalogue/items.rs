//! One item of the catalogue: what it is, what it is made of, where it is used, what it costs.

use super::{
    category_href,
    drawings::{self, Drawings},
    item_href, kind, money, time,
};
use crate::{
    components::{Tone, badge, notice, plate},
    forms::csrf,
    layout::stylesheet,
};
use maud::{Markup, html};
use models::catalogue::{
    browse::{Appearance, Item, Part},
    costs::Cost,
    usage::{Branch, Use, Uses},
};
use rust_decimal::Decimal;
use std::collections::{HashMap, HashSet};

/// Uses shown before the rest folds.
const USES_SHOWN: usize = 12;

/// Everything the item's page shows.
pub struct Show<'a> {
    pub csrf: &'a str,
    /// Number of the revision the page is of.
    pub revision: i32,
    pub item: &'a Item,
    /// Second places: code and name.
    pub places: &'a [(String, String)],
    pub components: &'a [Part],
    pub tree: &'a [Branch],
    /// The tree has more lines than the page shows.
    pub is_cut: bool,
    pub uses: &'a Uses,
    pub cost: Option<&'a Cost>,
    pub history: &'a [Appearance],
    /// Numbers this person may open; none means all.
    pub openable: Option<&'a HashSet<String>>,
    pub may_set_costs: bool,
    pub may_revise: bool,
    pub cost_form: Form<'a>,
    pub revise_form: Form<'a>,
    pub drawings: Drawings<'a>,
}

/// What was typed before, and what was wrong with it.
#[derive(Clone, Copy, Default)]
pub struct Form<'a> {
    pub typed: Option<&'a HashMap<String, String>>,
    pub problem: Option<&'a str>,
}

impl Form<'_> {
    fn value(&self, field: &str, otherwise: String) -> String {
        self.typed.map_or(otherwise, |typed| typed.get(field).cloned().unwrap_or_default())
    }

    fn is_ticked(&self, field: &str) -> bool {
        self.typed.is_some_and(|typed| typed.contains_key(field))
    }
}

pub fn show(page: &Show<'_>) -> Markup {
    let item = page.item;
    html! {
        main #main tabindex="-1" {
            (stylesheet("catalogue.css"))
            header .page-head {
                h1 { code { (item.number) } }
                @if item.to_confirm.is_some() { (badge(Tone::Held, "quantity to be confirmed")) }
                @if item.open_question.is_some() { (badge(Tone::Held, "open question")) }
                p { (item.name) }
            }
            (facts(page))
            @if let Some(question) = &item.open_question { (notice(Tone::Held, html! { p { b { "Open question: " } (question) } })) }
            @if let Some(reason) = &item.to_confirm { (notice(Tone::Held, html! { p { b { "Quantity to be confirmed: " } (reason) } })) }
            @if page.may_set_costs { (cost_form(page)) }
            (components(page))
            @if page.may_revise { (revise_form(page)) }
            (drawings::section(&page.drawings))
            (used(page))
            (history(page))
        }
    }
}

fn facts(page: &Show<'_>) -> Markup {
    let item = page.item;
    let mut facts = vec![("Type", html! { (kind(item.assembly_type.as_deref())) })];
    if let (Some(code), Some(name)) = (&item.subcategory_code, &item.subcategory_name) {
        facts.push(("Place", html! { a href=(category_href(code)) { (code) " " (name) } }));
    }
    let others: Vec<_> = page.places.iter().filter(|(code, _)| Some(code) != item.subcategory_code.as_ref()).collect();
    if !others.is_empty() {
        facts.push((
            "Also in",
            html! {
                @for (index, (code, name)) in others.iter().enumerate() {
                    @if index > 0 { ", " }
                    a href=(category_href(code)) { (code) " " (name) }
                }
            },
        ));
    }
    if let Some(maker) = &item.maker {
        facts.push(("Maker", html! { (maker) }));
    }
    if let Some(number) = &item.maker_number {
        facts.push(("Maker's number", html! { code { (number) } }));
    }
    let cost = page.cost.map_or("unpriced".into(), |cost| money(cost.cost));
    facts.push(("Cost, CAD", html! { (cost) }));
    facts.push(("Revision", html! { (page.revision) }));
    let files = if item.is_derived { "no: made by the import".into() } else { item.source_ids.join(", ") };
    facts.push(("In the files", html! { (files) }));
    if item.prints_flat {
        facts.push(("In BOMs", html! { "listed one level deep" }));
    }
    plate(facts)
}

fn cost_form(page: &Show<'_>) -> Markup {
    let action = format!("{}/cost", item_href(&page.item.number));
    let current = page.cost.map(|cost| cost.cost.normalize().to_string()).unwrap_or_default();
    html! {
        details .more #cost-form open[page.cost_form.problem.is_some()] {
            summary { "Set cost" }
            form .form method="post" action=(action) hx-post=(action) hx-target="#main" hx-swap="outerMorph" hx-sync="this:drop"
                hx-status:422="target:#main swap:outerMorph" {
                (csrf(page.csrf))
                div .field data-error[page.cost_form.problem.is_some()] {
                    label for="cost" { "Cost of one, CAD" }
                    @if let Some(problem) = page.cost_form.problem { p .error #cost-error role="alert" { (problem) } }
                    input #cost name="cost" inputmode="decimal" autocomplete="off" maxlength="20"
                        value=(page.cost_form.value("cost", current))
                        aria-invalid=[page.cost_form.problem.map(|_| "true")] aria-describedby="cost-error cost-hint";
                    p .hint #cost-hint {
                        "Up to four decimals. Leave it empty when the cost is not known."
                        @if let Some(cost) = page.cost {
                            " Set " (time(cost.set_at))
                            @if let Some(name) = &cost.set_by { " by " (name) }
                            "."
                        }
                    }
                }
                div .actions { button .btn data-kind="primary" { "Set cost" } }
            }
        }
    }
}

fn components(page: &Show<'_>) -> Markup {
    html! {
        section #components {
            h2 { "Components" }
            @if page.tree.is_empty() {
                p .empty { (page.item.number) " has no components: it is bought or made as one piece." }
            } @else {
                ul .item-tree { @for branch in page.tree { (branch_line(page, branch)) } }
                @if page.is_cut { p .hint { "Only the first lines are shown. Open a component to see what is in it." } }
            }
        }
    }
}

/// A line that folds when it has components of its own. Works without script.
fn branch_line(page: &Show<'_>, branch: &Branch) -> Markup {
    html! {
        li {
            @if branch.children.is_empty() { div .branch { (branch_words(page, branch)) } }
            @else {
                details open[branch.level == 1 && page.tree.len() <= 4] {
                    summary .branch { (branch_words(page, branch)) }
                    ul { @for child in &branch.children { (branch_line(page, child)) } }
                }
            }
        }
    }
}

fn branch_words(page: &Show<'_>, branch: &Branch) -> Markup {
    html! {
        span .quantity { (quantity(branch.quantity)) " ×" } " "
        (number(page, &branch.number)) " "
        span .name { (branch.name) } " "
        @if !branch.note.is_empty() { span .note-word { (branch.note) } " " }
        @if let Some(reason) = &branch.to_confirm { span title=(reason) { (badge(Tone::Held, "quantity to be confirmed")) } }
    }
}

/// A number as a link, unless this person may not open it.
fn number(page: &Show<'_>, number: &str) -> Markup {
    html! {
        @if page.openable.is_none_or(|openable| openable.contains(number)) { a href=(item_href(number)) { code { (number) } } }
        @else { code { (number) } }
    }
}

fn revise_form(page: &Show<'_>) -> Markup {
    let item = page.item;
    let action = format!("{}/revise", item_href(&item.number));
    let form = page.revise_form;
    html! {
        details .more #revise-form open[form.problem.is_some()] {
            summary { "Revise quantities and marks" }
            form .form method="post" action=(action) hx-post=(action) hx-target="#main" hx-swap="outerMorph" hx-sync="this:drop"
                hx-status:422="target:#main swap:outerMorph" {
                (csrf(page.csrf))
                input type="hidden" name="revision" value=(page.revision);
                p { "Makes a new revision of the catalogue with this change and makes it active. BOMs that exist keep theirs." }
                @if let Some(problem) = form.problem { p .error role="alert" { (problem) } }
                @if let Some(reason) = &item.to_confirm {
                    p { label { input type="checkbox" name="settles" value="1" checked[form.is_ticked("settles")]; " The quantity of this item is settled" } }
                    p .hint { (reason) }
                }
                @if let Some(question) = &item.open_question {
                    p { label { input type="checkbox" name="answers" value="1" checked[form.is_ticked("answers")]; " The open question is answered" } }
                    p .hint { (question) }
                }
                @if !page.components.is_empty() {
                    div .table { table {
                        caption { "Quantities in one " (item.number) }
                        thead { tr { th scope="col" { "Component" } th scope="col" { "Quantity" } th scope="col" { "Mark" } } }
                        tbody { @for part in page.components { (revise_row(part, form)) } }
                    } }
                }
                div .field {
                    label for="reason" { "Reason" }
                    input #reason name="reason" maxlength="500" value=(form.value("reason", String::new())) aria-describedby="reason-hint";
                    p .hint #reason-hint { "Who decided it, or which document says so." }
                }
                div .actions { button .btn data-kind="primary" { "Revise item" } }
            }
        }
    }
}

fn revise_row(part: &Part, form: Form<'_>) -> Markup {
    let field = format!("quantity-{}", part.position);
    let settled = format!("settled-{}", part.position);
    html! {
        tr {
            th scope="row" { label for=(field) { code { (part.number) } } small { (part.name) } }
            td { input id=(field) name=(field) inputmode="decimal" size="8" maxlength="20" value=(form.value(&field, quantity(part.quantity))); }
            td {
                @if let Some(reason) = &part.to_confirm {
                    label { input type="checkbox" name=(settled) value="1" checked[form.is_ticked(&settled)]; " settled" }
                    small { (reason) }
                }
            }
        }
    }
}

fn used(page: &Show<'_>) -> Markup {
    html! {
        section #uses {
            h2 { "Where used" }
            @if page.uses.direct.is_empty() { p .empty { "No assembly contains " (page.item.number) "." } }
            @else {
                (uses(page, "Directly in", &page.uses.direct))
                @if page.uses.top != without_quantities(&page.uses.direct) { (uses(page, "At the top in", &page.uses.top)) }
            }
        }
    }
}

fn without_quantities(uses: &[Use]) -> Vec<Use> {
    uses.iter().map(|one| Use { quantity: None, ..one.clone() }).collect()
}

fn uses(page: &Show<'_>, title: &str, uses: &[Use]) -> Markup {
    let (first, rest) = uses.split_at(uses.len().min(USES_SHOWN));
    let line = |one: &Use| {
        html! {
            li {
                @if let Some(pieces) = one.quantity { span .quantity { (quantity(pieces)) " ×" } " " }
                (number(page, &one.number)) " " span .name { (one.name) }
            }
        }
    };
    html! {
        h3 { (title) " " small { (uses.len()) } }
        ul .uses { @for one in first { (line(one)) } }
        @if !rest.is_empty() {
            details .more { summary { "Show " (rest.len()) " more" } ul .uses { @for one in rest { (line(one)) } } }
        }
    }
}

fn history(page: &Show<'_>) -> Markup {
    html! {
        section #history {
            h2 { "Revisions" }
            @if page.openable.is_none() { p { a href={ (super::item_href(&page.item.number)) "/history" } { "Show every change by hand" } } }
            ul .revision-list {
                @for entry in page.history {
                    li {
                        @if page.openable.is_none() { a href={ "/catalogue/revisions/" (entry.revision) } { "Revision " (entry.revision) } }
                        @else { "Revision " (entry.revision) }
                        @if entry.is_active { " " (badge(Tone::Good, "active")) }
                        " "
                        @if entry.is_first { "first here" } @else if entry.differs { "changed" } @else { "unchanged" }
                        small { (entry.label) ", " (time(entry.created_at)) @if let Some(name) = &entry.created_by { ", " (name) } }
                    }
                }
            }
        }
    }
}

/// "4", "1.5", never "4.000000".
pub fn quantity(quantity: Decimal) -> String {
    quantity.normalize().to_string()
}
